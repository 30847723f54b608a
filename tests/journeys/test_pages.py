"""Pages as everybody gets them: nothing for axe-core to find, nothing from other hosts, light enough for 2G."""

import gzip
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Response

from tests.journeys.conftest import AXE
from tests.journeys.person import Person

VISITORS = ("/", "/gigs", "/people", "/gigs/new", "/sign-in", "/sign-up", "/reset-password", "/nothing-here")
HERS = ("/", "/profile", "/proposals", "/contracts", "/money", "/notices", "/account", "/gigs/mine", "/account/notices")
FIRST_VISIT_BYTES, HTML_BYTES, URDU_FONT_BYTES = 60_000, 14_000, 16_384

pytestmark = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not installed (make test installs it)")


def faults(person: Person) -> list[str]:
    """What axe-core finds on the page that is open, in the words of its rules."""
    person.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = person.page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [f"{each['id']}: {each['nodes'][0]['target']} {each['nodes'][0]['html'][:120]}" for each in found]


@pytest.mark.parametrize("locale", ["en", "ur"])
def test_axe_finds_nothing(someone: Callable[..., Person], locale: str) -> None:
    person = someone("Sadia Bashir", locale=locale)
    found: dict[str, list[str]] = {}
    person.opens("/").chooses_language(locale)
    for path in VISITORS:
        person.page.goto(path)
        person.fits_the_screen()
        found[path] = faults(person)
    person.signs_up(f"sadia-{locale}@test.example")
    for path in HERS:
        person.opens(path).fits_the_screen()
        found[f"{path} signed in"] = faults(person)
    assert {path: each for path, each in found.items() if each} == {}


@pytest.mark.parametrize("locale", ["en", "ur"])
def test_a_first_visit_is_light_and_asks_nobody_else(someone: Callable[..., Person], locale: str) -> None:
    person = someone("Nazia Hameed", locale=locale)
    person.opens("/").chooses_language(locale)
    answers: list[Response] = []
    cold = someone("Nazia again", locale=locale)
    cold.page.context.add_cookies(person.page.context.cookies())
    cold.page.on("response", lambda answer: answers.append(answer))
    cold.opens("/gigs").page.wait_for_load_state("networkidle")
    host = re.match(r"https?://[^/]+", cold.page.url)
    assert host is not None
    assert [each.url for each in answers if not each.url.startswith((host[0], "data:"))] == []
    sizes = {each.url: weight(each) for each in answers if each.request.resource_type != "image"}
    fonts = {url: size for url, size in sizes.items() if url.endswith(".woff2")}
    assert all(size <= URDU_FONT_BYTES for size in fonts.values()), fonts
    assert len(fonts) == (1 if locale == "ur" else 0)
    assert sum(sizes.values()) - sum(fonts.values()) <= FIRST_VISIT_BYTES, sizes
    page = next(size for url, size in sizes.items() if re.search(r"/gigs$", url))
    assert page <= HTML_BYTES


def weight(answer: Response) -> int:
    """Bytes on the wire; where the browser does not tell, as gzip packs them."""
    sent = answer.request.sizes()["responseBodySize"]
    return sent or len(gzip.compress(answer.body(), 6))
