"""Blocks, reports, cases, restrictions, appeals."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "blocks",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("blocker_id", sa.Uuid(), nullable=False),
        sa.Column("blocked_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("blocker_id <> blocked_id", name=op.f("ck_blocks_two_people")),
        sa.ForeignKeyConstraint(["blocked_id"], ["users.id"], name=op.f("fk_blocks_blocked_id")),
        sa.ForeignKeyConstraint(["blocker_id"], ["users.id"], name=op.f("fk_blocks_blocker_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blocks")),
    )
    op.create_index("ix_blocks_blocked_id", "blocks", ["blocked_id", "blocker_id"], unique=False)
    op.create_index("uq_blocks_blocker_id_blocked_id", "blocks", ["blocker_id", "blocked_id"], unique=True)
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("about_user_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decision_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'decided') = (decided_at IS NOT NULL AND decision IS NOT NULL AND decided_by IS NOT NULL)",
            name=op.f("ck_cases_decided"),
        ),
        sa.CheckConstraint(
            "decision IN ('none', 'warn', 'remove', 'return', 'publish', 'restrict')", name=op.f("ck_cases_decision")
        ),
        sa.CheckConstraint("state IN ('open', 'decided')", name=op.f("ck_cases_state")),
        sa.CheckConstraint("urgency IN ('safety', 'scam', 'other')", name=op.f("ck_cases_urgency")),
        sa.ForeignKeyConstraint(["about_user_id"], ["users.id"], name=op.f("fk_cases_about_user_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_cases_decided_by")),
        sa.ForeignKeyConstraint(["opened_by"], ["users.id"], name=op.f("fk_cases_opened_by")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_cases_organisation_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name=op.f("fk_cases_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index("ix_cases_about_user_id", "cases", ["about_user_id"], unique=False)
    op.create_index("ix_cases_due_at", "cases", ["due_at", "id"], unique=False, postgresql_where="state = 'open'")
    op.create_index("ix_cases_organisation_id", "cases", ["organisation_id"], unique=False)
    op.create_index("ix_cases_owner_id", "cases", ["owner_id"], unique=False)
    op.create_index("ix_cases_subject", "cases", ["subject_kind", "subject_id"], unique=False)
    op.create_index(
        "uq_cases_open", "cases", ["kind", "subject_kind", "subject_id"], unique=True, postgresql_where="state = 'open'"
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("reporter_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("snapshot", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_reports_case_id")),
        sa.ForeignKeyConstraint(["reporter_id"], ["users.id"], name=op.f("fk_reports_reporter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index("ix_reports_case_id", "reports", ["case_id", "id"], unique=False)
    op.create_index("ix_reports_reporter_id", "reports", ["reporter_id", "id"], unique=False)
    op.create_table(
        "restrictions",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("by_user_id", sa.Uuid(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("what IN ('message', 'post', 'apply', 'sign_in')", name=op.f("ck_restrictions_what")),
        sa.CheckConstraint("until_at IS NULL OR until_at > from_at", name=op.f("ck_restrictions_until")),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_restrictions_by_user_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_restrictions_case_id")),
        sa.ForeignKeyConstraint(["lifted_by"], ["users.id"], name=op.f("fk_restrictions_lifted_by")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_restrictions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_restrictions")),
    )
    op.create_index("ix_restrictions_case_id", "restrictions", ["case_id"], unique=False)
    op.create_index(
        "ix_restrictions_user_id",
        "restrictions",
        ["user_id", "what"],
        unique=False,
        postgresql_where="lifted_at IS NULL",
    )
    op.create_table(
        "signals",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("excerpt", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("severity IN ('warn', 'hold')", name=op.f("ck_signals_severity")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_signals_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
    )
    op.create_index("ix_signals_case_id", "signals", ["case_id", "id"], unique=False)
    op.create_table(
        "appeals",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("restriction_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL AND decided_by IS NULL)", name=op.f("ck_appeals_decided")
        ),
        sa.CheckConstraint("state IN ('open', 'upheld', 'lifted')", name=op.f("ck_appeals_state")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_appeals_decided_by")),
        sa.ForeignKeyConstraint(["restriction_id"], ["restrictions.id"], name=op.f("fk_appeals_restriction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("restriction_id", name=op.f("uq_appeals_restriction_id")),
    )
    op.create_index("ix_appeals_due_at", "appeals", ["due_at", "id"], unique=False, postgresql_where="state = 'open'")
