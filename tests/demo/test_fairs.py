"""The fairs of the demo world, small and without the worker of a site: one in each state, and the day half over."""

import asyncio
import gzip
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.demo import fairs, people, world
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import Checkin, FairOffer, FairScorecard, QueueEntry
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Meeting, Objection
from marketplace.identity.models import AuditLine, User
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain
from tests.demo.morning import until_morning
from tests.visitors import Browse


def _quiet(_what: str, _done: int, _total: int) -> None:
    pass


SMALL = {"employers": 22, "candidates": 60}


@pytest.fixture(autouse=True)
def _morning() -> None:
    clock.advance(until_morning())


async def _filled(
    services: Services, monkeypatch: pytest.MonkeyPatch, lines: list[dict[str, Any]], *, times: int = 2
) -> None:
    """Those fairs, while the queue makes their timetables."""
    told = world.fairs()
    monkeypatch.setattr(world, "fairs", lambda: told | {"fairs": lines})
    everybody = await people.fill(services, _quiet)
    for _ in range(times):
        made = asyncio.create_task(fairs.fill(services, everybody, _quiet))
        while not made.done():
            await drain(services)
            await asyncio.sleep(0.02)
        await made


@pytest.mark.slow
async def test_one_in_each_state_and_filling_again_changes_nothing(
    db: Session, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line | (SMALL if "employers" in line else {}) for line in world.fairs()["fairs"]]
    await _filled(services, monkeypatch, lines)
    states = (await db.scalars(select(Fair.state))).all()
    assert sorted(states) == ["cancelled", "closed", "draft", "live", "live", "matching", "open", "published"]
    on = {fair.mode: fair for fair in (await db.scalars(select(Fair).where(Fair.state == "live"))).all()}
    live, hall = on["both"], on["open_hall"]

    async def count(table: type, *conditions: object) -> int:
        return (await db.scalars(select(func.count()).select_from(table).where(*conditions))).one()

    for state in ("done", "planned"):
        assert await count(Meeting, Meeting.fair_id == live.id, Meeting.state == state), f"half of the day: {state}"
    assert await count(Checkin, Checkin.fair_id == live.id) and await count(Objection) == 5
    assert await count(FairScorecard, FairScorecard.fair_id == live.id)
    assert sorted(await db.scalars(select(FairOffer.state))) == ["accepted", "sent"]
    assert await count(AuditLine, AuditLine.action == "fair.loaded") == 6
    assert await count(Meeting, Meeting.fair_id == live.id, Meeting.candidate_word != "")
    queue = QueueEntry.fair_id == hall.id
    for state in ("waiting", "called", "served"):
        assert await count(QueueEntry, queue, QueueEntry.state == state), f"the hall is at work: {state}"
    assert await count(Meeting, Meeting.fair_id == hall.id, Meeting.state == "done")
    assert await count(FairCandidate, FairCandidate.fair_id == hall.id, FairCandidate.source == "walk_in")


@pytest.mark.slow
async def test_the_next_day_another_is_on_and_what_is_over_has_ended(
    db: Session, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour later the day has gone on; a day later the next fair is on, four days later each state has one again."""
    keys = ("published", "live", "hall")
    lines = [line | SMALL for line in world.fairs()["fairs"] if line["key"] in keys]
    await _filled(services, monkeypatch, lines, times=1)

    async def shown() -> list[tuple[str, str]]:
        rows = await db.execute(select(Fair.mode, Fair.state).order_by(Fair.id))
        return [(mode, state) for mode, state in rows]

    async def talked() -> int:
        return (await db.scalars(select(func.count()).where(Meeting.state.in_(("done", "no_show"))))).one()

    first, before = await shown(), await talked()
    clock.advance(timedelta(minutes=60))
    await _filled(services, monkeypatch, lines, times=1)
    assert await shown() == first and await talked() > before
    clock.advance(timedelta(days=1))
    await _filled(services, monkeypatch, lines, times=1)
    assert sorted(await shown()) == sorted([*first, ("both", "closed"), ("open_hall", "closed")])
    clock.advance(timedelta(days=3))
    await _filled(services, monkeypatch, lines, times=1)
    now = clock.now()
    on = (await db.scalars(select(Fair).where(Fair.state == "live"))).all()
    assert {fair.mode for fair in on if fair.ends_at and fair.ends_at > now} >= {"both", "open_hall"}
    assert len([state for _, state in await shown() if state == "published"]) == 1


PAGES = {
    "nobody": ("", "/board"),
    "organiser": ("/organise", "/organise/booths", "/organise/candidates", "/organise/timetable", "/day"),
    "bilal": ("", "/booth", "/booth/candidates", "/booths/{booth}/day"),
}
MORE = ("/organise/timetable/1", "/organise/timetable/1/meetings", "/organise/files")


@pytest.mark.slow
async def test_pages_of_the_big_fair_are_small_and_ask_no_more_than_those_of_a_small_one(
    browse: Browse, db: Session, services: Services, monkeypatch: pytest.MonkeyPatch, statements: Any
) -> None:
    """A thousand candidates at sixty employers, as the demo world has them, beside a fair of sixty people."""
    live = next(line for line in world.fairs()["fairs"] if line["key"] == "live")
    await _filled(services, monkeypatch, [live | SMALL | {"title_en": "A small fair"}, live], times=1)
    found = {fair.title_en: fair for fair in (await db.scalars(select(Fair).where(Fair.state == "live"))).all()}
    assert found[live["title_en"]].seats_taken == 1_000
    faults: list[str] = []
    for who, pages in PAGES.items():
        person = await db.scalar(select(User).where(User.email == f"{who}@demo.example"))
        browser = await browse(person) if person else await browse()
        for page in (*pages, *(MORE if who == "organiser" else ())):
            asked: dict[str, int] = {}
            for title, fair in found.items():
                booth = select(Booth.id).where(Booth.fair_id == fair.id, Booth.name == "AgriTrack")
                path = page.format(booth=ids.short((await db.scalars(booth)).one()))
                await browser.get(f"/fairs/{fair.slug}{path}")  # what is kept between requests is warm
                statements.clear()
                shown = await browser.get(f"/fairs/{fair.slug}{path}")
                asked[title] = len(statements)
                size = len(gzip.compress(shown.content, 6))
                if shown.status_code != 200 or size > 14_000:
                    faults.append(f"{who} {page} of {title}: {shown.status_code}, {size} bytes")
            print(who, page, asked, size)
            if len(set(asked.values())) != 1:
                faults.append(f"{who} {page}: {asked} queries")
    assert faults == []
