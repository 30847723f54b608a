"""Gigs may name the experience they ask for; postings say what makes the work easier for women.

Columns come without a rewrite of the table; their checks hold for what is written from now on, and 0041 reads the rest.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0037"

CHECKS = {
    "level": "level IN ('entry', 'junior', 'mid', 'senior')",
    "women_friendly": "women_friendly <@ "
    "ARRAY['in_writing', 'own_hours', 'woman_contact', 'transport', 'own_rooms']::text[]",
}


def upgrade() -> None:
    op.add_column("postings", sa.Column("level", sa.Text(), nullable=True))
    op.add_column(
        "postings", sa.Column("women_friendly", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}")
    )
    for name, check in CHECKS.items():
        op.execute(f"ALTER TABLE postings ADD CONSTRAINT ck_postings_{name} CHECK ({check}) NOT VALID")
