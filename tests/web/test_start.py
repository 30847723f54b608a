"""The application as a server starts it: it reads its settings, opens what it needs, and closes it again."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from marketplace.kernel.config import Settings
from marketplace.web.app import Application, create_app
from marketplace.web.assets import Assets, MissingAssets
from tests.visitors import Browser

pytestmark = pytest.mark.slow  # starts and kills servers: seconds each


@asynccontextmanager
async def _running(app: Application) -> AsyncIterator[None]:
    """Litestar's lifespan holds a task group: it is entered and left in one task."""
    up, stop = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            up.set()
            await stop.wait()

    task = asyncio.create_task(live())
    waiting = asyncio.create_task(up.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        waiting.cancel()
        task.result()
    try:
        yield
    finally:
        stop.set()
        await task


@pytest.fixture
def same_collector() -> AsyncIterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


async def test_it_starts_by_itself_and_answers(
    shared_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_collector: None
) -> None:
    for name, value in (("ENV", "test"), ("DATA_DIR", str(tmp_path)), ("BASE_URL", "http://127.0.0.1:8000")):
        monkeypatch.setenv(f"MARKETPLACE_{name}", value)
    monkeypatch.setenv("DATABASE_URL", shared_url)
    app = create_app()
    async with _running(app), Browser(app) as browser:
        assert (await browser.get("/ready")).json()["status"] in ("ok", "degraded")
        assert (await browser.get("/sign-in")).status_code == 200
    assert app.site.settings == Settings.from_env()


async def test_without_a_database_it_says_so_and_stays_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_collector: None, caplog: pytest.LogCaptureFixture
) -> None:
    for name, value in (("ENV", "test"), ("DATA_DIR", str(tmp_path)), ("BASE_URL", "http://127.0.0.1:8000")):
        monkeypatch.setenv(f"MARKETPLACE_{name}", value)
    monkeypatch.setenv("DATABASE_URL", f"postgresql+asyncpg://postgres@/none?host={tmp_path}")
    app = create_app()
    async with _running(app), Browser(app) as browser:
        assert (await browser.get("/live")).status_code == 200
        assert (await browser.get("/ready")).status_code == 503
        assert (await browser.get("/sign-in")).status_code == 200, "needs none"
        browser.wear("somebody's")
        answer = await browser.get("/account")
        assert answer.status_code == 503 and answer.headers["retry-after"] == "5"
        assert str(tmp_path) not in answer.text


def test_missing_browser_files_are_said_with_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(MissingAssets, match="make setup"):
        Assets(tmp_path)
