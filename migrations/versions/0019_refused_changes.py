"""Changes that the search index refuses wait apart, so that others go on."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("search_changes", sa.Column("is_refused", sa.Boolean(), server_default="false", nullable=False))
