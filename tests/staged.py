"""A world that is costly to make: made once for a module, and every test gets it as it was.

    @pytest.fixture(scope="module")
    async def stage(shared_engine, tmp_path_factory):
        async with staged(shared_engine, tmp_path_factory.mktemp("gigs")) as stage:
            async with stage.database._writes() as db:
                ...
                await db.commit()
            await drain(stage.services)
            yield stage

The module then has fixtures of its own named `database` and `settings`, over `stage.again()` and `stage.copied(…)`.
"""

import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from marketplace.engines.payments.client import PaymentClient
from marketplace.kernel.config import Settings
from marketplace.kernel.queue import Services
from marketplace.runtime import open_services
from tests.cast import Cast, make_cast
from tests.shared import SharedDatabase
from tests.visitors import BASE, SECRET_KEY


@dataclass(frozen=True, slots=True)
class Stage:
    """One connection whose transaction is rolled back when the module ends, and a folder with files and indexes."""

    database: SharedDatabase
    services: Services
    cast: Cast

    @contextlib.asynccontextmanager
    async def again(self) -> AsyncIterator[SharedDatabase]:
        """The database as it was made; what happens inside is rolled back."""
        step = await self.database.connection.begin_nested()
        try:
            yield self.database
        finally:
            await step.rollback()

    def copied(self, folder: Path) -> Settings:
        """Settings with a copy of the files and indexes."""
        made = self.services[Settings]
        shutil.copytree(made.data_dir, folder, dirs_exist_ok=True)
        return replace(made, data_dir=folder)


@contextlib.asynccontextmanager
async def staged(engine: AsyncEngine, folder: Path) -> AsyncIterator[Stage]:
    """A stage with the cast on it."""
    async with engine.connect() as connection:
        transaction = await connection.begin()
        database = SharedDatabase(connection)
        settings = Settings(env="test", data_dir=folder, base_url=BASE, secret_key=SECRET_KEY)
        services = open_services(settings, database)
        async with database._writes() as db:
            cast = await make_cast(db)
            await db.commit()
        yield Stage(database, services, cast)
        await services[PaymentClient].close()
        await transaction.rollback()
