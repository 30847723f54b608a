"""A table on a phone without an account: one table, one day, one person; a candidate's own word."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.fairs import attending, hall_queues, her_words, table_links
from marketplace.fairs.booth_models import FairTable, Representative
from marketplace.fairs.day_models import FairScorecard, QueueEntry
from marketplace.fairs.plan_models import Meeting
from marketplace.identity.models import AuditLine
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from tests.cast import Cast
from tests.fairs.scenes import Hall, make_hall, ticket
from tests.fairs.test_checkin import live_hall


async def named(db: Session, cast: Cast, hall: Hall, name: str) -> Representative:
    who: dict[str, Any] = {"user_id": None, "name": name, "phone": None}
    return await attending.send(db, hall.booths[0], **who, by=cast.bilal.id, at=clock.now())


async def test_she_runs_her_table_by_the_link_that_her_employer_gave(db: Session, cast: Cast, browse: Any) -> None:
    """Call, here, a badge read by the camera, the result: in the employer's name and by hers, without an account."""
    hall = await live_hall(db, cast, mode="open_hall")
    nadia = await named(db, cast, hall, "Nadia")
    for candidate in hall.candidates[:2]:
        await hall_queues.join(db, hall.fair, hall.booths[0], candidate, at=clock.now())
    await db.commit()
    bilal, phone, booth = await browse(cast.bilal), await browse(), f"/fairs/{hall.fair.slug}/booth"
    link = f"{booth}/representatives/{ids.short(nadia.id)}/link"
    given = await bilal.submit(link, {"table": ids.short(hall.tables[0].id)}, shown_on=booth)
    mine = re.search(r"/tables/[\w-]{24}", given.text)
    assert mine, given.text
    assert f"has the link of table {hall.tables[0].label}" in (await bilal.get(booth)).text
    shown = await phone.get(mine[0])
    assert "For Nadia, given by Bilal" in shown.text
    assert shown.headers["referrer-policy"] == "no-referrer"
    await phone.submit(mine[0], {"to": "call"}, shown_on=mine[0])
    entry = (await db.scalars(select(QueueEntry).where(QueueEntry.state == "called"))).one()
    await phone.submit(mine[0], {"to": "here", "entry": ids.short(entry.id)}, shown_on=mine[0])
    read = await phone.get(f"/fairs/{hall.fair.slug}/badges/{hall.candidates[0].code}")
    badge = f"{mine[0]}/badges/{hall.candidates[0].code}"
    assert (await phone.get(read.headers["location"])).headers["location"] == badge
    assert "Make an offer" not in (await phone.get(badge)).text
    said = {"result": "shortlisted", "word": "Come on Monday.", "note": "Quick."}
    assert (await phone.submit(badge, said, shown_on=badge)).status_code == 303
    meeting = (await db.scalars(select(Meeting))).one()
    assert (meeting.state, meeting.representative_id) == ("done", nadia.id)
    card = (await db.scalars(select(FairScorecard))).one()
    assert (card.result, card.note, card.by_user_id) == ("shortlisted", "Quick.", None)
    used = await db.scalars(
        select(AuditLine.values).where(AuditLine.action == "table_link.used").order_by(AuditLine.id)
    )
    assert [(each["name"], each["what"]) for each in used] == [("Nadia", what) for what in ("called", "here", "judged")]


async def test_somebody_else_comes_in_one_step(db: Session, cast: Cast, browse: Any) -> None:
    """Her link is dead and the new one of the same table there, by one form; pressed twice it says so."""
    hall = await live_hall(db, cast, mode="open_hall")
    nadia, at = await named(db, cast, hall, "Nadia"), clock.now()
    _, old = await table_links.give(db, hall.booths[0], nadia.id, hall.tables[0].id, by=cast.bilal.id, at=at)
    await db.commit()
    bilal, phone, booth = await browse(cast.bilal), await browse(), f"/fairs/{hall.fair.slug}/booth"
    replace = f"{booth}/representatives/{ids.short(nadia.id)}/replace"
    given = await bilal.submit(replace, {"name": "Saba"}, shown_on=booth)
    new = re.search(r"/tables/[\w-]{24}", given.text)
    assert new and new[0] != f"/tables/{old}"
    assert "For Saba, given by Bilal" in (await phone.get(new[0])).text
    assert (await phone.get(f"/tables/{old}")).status_code == 404
    assert "Nadia" not in (await bilal.get(booth)).text
    again = await bilal.submit(replace, {"name": "Saba"}, shown_on=booth)
    assert again.status_code == 409 and "off the list already" in again.text


