"""One world and one browser per person for a whole module of access tests; every test's changes are rolled back."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from marketplace.engines.payments.client import PaymentClient
from marketplace.kernel.config import Settings
from marketplace.kernel.queue import Services
from marketplace.runtime import open_services
from tests.cast import make_cast
from tests.conftest import SharedDatabase
from tests.security.people import NAMES, fingerprint, gather
from tests.security.things import Things, build
from tests.visitors import BASE, SECRET_KEY, Browser, application, sign_in


@dataclass(frozen=True, slots=True)
class Stage:
    """The world of a module and everybody's browser."""

    database: SharedDatabase
    services: Services
    things: Things
    browsers: dict[str, Browser]

    async def fingerprint(self) -> dict[str, tuple[int, int]]:
        """What is stored now."""
        return await fingerprint(self.database.connection)

    @contextlib.asynccontextmanager
    async def undone(self) -> AsyncIterator[None]:
        """What happens inside is rolled back, in the browsers too (signing out takes a cookie away)."""
        step = await self.database.connection.begin_nested()
        try:
            yield
        finally:
            await step.rollback()
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
