"""Cards that employers keep, and payments with them."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0027"


def upgrade() -> None:
    op.create_table(
        "saved_cards",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("stripe_customer_id", "stripe_payment_method_id")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("brand", "last4")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("exp_month", "exp_year")),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("saved_by_user_id", sa.Uuid(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_by_user_id", sa.Uuid(), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("exp_month BETWEEN 1 AND 12", name=op.f("ck_saved_cards_exp_month")),
        sa.CheckConstraint("removed_by_user_id IS NULL OR removed_at IS NOT NULL", name=op.f("ck_saved_cards_removed")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_saved_cards_organisation_id")),
        sa.ForeignKeyConstraint(["saved_by_user_id"], ["users.id"], name=op.f("fk_saved_cards_saved_by_user_id")),
        sa.ForeignKeyConstraint(["removed_by_user_id"], ["users.id"], name=op.f("fk_saved_cards_removed_by_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_cards")),
        sa.UniqueConstraint("stripe_payment_method_id", name=op.f("uq_saved_cards_stripe_payment_method_id")),
    )
    op.create_index("ix_saved_cards_organisation_id", "saved_cards", ["organisation_id", "id"])
    op.create_index(
        "uq_saved_cards_in_use",
        "saved_cards",
        ["organisation_id", "fingerprint"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.add_column("checkouts", sa.Column("card_id", sa.Uuid(), nullable=True))
    op.add_column("checkouts", sa.Column("kept_by_user_id", sa.Uuid(), nullable=True))
    op.add_column("checkouts", sa.Column("failure", sa.Text(), server_default="", nullable=False))
    op.create_foreign_key(op.f("fk_checkouts_card_id"), "checkouts", "saved_cards", ["card_id"], ["id"])
    op.create_foreign_key(op.f("fk_checkouts_kept_by_user_id"), "checkouts", "users", ["kept_by_user_id"], ["id"])
    card = "card_id IS NULL OR (session_id IS NULL AND kept_by_user_id IS NULL)"
    op.execute(f"ALTER TABLE checkouts ADD CONSTRAINT ck_checkouts_card CHECK ({card}) NOT VALID")
    op.execute("ALTER TABLE checkouts VALIDATE CONSTRAINT ck_checkouts_card")
    op.create_index("ix_checkouts_card_id", "checkouts", ["card_id"], postgresql_where=sa.text("card_id IS NOT NULL"))
