"""One running site per test run, and people with a browser each."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.cli.sites import UpSite
from tests.journeys import camera
from tests.journeys.person import PHONE, Person

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser; where none is found that is said (CI requires one)."""
    if not CHROMIUM and os.environ.get("CI"):
        raise pytest.UsageError("CI must have a Chromium: the journeys are required there")
    # Last: the browser keeps an event loop of its own running, in which other tests can't start theirs.
    ours = [item for item in items if item.nodeid.startswith("tests/journeys/")]
    items[:] = [item for item in items if not item.nodeid.startswith("tests/journeys/")] + ours
    for item in ours:
        item.add_marker(pytest.mark.journey)
        item.add_marker(pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine"))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpSite]:
    """`marketplace up` in demo mode, its world left empty."""
    if running_data := os.environ.get("JOURNEY_DATA"):  # walk a site that is up already
        yield UpSite(Path(running_data), MARKETPLACE_ENV="demo")
        return
    data = tmp_path_factory.mktemp("journeys") / "data"
    data.mkdir()
    (data / "demo-filled").touch()
    running = UpSite(data, MARKETPLACE_ENV="demo")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """What the camera of this test's browser sees, once something is held up to it (tests/journeys/camera.py)."""
    return tmp_path / "camera.y4m"


@pytest.fixture
def browser(film: Path) -> Iterator[Browser]:
    """One per test: while playwright's own loop lives, no asynchronous test could run in this process."""
    with sync_playwright() as playwright:
        words = ["--no-sandbox", "--disable-gpu", *camera.arguments(film)]
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=words)
        yield made
        made.close()


@pytest.fixture
def someone(browser: Browser, site: UpSite, tmp_path: Path) -> Iterator[Callable[..., Person]]:
    """`someone("Ayesha", locale="ur", javascript=False)`: a person with a phone of her own.

    The test fails at its end when her browser saw a script error, a broken rule of the CSP or an answer of 5xx.
    """
    with ExitStack() as stack:
        people: list[Person] = []

        def make(name: str, *, locale: str = "en", javascript: bool = True) -> Person:
            context: BrowserContext = browser.new_context(
                **PHONE,
                base_url=f"http://127.0.0.1:{site.port}",
                java_script_enabled=javascript,
                locale="ur-PK" if locale == "ur" else "en-GB",
                timezone_id="Asia/Karachi",
            )
            stack.callback(context.close)
            context.set_default_timeout(20_000)
            person = Person(name, context.new_page(), pictures=tmp_path)
            people.append(person)
            return person

        yield make
        assert {person.name: person.trouble for person in people if person.trouble} == {}
