"""A link for a table: whoever speaks for an employer there and has no account runs it on the day, from her phone.

The employer gives it to somebody named at its booth; it opens one table, while the fair is on. It ends when she does
not come after all, when it is taken back, or when somebody else is given the same table.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from marketplace.fairs import attending, hall_queues, results, rules
from marketplace.fairs.booth_models import Booth, FairTable, Representative
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import QueueEntry
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.results import Card, MeetingRow
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.identity.rules import secret_hash
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_

_LETTERS = 18
"""Bytes of the secret: 144 bits."""


class NotOnNow(Conflict):
    message = N_("This table is run while the fair is on, and it is not on now.")


class OffTheList(Conflict):
    message = N_("She is off the list already.")


class HasAccount(Conflict):
    message = N_("She has an account: she signs in and finds the booth on the page of the fair.")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a link opens: one table of one booth, for whom, and who gave it."""

    fair: Fair
    booth: Booth
    table: FairTable
    representative: Representative
    given_by: str

    @property
    def is_on(self) -> bool:
        return self.fair.state == "live"


async def give(
    db: Session, booth: Booth, representative_id: UUID, table_id: UUID, *, by: UUID, at: datetime
) -> tuple[Representative, str]:
    """Her link for that table, known this once; an older one of hers or of that table ends.

    Raises: NotFound, HasAccount.
    """
    her = await _named(db, booth, representative_id)
    table = await db.get(FairTable, table_id, with_for_update=True)  # two given at once: the second ends the first
    if table is None or table.booth_id != booth.id or table.closed_at or booth.state not in rules.SHOWN_BOOTHS:
        raise NotFound
    if her.user_id is not None:
        raise HasAccount
    await db.execute(update(Representative).where(Representative.table_id == table.id).values(link_hash=None))
    secret = secrets.token_urlsafe(_LETTERS)
    her.table_id, her.link_hash, her.link_by, her.link_at = table.id, secret_hash(secret), by, at
    await db.flush()
    told: dict[str, Any] = {"name": her.name, "table": table.label}
    await audit.record(db, "table_link.given", subject=("booth", booth.id), by=by, at=at, **told)
    return her, secret


async def replace(
    db: Session, booth: Booth, representative_id: UUID, name: str, *, by: UUID, at: datetime
) -> tuple[Representative, str | None]:
    """Somebody else comes in her place: she is off the list, her link is dead, and the one who comes gets one of the
    same table where she had one. Raises: NotFound, OffTheList, Invalid."""
    ended = Representative.id == representative_id, Representative.booth_id == booth.id
    if await db.scalar(select(Representative.id).where(*ended, Representative.ended_at.is_not(None))) is not None:
        raise OffTheList
    old = await _named(db, booth, representative_id)
    had = old.table_id if old.link_hash is not None else None
    await attending.unsend(db, booth, old.id, by=by, at=at)
    new = await attending.send(db, booth, user_id=None, name=name, phone=None, by=by, at=at)
    if had is None:
        return new, None
    return await give(db, booth, new.id, had, by=by, at=at)


async def take_back(db: Session, booth: Booth, representative_id: UUID, *, by: UUID, at: datetime) -> None:
    """The link opens nothing any more; she stays on the list. Raises: NotFound."""
    her = await _named(db, booth, representative_id)
    her.link_hash = None
    await db.flush()
    await audit.record(db, "table_link.ended", subject=("booth", booth.id), by=by, at=at, name=her.name)


async def behind(db: AnySession, secret: str) -> Desk:
    """What a link opens; before the day it only says so. Raises: NotFound."""
    found = (
        select(Fair, Booth, FairTable, Representative, User.name)
        .select_from(Representative)
        .join(Booth, Booth.id == Representative.booth_id)
        .join(Fair, Fair.id == Booth.fair_id)
        .join(FairTable, FairTable.id == Representative.table_id)
        .join(User, User.id == Representative.link_by)
        .where(Representative.link_hash == secret_hash(secret), Representative.ended_at.is_(None))
        .where(Booth.state.in_(rules.SHOWN_BOOTHS), Fair.state.not_in(("closed", *rules.HIDDEN)))
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    return Desk(*row)


async def running(db: AnySession, secret: str) -> Desk:
    """As `behind`, while the fair is on: for changes, and to see candidates. Raises: NotFound, NotOnNow."""
    desk = await behind(db, secret)
    if not desk.is_on:
        raise NotOnNow
    return desk


async def opens(db: AnySession, secret: str, fair_id: UUID) -> bool:
    """Whether this is the link of a table of that fair, which is on."""
    try:
        desk = await behind(db, secret)
    except NotFound:
        return False
    return desk.is_on and desk.fair.id == fair_id


async def meetings_of(db: AnySession, desk: Desk) -> list[MeetingRow]:
    """Those of this table, in the order of the day."""
    return [each for each in await results.meetings_of(db, desk.booth.id) if each.table == desk.table.label]


async def call_next(db: Session, desk: Desk, *, at: datetime) -> QueueEntry | None:
    """The next of the booth's queue to this table; None when nobody who waits is free. Raises: as hall_queues does."""
    entry = await hall_queues.call_next(db, desk.fair, desk.table, by=None, at=at)
    if entry is not None:
        await _note(db, desk, "called", at=at)
    return entry


async def move(db: Session, desk: Desk, entry_id: UUID, to: str, *, at: datetime) -> None:
    """Who was called to this table is there, has talked, did not come, or not now. Raises: NotFound, StillTime."""
    own = QueueEntry.id == entry_id, QueueEntry.table_id == desk.table.id
    if await db.scalar(select(QueueEntry.id).where(*own)) is None:
        raise NotFound
    if to == "here":
        meeting = await hall_queues.arrive(db, desk.booth, entry_id, by=None, at=at)
        meeting.representative_id = desk.representative.id
    elif to == "done":
        await hall_queues.finish(db, desk.booth, entry_id, by=None, at=at)
    elif to == "missed":
        await hall_queues.miss(db, desk.fair, desk.booth, entry_id, by=None, at=at)
    else:
        await hall_queues.pass_over(db, desk.booth, entry_id, at=at)
    await _note(db, desk, to, at=at)


async def judge(db: Session, desk: Desk, candidate: FairCandidate, card: Card, *, at: datetime) -> None:
    """Result, scores, note and word, in the employer's name and by hers. Raises: FairNotOn, Invalid."""
    row = await results.judge(db, desk.fair, desk.booth, candidate, card, by=None, at=at)
    own = update(Meeting).where(Meeting.id == row.meeting_id)
    await db.execute(own.values(representative_id=desk.representative.id))
    await _note(db, desk, "judged", at=at)


async def _named(db: Session, booth: Booth, representative_id: UUID) -> Representative:
    own = Representative.id == representative_id, Representative.booth_id == booth.id
    found = select(Representative).where(*own, Representative.ended_at.is_(None)).with_for_update()
    her = await db.scalar(found)
    if her is None:
        raise NotFound
    return her


async def _note(db: Session, desk: Desk, what: str, *, at: datetime) -> None:
    """Who it was, since she has no account that the line could name."""
    told: dict[str, Any] = {"name": desk.representative.name, "table": desk.table.label, "what": what}
    await audit.record(db, "table_link.used", subject=("booth", desk.booth.id), by=None, at=at, **told)
