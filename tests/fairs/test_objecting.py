"""Against a first timetable both sides say what does not suit; the organiser changes a meeting, and answers."""

from typing import Any

from sqlalchemy import func, select

from marketplace.engines.notify.models import Mail, TextMessage
from marketplace.fairs import moving, planning, registering
from marketplace.fairs.day_models import FairMessage
from marketplace.fairs.plan_models import Meeting, Objection, Timetable
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain
from tests.cast import Cast
from tests.fairs.scenes import Hall, make_hall, ticket, wish
from tests.visitors import Browse


async def shown_hall(db: Session, cast: Cast, services: Services) -> Hall:
    """Three candidates wish AgriTrack, which has four slots; the first timetable is shown for two days."""
    hall = await make_hall(db, cast, booths=1, candidates=3, slots=4, keeps_reserve=False)
    for candidate in hall.candidates:
        await wish(db, candidate, hall.booths[0], "must")
    at = clock.now()
    how: dict[str, Any] = {"by": hall.fair.created_by, "at": at}
    made = await planning.ask(db, hall.fair, objective="coverage", seed=7, **how)
    await db.commit()
    await drain(services)
    made = await planning.version(db, hall.fair, made.number)
    await db.refresh(made, ["state", "cells", "figures"])
    await planning.show(db, hall.fair, made, until=at.replace(year=at.year + 1), **how)
    await db.commit()
    return hall


async def meetings(db: Session, hall: Hall) -> dict[int, Meeting]:
    """By number of the candidate."""
    number = {each.id: each.number for each in hall.candidates}
    found = select(Meeting).where(Meeting.fair_id == hall.fair.id, Meeting.state == "planned")
    rows = await db.scalars(found.execution_options(populate_existing=True))
    return {number[each.candidate_id]: each for each in rows}


async def test_both_object_the_organiser_exchanges_two_meetings_and_answers(
    browse: Browse, db: Session, cast: Cast, services: Services
) -> None:
    hall = await shown_hall(db, cast, services)
    before = await meetings(db, hall)
    slots = {number: each.slot_id for number, each in before.items()}
    bilal, omar, visitor = await browse(cast.bilal), await browse(cast.omar), await browse()
    theirs, hers = f"/fairs/{hall.fair.slug}/booth/timetable", f"/tickets/{ticket(hall.fair, 1)}"
    page = (await bilal.get(theirs)).text
    assert "number 1" in page and "Candidate 1" not in page, "no names before it stands"
    said = {"text": "Our engineer comes late", "meeting": ids.short(before[2].id)}
    assert (await bilal.submit(theirs, said, shown_on=theirs)).status_code == 303
    strange = await visitor.submit(f"{hers}/objection", said, shown_on=hers)
    assert strange.status_code == 404, "that meeting is not hers"
    said = {"text": "My bus", "meeting": ids.short(before[1].id)}
    assert (await visitor.submit(f"{hers}/objection", said, shown_on=hers)).status_code == 303
    versions = f"/fairs/{hall.fair.slug}/organise/timetable"
    change = f"/fairs/{hall.fair.slug}/organise/meetings/{ids.short(before[1].id)}"
    listed = (await omar.get(versions)).text
    assert "My bus" in listed and "Our engineer comes late" in listed and "Objections until" in listed
    assert f'href="{change}"' in listed, "one click to the change"
    assert "in exchange with Candidate 2" in " ".join((await omar.get(change)).text.split()).replace("<bdi>", "")
    choice = await moving.choice_of(db, hall.fair, before[1].id)
    place = next(each for each in choice.places if each.other and each.other.id == before[2].id)
    assert (await omar.submit(change, {"cell": place.cell}, shown_on=change)).status_code == 303
    after = {number: each.slot_id for number, each in (await meetings(db, hall)).items()}
    assert after == {1: slots[2], 2: slots[1], 3: slots[3]}
    assert await db.scalar(select(func.max(Timetable.number)).where(Timetable.state == "provisional")) == 2
    told = select(FairMessage.candidate_id).where(FairMessage.message == "fair_meetings_changed")
    touched = {each for each in await db.scalars(told) if each}
    assert touched == {each.id for each in hall.candidates[:2]}, "the third hears nothing"
    await _answer_both(db, hall, omar, services)
    assert "We exchanged it" in (await visitor.get(hers)).text and "We exchanged it" in (await bilal.get(theirs)).text


