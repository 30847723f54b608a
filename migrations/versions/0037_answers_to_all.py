"""The same answer to everybody who waits is given by the queue where they are many: a booth says since when."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    op.add_column("booths", sa.Column("answers_all_since", sa.DateTime(timezone=True), nullable=True))
