"""Orders of services as contracts."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "portfolio_consents",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name=op.f("ck_portfolio_consents_answered")),
        sa.CheckConstraint("state IN ('asked', 'given', 'refused')", name=op.f("ck_portfolio_consents_state")),
        sa.ForeignKeyConstraint(["answered_by"], ["users.id"], name=op.f("fk_portfolio_consents_answered_by")),
        sa.ForeignKeyConstraint(["contract_id"], ["contracts.id"], name=op.f("fk_portfolio_consents_contract_id")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["portfolio_items.id"], name=op.f("fk_portfolio_consents_item_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_portfolio_consents")),
    )
    op.create_index("ix_portfolio_consents_contract_id", "portfolio_consents", ["contract_id"], unique=False)
    op.add_column("contracts", sa.Column("service_id", sa.Uuid(), nullable=True))
    op.add_column("contracts", sa.Column("revisions_included", sa.Integer(), nullable=True))
    op.add_column("contracts", sa.Column("unpaid_until", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "uq_contracts_unpaid_order",
        "contracts",
        ["service_id", "organisation_id"],
        unique=True,
        postgresql_where="unpaid_until IS NOT NULL AND state = 'active'",
    )
    op.create_foreign_key(op.f("fk_contracts_service_id"), "contracts", "services", ["service_id"], ["id"])
