"""Fairs as pages show them: the public list and page, an organiser's home. Not visible = NotFound."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, any_, func, select

from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair, FairDay, FairRoom, FairSlot
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.rules import ACTING, HIDDEN, SHOWN_BOOTHS
from marketplace.identity.models import Membership, Organisation
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.places.models import District


@dataclass(frozen=True, slots=True, kw_only=True)
class FairRow:
    """A fair in a list."""

    id: UUID
    slug: str
    title_en: str
    title_ur: str
    state: str
    place: str
    mode: str
    venue: str
    district_en: str | None
    district_ur: str | None
    starts_at: datetime
    ends_at: datetime
    organiser: str
    capacity: int
    seats_taken: int
    booths: int

    def title(self, locale: str) -> str:
        """In the reader's language where it is said in it."""
        return (self.title_ur if locale == "ur" else "") or self.title_en

    def district(self, locale: str) -> str:
        return (self.district_ur if locale == "ur" else self.district_en) or ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How far a fair is, in numbers."""

    booths: dict[str, int]
    tables: int
    candidates: dict[str, int]
    asked_again: int
    booths_asked_again: int
    meetings: int
    inside: int

    @property
    def shown_booths(self) -> int:
        return sum(self.booths.get(state, 0) for state in SHOWN_BOOTHS)

    @property
    def seated(self) -> int:
        return self.candidates.get("registered", 0) + self.candidates.get("confirmed", 0)


async def coming(db: AnySession, *, past: bool = False, at: datetime, limit: int) -> list[FairRow]:
    """Fairs that everybody may see: those to come and on now by date, or those that are over, the newest first."""
    found = _rows().where(Fair.state.not_in(HIDDEN), (Fair.ends_at < at) if past else (Fair.ends_at >= at))
    order = (Fair.starts_at.desc(), Fair.id.desc()) if past else (Fair.starts_at, Fair.id)
    return [FairRow(**row) for row in (await db.execute(found.order_by(*order).limit(limit))).mappings()]


async def by_ids(db: AnySession, ids: Sequence[UUID]) -> list[FairRow]:
    """Those of the ids that everybody may see now, in the order of the ids: one query."""
    if not ids:
        return []
    found = _rows().where(Fair.id.in_(ids), Fair.state.not_in(HIDDEN))
    rows = {row["id"]: FairRow(**row) for row in (await db.execute(found)).mappings()}
    return [rows[id] for id in ids if id in rows]


async def public_fair(db: AnySession, slug: str, *, reader: UUID | None) -> tuple[Fair, str, bool]:
    """A fair, its organiser's name, whether the reader organises it; drafts only for those. Raises: NotFound."""
    named = select(Fair, Organisation.name).join(Organisation, Organisation.id == Fair.organisation_id)
    found = (await db.execute(named.where(Fair.slug == slug))).one_or_none()
    if found is None:
        raise NotFound
    fair, organiser = found
    mine = reader is not None and await _organises(db, fair.organisation_id, reader)
    if fair.state == "draft" and not mine:
        raise NotFound
    return fair, organiser, mine


def organised_by(user_id: UUID) -> Select[UUID]:
    """The ids of the organisers she acts for."""
    joined = select(Membership.organisation_id).join(Organisation, Organisation.id == Membership.organisation_id)
    is_organiser = any_(Organisation.kinds) == "organiser"
    return joined.where(Membership.user_id == user_id, Membership.role.in_(ACTING), is_organiser)


async def fairs_of(db: AnySession, user_id: UUID, *, limit: int = 50) -> list[FairRow]:
    """All fairs of her organisers, drafts too: what comes first, then what is over."""
    over = Fair.state.in_(("closed", "cancelled"))
    found = (
        _rows()
        .where(Fair.organisation_id.in_(organised_by(user_id)))
        .order_by(over, Fair.starts_at, Fair.id)
        .limit(limit)
    )
    return [FairRow(**row) for row in (await db.execute(found)).mappings()]


async def counts_of(db: AnySession, fair: Fair) -> Counts:
    """How far it is."""
    again = FairCandidate.availability_for < fair.dates_version
    seated = FairCandidate.state.in_(("registered", "confirmed"))
    return Counts(
        booths=await _by_state(db, Booth, fair.id),
        tables=await _count(db, FairTable.fair_id == fair.id),
        candidates=await _by_state(db, FairCandidate, fair.id),
        asked_again=await _count(db, FairCandidate.fair_id == fair.id, again, seated),
        booths_asked_again=await _count(
            db, Booth.fair_id == fair.id, Booth.availability_for < fair.dates_version, Booth.state.in_(SHOWN_BOOTHS)
        ),
        meetings=await _count(db, Meeting.fair_id == fair.id, Meeting.state.not_in(("cancelled", "no_show"))),
        inside=await _count(db, FairCandidate.fair_id == fair.id, FairCandidate.is_inside.is_(True)),
    )


async def days_of(db: AnySession, fair_id: UUID) -> list[FairDay]:
    return list((await db.scalars(select(FairDay).where(FairDay.fair_id == fair_id).order_by(FairDay.on))).all())


async def slots_of(db: AnySession, fair_id: UUID) -> list[FairSlot]:
    """The grid, in order."""
    found = select(FairSlot).where(FairSlot.fair_id == fair_id).order_by(FairSlot.number)
    return list((await db.scalars(found)).all())


async def shown_rooms(db: AnySession, fair_id: UUID) -> list[FairRoom]:
    """Rooms in which people meet."""
    found = select(FairRoom).where(FairRoom.fair_id == fair_id, FairRoom.kind != "gate", FairRoom.closed_at.is_(None))
    return list((await db.scalars(found.order_by(FairRoom.position, FairRoom.id))).all())


async def _organises(db: AnySession, organisation_id: UUID, user_id: UUID) -> bool:
    found = select(Membership.user_id).where(
        Membership.organisation_id == organisation_id, Membership.user_id == user_id, Membership.role.in_(ACTING)
    )
    return await db.scalar(found) is not None


async def _by_state(db: AnySession, table: type[Booth] | type[FairCandidate], fair_id: UUID) -> dict[str, int]:
    found = select(table.state, func.count().label("many")).where(table.fair_id == fair_id).group_by(table.state)
    return {row.state: row.many for row in await db.execute(found)}


async def _count(db: AnySession, *conditions: ColumnElement[bool]) -> int:
    return (await db.scalars(select(func.count()).where(*conditions))).one()


def _rows() -> Select[*tuple[Any, ...]]:
    shown = select(func.count()).where(Booth.fair_id == Fair.id, Booth.state.in_(SHOWN_BOOTHS)).correlate(Fair)
    columns: tuple[Any, ...] = (
        *(Fair.id, Fair.slug, Fair.title_en, Fair.title_ur, Fair.state, Fair.place, Fair.mode, Fair.venue),
        *(District.name_en.label("district_en"), District.name_ur.label("district_ur")),
        *(Fair.starts_at, Fair.ends_at, Organisation.name.label("organiser"), Fair.capacity, Fair.seats_taken),
        shown.scalar_subquery().label("booths"),
    )
    return (
        select(*columns)
        .join(Organisation, Organisation.id == Fair.organisation_id)
        .outerjoin(District, District.slug == Fair.district)
    )
