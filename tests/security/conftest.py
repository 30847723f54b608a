"""One world and one browser per person for a whole module of access tests; every test's changes are rolled back."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from marketplace.engines.payments.client import PaymentClient
from marketplace.kernel.config import Settings
from marketplace.kernel.queue import Services
from marketplace.runtime import open_services
from tests.cast import make_cast
from tests.security.people import NAMES, fingerprint, gather, writes
from tests.security.things import Things, build
from tests.shared import SharedDatabase
from tests.visitors import BASE, SECRET_KEY, Browser, application, sign_in


@dataclass(slots=True)
class Stage:
    """The world of a module and everybody's browser."""

    database: SharedDatabase
    services: Services
    things: Things
    browsers: dict[str, Browser]
    written: int = -1
    stored: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])

    async def fingerprint(self) -> dict[str, tuple[int, int]]:
        """What is stored now: read again only when PostgreSQL counted a row written since."""
        if (now := await writes(self.database.connection)) != self.written:
            self.written, self.stored = now, await fingerprint(self.database.connection)
        return self.stored

    @contextlib.asynccontextmanager
    async def undone(self) -> AsyncIterator[None]:
        """What happens inside is rolled back, in the browsers too (signing out takes a cookie away)."""
        stored = await self.fingerprint()
        step = await self.database.connection.begin_nested()
        try:
            yield
        finally:
            await step.rollback()
            self.written, self.stored = await writes(self.database.connection), stored
        for browser in self.browsers.values():
            if browser.secret:
                browser.wear(browser.secret)


@pytest.fixture(scope="module")
async def world(
    tasks: None, shared_engine: AsyncEngine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Stage]:
    folder = tmp_path_factory.mktemp("security")
    settings = Settings(env="test", data_dir=folder, base_url=BASE, secret_key=SECRET_KEY)
    async with shared_engine.connect() as connection, contextlib.AsyncExitStack() as stack:
        transaction = await connection.begin()
        database = SharedDatabase(connection)
        services = open_services(settings, database)
        async with database._writes() as db:
            cast = await make_cast(db)
            people = await gather(db, cast)
            things = await build(db, cast, folder / "files")
        browsers = {name: await stack.enter_async_context(Browser(application())) for name in NAMES}
        for name, browser in browsers.items():
            if user := people[name]:
                await sign_in(browser, database, user.id)
        yield Stage(database, services, things, browsers)
        await services[PaymentClient].close()
        await transaction.rollback()


@pytest.fixture
async def stage(world: Stage) -> AsyncIterator[Stage]:
    """The module's world, as it was."""
    site = application().site
    site.settings, site.opened = world.services[Settings], world.services
    async with world.undone():
        yield world
