"""The checks of 0040 are read in a transaction of their own: meanwhile postings are read and written."""

from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    for name in ("level", "women_friendly"):
        op.execute(f"ALTER TABLE postings VALIDATE CONSTRAINT ck_postings_{name}")
