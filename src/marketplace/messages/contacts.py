"""Meeting somebody for work: a person she trusts is told where, with whom and until when, and if she is not back.

Only she sees her contacts and notes: no employer, no moderator. The contact can stop it with the link in each mail.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select

from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.notify import actions as post
from marketplace.identity import phones
from marketplace.identity.models import User
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages.actions import notify
from marketplace.messages.thread_models import MeetingNote, TrustedContact
from marketplace.messages.thread_rules import has_link

MOST_CONTACTS = 3
NOTES_A_DAY = 5
LONGEST = timedelta(hours=24)
GRACE = timedelta(hours=1)
"""How long after `until` her contact waits for the second message."""
ENDS, OVERDUE = "meeting_ends", "meeting_overdue"
"""Deadlines of a note: she is asked whether she is back; her contact is told that she is not."""
PAGE = 20


class ContactStopped(Conflict):
    message = N_("This person wants no more of these messages. Choose somebody else.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """Where, with whom, from when until when, and what else is good to know."""

    place: str
    company: str
    about: str
    starts_at: datetime
    until: datetime


async def contacts_of(db: AnySession, user_id: UUID) -> list[TrustedContact]:
    """Whom she trusts."""
    hers = select(TrustedContact).where(TrustedContact.user_id == user_id, TrustedContact.removed_at.is_(None))
    return list((await db.execute(hers.order_by(TrustedContact.id).limit(MOST_CONTACTS))).scalars())


async def add_contact(db: Session, name: str, *, email: str, phone: str, by: UUID, at: datetime) -> TrustedContact:
    """Remember somebody by e-mail or phone. Raises: Invalid."""
    if not email and not phone:
        raise Invalid.at("email", N_("Give an e-mail address or a phone number."))
    if has_link(name):
        raise Invalid.at("name", N_("Only the name, please."))
    await db.execute(select(User.id).where(User.id == by).with_for_update())
    if len(await contacts_of(db, by)) >= MOST_CONTACTS:
        raise Invalid.at("", N_("You have %(most)s trusted contacts. Remove one first."), most=MOST_CONTACTS)
    number = phones.read_number(phone) if phone else ""
    made = TrustedContact(user_id=by, name=name, email=email, phone=number, created_at=at)
    db.add(made)
    await db.flush()
    return made


async def remove_contact(db: Session, id: UUID, *, by: UUID, at: datetime) -> None:
    """Forget how to reach this person; a note that is under way still reaches her. Raises: NotFound."""
    contact = await _contact(db, id, by)
    contact.removed_at = at
    await db.flush()


async def notes_of(db: AnySession, user_id: UUID, *, after: UUID | None = None) -> list[tuple[MeetingNote, str]]:
    """Her notes with the names of those who know, the newest first; one more than a page."""
    hers = (
        select(MeetingNote, TrustedContact.name)
        .join(TrustedContact, TrustedContact.id == MeetingNote.contact_id)
        .where(MeetingNote.user_id == user_id)
        .order_by(MeetingNote.id.desc())
        .limit(PAGE + 1)
    )
    rows = await db.execute(hers.where(MeetingNote.id < after) if after else hers)
    return [(note, name) for note, name in rows]


async def tell(db: Session, contact_id: UUID, meeting: Meeting, *, by: UUID, at: datetime) -> MeetingNote:
    """Tell her contact now, and an hour after `until` unless she says that she is back.

    Raises: Invalid, NotFound, ContactStopped.
    """
    contact = await _contact(db, contact_id, by)
    if contact.stopped_at is not None:
        raise ContactStopped
    _check(meeting, at)
    today = select(func.count()).where(MeetingNote.user_id == by, MeetingNote.created_at > at - timedelta(hours=24))
    if (await db.scalar(today) or 0) >= NOTES_A_DAY:
        raise Invalid.at("", N_("At most %(most)s notes in 24 hours."), most=NOTES_A_DAY)
    note = MeetingNote(
        user_id=by,
        contact_id=contact.id,
        place=meeting.place,
        company=meeting.company,
        about=meeting.about,
        starts_at=meeting.starts_at,
        until=meeting.until,
        created_at=at,
    )
    db.add(note)
    await db.flush()
    await deadlines.start(db, ENDS, subject=("meeting_note", note.id), due_at=note.until)
    await deadlines.start(db, OVERDUE, subject=("meeting_note", note.id), due_at=note.until + GRACE)
    await _send(db, note, "meeting_told")
    return note


async def back(db: Session, note_id: UUID, *, by: UUID, at: datetime) -> None:
    """She is back: her contact is told, and no alarm comes. Twice is once. Raises: NotFound."""
    note = await db.get(MeetingNote, note_id, with_for_update=True, populate_existing=True)
    if note is None or note.user_id != by:
        raise NotFound
    if note.closed_at is not None:
        return
    note.closed_at = at
    await db.flush()
    for kind in (ENDS, OVERDUE):
        await deadlines.cancel(db, kind, subject=("meeting_note", note.id))
    await _send(db, note, "meeting_back")


async def ask_whether_back(db: Session, note_id: UUID, *, at: datetime) -> None:
    """The time she named has come: she is asked."""
    note = await db.get(MeetingNote, note_id)
    if note is not None and note.closed_at is None:
        values = {"place": note.place, "until": note.until + GRACE}
        await notify(db, note.user_id, "meeting_ends", values, link="/safety/meetings", at=at)


async def alarm(db: Session, note_id: UUID, *, at: datetime) -> None:
    """An hour has passed and she has not said that she is back: her contact is told all that she wrote, once."""
    note = await db.get(MeetingNote, note_id, with_for_update=True, populate_existing=True)
    if note is None or note.closed_at is not None or note.alarmed_at is not None:
        return
    note.alarmed_at = at
    await db.flush()
    await _send(db, note, "meeting_overdue")


async def stop(db: Session, contact_id: UUID, *, at: datetime) -> str:
    """The contact wants no more of it; return who named her. Raises: NotFound for an address that nobody made."""
    contact = await db.get(TrustedContact, contact_id, with_for_update=True)
    if contact is None:
        raise NotFound
    contact.stopped_at = contact.stopped_at or at
    await db.flush()
    return (await db.get_one(User, contact.user_id)).name


async def named_by(db: AnySession, contact_id: UUID) -> tuple[str, bool]:
    """Who trusts the person behind this address, and whether she has stopped it. Raises: NotFound."""
    found = select(User.name, TrustedContact.stopped_at).join(User, User.id == TrustedContact.user_id)
    row = (await db.execute(found.where(TrustedContact.id == contact_id))).one_or_none()
    if row is None:
        raise NotFound
    return row.name, row.stopped_at is not None


async def forget(db: Session, user_id: UUID) -> None:
    """Her account ends: nobody is kept whom she named, and no alarm comes."""
    notes = select(MeetingNote.id).where(MeetingNote.user_id == user_id, MeetingNote.closed_at.is_(None))
    for note_id in (await db.execute(notes.order_by(MeetingNote.id))).scalars():
        for kind in (ENDS, OVERDUE):
            await deadlines.cancel(db, kind, subject=("meeting_note", note_id))
    await db.execute(delete(MeetingNote).where(MeetingNote.user_id == user_id))
    await db.execute(delete(TrustedContact).where(TrustedContact.user_id == user_id))


def _check(meeting: Meeting, at: datetime) -> None:
    wrong: dict[str, list[str]] = {}
    if meeting.until <= max(at, meeting.starts_at):
        wrong["until"] = [N_("The end comes after the beginning, and after now.")]
    elif meeting.until - meeting.starts_at > LONGEST:
        wrong["until"] = [N_("At most 24 hours, please.")]
    for field in ("place", "company", "about"):
        if has_link(getattr(meeting, field)):
            wrong[field] = [N_("Without links, please: it goes out as a text message.")]
    if wrong:
        raise Invalid(wrong)


async def _contact(db: AnySession, id: UUID, user_id: UUID) -> TrustedContact:
    found = await db.get(TrustedContact, id)
    if found is None or found.user_id != user_id or found.removed_at is not None:
        raise NotFound
    return found


async def _send(db: Session, note: MeetingNote, message: str) -> None:
    contact = await db.get_one(TrustedContact, note.contact_id)
    if contact.stopped_at is not None:
        return
    user = await db.get_one(User, note.user_id)
    values: dict[str, Any] = {
        **{"person": user.name, "contact": contact.name, "place": note.place, "company": note.company},
        **{"note": note.about, "starts_at": note.starts_at, "until": note.until},
        "link": f"/safety/contact/{ids.short(contact.id)}",
    }
    locale, zone = user.locale, user.time_zone
    if contact.email:
        await post.mail(db, to=contact.email, message=message, values=values, locale=locale, time_zone=zone)
    if contact.phone:
        await post.text(db, to=contact.phone, message=message, values=values, locale=locale, time_zone=zone)
