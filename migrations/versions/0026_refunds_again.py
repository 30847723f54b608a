"""What a person mends: a refund that did not arrive is given back once more, a movement at Stripe is booked."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("refunds", sa.Column("replaces_id", sa.Uuid(), nullable=True))
    op.add_column("refunds", sa.Column("is_by_hand", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_foreign_key(op.f("fk_refunds_replaces_id"), "refunds", "refunds", ["replaces_id"], ["id"])
    op.create_unique_constraint(op.f("uq_refunds_replaces_id"), "refunds", ["replaces_id"])
    op.drop_constraint(op.f("uq_refunds_checkout_id"), "refunds")
    op.create_index(
        "uq_refunds_checkout_first",
        "refunds",
        ["checkout_id"],
        unique=True,
        postgresql_where=sa.text("replaces_id IS NULL"),
    )
    op.add_column("book_differences", sa.Column("closed_as", sa.Text(), server_default="", nullable=False))
    op.create_check_constraint(
        op.f("ck_book_differences_closed_as"), "book_differences", "closed_as IN ('', 'own_transfer', 'stripe_fee')"
    )
