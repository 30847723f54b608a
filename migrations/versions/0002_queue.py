"""The tables of pgqueuer, by the library's own DDL."""

from alembic import op
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(QueryBuilderEnvironment().build_install_query())
