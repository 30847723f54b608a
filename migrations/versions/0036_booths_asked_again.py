"""Employers too say for which dates of a fair they come: a moved fair asks them again."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0034"


def upgrade() -> None:
    op.add_column("booths", sa.Column("availability_for", sa.Integer(), server_default="1", nullable=False))
    op.execute("UPDATE booths SET availability_for = dates_version FROM fairs WHERE fairs.id = booths.fair_id")