async def test_one_table_one_day_and_only_who_holds_it_now(db: Session, cast: Cast, browse: Any) -> None:
    """Another table's entry, a fair that is over, a replaced person, a table given on, a link taken back: nothing."""
    hall = await live_hall(db, cast, mode="open_hall")
    booth, table, at = hall.booths[0], hall.tables[0], clock.now()
    how: dict[str, Any] = {"by": cast.bilal.id, "at": at}
    second = FairTable(fair_id=hall.fair.id, booth_id=booth.id, room_id=hall.room.id, label="U1")
    db.add(second)
    nadia, saba = await named(db, cast, hall, "Nadia"), await named(db, cast, hall, "Saba")
    _, hers = await table_links.give(db, booth, nadia.id, table.id, **how)
    _, other = await table_links.give(db, booth, saba.id, second.id, **how)
    await hall_queues.join(db, hall.fair, booth, hall.candidates[0], at=at)
    entry = await hall_queues.call_next(db, hall.fair, second, by=None, at=at)
    assert entry is not None
    with pytest.raises(NotFound):
        await table_links.move(db, await table_links.running(db, hers), entry.id, "here", at=at)
    with pytest.raises(NotFound):
        await table_links.give(db, booth, nadia.id, hall.tables[1].id, **how)

    _, moved = await table_links.give(db, booth, saba.id, table.id, **how)
    for gone in (hers, other):
        with pytest.raises(NotFound):
            await table_links.behind(db, gone)
    await attending.unsend(db, booth, saba.id, **how)
    with pytest.raises(NotFound):
        await table_links.behind(db, moved)
    _, last = await table_links.give(db, booth, nadia.id, table.id, **how)
    hall.fair.state = "closed"
    await db.commit()
    phone = await browse()
    code = hall.candidates[0].code
    for path in (f"/tables/{last}", f"/tables/{last}/badges/{code}", "/tables/" + "x" * 24):
        assert (await phone.get(path)).status_code == 404, path
    assert (await phone.get(f"/fairs/{hall.fair.slug}/badges/{code}")).status_code == 303, "to sign in"


async def test_before_the_day_the_link_shows_nobody(db: Session, cast: Cast, browse: Any) -> None:
    hall = await make_hall(db, cast, state="published")
    nadia, at = await named(db, cast, hall, "Nadia"), clock.now()
    _, secret = await table_links.give(db, hall.booths[0], nadia.id, hall.tables[0].id, by=cast.bilal.id, at=at)
    await db.commit()
    phone, here = await browse(), f"/tables/{secret}"
    assert "The fair is not on yet" in (await phone.get(here)).text
    for path in (f"{here}?code={hall.candidates[0].code}", f"{here}/badges/{hall.candidates[0].code}"):
        assert hall.candidates[0].name not in (await phone.get(path)).text
    assert (await phone.get(f"{here}/badges/{hall.candidates[0].code}")).status_code == 409


async def test_her_word_is_the_organisers_and_no_employers(db: Session, cast: Cast, browse: Any) -> None:
    """One tap with a word on her ticket, after a meeting of hers that was; said again it is what she says now."""
    hall, at = await live_hall(db, cast), clock.now()
    row: dict[str, Any] = {"booth_id": hall.booths[0].id, "table_id": hall.tables[0].id, "fair_id": hall.fair.id}
    row |= {"source": "queue", "created_at": at, "updated_at": at}
    mine = Meeting(**row, candidate_id=hall.candidates[0].id, state="done")
    others = Meeting(**row, candidate_id=hall.candidates[1].id, state="checked_in")
    db.add_all([mine, others])
    await db.commit()
    phone, omar, bilal = await browse(), await browse(cast.omar), await browse(cast.bilal)
    here = f"/tickets/{ticket(hall.fair, 1)}"
    for rating, word in (("1", "He asked whether I am married."), ("1", "He asked private things.")):
        told = {"rating": rating, "word": word}
        assert (await phone.submit(f"{here}/meetings/{ids.short(mine.id)}", told, shown_on=here)).status_code == 303
    stranger = await phone.submit(f"{here}/meetings/{ids.short(others.id)}", told, shown_on=here)
    assert stranger.status_code == 404
    hers = f"/tickets/{ticket(hall.fair, 2)}"
    early = await phone.submit(f"{hers}/meetings/{ids.short(others.id)}", told, shown_on=hers)
    assert early.status_code == 409
    base = f"/fairs/{hall.fair.slug}"
    words = (await omar.get(f"{base}/day/words")).text
    assert "He asked private things." in words
    assert "married" not in words
    [word] = await her_words.words_of(db, hall.fair.id, after=None, limit=5)
    assert await her_words.words_of(db, hall.fair.id, after=(word.rating, word.id), limit=5) == []
    counted = (await omar.get(f"{base}/report.csv")).text.split()
    assert {"figure,said,1", "figure,said_well,0"} <= set(counted)
    booth = ids.short(hall.booths[0].id)
    pages = [await bilal.get(f"{base}{path}") for path in (f"/booths/{booth}/day", f"/booths/{booth}/badges/C00001")]
    assert all("private things" not in page.text and page.status_code == 200 for page in pages)
    assert (await bilal.get(f"{base}/day/words")).status_code == 404
