"""Paper: what each sheet says, in whose language; made in parts by the worker; typed back in once, however often."""

import io
from typing import Any

from pypdf import PdfReader
from sqlalchemy import func, select

from marketplace.fairs import paper, paper_leaves, paper_typing, results
from marketplace.fairs.day_models import FairScorecard
from marketplace.fairs.paper_models import FairPaper
from marketplace.fairs.paper_typing import Typed
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.results import Card
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain
from tests.cast import Cast
from tests.fairs.scenes import Hall, make_timetable, seat
from tests.fairs.test_checkin import live_hall
from tests.visitors import Browse


async def seated(db: Session, cast: Cast) -> Hall:
    """Three candidates: two meet AgriTrack at T1 in the first two slots, the third has no meeting."""
    hall = await live_hall(db, cast)
    plan, at = await make_timetable(db, hall.fair), clock.now()
    for n in (0, 1):
        where: dict[str, Any] = {"booth_id": hall.booths[0].id, "table_id": hall.tables[0].id}
        where |= {"slot_id": hall.slots[n].id, "candidate_id": hall.candidates[n].id, "timetable_id": plan.id}
        await seat(db, Meeting(fair_id=hall.fair.id, created_at=at, updated_at=at, **where))
    return hall


async def test_ordered_made_in_parts_and_loaded(
    db: Session, cast: Cast, browse: Browse, services: Services, monkeypatch: Any
) -> None:
    """Badges of three candidates in files of two: a stranger loads nothing."""
    monkeypatch.setitem(paper.PER_PART, "badges", 2)
    hall = await seated(db, cast)
    await db.commit()
    omar, bilal = await browse(cast.omar), await browse(cast.bilal)
    address = f"/fairs/{hall.fair.slug}/paper"
    assert (await omar.submit(address, {"kind": "badges"}, shown_on=address)).status_code == 303
    waiting = (await omar.get(address)).text
    assert "Part 1 of 2" in waiting and "every 1s" in waiting
    await drain(services)
    parts = (await db.scalars(select(FairPaper).order_by(FairPaper.part))).all()
    assert [(part.first, part.last, part.file_id is None) for part in parts] == [(1, 2, False), (3, 3, False)]
    file = f"{address}/{ids.short(parts[0].id)}/file"
    loaded = await omar.get(file)
    assert loaded.headers["content-type"] == "application/pdf"
    said = "".join(page.extract_text() for page in PdfReader(io.BytesIO(loaded.content)).pages)
    assert "C00001" in said and "Candidate 2" in said and "Candidate 3" not in said
    assert (await bilal.get(file)).status_code == 404
    assert "every 1s" not in (await omar.get(address)).text


async def test_a_sheet_is_in_her_language_and_a_table_has_boxes(db: Session, cast: Cast) -> None:
    hall = await seated(db, cast)
    hall.candidates[1].locale, hall.fair.title_ur = "ur", "ڈھنوٹ روزگار میلہ"
    where: dict[str, Any] = {"fair_id": hall.fair.id, "part": 1, "parts": 1, "first": 1, "last": 3, "locale": "en"}

    async def made(kind: str) -> Any:
        part = FairPaper(kind=kind, **where)
        return await paper_leaves.bundle_of(db, hall.fair, part, site="Hunar", address="https://x.example")

    sheets = await made("sheets")
    english, urdu, idle = sheets.leaves
    assert sheets.layout == "halves"
    assert [row[1:4] for row in english.rows] == [("AgriTrack", "B1", "T1")]
    assert (urdu.direction, urdu.heading) == ("rtl", "ڈھنوٹ روزگار میلہ")
    assert urdu.columns[1][0] == "کام دینے والا"
    assert not idle.rows and "desk" in idle.notes[0]
    first = (await made("tables")).leaves[0]
    assert first.name == "T1 · AgriTrack"
    assert [row[3] for row in first.rows[:3]] == ["Candidate 1", "Candidate 2", ""]
    assert sum(kind == "box" for _, kind in first.columns) == len(results.ON_PAPER)
    assert [row[1] for row in (await made("doors")).leaves[0].rows] == ["Candidate 1", "Candidate 2", "Candidate 3"]


