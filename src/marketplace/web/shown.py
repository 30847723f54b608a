"""Where somebody's profile or posting was shown, at which place, and why there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs
from uuid import UUID

from marketplace.discovery import matches, standing
from marketplace.discovery.impressions import shown_of
from marketplace.discovery.models import Impression
from marketplace.discovery.surfaces import SURFACES
from marketplace.engines.search.protocol import Ground, SearchIndex
from marketplace.gigs.service_queries import own_service
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.postings import queries
from marketplace.postings.rules import GIGS, JOBS
from marketplace.talent.queries import freelancer_of
from marketplace.training.programmes import own_programme
from marketplace.web.access import EMPLOYER, USER, Answer, get
from marketplace.web.pages import page
from marketplace.web.visit import Visit

PARTS = {
    "skills": N_("Skills"),
    "training": N_("Tested or certified"),
    "availability": N_("Time"),
    "budget": N_("Rate"),
    "language": N_("Language"),
    "reputation": N_("Contracts finished here"),
}
LISTS = {
    "matches": N_("Recommended"),
    "mail": N_("Recommended"),
    "search": N_("Search of everything"),
}
ORDERS = {
    "match": N_("Best match"),
    "new": N_("Newest"),
    "pay": N_("Highest pay"),
    "closing": N_("Closing soonest"),
    "rate": N_("Lowest rate"),
    "price": N_("Lowest price"),
    "days": N_("Fastest"),
}
HOW = {
    "exact": N_("The word itself"),
    "phrase": N_("The words in quotes, as they stand"),
    "longer": N_("The beginning of a longer word"),
    "equal": N_("Means the same, or is written in another way"),
    "typo": N_("One letter off"),
    "slipped": N_("What the word means, one letter off"),
    "longer_typo": N_("The beginning of a longer word, one letter off"),
    "two_typos": N_("Two letters off"),
    "sound": N_("Sounds alike"),
    "none": N_("Not found"),
    "together": N_("Next to each other"),
    "more": N_("Found in more places"),
    "rule_words": N_("How many of the words are found"),
    "rule_typo": N_("How few letters are off"),
    "rule_proximity": N_("How near each other the words are"),
    "rule_attribute": N_("In which part they are"),
    "rule_position": N_("How early in it"),
    "rule_exactness": N_("How exactly it is what was typed"),
}
FIELDS = {
    "title": N_("Title"),
    "headline": N_("Headline"),
    "skill_names": N_("Skills"),
    "employer": N_("Employer"),
    "name": N_("Name"),
    "description": N_("Description"),
    "about": N_("About"),
    "courses": N_("Courses"),
    "provider": N_("Provider"),
}
_RAISES = (HOW["exact"], HOW["equal"], HOW["none"])
_WORTH_SAYING = 1.5


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a score: its points, how many it could give, and so what would raise the score."""

    title: str
    points: float
    most: float


@dataclass(frozen=True, slots=True)
class Line:
    """One time it was shown. `total` and `shares` only of a recommendation, from what was kept when it was served.

    `order` is what the list was sorted by; `number` names the time where words found it, so that it can say why there.
    """

    at: datetime
    rank: int
    where: str
    words: str
    order: str
    total: float | None
    shares: tuple[Share, ...]
    number: int | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One ground of a place, in words: what was typed, how and where it was found, its points."""

    typed: str
    how: str
    found: str
    fields: tuple[str, ...]
    points: float
    most: float


@dataclass(frozen=True, slots=True)
class Why:
    """Why it stood at a place. `reasons` are empty when it can't be said any more."""

    line: Line
    better: int
    equal: int
    score: float
    total: float
    is_same: bool
    is_summed: bool
    reasons: tuple[Reason, ...]

    @property
    def raising(self) -> tuple[Reason, ...]:
        """What could give more: well written words that are not found, or not as themselves in the best place."""
        words = [reason for reason in self.reasons if self.is_summed and reason.how in _RAISES]
        return tuple(reason for reason in words if reason.most - reason.points > _WORTH_SAYING)


@get("/profile/shown", USER)
async def show_profile_shown(visit: Visit) -> Answer:
    """Her own profile."""
    async with visit.read() as db:
        freelancer = await freelancer_of(db, visit.user.id)
        if freelancer is None:
            raise NotFound
        found = await shown_of(db, freelancer.id)
    return await _page(visit, "/profile", freelancer.id, found)


