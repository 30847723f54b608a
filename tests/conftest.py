"""Fixtures for all tests: one real PostgreSQL per run, a migrated template, a clone per worker, rollback per test.

`db` and `database` share one connection whose transaction is rolled back; `cloned_database` is a database of its
own with real commits (for locking, COMMIT-time constraints and several processes).
"""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.ext.asyncio import create_async_engine

from marketplace.engines.notify import rendering
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.database.embedded import EmbeddedPostgres
from marketplace.kernel.database.migrate import upgrade_async
from marketplace.kernel.i18n import LOCALES
from marketplace.places.actions import load_places
from marketplace.runtime import load_tasks
from marketplace.skills.actions import load_skills
from marketplace.web.templates import environments
from tests.cast import Cast, make_cast
from tests.shared import SharedDatabase
from tests.visitors import app, browse, client, services, settings, statements  # noqa: F401 - fixtures of the pages

TEMPLATE = "template_marketplace"


def pytest_collection_finish() -> None:
    """What was imported and collected stays: the collector need not look through it again in every test."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(
        tmp_path_factory.mktemp("postgres") / "data", fast=True, options={"max_connections": "80"}
    )
    server.start()
    yield server
    server.stop()


@asynccontextmanager
async def _admin(postgres: EmbeddedPostgres) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(user="postgres", database="postgres", host=str(postgres.socket_folder))
    yield connection
    await connection.close()


@pytest.fixture(scope="session")
async def template(postgres: EmbeddedPostgres) -> str:
    """A migrated database with the taxonomy loaded; nobody is ever connected to it again."""
    async with _admin(postgres) as admin:
        await admin.execute(f"CREATE DATABASE {TEMPLATE}")
    await upgrade_async(postgres.url(TEMPLATE))
    database = Database(postgres.url(TEMPLATE))
    async with database.write.begin() as db:
        await load_skills(db)
        await load_places(db)
    await database.close()
    return TEMPLATE


@asynccontextmanager
async def _clone(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid4().hex[:10]}"
    async with _admin(postgres) as admin:
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    yield postgres.url(name)
    async with _admin(postgres) as admin:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
async def shared_url(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[str]:
    async with _clone(postgres, template) as url:
        yield url


@pytest.fixture(scope="session")
async def shared_engine(shared_url: str):
    engine = create_async_engine(shared_url, pool_size=2)
    yield engine
    await engine.dispose()


@pytest.fixture
async def database(shared_engine) -> AsyncIterator[SharedDatabase]:
    """Sessions of the web, tasks and the test share one connection; everything is rolled back at the end."""
    async with shared_engine.connect() as connection:
        transaction = await connection.begin()
        yield SharedDatabase(connection)
        await transaction.rollback()


@pytest.fixture
async def db(database: SharedDatabase) -> AsyncIterator[Session]:
    """A write session on the test's connection; it does not hold the turn, so use it between requests."""
    async with database._writes() as session:
        yield session


@pytest.fixture
async def cloned_database(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[Database]:
    """A database of its own, with real commits and many connections."""
    async with _clone(postgres, template) as url:
        database = Database(url, pool_size=20)
        yield database
        await database.close()


@pytest.fixture
async def cast(db: Session) -> Cast:
    """The people of tests/cast.py, in the rolled-back transaction."""
    cast = await make_cast(db)
    await db.commit()
    return cast


@pytest.fixture(scope="session")
def clock_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clock")


@pytest.fixture(autouse=True)
def clock_file(clock_folder: Path) -> Iterator[Path]:
    """`clock.advance(…)` works in every test and is forgotten after it."""
    path = clock_folder / "offset"
    clock.use_offset_file(path)
    yield path
    clock.use_offset_file(None)
    path.unlink(missing_ok=True)


@pytest.fixture(autouse=True, scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A template is compiled once per language for all workers of a run (24 ms each time)."""
    folder = tmp_path_factory.getbasetemp()
    folder = (folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "templates"
    for locale in LOCALES:
        (folder / locale).mkdir(parents=True, exist_ok=True)
        kept = FileSystemBytecodeCache(str(folder / locale))
        for environment in (environments(reloads=False)[locale], rendering._environment(locale)):
            environment.bytecode_cache = kept


@pytest.fixture(autouse=True, scope="session")
def tasks() -> None:
    """Every task and subscriber is registered, as in a running process."""
    load_tasks()
