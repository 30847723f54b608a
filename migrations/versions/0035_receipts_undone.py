"""A confirmed receipt whose money never came is undone by two people; a hold may be funded a second time then."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

STATES = "state IN ('waiting', 'confirmed', 'refused', 'undone')"
TWO_PEOPLE = "state <> 'undone' OR (undone_by IS NOT NULL AND undo_by IS NOT NULL AND undone_by <> undo_by)"


def upgrade() -> None:
    op.add_column("holds", sa.Column("unfunded", sa.Integer(), server_default="0", nullable=False))
    for name in ("undo_by", "undone_by"):
        op.add_column("pay_in_receipts", sa.Column(name, sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f(f"fk_pay_in_receipts_{name}"), "pay_in_receipts", "users", [name], ["id"])
    for name in ("undo_at", "undone_at"):
        op.add_column("pay_in_receipts", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("pay_in_receipts", sa.Column("undo_reason", sa.Text(), server_default="", nullable=False))
    op.add_column("pay_in_receipts", sa.Column("is_borne", sa.Boolean(), server_default="false", nullable=False))
    op.drop_constraint(op.f("ck_pay_in_receipts_state"), "pay_in_receipts")
    op.create_check_constraint(op.f("ck_pay_in_receipts_state"), "pay_in_receipts", STATES)
    op.create_check_constraint(op.f("ck_pay_in_receipts_undone_by_two"), "pay_in_receipts", TWO_PEOPLE)
    op.create_check_constraint(
        op.f("ck_pay_in_receipts_undo"), "pay_in_receipts", "(undo_by IS NULL) = (undo_reason = '')"
    )
