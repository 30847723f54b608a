"""Payouts by bank, wallet and hand: batches, statements, exchange rates, the switch."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "fx_rates",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("base", sa.CHAR(length=3), nullable=False),
        sa.Column("quote", sa.CHAR(length=3), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=20, scale=8), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("imported_by", sa.Uuid(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("base <> quote", name=op.f("ck_fx_rates_currencies")),
        sa.CheckConstraint("rate > 0", name=op.f("ck_fx_rates_rate")),
        sa.ForeignKeyConstraint(["imported_by"], ["users.id"], name=op.f("fk_fx_rates_imported_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fx_rates")),
        sa.UniqueConstraint(
            "base", "quote", "on", "source", "rate", name=op.f("uq_fx_rates_base_quote_on_source_rate")
        ),
    )
    op.create_index("ix_fx_rates_newest", "fx_rates", ["base", "quote", "on", "id"], unique=False)
    op.create_table(
        "payout_batches",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), server_default="", nullable=False),
        sa.Column("house", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("prepared_by", sa.Uuid(), nullable=False),
        sa.Column("prepared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("rail IN ('stripe', 'bank', 'wallet', 'manual')", name=op.f("ck_payout_batches_rail")),
        sa.CheckConstraint("state IN ('prepared', 'approved', 'discarded')", name=op.f("ck_payout_batches_state")),
        sa.CheckConstraint("count > 0", name=op.f("ck_payout_batches_count")),
        sa.ForeignKeyConstraint(["prepared_by"], ["users.id"], name=op.f("fk_payout_batches_prepared_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_batches")),
    )
    op.create_table(
        "payout_freezes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_payout_freezes_by_user_id")),
        sa.ForeignKeyConstraint(["lifted_by"], ["users.id"], name=op.f("fk_payout_freezes_lifted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payout_freezes")),
    )
    op.create_index(
        "uq_payout_freezes_open",
        "payout_freezes",
        [sa.literal_column("(lifted_at IS NULL)")],
        unique=True,
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "statements",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("house", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("new_lines", sa.Integer(), nullable=False),
        sa.Column("closing_minor", sa.BigInteger(), nullable=True),
        sa.Column("imported_by", sa.Uuid(), nullable=True),
        sa.Column("imported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["imported_by"], ["users.id"], name=op.f("fk_statements_imported_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statements")),
        sa.UniqueConstraint("sha256", name=op.f("uq_statements_sha256")),
    )
    op.create_table(
        "batch_approvals",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["payout_batches.id"], name=op.f("fk_batch_approvals_batch_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_batch_approvals_user_id")),
        sa.PrimaryKeyConstraint("batch_id", "user_id", name=op.f("pk_batch_approvals")),
    )
    op.create_table(
        "statement_lines",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("house", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("is_credit", sa.Boolean(), nullable=False),
        sa.Column("is_booked", sa.Boolean(), nullable=False),
        sa.Column("is_return", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("counterparty", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), server_default="", nullable=False),
        sa.Column("payout_id", sa.Uuid(), nullable=True),
        sa.Column("hold_id", sa.Uuid(), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "explanation IN ('bank_fee', 'own_transfer', 'other')", name=op.f("ck_statement_lines_explanation")
        ),
        sa.CheckConstraint("state IN ('open', 'matched', 'explained')", name=op.f("ck_statement_lines_state")),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_statement_lines_amount")),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name=op.f("fk_statement_lines_ended_by")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_statement_lines_hold_id")),
        sa.ForeignKeyConstraint(["payout_id"], ["payouts.id"], name=op.f("fk_statement_lines_payout_id")),
        sa.ForeignKeyConstraint(["statement_id"], ["statements.id"], name=op.f("fk_statement_lines_statement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_lines")),
        sa.UniqueConstraint("house", "key", name=op.f("uq_statement_lines_house_key")),
    )
    op.create_index("ix_statement_lines_hold_id", "statement_lines", ["hold_id"], unique=False)
    op.create_index(
        "ix_statement_lines_open",
        "statement_lines",
        ["house", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_statement_lines_payout_id", "statement_lines", ["payout_id"], unique=False)
    op.create_index("ix_statement_lines_statement_id", "statement_lines", ["statement_id", "id"], unique=False)
    op.add_column("payout_accounts", sa.Column("holder", sa.Text(), server_default="", nullable=False))
    op.add_column("payout_accounts", sa.Column("number", sa.Text(), server_default="", nullable=False))
    op.add_column("payout_accounts", sa.Column("operator", sa.Text(), server_default="", nullable=False))
    op.add_column("payout_accounts", sa.Column("is_preferred", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("payout_accounts", sa.Column("usable_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column("payout_accounts", sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(op.f("uq_payout_accounts_user_id_rail"), "payout_accounts", type_="unique")
    op.create_index(
        "uq_payout_accounts_in_use",
        "payout_accounts",
        ["user_id", "rail"],
        unique=True,
        postgresql_where=sa.text("replaced_at IS NULL"),
    )
    op.add_column("payouts", sa.Column("rail", sa.Text(), server_default="stripe", nullable=False))
    op.add_column("payouts", sa.Column("reference", sa.Text(), nullable=True))
    op.add_column("payouts", sa.Column("batch_id", sa.Uuid(), nullable=True))
    op.add_column("payouts", sa.Column("arrives_minor", sa.BigInteger(), nullable=True))
    op.add_column("payouts", sa.Column("arrives_currency", sa.CHAR(length=3), nullable=True))
    op.add_column("payouts", sa.Column("rail_fee_minor", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("payouts", sa.Column("rate", sa.Numeric(precision=20, scale=8), nullable=True))
    op.add_column("payouts", sa.Column("rate_on", sa.Date(), nullable=True))
    op.add_column("payouts", sa.Column("rate_source", sa.Text(), server_default="", nullable=False))
    op.add_column("payouts", sa.Column("due_on", sa.Date(), nullable=True))
    op.add_column("payouts", sa.Column("arrived_minor", sa.BigInteger(), nullable=True))
    op.add_column("payouts", sa.Column("arrived_on", sa.Date(), nullable=True))
    op.add_column("payouts", sa.Column("receipt_file_id", sa.Uuid(), nullable=True))
    op.create_index("ix_payouts_batch_id", "payouts", ["batch_id", "id"], unique=False)
    op.create_index(
        "ix_payouts_unbatched",
        "payouts",
        ["rail", "id"],
        unique=False,
        postgresql_where=sa.text("state = 'requested' AND batch_id IS NULL"),
    )
    op.create_unique_constraint(op.f("uq_payouts_reference"), "payouts", ["reference"])
    op.create_foreign_key(op.f("fk_payouts_batch_id"), "payouts", "payout_batches", ["batch_id"], ["id"])
    op.create_foreign_key(op.f("fk_payouts_receipt_file_id"), "payouts", "files", ["receipt_file_id"], ["id"])
    op.add_column("transfers", sa.Column("keeper", sa.Text(), server_default="stripe", nullable=False))
    op.create_table(
        "pay_ins",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_pay_ins_created_by")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_pay_ins_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pay_ins")),
        sa.UniqueConstraint("hold_id", name=op.f("uq_pay_ins_hold_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_pay_ins_reference")),
    )
    op.execute("UPDATE payouts SET arrives_minor = amount_minor, arrives_currency = currency")
    op.alter_column("payouts", "arrives_minor", nullable=False)
    op.alter_column("payouts", "arrives_currency", nullable=False)
    for table, name, condition in CHECKS:
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, if_exists=True)
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)


CHECKS = (
    ("users", "staff_role", "staff_role IN ('moderator', 'operator', 'finance')"),
    ("payout_accounts", "number", "rail = 'stripe' OR number <> ''"),
    ("transfers", "keeper", "keeper IN ('stripe', 'here')"),
    ("transfers", "sent", "(state = 'sent' AND keeper = 'stripe') = (stripe_transfer_id IS NOT NULL)"),
    ("payouts", "rail", "rail IN ('stripe', 'bank', 'wallet', 'manual')"),
    ("payouts", "quote", "arrives_minor > 0 AND rail_fee_minor >= 0"),
    ("payouts", "rate", "(rate IS NULL) = (currency = arrives_currency) OR rail = 'stripe'"),
    ("payouts", "reference", "rail = 'stripe' OR reference IS NOT NULL"),
    ("payouts", "batch", "rail = 'stripe' OR state IN ('requested', 'failed') OR batch_id IS NOT NULL"),
)
