"""What must be known at once is never asked of a replica."""

from marketplace.kernel.database import Database


async def test_fresh_reads_go_where_writes_go() -> None:
    database = Database("postgresql+asyncpg:///main", "postgresql+asyncpg:///replica")
    async with database.read() as db:
        assert db.get_bind().url.database == "replica"
    async with database.read(fresh=True) as db:
        assert db.get_bind().url.database == "main"
    await database.close()


async def test_without_a_replica_there_is_one_pool_for_reading() -> None:
    database = Database("postgresql+asyncpg:///main")
    assert database.fresh_engine is database.read_engine
    await database.close()
