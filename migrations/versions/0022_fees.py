"""Fees by kind and currency, with a minimum and who pays; contracts and holds keep their minimum too."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

KINDS = "kind IN ('contract', 'order', 'pay_in', 'refund')"
PAYERS = "payer IN ('freelancer', 'platform')"
CHARGED = """CASE WHEN kind IN ('contract', 'order') THEN payer = 'freelancer'
    ELSE basis_points = 0 AND minimum_minor = 0 END"""
# What was charged until now goes on, in both currencies; what costs nothing is published too.
TABLE = """
INSERT INTO fee_rules (kind, currency, payer, basis_points, valid_from)
SELECT kind, currency, payer, basis_points, '2026-01-01 00:00+00'
FROM (VALUES ('contract', 'freelancer', 1000), ('order', 'freelancer', 1000), ('pay_in', 'platform', 0),
      ('refund', 'platform', 0)) AS fee (kind, payer, basis_points),
     (VALUES ('USD'), ('PKR')) AS money (currency)
WHERE (kind, currency) <> ('contract', 'USD')
"""


def upgrade() -> None:
    for table in ("contracts", "holds"):
        minimum = sa.Column("fee_minimum_minor", sa.BigInteger(), server_default="0", nullable=False)
        op.add_column(table, minimum)
        op.drop_constraint(op.f(f"ck_{table}_fee"), table)
        op.create_check_constraint(
            op.f(f"ck_{table}_fee"), table, "fee_basis_points BETWEEN 0 AND 10000 AND fee_minimum_minor >= 0"
        )
    op.add_column("fee_rules", sa.Column("currency", sa.CHAR(3), server_default="USD", nullable=False))
    op.add_column("fee_rules", sa.Column("payer", sa.Text(), server_default="freelancer", nullable=False))
    op.add_column("fee_rules", sa.Column("minimum_minor", sa.BigInteger(), server_default="0", nullable=False))
    for column in ("currency", "payer"):
        op.alter_column("fee_rules", column, server_default=None)
    op.drop_constraint(op.f("uq_fee_rules_kind_valid_from"), "fee_rules")
    op.create_unique_constraint(
        op.f("uq_fee_rules_kind_currency_valid_from"), "fee_rules", ["kind", "currency", "valid_from"]
    )
    op.drop_constraint(op.f("ck_fee_rules_basis_points"), "fee_rules")
    for name, rule in {
        "basis_points": "basis_points BETWEEN 0 AND 10000 AND minimum_minor >= 0",
        "kind": KINDS,
        "payer": PAYERS,
        "charged": CHARGED,
    }.items():
        op.create_check_constraint(op.f(f"ck_fee_rules_{name}"), "fee_rules", rule)
    op.execute(TABLE)
