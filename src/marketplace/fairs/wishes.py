"""What candidates and employers of a fair wish of each other before the timetable: must, would, no; or nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import and_, any_, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from marketplace.fairs import fit
from marketplace.fairs.booth_models import Booth, BoothPosting, BoothState
from marketplace.fairs.candidate_models import Choice, FairCandidate, Preference, PreferenceSide
from marketplace.fairs.fit import Fault, Seat, Seeker
from marketplace.fairs.models import Fair
from marketplace.fairs.rules import SEATED, SHOWN_BOOTHS
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.postings.models import Posting

MOST_MUSTS: dict[PreferenceSide, int] = {"candidate": 3, "employer": 10}
CHOICES: dict[Choice, str] = {"must": N_("Must meet"), "would": N_("Would like to"), "no": N_("No, thank you")}


class WishesClosed(Conflict):
    message = N_("Wishes can’t be changed any more: the timetable is being made.")


class TooManyMusts(Conflict):
    message = N_("At most %(most)s can be a must. Take one back first; the others can be “would like to”.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """Who asks whom: one side of one pair."""

    fair: Fair
    candidate_id: UUID
    booth_id: UUID
    side: PreferenceSide


@dataclass(frozen=True, slots=True, kw_only=True)
class BoothRow:
    """An employer as a candidate sees it before the fair."""

    id: UUID
    name: str
    label: str
    about: str
    choice: Choice | None
    top: Money | None
    period: str | None
    postings: int
    gap: Money | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRow:
    """A candidate as an employer sees her before the fair: by number, never by name."""

    id: UUID
    number: int
    about: str
    education: str
    skill_ids: tuple[UUID, ...]
    languages: tuple[str, ...]
    choice: Choice | None
    is_wished: bool
    gap: Money | None
    faults: tuple[Fault, ...]


def are_open(fair: Fair, at: datetime) -> bool:
    """Whether wishes count: until the timetable is made, or until the organiser's day."""
    return fair.state == "open" and (fair.wishes_close_at is None or at < fair.wishes_close_at)


async def mark(db: Session, wished: Wished, choice: Choice | None, *, by: UUID | None, at: datetime) -> None:
    """Wish it, or (None) take the wish back. Raises: NotFound, WishesClosed, TooManyMusts."""
    if not are_open(wished.fair, at):
        raise WishesClosed
    await _check_pair(db, wished)
    mine = Preference.booth_id == wished.booth_id, Preference.candidate_id == wished.candidate_id
    if choice is None:
        await db.execute(delete(Preference).where(*mine, Preference.side == wished.side))
        return
    if choice == "must":
        await _check_musts(db, wished)
    row: dict[str, Any] = {"fair_id": wished.fair.id, "candidate_id": wished.candidate_id, "booth_id": wished.booth_id}
    row |= {"side": wished.side, "choice": choice, "by_user_id": by, "updated_at": at}
    written = insert(Preference).values(row)
    changes = {name: written.excluded[name] for name in ("choice", "by_user_id", "updated_at")}
    keys = ["candidate_id", "booth_id", "side"]
    await db.execute(written.on_conflict_do_update(index_elements=keys, set_=changes))


async def _check_pair(db: Session, wished: Wished) -> None:
    booth = select(Booth.id).where(
        Booth.id == wished.booth_id, Booth.fair_id == wished.fair.id, Booth.state.in_(SHOWN_BOOTHS)
    )
    candidate = select(FairCandidate.id).where(
        FairCandidate.id == wished.candidate_id,
        FairCandidate.fair_id == wished.fair.id,
        FairCandidate.state.in_((*SEATED, "waiting")),
    )
    if await db.scalar(booth) is None or await db.scalar(candidate) is None:
        raise NotFound


async def _check_musts(db: Session, wished: Wished) -> None:
    """The one whose wishes they are is locked, so that two taps at once are counted one after the other."""
    own = FairCandidate.id == wished.candidate_id if wished.side == "candidate" else Booth.id == wished.booth_id
    await db.execute(select(FairCandidate.id if wished.side == "candidate" else Booth.id).where(own).with_for_update())
    hers = (
        and_(Preference.candidate_id == wished.candidate_id, Preference.booth_id != wished.booth_id)
        if wished.side == "candidate"
        else and_(Preference.booth_id == wished.booth_id, Preference.candidate_id != wished.candidate_id)
    )
    musts = select(func.count()).where(hers, Preference.side == wished.side, Preference.choice == "must")
    most = MOST_MUSTS[wished.side]
    if (await db.scalars(musts)).one() >= most:
        raise TooManyMusts(most=most)


async def booths_for(
    db: AnySession, candidate: FairCandidate, *, after: tuple[str, UUID] | None, limit: int
) -> list[BoothRow]:
    """The employers of her fair, by name, with her wish and what stands between."""
    pays = _pay_of_postings()
    own = aliased(Preference)
    mine = and_(own.booth_id == Booth.id, own.candidate_id == candidate.id, own.side == "candidate")
    found = (
        select(Booth, own.choice, pays.c.top, pays.c.currency, pays.c.pay_kind, pays.c.count)
        .outerjoin(own, mine)
        .outerjoin(pays, pays.c.booth_id == Booth.id)
        .where(Booth.fair_id == candidate.fair_id, Booth.state.in_(SHOWN_BOOTHS))
        .order_by(Booth.name, Booth.id)
        .limit(limit)
    )
    if after:
        found = found.where(or_(Booth.name > after[0], and_(Booth.name == after[0], Booth.id > after[1])))
    seeker, rows = seeker_of(candidate), (await db.execute(found)).all()
    shown: list[BoothRow] = []
    row: Any
    for row in rows:
        booth, choice, top, currency, pay_kind, count = row
        seat = seat_of(booth, (top, currency, pay_kind) if top else None)
        shown.append(
            BoothRow(
                **{name: getattr(booth, name) for name in ("id", "name", "label", "about")},
                choice=choice,
                top=seat.top,
                period=seat.period,
                postings=count or 0,
                gap=fit.gap(seeker, seat),
                faults=tuple(fit.faults(seeker, seat)),
            )
        )
    return shown


