"""The key in its file of what was imported."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("postings", sa.Column("source_ref", sa.Text(), nullable=True))
    op.create_index("uq_postings_source_ref", "postings", ["organisation_id", "source_ref"], unique=True)
    op.add_column("freelancers", sa.Column("source_ref", sa.Text(), nullable=True))
    op.create_index("uq_freelancers_source_ref", "freelancers", ["source_ref"], unique=True)
