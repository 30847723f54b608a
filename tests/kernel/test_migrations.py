"""The migrations make exactly the tables that the models declare."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from marketplace.kernel.database import Base
from marketplace.kernel.database.migrate import pending
from marketplace.tables import load_all


def _ours(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    return not (kind == "table" and (name or "").startswith("pgqueuer"))


def _differences(connection: Connection) -> list[object]:
    load_all()
    options = {"compare_type": True, "include_object": _ours}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


async def test_models_and_migrations_agree(shared_url: str) -> None:
    engine = create_async_engine(shared_url)
    async with engine.connect() as connection:
        assert await connection.run_sync(_differences) == []
    await engine.dispose()


async def test_nothing_is_pending_after_an_upgrade(shared_url: str) -> None:
    assert await pending(shared_url) == []