async def _answer_both(db: Session, hall: Hall, omar: Any, services: Services) -> None:
    """Each is told once: she by SMS with her ticket, the employer by mail."""
    versions = f"/fairs/{hall.fair.slug}/organise/timetable"
    for objection in (await db.scalars(select(Objection))).all():
        address = f"/fairs/{hall.fair.slug}/organise/objections/{ids.short(objection.id)}"
        await omar.submit(address, {"answer": "We exchanged it"}, shown_on=versions)
    await drain(services)
    texts = (await db.scalars(select(TextMessage).where(TextMessage.message == "fair_objection_answered"))).all()
    assert [each.to for each in texts] == [hall.candidates[0].phone]
    assert "/tickets/" in texts[0].body
    mails = (await db.scalars(select(Mail).where(Mail.message == "fair_objection_answered"))).all()
    assert mails and all("We exchanged it" in each.text for each in mails)


async def test_what_a_rule_forbids_is_no_choice_and_calling_off_is_a_version(
    db: Session, cast: Cast, services: Services
) -> None:
    """She leaves after the second slot: later ones are not offered, though the table is free."""
    hall = await shown_hall(db, cast, services)
    before = await meetings(db, hall)
    first = hall.candidates[0]
    first.leaves_at = hall.slots[1].ends_at
    await db.flush()
    choice = await moving.choice_of(db, hall.fair, before[1].id)
    assert {each.slot.number for each in choice.places} <= {1, 2}
    await moving.call_off(db, hall.fair, choice, by=cast.omar.id, at=clock.now())
    assert set(await meetings(db, hall)) == {2, 3}
    live = (await db.scalars(select(Timetable).where(Timetable.state == "provisional"))).one()
    assert (live.number, live.base_id is not None, live.objections_until is not None) == (2, True, True)


async def test_called_off_twice_is_once_and_says_so(
    db: Session, cast: Cast, browse: Browse, services: Services
) -> None:
    """A double press without JavaScript lands on the timetable, not on "nothing here"."""
    hall = await shown_hall(db, cast, services)
    meeting = (await meetings(db, hall))[1]
    await db.commit()
    omar, here = await browse(cast.omar), f"/fairs/{hall.fair.slug}/organise/meetings/{ids.short(meeting.id)}"
    for said in ("Those whom it touches are told", "called off already"):
        answer = await omar.submit(here, {"to": "call_off"}, shown_on=f"/fairs/{hall.fair.slug}/organise/timetable")
        assert answer.status_code == 303 and said in (await omar.get(answer.headers["location"])).text


async def test_whoever_has_left_is_not_put_back_by_a_change_or_by_publishing(
    db: Session, cast: Cast, services: Services
) -> None:
    """The version still names her; her seat is free, for the first of them too."""
    hall = await shown_hall(db, cast, services)
    before = await meetings(db, hall)
    seat = before[3].table_id, before[3].slot_id
    await registering.withdraw(db, hall.candidates[2].id, by=None, at=clock.now())
    choice = await moving.choice_of(db, hall.fair, before[1].id)
    place = next(each for each in choice.places if (each.table.id, each.slot.id) == seat)
    made = await moving.move(db, hall.fair, choice, place.cell, by=cast.omar.id, at=clock.now())
    assert made.figures["meetings"] == len(planning.cells_of(made)) == 2
    after = await meetings(db, hall)
    assert set(after) == {1, 2} and after[1].slot_id == seat[1]
    await registering.withdraw(db, hall.candidates[1].id, by=None, at=clock.now())
    await planning.publish(db, hall.fair, made, by=cast.omar.id, at=clock.now())
    assert set(await meetings(db, hall)) == {1}
