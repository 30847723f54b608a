"""A trusted contact is told of a meeting, and again when there is no word; nobody else sees any of it."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from marketplace.engines.deadlines.models import Deadline
from marketplace.engines.deadlines.tasks import pass_
from marketplace.engines.notify.models import Mail, TextMessage
from marketplace.identity.models import User
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.messages import contacts
from marketplace.messages.models import Notice
from marketplace.messages.thread_models import MeetingNote, TrustedContact
from marketplace.runtime import load_tasks
from tests.cast import Cast
from tests.visitors import Browse

load_tasks()


def meeting(at: datetime, **changes: object) -> contacts.Meeting:
    planned = {"place": "Dhanote IT Park, gate 2", "company": "AgriTrack", "about": "Bus 7."}
    times = {"starts_at": at + timedelta(hours=1), "until": at + timedelta(hours=3)}
    return contacts.Meeting(**{**planned, **times, **changes})  # type: ignore[arg-type]


async def sadia(db: Session, user: User) -> TrustedContact:
    reach = {"email": "sadia@test.example", "phone": "0300 1234567"}
    return await contacts.add_contact(db, "Sadia", **reach, by=user.id, at=clock.now())


async def sent(db: Session) -> list[str]:
    hers = select(Mail.message).where(Mail.to == "sadia@test.example").order_by(Mail.id)
    return list((await db.scalars(hers)).all())


async def pass_time(db: Session, by: timedelta) -> None:
    """Move the clock and let pass what is due, as the sweep does each minute."""
    clock.advance(by)
    due = select(Deadline.id).where(Deadline.state == "running", Deadline.due_at <= clock.now())
    for deadline_id in (await db.scalars(due.order_by(Deadline.due_at))).all():
        await pass_(db, deadline_id=deadline_id)


async def test_no_word_is_an_alarm_and_a_word_is_none(db: Session, cast: Cast) -> None:
    at = clock.now()
    contact = await sadia(db, cast.ayesha)
    silent = await contacts.tell(db, contact.id, meeting(at), by=cast.ayesha.id, at=at)
    home = await contacts.tell(db, contact.id, meeting(at), by=cast.ayesha.id, at=at)
    assert await sent(db) == ["meeting_told", "meeting_told"]
    assert (await db.scalars(select(TextMessage.to))).all() == ["+923001234567"] * 2
    await contacts.back(db, home.id, by=cast.ayesha.id, at=at)
    await contacts.back(db, home.id, by=cast.ayesha.id, at=at)
    assert (await sent(db))[2:] == ["meeting_back"]
    await pass_time(db, timedelta(hours=3, minutes=1))
    asked = (await db.scalars(select(Notice).where(Notice.message == "meeting_ends"))).all()
    assert [notice.user_id for notice in asked] == [cast.ayesha.id] and len(await sent(db)) == 3
    await pass_time(db, timedelta(hours=1))
    await contacts.alarm(db, silent.id, at=clock.now())
    assert (await sent(db))[3:] == ["meeting_overdue"]
    await contacts.back(db, silent.id, by=cast.ayesha.id, at=at)
    assert (await sent(db))[4:] == ["meeting_back"]


async def test_what_is_refused(db: Session, cast: Cast) -> None:
    at = clock.now()
    contact = await sadia(db, cast.ayesha)
    for changes in (
        {"until": at - timedelta(minutes=1), "starts_at": at - timedelta(hours=1)},
        {"until": at + timedelta(hours=1)},
        {"until": at + timedelta(hours=26)},
        {"place": "see www.example.com"},
    ):
        with pytest.raises(Invalid):
            await contacts.tell(db, contact.id, meeting(at, **changes), by=cast.ayesha.id, at=at)
    with pytest.raises(NotFound):
        await contacts.tell(db, contact.id, meeting(at), by=cast.hina.id, at=at)
    note = await contacts.tell(db, contact.id, meeting(at), by=cast.ayesha.id, at=at)
    with pytest.raises(NotFound):
        await contacts.back(db, note.id, by=cast.hina.id, at=at)
    for _ in range(contacts.NOTES_A_DAY - 1):
        await contacts.tell(db, contact.id, meeting(at), by=cast.ayesha.id, at=at)
    with pytest.raises(Invalid):
        await contacts.tell(db, contact.id, meeting(at), by=cast.ayesha.id, at=at)
    for reach in ({"email": "", "phone": ""}, {"email": "", "phone": "12"}):
        with pytest.raises(Invalid):
            await contacts.add_contact(db, "Nobody", **reach, by=cast.ayesha.id, at=at)
    await sadia(db, cast.ayesha)
    await sadia(db, cast.ayesha)
    with pytest.raises(Invalid):
        await sadia(db, cast.ayesha)


async def test_the_contact_stops_it_and_an_account_takes_it_along(db: Session, cast: Cast) -> None:
    at = clock.now()
    contact = await sadia(db, cast.ayesha)
    note = await contacts.tell(db, contact.id, meeting(at), by=cast.ayesha.id, at=at)
    await contacts.stop(db, contact.id, at=at)
    await contacts.alarm(db, note.id, at=at)
    assert await sent(db) == ["meeting_told"]
    with pytest.raises(contacts.ContactStopped):
        await contacts.tell(db, contact.id, meeting(at), by=cast.ayesha.id, at=at)
    await contacts.forget(db, cast.ayesha.id)
    for table in (MeetingNote, TrustedContact):
        assert await db.scalar(select(func.count()).select_from(table)) == 0


async def test_the_page_of_meetings(db: Session, cast: Cast, browse: Browse) -> None:
    hers, his = await browse(cast.ayesha), await browse(cast.bilal)
    here = "/safety/meetings"
    person = {"name": "Sadia", "email": "", "phone": ""}
    refused = await hers.submit("/safety/contacts", person, shown_on=here)
    assert refused.status_code == 422 and "Give an e-mail address or a phone number." in refused.text
    assert (await hers.submit("/safety/contacts", {**person, "email": "sadia@test.example"}, shown_on=here)).is_redirect
    contact = (await db.scalars(select(TrustedContact))).one()
    local = (clock.now() + timedelta(hours=5)).replace(second=0, microsecond=0, tzinfo=None)
    fields = {
        **{"contact": ids.short(contact.id), "company": "AgriTrack", "place": "Gate 2", "about": ""},
        **{"starts_at": local.isoformat(timespec="minutes")},
    }
    until = (local + timedelta(hours=2)).isoformat(timespec="minutes")
    backwards = await hers.submit(here, {**fields, "until": fields["starts_at"]}, shown_on=here)
    assert backwards.status_code == 422 and "The end comes after the beginning" in backwards.text
    assert (await his.submit(here, {**fields, "until": until}, shown_on=here)).status_code == 422  # not his contact
    told = await hers.submit(here, {**fields, "until": until}, shown_on=here)
    assert told.is_redirect, told.text
    note = (await db.scalars(select(MeetingNote))).one()
    assert note.until - note.starts_at == timedelta(hours=2)
    assert abs(note.starts_at - clock.now()) < timedelta(minutes=1)  # five hours ahead in Karachi
    assert "I am back" in (await hers.get(here)).text and "Gate 2" not in (await his.get(here)).text
    back = f"{here}/{ids.short(note.id)}/back"
    assert (await his.submit(back, shown_on=here)).status_code == 404
    assert (await hers.submit(back, shown_on=here)).is_redirect
    stop = f"/safety/contact/{ids.short(contact.id)}"
    stranger = await browse(cast.hina)
    assert "Ayesha Khan named you" in (await stranger.get(stop)).text
    await stranger.submit(stop, shown_on=stop)
    assert "Stopped" in (await stranger.get(stop)).text
    gone = f"/safety/contacts/{ids.short(contact.id)}/remove"
    assert (await his.submit(gone, shown_on=here)).status_code == 404
    assert (await hers.submit(gone, shown_on=here)).is_redirect
