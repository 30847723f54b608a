"""The lists that can be saved, fed to readers of news and searched by one box: one line for each.

What they share is an Entry: enough for a line in a mail, a feed or the page of all results.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import parse_qsl
from uuid import UUID

from marketplace.discovery.criteria import Criteria, GigCriteria, JobCriteria, PeopleCriteria
from marketplace.discovery.fairs import FairCriteria, fair_query
from marketplace.discovery.jobs import job_query, jobs_of
from marketplace.discovery.listing import GigRow, PersonRow, gigs_of, people_of
from marketplace.discovery.organisations import OrganisationCriteria, organisation_query, organisations_of
from marketplace.discovery.programmes import ProgrammeCriteria, programme_query
from marketplace.discovery.queries import gig_query, people_query
from marketplace.discovery.services import ServiceCriteria, service_query
from marketplace.engines.search.protocol import Query
from marketplace.fairs.queries import by_ids as fairs_by_ids
from marketplace.gigs.service_queries import ServiceRow, services_by_id
from marketplace.kernel.database import AnySession
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.training.queries import published_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one line says. `by`: the employer or the freelancer; `excerpt` is as written (Markdown); `unit` of what it
    pays: hourly, monthly, yearly, or once.
    """

    id: UUID
    title: str
    path: str
    by: str
    excerpt: str = ""
    low: Money | None = None
    high: Money | None = None
    unit: str = ""
    at: datetime | None = None


Asks: TypeAlias = Callable[[Any, datetime], Query]
Entries: TypeAlias = Callable[[AnySession, Sequence[UUID], datetime, UUID | None], Awaitable[list[Entry]]]


@dataclass(frozen=True, slots=True)
class Surface:
    """A list: its index has the same name, its page is /<name>. `title` is a msgid.

    `query(criteria, at)` is what the index is asked; `entries(db, ids, at, viewer)` are those of the ids that this
    viewer may see now, in the order of the ids.
    """

    name: str
    title: str
    criteria: type[Criteria]
    query: Asks
    entries: Entries

    @property
    def path(self) -> str:
        return f"/{self.name}"

    def read(self, query: str) -> Criteria:
        """The criteria in the query of an address."""
        return self.criteria.from_query(parse_qsl(query))


async def _gigs(db: AnySession, ids: Sequence[UUID], at: datetime, viewer: UUID | None) -> list[Entry]:
    return [_posting(row, "/gigs") for row in await gigs_of(db, ids, at=at, viewer=viewer)]


async def _jobs(db: AnySession, ids: Sequence[UUID], at: datetime, viewer: UUID | None) -> list[Entry]:
    return [_posting(row, "/jobs") for row in await jobs_of(db, ids, at=at, viewer=viewer)]


async def _services(db: AnySession, ids: Sequence[UUID], _at: datetime, viewer: UUID | None) -> list[Entry]:
    return [_service(row) for row in await services_by_id(db, ids, reader=viewer)]


async def _people(db: AnySession, ids: Sequence[UUID], _at: datetime, viewer: UUID | None) -> list[Entry]:
    return [_person(row) for row in await people_of(db, ids, viewer=viewer)]


async def _organisations(db: AnySession, ids: Sequence[UUID], at: datetime, viewer: UUID | None) -> list[Entry]:
    rows = await organisations_of(db, ids, at=at, viewer=viewer)
    return [
        Entry(
            id=row.id, title=row.name, path=f"/organisations/{row.slug}", by="", excerpt=row.excerpt, at=row.created_at
        )
        for row in rows
    ]


async def _programmes(db: AnySession, ids: Sequence[UUID], _at: datetime, _viewer: UUID | None) -> list[Entry]:
    rows = await published_of(db, ids)
    return [
        Entry(id=row.id, title=row.name, path=f"/training/{row.slug}", by=row.provider, at=row.published_at)
        for row in rows
    ]


async def _fairs(db: AnySession, ids: Sequence[UUID], _at: datetime, _viewer: UUID | None) -> list[Entry]:
    rows = await fairs_by_ids(db, ids)
    return [
        Entry(id=row.id, title=row.title_en, path=f"/fairs/{row.slug}", by=row.organiser, excerpt=row.venue)
        for row in rows
    ]


def _posting(row: GigRow, path: str) -> Entry:
    return Entry(
        id=row.id,
        title=row.title,
        path=f"{path}/{row.slug}",
        by=row.organisation,
        excerpt=row.excerpt,
        low=row.pay_min,
        high=row.pay_max,
        unit=row.pay_kind,
        at=row.published_at,
    )


def _service(row: ServiceRow) -> Entry:
    return Entry(
        id=row.id,
        title=row.title,
        path=f"/services/{row.slug}",
        by=row.name,
        excerpt=row.excerpt,
        low=row.price_from,
        at=row.published_at,
    )


def _person(row: PersonRow) -> Entry:
    rate = row.rate if row.rate.amount_minor else None
    return Entry(
        id=row.id,
        title=row.headline,
        path=f"/people/{row.handle}",
        by=row.name,
        excerpt=row.excerpt,
        low=rate,
        unit="hourly",
    )


SURFACES: Mapping[str, Surface] = {
    each.name: each
    for each in (
        Surface("gigs", N_("Gigs"), GigCriteria, lambda c, at: gig_query(c, at=at), _gigs),
        Surface("jobs", N_("Jobs and internships"), JobCriteria, lambda c, at: job_query(c, at=at), _jobs),
        Surface("services", N_("Services"), ServiceCriteria, lambda c, _: service_query(c), _services),
        Surface("people", N_("Freelancers"), PeopleCriteria, lambda c, _: people_query(c), _people),
        Surface(
            "organisations",
            N_("Organisations"),
            OrganisationCriteria,
            lambda c, _: organisation_query(c),
            _organisations,
        ),
        Surface("fairs", N_("Job fairs"), FairCriteria, lambda c, at: fair_query(c, at=at), _fairs),
        Surface(
            "training",
            N_("Training programmes"),
            ProgrammeCriteria,
            lambda c, at: programme_query(c, at=at),
            _programmes,
        ),
    )
}
"""By name, in the order of pages."""
