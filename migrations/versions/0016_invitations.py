"""Invitations, and the parts of a score beside the impression it led to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("posting_id", sa.Uuid(), nullable=False),
        sa.Column("freelancer_id", sa.Uuid(), nullable=False),
        sa.Column("invited_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["freelancer_id"], ["freelancers.id"], name=op.f("fk_invitations_freelancer_id")),
        sa.ForeignKeyConstraint(["invited_by"], ["users.id"], name=op.f("fk_invitations_invited_by")),
        sa.ForeignKeyConstraint(["posting_id"], ["postings.id"], name=op.f("fk_invitations_posting_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("posting_id", "freelancer_id", name=op.f("uq_invitations_posting_id_freelancer_id")),
    )
    op.create_index("ix_invitations_freelancer_id", "invitations", ["freelancer_id", "id"])
    op.add_column("impressions", sa.Column("score", postgresql.JSONB(), nullable=True))
