"""Reviews, and what is known of an employer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "organisation_checks",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("verifier_organisation_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.Text(), server_default="", nullable=False),
        sa.Column("domain", sa.Text(), server_default="", nullable=False),
        sa.Column("file_id", sa.Uuid(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=True),
        sa.Column("code_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_tries", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_organisation_checks_decided")),
        sa.CheckConstraint("kind <> 'zone' OR expires_on IS NOT NULL", name=op.f("ck_organisation_checks_expiry")),
        sa.CheckConstraint(
            "kind IN ('domain', 'registration', 'card', 'first_paid', 'zone')", name=op.f("ck_organisation_checks_kind")
        ),
        sa.CheckConstraint(
            "kind NOT IN ('registration', 'zone') OR file_id IS NOT NULL", name=op.f("ck_organisation_checks_document")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'passed', 'refused', 'ended')", name=op.f("ck_organisation_checks_state")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_organisation_checks_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_organisation_checks_decided_by")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_organisation_checks_file_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_organisation_checks_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["verifier_organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_checks_verifier_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_checks")),
    )
    op.create_index("ix_organisation_checks_file_id", "organisation_checks", ["file_id"], unique=False)
    op.create_index(
        "ix_organisation_checks_organisation_id", "organisation_checks", ["organisation_id", "id"], unique=False
    )
    op.create_index(
        "ix_organisation_checks_waiting",
        "organisation_checks",
        ["id"],
        unique=False,
        postgresql_where="state = 'waiting' AND kind <> 'domain'",
    )
    op.create_index(
        "uq_organisation_checks_passed",
        "organisation_checks",
        ["organisation_id", "kind"],
        unique=True,
        postgresql_where="state = 'passed'",
    )
    op.create_index(
        "uq_organisation_checks_waiting",
        "organisation_checks",
        ["organisation_id", "kind"],
        unique=True,
        postgresql_where="state = 'waiting'",
    )
    op.create_table(
        "reviews",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("freelancer_id", sa.Uuid(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=False),
        sa.Column("scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("private_note", sa.Text(), server_default="", nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hidden_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("side IN ('employer', 'freelancer')", name=op.f("ck_reviews_side")),
        sa.CheckConstraint("hidden_at IS NULL OR shown_at IS NOT NULL", name=op.f("ck_reviews_hidden")),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_reviews_by_user_id")),
        sa.ForeignKeyConstraint(["contract_id"], ["contracts.id"], name=op.f("fk_reviews_contract_id")),
        sa.ForeignKeyConstraint(["freelancer_id"], ["freelancers.id"], name=op.f("fk_reviews_freelancer_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisations.id"], name=op.f("fk_reviews_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reviews")),
        sa.UniqueConstraint("contract_id", "side", name=op.f("uq_reviews_contract_id_side")),
    )
    op.create_index(
        "ix_reviews_of_freelancer",
        "reviews",
        ["freelancer_id", "shown_at", "id"],
        unique=False,
        postgresql_where="side = 'employer' AND shown_at IS NOT NULL AND hidden_at IS NULL",
    )
    op.create_index(
        "ix_reviews_of_organisation",
        "reviews",
        ["organisation_id", "shown_at", "id"],
        unique=False,
        postgresql_where="side = 'freelancer' AND shown_at IS NOT NULL AND hidden_at IS NULL",
    )
    op.create_table(
        "review_replies",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("by_user_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_user_id"], ["users.id"], name=op.f("fk_review_replies_by_user_id")),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_review_replies_review_id")),
        sa.PrimaryKeyConstraint("review_id", name=op.f("pk_review_replies")),
    )
    op.add_column("organisations", sa.Column("postings_approved_at", sa.DateTime(timezone=True), nullable=True))
