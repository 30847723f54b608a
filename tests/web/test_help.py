"""Help, fees, safety, terms, privacy: there for everybody, in both languages, with figures from the data."""

from datetime import timedelta
from pathlib import Path

from marketplace.escrow.models import FeeRule
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.paths import resource
from marketplace.web.pages_static import TOPICS
from tests.visitors import Browser

PAGES = ["/help", "/fees", "/safety", "/terms", "/privacy", *(f"/help/{topic}" for topic in TOPICS)]


async def test_every_page_is_there_for_visitors_and_linked(client: Browser) -> None:
    front = (await client.get("/")).text
    for path in ("/help", "/fees", "/safety", "/terms", "/privacy"):
        assert f'href="{path}"' in front.split("<footer", 1)[1], path
    contents = (await client.get("/help")).text
    for path in PAGES:
        answer = await client.get(path)
        assert answer.status_code == 200 and answer.text.count("<h1") == 1, path
        assert path == "/help" or f'href="{path}"' in contents, path
    assert (await client.get("/help/nothing")).status_code == 404


def test_no_page_calls_us_what_we_are_not() -> None:
    for path in Path(resource("templates") / "help").rglob("*.html"):
        assert "escrow" not in path.read_text(encoding="utf-8").lower(), path.name


async def test_fees_are_those_of_the_data(db: Session, client: Browser) -> None:
    shown = (await client.get("/fees")).text
    for words in ("10 %", "USD 999.99", "USD 99.99", "USD 900"):
        assert words in shown, words
    now = clock.now()
    db.add_all(
        FeeRule(kind="contract", currency="USD", payer="freelancer", basis_points=points, valid_from=now + shift)
        for points, shift in ((750, -timedelta(seconds=1)), (2_000, timedelta(days=1)))
    )
    await db.commit()
    shown = (await client.get("/fees")).text
    in_force, coming = shown.split("Announced changes")
    assert "7.5 %" in in_force and "20 %" not in in_force
    assert "USD 11.25" in coming and "20 %" in coming
