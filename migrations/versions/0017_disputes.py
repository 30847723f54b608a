"""Splits, disputes, settlements, chargebacks; holds that freeze."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "chargebacks",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("hold_id", sa.Uuid(), nullable=False),
        sa.Column("stripe_dispute_id", sa.Text(), nullable=False),
        sa.Column("charge_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("taken_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("covered_minor", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("evidence_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("evidence_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.Column("fault_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("fault_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'open') = (closed_at IS NULL)", name=op.f("ck_chargebacks_closed")),
        sa.CheckConstraint("fault IN ('freelancer')", name=op.f("ck_chargebacks_fault")),
        sa.CheckConstraint("state IN ('open', 'won', 'lost', 'closed')", name=op.f("ck_chargebacks_state")),
        sa.CheckConstraint("(fault IS NULL) = (fault_by IS NULL)", name=op.f("ck_chargebacks_decided")),
        sa.CheckConstraint(
            "amount_minor > 0 AND fee_minor >= 0 AND covered_minor >= 0", name=op.f("ck_chargebacks_amount")
        ),
        sa.ForeignKeyConstraint(["fault_by"], ["users.id"], name=op.f("fk_chargebacks_fault_by")),
        sa.ForeignKeyConstraint(["hold_id"], ["holds.id"], name=op.f("fk_chargebacks_hold_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chargebacks")),
        sa.UniqueConstraint("stripe_dispute_id", name=op.f("uq_chargebacks_stripe_dispute_id")),
    )
    op.create_index("ix_chargebacks_hold_id", "chargebacks", ["hold_id"], unique=False)
    op.create_index(
        "ix_chargebacks_open", "chargebacks", ["opened_at"], unique=False, postgresql_where="state = 'open'"
    )
    op.create_table(
        "disputes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=True),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("moderator_id", sa.Uuid(), nullable=True),
        sa.Column("second_moderator_id", sa.Uuid(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'settled') = (settled_at IS NOT NULL)", name=op.f("ck_disputes_settled")),
        sa.CheckConstraint("side IN ('employer', 'freelancer')", name=op.f("ck_disputes_side")),
        sa.CheckConstraint(
            "state IN ('open', 'mediation', 'decided', 'appealed', 'settled')", name=op.f("ck_disputes_state")
        ),
        sa.CheckConstraint("moderator_id <> second_moderator_id", name=op.f("ck_disputes_another")),
        sa.ForeignKeyConstraint(["milestone_id"], ["milestones.id"], name=op.f("fk_disputes_milestone_id")),
        sa.ForeignKeyConstraint(["moderator_id"], ["users.id"], name=op.f("fk_disputes_moderator_id")),
        sa.ForeignKeyConstraint(["second_moderator_id"], ["users.id"], name=op.f("fk_disputes_second_moderator_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disputes")),
        sa.UniqueConstraint("milestone_id", name=op.f("uq_disputes_milestone_id")),
    )
    op.create_index(
        "ix_disputes_open", "disputes", ["opened_at"], unique=False, postgresql_where=sa.text("state <> 'settled'")
    )
    op.create_table(
        "splits",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("milestone_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=False),
        sa.Column("release_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name=op.f("ck_splits_ended")),
        sa.CheckConstraint("side IN ('employer', 'freelancer')", name=op.f("ck_splits_side")),
        sa.CheckConstraint(
            "state IN ('open', 'accepted', 'declined', 'withdrawn', 'replaced')", name=op.f("ck_splits_state")
        ),
        sa.CheckConstraint("release_minor >= 0", name=op.f("ck_splits_release")),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_splits_by_user_id")),
        sa.ForeignKeyConstraint(["milestone_id"], ["milestones.id"], name=op.f("fk_splits_milestone_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_splits")),
    )
    op.create_index("ix_splits_milestone_id", "splits", ["milestone_id", "id"], unique=False)
    op.create_index(
        "uq_splits_open", "splits", ["milestone_id", "side"], unique=True, postgresql_where=sa.text("state = 'open'")
    )
    op.create_table(
        "dispute_statements",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("side IN ('employer', 'freelancer')", name=op.f("ck_dispute_statements_side")),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_dispute_statements_by_user_id")),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_dispute_statements_dispute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute_statements")),
    )
    op.create_index("ix_dispute_statements_dispute_id", "dispute_statements", ["dispute_id", "id"], unique=False)
    op.create_table(
        "settlements",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("release_minor", sa.BigInteger(), nullable=False),
        sa.Column("refund_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appeal_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appealed_by", sa.Text(), nullable=True),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appeal", sa.Text(), server_default="", nullable=False),
        sa.Column("waived_by_employer_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waived_by_freelancer_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("appealed_by IN ('employer', 'freelancer')", name=op.f("ck_settlements_appealed_by")),
        sa.CheckConstraint("cause IN ('agreed', 'decided', 'default', 'appeal')", name=op.f("ck_settlements_cause")),
        sa.CheckConstraint("(appealed_at IS NULL) = (appealed_by IS NULL)", name=op.f("ck_settlements_appeal")),
        sa.CheckConstraint("release_minor >= 0 AND refund_minor >= 0", name=op.f("ck_settlements_parts")),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_settlements_by_user_id")),
        sa.ForeignKeyConstraint(["dispute_id"], ["disputes.id"], name=op.f("fk_settlements_dispute_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlements")),
    )
    op.create_index("ix_settlements_dispute_id", "settlements", ["dispute_id", "id"], unique=False)
    op.create_index(
        "uq_settlements_in_force",
        "settlements",
        ["dispute_id"],
        unique=True,
        postgresql_where=sa.text("in_force_at IS NOT NULL"),
    )
    op.create_table(
        "dispute_statement_files",
        sa.Column("statement_id", sa.Uuid(), nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_dispute_statement_files_file_id")),
        sa.ForeignKeyConstraint(
            ["statement_id"], ["dispute_statements.id"], name=op.f("fk_dispute_statement_files_statement_id")
        ),
        sa.PrimaryKeyConstraint("statement_id", "file_id", name=op.f("pk_dispute_statement_files")),
    )
    op.create_index("ix_dispute_statement_files_file_id", "dispute_statement_files", ["file_id"], unique=False)
    op.add_column("holds", sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "holds", sa.Column("is_reserve_backed", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    causes = {
        "releases": ("accepted", "part", "deadline", "settlement"),
        "refunds": ("cancelled", "part", "settlement", "paid_twice", "wrong_amount", "late_payment"),
    }
    for table, words in causes.items():
        listed = ", ".join(f"'{word}'" for word in words)
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_cause")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_cause CHECK (cause IN ({listed})) NOT VALID")
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT ck_{table}_cause")
