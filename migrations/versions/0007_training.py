"""Courses, enrolments, certificates; the issuer's part of evidence."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "outside_certificates",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), server_default="", nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("skill_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_why", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("link <> '' OR file_id IS NOT NULL", name=op.f("ck_outside_certificates_proof")),
        sa.CheckConstraint(
            "state IN ('unchecked', 'checked', 'refused', 'withdrawn')", name=op.f("ck_outside_certificates_state")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_outside_certificates_decided_by")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_outside_certificates_file_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_outside_certificates_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outside_certificates")),
    )
    op.create_index("ix_outside_certificates_file_id", "outside_certificates", ["file_id"], unique=False)
    op.create_index(
        "ix_outside_certificates_unchecked",
        "outside_certificates",
        ["id"],
        unique=False,
        postgresql_where="state = 'unchecked'",
    )
    op.create_index("ix_outside_certificates_user_id", "outside_certificates", ["user_id"], unique=False)
    op.create_index(
        "uq_outside_certificates_number",
        "outside_certificates",
        ["issuer", sa.literal_column("lower(number)")],
        unique=True,
        postgresql_where="state = 'checked'",
    )
    op.create_table(
        "courses",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), server_default="", nullable=False),
        sa.Column("hours", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("hours BETWEEN 0 AND 5000", name=op.f("ck_courses_hours")),
        sa.ForeignKeyConstraint(["programme_id"], ["programmes.id"], name=op.f("fk_courses_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
    )
    op.create_index("uq_courses_name", "courses", ["programme_id", sa.literal_column("lower(name)")], unique=True)
    op.create_table(
        "course_skills",
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("skill_id", sa.Uuid(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.CheckConstraint("level IN ('basic', 'working', 'advanced')", name=op.f("ck_course_skills_level")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_course_skills_course_id")),
        sa.ForeignKeyConstraint(["skill_id"], ["skills.id"], name=op.f("fk_course_skills_skill_id")),
        sa.PrimaryKeyConstraint("course_id", "skill_id", name=op.f("pk_course_skills")),
    )
    op.create_table(
        "enrolments",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("student_number", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("intent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("intent IN ('job', 'freelance', 'business', 'study')", name=op.f("ck_enrolments_intent")),
        sa.CheckConstraint(
            "state IN ('applied', 'enrolled', 'completed', 'dropped')", name=op.f("ck_enrolments_state")
        ),
        sa.CheckConstraint("user_id IS NOT NULL OR student_number IS NOT NULL", name=op.f("ck_enrolments_somebody")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohorts.id"], name=op.f("fk_enrolments_cohort_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_enrolments_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolments")),
    )
    op.create_index("ix_enrolments_user_id", "enrolments", ["user_id"], unique=False)
    op.create_index(
        "uq_enrolments_student",
        "enrolments",
        ["cohort_id", "student_number"],
        unique=True,
        postgresql_where="student_number IS NOT NULL",
    )
    op.create_index(
        "uq_enrolments_user",
        "enrolments",
        ["cohort_id", "user_id"],
        unique=True,
        postgresql_where="user_id IS NOT NULL",
    )
    op.create_table(
        "graduate_imports",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("faults", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("sends_links", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("loaded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("made", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('previewed', 'loading', 'loaded', 'discarded')", name=op.f("ck_graduate_imports_state")
        ),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_graduate_imports_by_user_id")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohorts.id"], name=op.f("fk_graduate_imports_cohort_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_graduate_imports")),
    )
    op.create_index("ix_graduate_imports_cohort_id", "graduate_imports", ["cohort_id", "id"], unique=False)
    op.create_table(
        "certificates",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("issuer_organisation_id", sa.Uuid(), nullable=False),
        sa.Column("course_id", sa.Uuid(), nullable=False),
        sa.Column("cohort_id", sa.Uuid(), nullable=False),
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("student_number", sa.Text(), nullable=False),
        sa.Column("holder_user_id", sa.Uuid(), nullable=True),
        sa.Column("holder_name", sa.Text(), nullable=False),
        sa.Column("shows_name", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("learned", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("completed_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.Column("revoke_note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(state = 'claimed') <= (holder_user_id IS NOT NULL)", name=op.f("ck_certificates_holder")),
        sa.CheckConstraint("(state = 'revoked') = (revoked_at IS NOT NULL)", name=op.f("ck_certificates_revoked")),
        sa.CheckConstraint(
            "revoke_reason IN ('mistake', 'identity', 'cheating', 'not_completed', 'other')",
            name=op.f("ck_certificates_revoke_reason"),
        ),
        sa.CheckConstraint("state IN ('issued', 'claimed', 'revoked')", name=op.f("ck_certificates_state")),
        sa.CheckConstraint("NOT shows_name OR holder_user_id IS NOT NULL", name=op.f("ck_certificates_name")),
        sa.ForeignKeyConstraint(["cohort_id"], ["cohorts.id"], name=op.f("fk_certificates_cohort_id")),
        sa.ForeignKeyConstraint(["course_id"], ["courses.id"], name=op.f("fk_certificates_course_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name=op.f("fk_certificates_enrolment_id")),
        sa.ForeignKeyConstraint(["holder_user_id"], ["users.id"], name=op.f("fk_certificates_holder_user_id")),
        sa.ForeignKeyConstraint(
            ["issuer_organisation_id"], ["organisations.id"], name=op.f("fk_certificates_issuer_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
    )
    op.create_index("ix_certificates_cohort_id", "certificates", ["cohort_id", "id"], unique=False)
    op.create_index("ix_certificates_enrolment_id", "certificates", ["enrolment_id"], unique=False)
    op.create_index("ix_certificates_holder_user_id", "certificates", ["holder_user_id"], unique=False)
    op.create_index(
        "ix_certificates_issuer_organisation_id", "certificates", ["issuer_organisation_id", "state"], unique=False
    )
    op.create_index(
        "ix_certificates_untold",
        "certificates",
        ["issuer_organisation_id"],
        unique=False,
        postgresql_where="claimed_at IS NOT NULL AND claim_told_at IS NULL",
    )
    op.create_index(
        "uq_certificates_living",
        "certificates",
        ["course_id", "student_number"],
        unique=True,
        postgresql_where="state <> 'revoked'",
    )
    op.create_table(
        "certificate_claims",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sent_to", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('mail', 'sms', 'print')", name=op.f("ck_certificate_claims_channel")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_certificate_claims_certificate_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate_claims")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_certificate_claims_secret_hash")),
    )
    op.create_index("ix_certificate_claims_certificate_id", "certificate_claims", ["certificate_id"], unique=False)
    op.add_column("cohorts", sa.Column("is_online", sa.Boolean(), server_default="false", nullable=False))
    op.add_column("cohorts", sa.Column("state", sa.Text(), server_default="planned", nullable=False))
    op.add_column(
        "cohorts", sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.create_index("ix_cohorts_programme_id", "cohorts", ["programme_id"], unique=False)
    op.add_column("evidence", sa.Column("outside_issuer", sa.Text(), nullable=True))
    op.add_column("evidence", sa.Column("reference", sa.Uuid(), nullable=True))
    op.add_column("evidence", sa.Column("level", sa.Text(), nullable=True))
    op.drop_constraint(op.f("uq_evidence_user_id_skill_id_kind_issuer_organisation_id"), "evidence", type_="unique")
    op.create_index(
        "ix_evidence_reference", "evidence", ["reference"], unique=False, postgresql_where="reference IS NOT NULL"
    )
    op.create_unique_constraint(
        "uq_evidence_once",
        "evidence",
        ["user_id", "skill_id", "kind", "issuer_organisation_id", "reference"],
        postgresql_nulls_not_distinct=True,
    )
    op.add_column("programmes", sa.Column("about", sa.Text(), server_default="", nullable=False))
    op.add_column("programmes", sa.Column("language", sa.Text(), server_default="en", nullable=False))
    op.add_column("programmes", sa.Column("published_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_programmes_provider_organisation_id", "programmes", ["provider_organisation_id"], unique=False)
    op.create_index(
        "ix_programmes_published",
        "programmes",
        ["published_at", "id"],
        unique=False,
        postgresql_where="published_at IS NOT NULL",
    )
    by_hand()


# --- by hand


def by_hand() -> None:
    """Checks on tables that were there before; the old key of evidence gives way to the one with a reference."""
    op.execute(
        "ALTER TABLE evidence ADD CONSTRAINT ck_evidence_level CHECK (level IN ('basic', 'working', 'advanced'))"
    )
    op.execute(
        "ALTER TABLE evidence ADD CONSTRAINT ck_evidence_one_issuer"
        " CHECK (num_nonnulls(issuer_organisation_id, outside_issuer) <= 1)"
    )
    op.execute(
        "ALTER TABLE cohorts ADD CONSTRAINT ck_cohorts_state"
        " CHECK (state IN ('planned', 'open', 'running', 'ended', 'cancelled'))"
    )