async def test_what_has_happened_is_typed_back_once(db: Session, cast: Cast) -> None:
    """Twice is once; a stranger's code and what the employer has said meanwhile come back; who walked in has met."""
    hall = await seated(db, cast)
    fair, table, booth = hall.fair, hall.tables[0], hall.booths[0]
    fair.state = "closed"
    called = (await db.scalars(select(Meeting).order_by(Meeting.id))).first()
    assert called is not None
    called.state, called.called_at = "called", clock.now()
    await results.judge(
        db, fair, booth, hall.candidates[1], Card(result="shortlisted", note="Ours."), by=cast.bilal.id, at=clock.now()
    )
    lines = [
        Typed(code="c-00001", result="met", word="Good luck."),
        Typed(code="C00002", result="no_show"),
        Typed(code="C00003", result="offered"),
        Typed(code="ZZZ", result="met"),
    ]
    kept = await paper_typing.type_back(db, fair, table, booth, lines, by=cast.omar.id, at=clock.now())
    assert kept.count == 2
    assert kept.faults == {"C00002": paper_typing.SAID_MEANWHILE, "ZZZ": paper_typing.NOBODY}
    again = await paper_typing.type_back(db, fair, table, booth, lines, by=cast.omar.id, at=clock.now())
    assert (await db.scalars(select(func.count()).select_from(Meeting))).one() == 3, again
    assert set((await db.scalars(select(Meeting.state))).all()) == {"done"}
    assert all(each.checked_in_at for each in (hall.candidates[0], hall.candidates[2]))
    right = [Typed(code="C00002", result="no_show", was="shortlisted")]
    assert (await paper_typing.type_back(db, fair, table, booth, right, by=cast.omar.id, at=clock.now())).count == 1
    card = await results.card_of(db, booth.id, hall.candidates[1].id)
    assert card is not None and (card.result, card.note) == ("no_show", "Ours.")


async def test_met_after_all_though_the_seat_was_given_away(db: Session, cast: Cast) -> None:
    """Tapped as missed, the standby sat down, the paper says she came later: both have met."""
    hall = await seated(db, cast)
    fair, table, booth, at = hall.fair, hall.tables[0], hall.booths[0], clock.now()
    await results.judge(db, fair, booth, hall.candidates[0], Card(result="no_show"), by=cast.bilal.id, at=at)
    place: dict[str, Any] = {"booth_id": booth.id, "table_id": table.id, "slot_id": hall.slots[0].id}
    other = {"candidate_id": hall.candidates[2].id, "source": "standby"}
    await seat(db, Meeting(fair_id=fair.id, created_at=at, updated_at=at, **place, **other))
    line = Typed(code="C00001", result="met", was="no_show")
    assert (await paper_typing.type_back(db, fair, table, booth, [line], by=cast.omar.id, at=at)).count == 1
    hers = (await db.scalars(select(Meeting).where(Meeting.candidate_id == hall.candidates[0].id))).one()
    assert (hers.state, hers.slot_id, hers.missed_by) == ("done", None, None)


async def test_a_helper_types_a_sheet_by_the_keyboard(db: Session, cast: Cast, browse: Browse) -> None:
    hall = await seated(db, cast)
    await db.commit()
    omar = await browse(cast.omar)
    address = f"/fairs/{hall.fair.slug}/paper/tables/{ids.short(hall.tables[0].id)}"
    sent = {"code": ["C00001", "C00002", "XXX"], "result": ["met", "", "met"], "was": ["", "", ""]}
    refused = await omar.submit(address, {**sent, "word": ["", "", ""]}, shown_on=address)
    assert refused.status_code == 422 and "Nobody at this fair has this code." in refused.text
    assert "XXX" in refused.text, "what was typed stays"
    cards = (await db.scalars(select(FairScorecard))).all()
    assert [card.result for card in cards] == ["met"]