@get("/gigs/{slug}/shown", USER)
async def show_gig_shown(visit: Visit, slug: str) -> Answer:
    """A gig of hers."""
    return await _posting(visit, slug, "gigs")


@get("/jobs/{slug}/shown", USER)
async def show_job_shown(visit: Visit, slug: str) -> Answer:
    """A job or internship of hers."""
    return await _posting(visit, slug, "jobs")


@get("/services/{slug}/shown", USER)
async def show_service_shown(visit: Visit, slug: str) -> Answer:
    """A service of hers."""
    async with visit.read() as db:
        service = await own_service(db, slug, user_id=visit.user.id)
        found = await shown_of(db, service.id)
    return await _page(visit, f"/services/{slug}", service.id, found)


@get("/training/{slug}/shown", USER)
async def show_programme_shown(visit: Visit, slug: str) -> Answer:
    """A programme of a provider that she acts for."""
    async with visit.read() as db:
        programme = await own_programme(db, slug, by=visit.user.id)
        found = await shown_of(db, programme.id)
    return await _page(visit, f"/training/{slug}", programme.id, found)


@get("/organisation/shown", EMPLOYER)
async def show_organisation_shown(visit: Visit) -> Answer:
    """The organisation that she acts for."""
    async with visit.read() as db:
        found = await shown_of(db, visit.organisation.id)
    return await _page(visit, "/organisation", visit.organisation.id, found)


async def _posting(visit: Visit, slug: str, part: str) -> Answer:
    async with visit.read() as db:
        posting = await queries.managed(db, slug, by=visit.user.id, kinds=GIGS if part == "gigs" else JOBS)
        found = await shown_of(db, posting.id)
    return await _page(visit, f"/{part}/{slug}", posting.id, found)


async def _page(visit: Visit, back: str, document_id: UUID, found: Sequence[Impression]) -> Answer:
    """The list, or with `?why=` of one time the reasons for its place."""
    number = visit.query.get("why", "")
    why = await _why(visit, document_id, int(number)) if number.isdecimal() and len(number) < 19 else None
    if number and why is None:
        raise NotFound
    lines = [_line(each) for each in found]
    return page(visit, "invitations/shown.html", back=back, here=f"{back}/shown", lines=lines, why=why)


async def _why(visit: Visit, document_id: UUID, number: int) -> Why | None:
    async with visit.read() as db:
        served = await standing.served(db, document_id, number)
    if served is None:
        return None
    line, place = _line(served.shown), (served.better, served.equal, served.score)
    stands = await standing.stands(visit.services[SearchIndex], served)
    if stands is None:
        return Why(line, *place, total=0.0, is_same=False, is_summed=False, reasons=())
    reasons = tuple(_reason(ground) for ground in stands.said.grounds)
    return Why(line, *place, stands.said.score, stands.is_same, stands.said.is_summed, reasons)


def _reason(ground: Ground) -> Reason:
    fields = tuple(FIELDS[name] for name in ground.field.split(", ") if name)
    return Reason(ground.word, HOW[ground.how], ground.found, fields, ground.points, ground.most)


def _line(shown: Impression) -> Line:
    words = parse_qs(shown.query).get("q", [""])[0]
    where = LISTS.get(shown.surface.partition("/")[0]) or _title(shown.surface)
    kept = shown.score or {}
    by_words = standing.is_by_words(shown)
    common = (shown.at, shown.rank, where, words, _order(shown))
    if "parts" not in kept:
        return Line(*common, total=None, shares=(), number=shown.id if by_words else None)
    parts = kept["parts"].items()
    shares = [Share(PARTS[name], 100 * value * weight, 100 * weight) for name, (value, weight, _) in parts]
    return Line(*common, total=matches.total_of(kept), shares=tuple(shares), number=None)


def _title(surface: str) -> str:
    return SURFACES[surface].title if surface in SURFACES else N_("A list")


def _order(shown: Impression) -> str:
    """What the list was sorted by, "" for recommendations."""
    surface = SURFACES.get(standing.index_of(shown))
    if surface is None or shown.surface.startswith(("matches", "mail")):
        return ""
    return ORDERS.get(surface.read(shown.query).order, "")


routes = [
    *(show_profile_shown, show_gig_shown, show_job_shown),
    *(show_service_shown, show_programme_shown, show_organisation_shown),
]
