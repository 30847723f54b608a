"""How Alembic runs here: over the connection given by kernel/database/migrate.py, one transaction per migration."""

from alembic import context
from sqlalchemy import Connection

from marketplace.kernel.database import Base
from marketplace.tables import load_all

load_all()
connection: Connection = context.config.attributes["connection"]


def include(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    """Tables of pgqueuer are made by its own DDL in our migration; they are not ours to compare."""
    return not (kind == "table" and (name or "").startswith("pgqueuer"))


context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    transaction_per_migration=True,
    compare_type=True,
    include_object=include,
)
if not context.get_context().opts.get("as_sql"):
    connection.exec_driver_sql("SET lock_timeout = '4s'")
    connection.commit()
with context.begin_transaction():
    context.run_migrations()
