"""Where somebody's profile or posting was shown, at which place, and of a recommendation: why there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs

from marketplace.discovery import matches
from marketplace.discovery.impressions import shown_of
from marketplace.discovery.models import Impression
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.postings import queries
from marketplace.postings.rules import GIGS, JOBS
from marketplace.talent.queries import freelancer_of
from marketplace.web.access import USER, Answer, get
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
    "search": N_("Search of everything"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """One part of a score: its points, how many it could give, and so what would raise the score."""

    title: str
    points: float
    most: float


@dataclass(frozen=True, slots=True)
class Line:
    """One time it was shown. `total` and `shares` only of a recommendation, from what was kept when it was served."""

    at: datetime
    rank: int
    where: str
    words: str
    total: float | None
    shares: tuple[Share, ...]


@get("/profile/shown", USER)
async def show_profile_shown(visit: Visit) -> Answer:
    """Her own profile."""
    async with visit.read() as db:
        freelancer = await freelancer_of(db, visit.user.id)
        if freelancer is None:
            raise NotFound
        found = await shown_of(db, freelancer.id)
    return _page(visit, "/profile", found)


@get("/gigs/{slug}/shown", USER)
async def show_gig_shown(visit: Visit, slug: str) -> Answer:
    """A gig of hers."""
    return await _posting(visit, slug, "gigs")


@get("/jobs/{slug}/shown", USER)
async def show_job_shown(visit: Visit, slug: str) -> Answer:
    """A job or internship of hers."""
    return await _posting(visit, slug, "jobs")


async def _posting(visit: Visit, slug: str, part: str) -> Answer:
    async with visit.read() as db:
        posting = await queries.managed(db, slug, by=visit.user.id, kinds=GIGS if part == "gigs" else JOBS)
        found = await shown_of(db, posting.id)
    return _page(visit, f"/{part}/{slug}", found)


def _page(visit: Visit, back: str, found: Sequence[Impression]) -> Answer:
    return page(visit, "invitations/shown.html", back=back, lines=[_line(each) for each in found])


def _line(shown: Impression) -> Line:
    words = parse_qs(shown.query).get("q", [""])[0]
    where = LISTS.get(shown.surface.partition("/")[0], N_("A list"))
    kept = shown.score
    if kept is None:
        return Line(shown.at, shown.rank, where, words, None, ())
    parts = kept["parts"].items()
    shares = [Share(PARTS[name], 100 * value * weight, 100 * weight) for name, (value, weight, _) in parts]
    return Line(shown.at, shown.rank, where, words, matches.total_of(kept), tuple(shares))


routes = [show_profile_shown, show_gig_shown, show_job_shown]
