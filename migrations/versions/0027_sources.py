"""Keys of imported rows are those of their file, and a file may name places that are none of our districts."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    for table, owner in (("postings", ["organisation_id"]), ("freelancers", list[str]())):
        op.add_column(table, sa.Column("source", sa.Text(), server_default="", nullable=False))
        op.drop_index(f"uq_{table}_source_ref", table)
        op.create_index(f"uq_{table}_source_ref", table, [*owner, "source", "source_ref"], unique=True)
    place = "is_remote OR district IS NOT NULL OR state = 'draft' OR source_ref IS NOT NULL"
    op.execute("ALTER TABLE postings DROP CONSTRAINT ck_postings_place")
    op.execute(f"ALTER TABLE postings ADD CONSTRAINT ck_postings_place CHECK ({place}) NOT VALID")
    op.execute("ALTER TABLE postings VALIDATE CONSTRAINT ck_postings_place")