async def candidates_for(
    db: AnySession,
    booth: Booth,
    *,
    skill_ids: Sequence[UUID] = (),
    only: str = "",
    after: tuple[int] | None,
    limit: int,
) -> list[CandidateRow]:
    """Who comes, by number. `only`: "wished" by them, or one of the employer's own choices."""
    hers, own = aliased(Preference), aliased(Preference)
    pair = FairCandidate.id, booth.id
    found = (
        select(FairCandidate, own.choice, hers.choice)
        .outerjoin(own, and_(own.candidate_id == pair[0], own.booth_id == pair[1], own.side == "employer"))
        .outerjoin(hers, and_(hers.candidate_id == pair[0], hers.booth_id == pair[1], hers.side == "candidate"))
        .where(FairCandidate.fair_id == booth.fair_id, FairCandidate.state.in_(SEATED))
        .where(or_(hers.choice.is_(None), hers.choice != "no"))
        .order_by(FairCandidate.number)
        .limit(limit)
    )
    if skill_ids:
        found = found.where(or_(*(any_(FairCandidate.skill_ids) == id for id in skill_ids)))
    if only == "wished":
        found = found.where(hers.choice.in_(("must", "would")))
    elif only in get_args(Choice):
        found = found.where(own.choice == only)
    if after:
        found = found.where(FairCandidate.number > after[0])
    seat = await seat_at(db, booth)
    rows: Any = (await db.execute(found)).all()
    return [_seen(candidate, seat, own, hers) for candidate, own, hers in rows]


def _seen(candidate: FairCandidate, seat: Seat, own: Choice | None, hers: Choice | None) -> CandidateRow:
    seeker = seeker_of(candidate)
    return CandidateRow(
        **{name: getattr(candidate, name) for name in ("id", "number", "about", "education")},
        skill_ids=tuple(candidate.skill_ids),
        languages=tuple(candidate.languages),
        choice=own,
        is_wished=hers in ("must", "would"),
        gap=fit.gap(seeker, seat),
        faults=tuple(fit.faults(seeker, seat)),
    )


def seeker_of(candidate: FairCandidate) -> Seeker:
    """What counts of her."""
    floor = candidate.pay_floor_minor
    return Seeker(
        skill_ids=frozenset(candidate.skill_ids),
        languages=frozenset(candidate.languages),
        floor=Money(floor, candidate.currency or "PKR") if floor else None,
        period=candidate.pay_period,  # type: ignore[arg-type] - one of, by the database
    )


def seat_of(booth: Booth, posted: tuple[int, str, str] | None = None) -> Seat:
    """What counts of an employer; `posted`: the best pay of its open postings (minor units, currency, pay kind)."""
    top = Money(booth.pay_to_minor, booth.currency or "PKR") if booth.pay_to_minor else None
    period: Any = booth.pay_period
    if posted is not None:
        top, period = Money(posted[0], posted[1]), PERIOD_OF[posted[2]]
    return Seat(
        must_skill_ids=frozenset(booth.must_skill_ids), languages=frozenset(booth.languages), top=top, period=period
    )


async def seat_at(db: AnySession, booth: Booth) -> Seat:
    """As `seat_of`, with its postings."""
    pays = _pay_of_postings()
    best = select(pays.c.top, pays.c.currency, pays.c.pay_kind).where(pays.c.booth_id == booth.id)
    found = (await db.execute(best)).one_or_none()
    return seat_of(booth, (found.top, found.currency, found.pay_kind) if found and found.top else None)


async def seats_of(
    db: AnySession, fair_id: UUID, states: Sequence[BoothState] = SHOWN_BOOTHS
) -> list[tuple[Booth, Seat]]:
    """All employers of a fair by name, each with what counts of it: one query."""
    pays = _pay_of_postings()
    found = (
        select(Booth, pays.c.top, pays.c.currency, pays.c.pay_kind)
        .outerjoin(pays, pays.c.booth_id == Booth.id)
        .where(Booth.fair_id == fair_id, Booth.state.in_(states))
        .order_by(Booth.name, Booth.id)
    )
    rows: Any = await db.execute(found)
    return [
        (booth, seat_of(booth, (top, currency, pay_kind) if top else None)) for booth, top, currency, pay_kind in rows
    ]


PERIOD_OF = {"monthly": "month", "yearly": "year", "hourly": "hour", "fixed": "fixed"}
"""How postings say a unit of pay, and how fairs do."""


def _pay_of_postings() -> Any:
    """Per booth: the open posting that pays most in the unit of its first one, and how many are open."""
    ranked = (
        select(
            BoothPosting.booth_id,
            Posting.pay_max_minor.label("top"),
            Posting.currency,
            Posting.pay_kind,
            func.count().over(partition_by=BoothPosting.booth_id).label("count"),
            func.row_number()
            .over(partition_by=BoothPosting.booth_id, order_by=(Posting.pay_max_minor.desc(), Posting.id))
            .label("place"),
        )
        .join(Posting, Posting.id == BoothPosting.posting_id)
        .where(Posting.state == "open")
    )
    best = ranked.subquery()
    return select(best).where(best.c.place == 1).subquery()
