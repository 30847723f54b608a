"""Services, their packages and extras."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "services",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("freelancer_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("currency", sa.CHAR(length=3), nullable=False),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'open', 'paused', 'removed')", name=op.f("ck_services_state")),
        sa.ForeignKeyConstraint(["freelancer_id"], ["freelancers.id"], name=op.f("fk_services_freelancer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_services")),
        sa.UniqueConstraint("slug", name=op.f("uq_services_slug")),
    )
    op.create_index("ix_services_freelancer_id", "services", ["freelancer_id", "id"], unique=False)
    op.create_index(
        "ix_services_open", "services", ["published_at", "id"], unique=False, postgresql_where="state = 'open'"
    )
    op.create_table(
        "service_extras",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.CheckConstraint("days BETWEEN 0 AND 90", name=op.f("ck_service_extras_days")),
        sa.CheckConstraint("number BETWEEN 1 AND 6", name=op.f("ck_service_extras_number")),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_service_extras_price")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_service_extras_service_id")),
        sa.PrimaryKeyConstraint("service_id", "number", name=op.f("pk_service_extras")),
    )
    op.create_table(
        "service_packages",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("revisions", sa.Integer(), nullable=False),
        sa.Column("includes", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("days BETWEEN 1 AND 365", name=op.f("ck_service_packages_days")),
        sa.CheckConstraint("number BETWEEN 1 AND 3", name=op.f("ck_service_packages_number")),
        sa.CheckConstraint("price_minor > 0", name=op.f("ck_service_packages_price")),
        sa.CheckConstraint("revisions BETWEEN 0 AND 20", name=op.f("ck_service_packages_revisions")),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_service_packages_service_id")),
        sa.PrimaryKeyConstraint("service_id", "number", name=op.f("pk_service_packages")),
    )
    op.create_table(
        "service_skills",
        sa.Column("service_id", sa.Uuid(), nullable=False),
        sa.Column("skill_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["services.id"], name=op.f("fk_service_skills_service_id")),
        sa.ForeignKeyConstraint(["skill_id"], ["skills.id"], name=op.f("fk_service_skills_skill_id")),
        sa.PrimaryKeyConstraint("service_id", "skill_id", name=op.f("pk_service_skills")),
    )
    op.create_index("ix_service_skills_skill_id", "service_skills", ["skill_id"], unique=False)
