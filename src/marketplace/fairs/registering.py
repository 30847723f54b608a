"""Candidates take a seat at a fair, wait for one, leave and come back.

Seats are counted by one number of the fair, which one statement moves where it is below the capacity: parallel sign-ups
can't oversell. It comes as late as it can, since it holds the fair's row until the end of the transaction. Whoever
changes a registration locks the fair first, then the candidate. As soon as a seat becomes free, whoever has waited
longest takes it, in the same transaction.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import Uuid

from marketplace.fairs import rules, telling
from marketplace.fairs.candidate_models import (
    CandidateSource,
    CandidateState,
    FairCandidate,
    FairInvitation,
    FairPayPeriod,
)
from marketplace.fairs.day_models import QueueEntry
from marketplace.fairs.models import Fair, FairSlot
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.presence import ALWAYS, Window
from marketplace.fairs.tickets import TicketKey, hash_of, new_code
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.kernel.queue import defer
from marketplace.talent.models import Freelancer

TELL = "fairs.tell_candidates"
LIVING: tuple[CandidateState, ...] = ("waiting", "registered", "confirmed")
MOST_SKILLS = 20
LONGEST_NAME, LONGEST_CENTRE, LONGEST_EDUCATION, LONGEST_ABOUT = 120, 120, 200, 300


class RegistrationClosed(Conflict):
    message = N_("Registration for this fair is closed.")


class AlreadyThere(Conflict):
    """Somebody with this account, number or address is registered; `candidate_id` says who, if that is known."""

    message = N_("You are registered at this fair already.")

    def __init__(self, candidate_id: UUID | None) -> None:
        self.candidate_id = candidate_id
        super().__init__()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What a candidate, or the centre that registers her, says."""

    name: str
    phone: str | None = None
    email: str | None = None
    locale: str = "en"
    is_woman: bool | None = None
    is_newcomer: bool = False
    centre: str = ""
    district: str | None = None
    education: str = ""
    about: str = ""
    skill_ids: tuple[UUID, ...] = ()
    languages: tuple[str, ...] = ()
    pay_floor: Money | None = None
    pay_period: FairPayPeriod | None = None
    companions: int = 0
    window: Window = ALWAYS
    takes_sms: bool = True

    def columns(self) -> dict[str, Any]:
        """As a row keeps it."""
        floor = self.pay_floor
        names = ("name", "phone", "locale", "is_woman", "is_newcomer", "centre", "district", "education", "about")
        return {
            **{name: getattr(self, name) for name in (*names, "companions", "takes_sms")},
            **{"email": self.email.lower() if self.email else None, "skill_ids": list(self.skill_ids)},
            **{"languages": list(self.languages), "arrives_at": self.window.arrives_at},
            **{"leaves_at": self.window.leaves_at, "away": self.window.stored_away()},
            **{"pay_floor_minor": floor.amount_minor if floor else None, "currency": floor.currency if floor else None},
            "pay_period": self.pay_period if floor else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """How somebody came into the list: by whom, from which account, file and centre."""

    source: CandidateSource = "self"
    user_id: UUID | None = None
    centre_organisation_id: UUID | None = None
    import_id: UUID | None = None
    by: UUID | None = None


def is_open(fair: Fair, at: datetime) -> bool:
    """Whether people can register themselves now."""
    closes_at = fair.registration_closes_at or fair.ends_at
    return fair.state == "open" and (closes_at is None or at < closes_at)


def check(fair: Fair, person: Person, source: str = "self") -> None:
    """A walk-in holds her ticket in her hand: she needs no address. Raises: Invalid at the field."""
    if not person.name.strip() or len(person.name) > LONGEST_NAME:
        raise Invalid.at("name", N_("Write the name."))
    if person.phone is None and person.email is None and source != "walk_in":
        raise Invalid.at("phone", N_("Give a phone number or an e-mail address: the ticket goes there."))
    if not 0 <= person.companions <= fair.max_companions:
        raise Invalid.at("companions", N_("At most %(most)s may come along."), most=fair.max_companions)
    if len(person.skill_ids) > MOST_SKILLS:
        raise Invalid.at("skills", N_("At most %(most)s skills, please."), most=MOST_SKILLS)


async def register(
    db: Session, key: TicketKey, fair_id: UUID, person: Person, origin: Origin, *, at: datetime
) -> FairCandidate:
    """A seat, or a place on the waiting list. Raises: RegistrationClosed, AlreadyThere, Invalid.

    Walk-ins come on the day itself; everybody else only while registration is open.
    """
    fair = await db.get_one(Fair, fair_id)
    if origin.source == "self" and origin.user_id is not None and await _was_invited(db, fair.id, origin.user_id):
        origin = replace(origin, source="invited")
    if not (is_open(fair, at) or (origin.source == "walk_in" and fair.state in ("published", "live"))):
        raise RegistrationClosed
    check(fair, person, origin.source)
    await _check_new(db, fair.id, person, origin.user_id)
    number, id, has_seat = await take_seat(db, fair.id)
    candidate = FairCandidate(
        id=id,
        fair_id=fair.id,
        number=number,
        code=new_code(number),
        ticket_hash=hash_of(key.secret(id)),
        ticket_version=1,
        state="registered" if has_seat else "waiting",
        source=origin.source,
        user_id=origin.user_id,
        claimed_at=at if origin.user_id else None,
        centre_organisation_id=origin.centre_organisation_id,
        import_id=origin.import_id,
        availability_for=fair.dates_version,
        created_at=at,
        updated_at=at,
        waiting_at=None if has_seat else at,
        **person.columns(),
    )
    db.add(candidate)
    try:
        await db.flush()
    except IntegrityError as taken:
        raise AlreadyThere(None) from taken
    subject = ("fair_candidate", candidate.id)
    await audit.record(db, f"candidate.{candidate.state}", subject=subject, by=origin.by, at=at, source=origin.source)
    told = "fair_registered" if has_seat else "fair_waiting"
    await defer(db, TELL, fair_id=fair.id, candidate_ids=[candidate.id], message=told)
    return candidate


async def amend(db: Session, candidate_id: UUID, person: Person, *, by: UUID | None, at: datetime) -> FairCandidate:
    """Change what she says; her seat, her number and her ticket stay. Raises: Invalid, AlreadyThere, MoveRefused."""
    fair, candidate = await lock(db, candidate_id)
    if candidate.state not in LIVING or fair.state in ("closed", "cancelled"):
        raise rules.MoveRefused(state=candidate.state)
    check(fair, person, candidate.source)
    await _check_new(db, fair.id, person, candidate.user_id, besides=candidate.id)
    said = replace(person, locale=candidate.locale, is_newcomer=candidate.is_newcomer)
    for name, value in said.columns().items():
        setattr(candidate, name, value)
    candidate.availability_for, candidate.updated_at = fair.dates_version, at
    await db.flush()
    await audit.record(db, "candidate.amended", subject=("fair_candidate", candidate.id), by=by, at=at)
    return candidate


async def confirm(db: Session, candidate_id: UUID, *, by: UUID | None, at: datetime) -> None:
    """She comes, on the days as they are now. Raises: MoveRefused without a seat."""
    fair, candidate = await lock(db, candidate_id)
    if candidate.state != "confirmed":
        await _move(db, candidate, "confirmed", by=by, at=at)
        candidate.confirmed_at = at
    candidate.availability_for = fair.dates_version
    await db.flush()


async def withdraw(db: Session, candidate_id: UUID, *, by: UUID | None, at: datetime) -> None:
    """She does not come: her seat goes to whoever has waited longest, her meetings are free. Raises: MoveRefused."""
    fair, candidate = await lock(db, candidate_id)
    if fair.state in ("closed", "cancelled"):
        raise rules.MoveRefused(state=candidate.state)
    had_seat = candidate.state in rules.SEATED
    await _move(db, candidate, "withdrawn", by=by, at=at)
    candidate.ended_at, candidate.waiting_at = at, None
    begun = select(FairSlot.id).where(FairSlot.fair_id == fair.id, FairSlot.starts_at <= at)
    hers = update(Meeting).where(Meeting.candidate_id == candidate.id, Meeting.state.in_(("planned", "called")))
    await db.execute(hers.where(Meeting.slot_id.not_in(begun)).values(state="cancelled", updated_at=at))
    queues = update(QueueEntry).where(QueueEntry.candidate_id == candidate.id)
    await db.execute(queues.where(QueueEntry.state.in_(("waiting", "called"))).values(state="left", ended_at=at))
    if had_seat:
        fair.seats_taken -= 1
        await db.flush()
        await fill_seats(db, fair, at=at)


async def come_back(db: Session, candidate_id: UUID, *, by: UUID | None, at: datetime) -> None:
    """Undo leaving: a seat where one is free, else the end of the waiting list. Raises: MoveRefused, AlreadyThere."""
    fair, candidate = await lock(db, candidate_id)
    if not is_open(fair, at):
        raise RegistrationClosed
    person = Person(name=candidate.name, phone=candidate.phone, email=candidate.email)
    await _check_new(db, fair.id, person, candidate.user_id, besides=candidate.id)
    has_seat = fair.seats_taken < fair.capacity
    candidate.waiting_at, candidate.ended_at = (None if has_seat else at), None
    await _move(db, candidate, "registered" if has_seat else "waiting", by=by, at=at)
    fair.seats_taken += has_seat
    candidate.availability_for = fair.dates_version
    await db.flush()


async def fill_seats(db: Session, fair: Fair, *, at: datetime) -> int:
    """Free seats go to those who have waited longest; each is told. The caller holds the fair's row lock."""
    free = fair.capacity - fair.seats_taken
    if free < 1 or fair.state in ("live", "closed", "cancelled"):
        return 0
    waiting = select(FairCandidate).where(FairCandidate.fair_id == fair.id, FairCandidate.state == "waiting")
    first = waiting.order_by(FairCandidate.waiting_at, FairCandidate.id).limit(free).with_for_update()
    found = (await db.scalars(first.execution_options(populate_existing=True))).all()
    for candidate in found:
        rules.check_move(rules.CANDIDATE_MOVES, candidate.state, "registered")
        candidate.state, candidate.waiting_at, candidate.updated_at = "registered", None, at
    fair.seats_taken += len(found)
    await db.flush()
    moved = {candidate.id: {"before": "waiting"} for candidate in found}
    await audit.record_each(db, "candidate.registered", "fair_candidate", moved, by=None, at=at, each=moved)
    if moved:
        await defer(db, TELL, fair_id=fair.id, candidate_ids=list(moved), message="fair_seat_free")
    return len(found)


async def claim(db: Session, candidate_id: UUID, *, by: UUID, at: datetime) -> None:
    """Whoever holds the ticket adds the registration to her account. Raises: AlreadyThere, MoveRefused."""
    fair, candidate = await lock(db, candidate_id)
    if candidate.user_id == by:
        return
    if candidate.user_id is not None:
        raise rules.MoveRefused(state=candidate.state)
    mine = FairCandidate.fair_id == fair.id, FairCandidate.user_id == by, FairCandidate.state.in_(LIVING)
    if other := await db.scalar(select(FairCandidate.id).where(*mine)):
        raise AlreadyThere(other)
    candidate.user_id, candidate.claimed_at, candidate.updated_at = by, at, at
    await db.flush()
    await audit.record(db, "candidate.claimed", subject=("fair_candidate", candidate.id), by=by, at=at)


async def send_ticket(db: Session, candidate_id: UUID, *, at: datetime) -> None:
    """Her ticket once more, to her own number or address: somebody registered it again. At most once an hour."""
    candidate = await db.get_one(FairCandidate, candidate_id)
    message = "fair_waiting" if candidate.state == "waiting" else "fair_registered"
    fair = await db.get_one(Fair, candidate.fair_id)
    await tell(db, fair, [candidate_id], message, about=f"again {at:%Y-%m-%d %H}", at=at)


async def position(db: AnySession, candidate: FairCandidate) -> int:
    """Her place on the waiting list, from 1; 0 when she does not wait."""
    return (await _positions(db, candidate.fair_id, [candidate.id])).get(candidate.id, 0)


async def _positions(db: AnySession, fair_id: UUID, candidate_ids: Collection[UUID]) -> dict[UUID, int]:
    """At which place of the waiting list those of them stand who wait."""
    order = FairCandidate.waiting_at, FairCandidate.id
    place = func.row_number().over(order_by=order).label("place")
    waiting = FairCandidate.fair_id == fair_id, FairCandidate.state == "waiting"
    listed = select(FairCandidate.id, place).where(*waiting).subquery()
    found = await db.execute(select(listed.c.id, listed.c.place).where(listed.c.id.in_(candidate_ids)))
    return {row.id: row.place for row in found}


async def open_fair(db: AnySession, slug: str) -> Fair:
    """A fair that is no draft. Raises: NotFound."""
    fair = await db.scalar(select(Fair).where(Fair.slug == slug, Fair.state != "draft"))
    if fair is None:
        raise NotFound
    return fair


async def lock_fair(db: Session, fair_id: UUID) -> Fair:
    """The fair's row as it is now; nobody else takes or frees a seat until the end of this transaction."""
    found = select(Fair).where(Fair.id == fair_id).with_for_update()
    return (await db.scalars(found.execution_options(populate_existing=True))).one()


async def lock(db: Session, candidate_id: UUID) -> tuple[Fair, FairCandidate]:
    """Her fair's row, then hers, as they are now."""
    fair_id = (await db.scalars(select(FairCandidate.fair_id).where(FairCandidate.id == candidate_id))).one()
    fair = await lock_fair(db, fair_id)
    hers = select(FairCandidate).where(FairCandidate.id == candidate_id).with_for_update()
    return fair, (await db.scalars(hers.execution_options(populate_existing=True))).one()


async def take_seat(db: Session, fair_id: UUID) -> tuple[int, UUID, bool]:
    """The next number, an id, and whether a seat came with them; the fair's row is locked from here on."""
    here, free = Fair.id == fair_id, Fair.seats_taken < Fair.capacity
    one_more = {"seats_taken": Fair.seats_taken + 1}
    numbered = {"last_number": Fair.last_number + 1}
    got = (Fair.last_number, func.uuidv7(type_=Uuid()))
    silent: dict[str, Any] = {"synchronize_session": False}
    taken = update(Fair).where(here, free).values(**one_more, **numbered).returning(*got)
    if row := (await db.execute(taken.execution_options(**silent))).one_or_none():
        return row[0], row[1], True
    waiting = update(Fair).where(here).values(**numbered).returning(*got).execution_options(**silent)
    number, id = (await db.execute(waiting)).one()
    freed = update(Fair).where(here, free).values(**one_more).returning(Fair.id).execution_options(**silent)
    return number, id, await db.scalar(freed) is not None


async def _check_new(
    db: Session, fair_id: UUID, person: Person, user_id: UUID | None, *, besides: UUID | None = None
) -> None:
    same: list[ColumnElement[bool]] = []
    if user_id is not None:
        same.append(FairCandidate.user_id == user_id)
    if person.phone:
        same.append(FairCandidate.phone == person.phone)
    if person.email:
        same.append(func.lower(FairCandidate.email) == person.email.lower())
    if not same:
        return
    here = FairCandidate.fair_id == fair_id, FairCandidate.state.in_(LIVING)
    found = select(FairCandidate.id).where(*here, or_(*same))
    if other := await db.scalar(found.where(FairCandidate.id != besides) if besides else found):
        raise AlreadyThere(other)


async def _was_invited(db: Session, fair_id: UUID, user_id: UUID) -> bool:
    asked = select(FairInvitation.id).join(Freelancer, Freelancer.id == FairInvitation.freelancer_id)
    return await db.scalar(asked.where(FairInvitation.fair_id == fair_id, Freelancer.user_id == user_id)) is not None


async def _move(db: Session, candidate: FairCandidate, to: CandidateState, *, by: UUID | None, at: datetime) -> None:
    rules.check_move(rules.CANDIDATE_MOVES, candidate.state, to)
    before, candidate.state, candidate.updated_at = candidate.state, to, at
    await db.flush()
    subject = ("fair_candidate", candidate.id)
    await audit.record(db, f"candidate.{to}", subject=subject, by=by, at=at, before=before)


async def tell(
    db: Session, fair: Fair, candidate_ids: Collection[UUID], message: str, *, about: str, at: datetime
) -> None:
    """Each her seat or her place on the waiting list, with her number. `about`: what makes it once."""
    columns = FairCandidate.id, FairCandidate.number, FairCandidate.code
    found = await db.execute(select(*columns).where(FairCandidate.id.in_(candidate_ids)))
    places = await _positions(db, fair.id, candidate_ids)
    each = {id: {"number": number, "code": code, "position": places.get(id, 0)} for id, number, code in found}
    await telling.candidates_of(db, fair, message, candidate_ids, each=each, about=about, at=at)
