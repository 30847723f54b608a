"""What a job or internship says beyond a gig."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "employments",
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("hours_a_week", sa.Integer(), nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("openings", sa.Integer(), server_default="1", nullable=False),
        sa.Column("is_women_only", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("women_only_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("level IN ('entry', 'junior', 'mid', 'senior')", name=op.f("ck_employments_level")),
        sa.CheckConstraint("type IN ('full_time', 'part_time', 'temporary')", name=op.f("ck_employments_type")),
        sa.CheckConstraint("hours_a_week BETWEEN 1 AND 60", name=op.f("ck_employments_hours_a_week")),
        sa.CheckConstraint("months BETWEEN 1 AND 12", name=op.f("ck_employments_months")),
        sa.CheckConstraint("openings BETWEEN 1 AND 500", name=op.f("ck_employments_openings")),
        sa.ForeignKeyConstraint(["posting_id"], ["postings.id"], name=op.f("fk_employments_posting_id")),
        sa.PrimaryKeyConstraint("posting_id", name=op.f("pk_employments")),
    )
    by_hand()


# --- by hand
def by_hand() -> None:
    """A salary may be by the year."""
    op.drop_constraint(op.f("ck_postings_pay_kind"), "postings", type_="check")
    op.create_check_constraint(
        op.f("ck_postings_pay_kind"), "postings", "pay_kind IN ('fixed', 'hourly', 'monthly', 'yearly')"
    )
