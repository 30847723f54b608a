"""Applications and the employer's pipeline."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("freelancer_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("letter", sa.Text(), nullable=False),
        sa.Column("cover", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("cv_file_id", sa.Uuid(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shortlisted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reject_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("reject_note", sa.Text(), server_default="", nullable=False),
        sa.Column("is_auto_answered", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("flags", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint(
            "state IN ('submitted', 'screening', 'interview', 'offer', 'hired', 'rejected', 'withdrawn')",
            name=op.f("ck_applications_state"),
        ),
        sa.ForeignKeyConstraint(["cv_file_id"], ["files.id"], name=op.f("fk_applications_cv_file_id")),
        sa.ForeignKeyConstraint(["freelancer_id"], ["freelancers.id"], name=op.f("fk_applications_freelancer_id")),
        sa.ForeignKeyConstraint(["posting_id"], ["postings.id"], name=op.f("fk_applications_posting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
        sa.UniqueConstraint("posting_id", "letter", name=op.f("uq_applications_posting_id_letter")),
    )
    op.create_index("ix_applications_freelancer_id", "applications", ["freelancer_id", "id"], unique=False)
    op.create_index(
        "ix_applications_stage", "applications", ["posting_id", "state", "submitted_at", "id"], unique=False
    )
    op.create_index(
        "ix_applications_waiting", "applications", ["posting_id"], unique=False, postgresql_where="decided_at IS NULL"
    )
    op.create_index(
        "uq_applications_living",
        "applications",
        ["posting_id", "freelancer_id"],
        unique=True,
        postgresql_where="state <> 'withdrawn'",
    )
    op.create_table(
        "pipelines",
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("criteria", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["posting_id"], ["postings.id"], name=op.f("fk_pipelines_posting_id")),
        sa.PrimaryKeyConstraint("posting_id", name=op.f("pk_pipelines")),
    )
    op.create_table(
        "application_notes",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_application_notes_application_id")
        ),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_application_notes_by_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_notes")),
    )
    op.create_index("ix_application_notes_application_id", "application_notes", ["application_id", "id"], unique=False)
    op.create_table(
        "interviews",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("options", sa.ARRAY(sa.DateTime(timezone=True)), nullable=False),
        sa.Column("offered_by", sa.Text(), server_default="employer", nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(state = 'agreed') <= (starts_at IS NOT NULL)", name=op.f("ck_interviews_agreed")),
        sa.CheckConstraint("kind IN ('online', 'phone', 'place')", name=op.f("ck_interviews_kind")),
        sa.CheckConstraint("offered_by IN ('employer', 'candidate')", name=op.f("ck_interviews_offered_by")),
        sa.CheckConstraint(
            "state IN ('proposed', 'agreed', 'declined', 'cancelled')", name=op.f("ck_interviews_state")
        ),
        sa.CheckConstraint("minutes BETWEEN 5 AND 480", name=op.f("ck_interviews_minutes")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_interviews_application_id")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_interviews_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interviews")),
    )
    op.create_index("ix_interviews_application_id", "interviews", ["application_id", "id"], unique=False)
    op.create_index(
        "ix_interviews_starts_at", "interviews", ["starts_at"], unique=False, postgresql_where="state = 'agreed'"
    )
    op.create_table(
        "job_offers",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("salary_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decline_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("period IN ('month', 'year', 'hour')", name=op.f("ck_job_offers_period")),
        sa.CheckConstraint(
            "state IN ('sent', 'accepted', 'declined', 'withdrawn', 'expired')", name=op.f("ck_job_offers_state")
        ),
        sa.CheckConstraint("salary_minor > 0", name=op.f("ck_job_offers_salary")),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_job_offers_application_id")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_job_offers_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_offers")),
    )
    op.create_index(
        "uq_job_offers_waiting", "job_offers", ["application_id"], unique=True, postgresql_where="state = 'sent'"
    )
    op.create_table(
        "scorecards",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("application_id", sa.Uuid(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=False),
        sa.Column("scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("average", sa.Double(), nullable=False),
        sa.Column("recommendation", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), server_default="", nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "recommendation IN ('strong_no', 'no', 'yes', 'strong_yes')", name=op.f("ck_scorecards_recommendation")
        ),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], name=op.f("fk_scorecards_application_id")),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_scorecards_by_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scorecards")),
        sa.UniqueConstraint("application_id", "by_user_id", name=op.f("uq_scorecards_application_id_by_user_id")),
    )
