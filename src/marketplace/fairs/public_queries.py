"""What everybody reads of a fair: its employers with what they hire for, and its numbers while it is on."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.fairs.booth_models import Booth, BoothPosting
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair, FairSlot
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.rules import SHOWN_BOOTHS
from marketplace.fairs.wishes import PERIOD_OF
from marketplace.identity.models import Organisation
from marketplace.kernel.database import AnySession
from marketplace.kernel.money import Money
from marketplace.postings.models import Posting
from marketplace.postings.rules import GIGS

_UNITS = {period: unit for unit, period in PERIOD_OF.items()}
SHOWN_POSTINGS = 3
"""Of each employer in the list; its own page has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A posting that an employer hires for at the fair. `unit`: fixed, hourly, monthly or yearly."""

    title: str
    path: str
    low: Money
    high: Money
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Employer:
    """An employer in the list. `low` and `high` are what it said in its file, where no posting says more."""

    id: UUID
    name: str
    label: str
    about: str
    organisation_slug: str | None
    low: Money | None
    high: Money | None
    unit: str
    openings: list[Opening] = field(default_factory=list[Opening])


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """A fair that is on: who is there, which slot runs (None: a break, or the hall is empty), who sits at a table."""

    inside: int
    came: int
    at_tables: int
    until: datetime | None
    done: int


async def employers_of(
    db: AnySession, fair_id: UUID, *, after: tuple[str, UUID] | None = None, limit: int
) -> list[Employer]:
    """Approved ones by name with their open postings: two queries for a page."""
    found = select(Booth, Organisation.slug).outerjoin(Organisation, Organisation.id == Booth.organisation_id)
    shown = found.where(Booth.fair_id == fair_id, Booth.state.in_(SHOWN_BOOTHS))
    if after:
        shown = shown.where((Booth.name > after[0]) | ((Booth.name == after[0]) & (Booth.id > after[1])))
    rows = (await db.execute(shown.order_by(Booth.name, Booth.id).limit(limit))).all()
    openings = await _openings(db, [booth.id for booth, _ in rows])
    return [_employer(booth, slug, openings.get(booth.id, [])) for booth, slug in rows]


async def employer_count(db: AnySession, fair_id: UUID) -> int:
    """How many come."""
    here = select(func.count()).where(Booth.fair_id == fair_id, Booth.state.in_(SHOWN_BOOTHS))
    return (await db.scalars(here)).one()


async def now_of(db: AnySession, fair: Fair, *, at: datetime) -> Now:
    """Counted now: three queries."""
    people = select(
        func.count().filter(FairCandidate.is_inside), func.count().filter(FairCandidate.checked_in_at.is_not(None))
    )
    inside, came = (await db.execute(people.where(FairCandidate.fair_id == fair.id))).one()
    held = select(func.count().filter(Meeting.state == "checked_in"), func.count().filter(Meeting.state == "done"))
    at_tables, done = (await db.execute(held.where(Meeting.fair_id == fair.id))).one()
    running = select(FairSlot.ends_at).where(
        FairSlot.fair_id == fair.id, FairSlot.kind == "meeting", FairSlot.starts_at <= at, FairSlot.ends_at > at
    )
    return Now(inside=inside, came=came, at_tables=at_tables, until=await db.scalar(running), done=done)


def _employer(booth: Booth, slug: str | None, openings: list[Opening]) -> Employer:
    def said(minor: int | None) -> Money | None:
        return Money(minor, booth.currency) if minor and booth.currency and not openings else None

    same = ("id", "name", "label", "about")
    return Employer(
        **{name: getattr(booth, name) for name in same},
        organisation_slug=slug,
        low=said(booth.pay_from_minor),
        high=said(booth.pay_to_minor),
        unit=_UNITS.get(booth.pay_period or "month", "fixed"),
        openings=openings,
    )


async def _openings(db: AnySession, booth_ids: list[UUID]) -> dict[UUID, list[Opening]]:
    if not booth_ids:
        return {}
    place = func.row_number().over(partition_by=BoothPosting.booth_id, order_by=(Posting.title, Posting.id))
    columns = (Posting.title, Posting.slug, Posting.kind, Posting.pay_min_minor, Posting.pay_max_minor)
    numbered = (
        select(BoothPosting.booth_id, *columns, Posting.currency, Posting.pay_kind, place.label("place"))
        .join(Posting, Posting.id == BoothPosting.posting_id)
        .where(BoothPosting.booth_id.in_(booth_ids), Posting.state == "open")
        .subquery()
    )
    found: dict[UUID, list[Opening]] = {}
    first = select(numbered).where(numbered.c.place <= SHOWN_POSTINGS).order_by(numbered.c.place)
    row: Any
    for row in await db.execute(first):
        opening = Opening(
            title=row.title,
            path=f"/{'gigs' if row.kind in GIGS else 'jobs'}/{row.slug}",
            low=Money(row.pay_min_minor, row.currency),
            high=Money(row.pay_max_minor, row.currency),
            unit=row.pay_kind,
        )
        found.setdefault(row.booth_id, []).append(opening)
    return found
