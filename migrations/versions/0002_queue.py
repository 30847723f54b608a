"""The tables of pgqueuer, by the library's own declaration."""

from alembic import op
from pgqueuer.adapters.persistence import schema_ddl
from pgqueuer.domain.schema.declaration import target
from pgqueuer.domain.settings import db_settings

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    settings = db_settings()
    schema = target(settings)
    statements = [
        *(schema_ddl.render_enum(entry, settings) for entry in schema.enums),
        *(schema_ddl.render_table(entry, settings) for entry in schema.tables),
        *(schema_ddl.render_index(entry, settings) for entry in schema.indexes),
        *(schema_ddl.render_function(entry, settings) for entry in schema.functions),
        *(schema_ddl.render_trigger(entry, settings) for entry in schema.triggers),
    ]
    for statement in statements:  # asyncpg prepares one statement at a time
        op.get_bind().exec_driver_sql(statement)
