"""Who fits a posting, asked with one click; and who asked her."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.discovery import matches
from marketplace.discovery.impressions import Shown
from marketplace.discovery.listing import PersonRow
from marketplace.engines.search.protocol import SearchIndex
from marketplace.kernel import ids
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.postings import invitations, queries
from marketplace.postings.rules import GIGS, JOBS, takes_proposals
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.cards import PersonCard, person_card
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.search import impressions
from marketplace.web.visit import Visit


@get("/gigs/{slug}/people", USER)
async def people_for_gig(visit: Visit, slug: str) -> Answer:
    """Freelancers who fit this gig, each with why."""
    return await _people(visit, slug, "gigs")


@get("/jobs/{slug}/people", USER)
async def people_for_job(visit: Visit, slug: str) -> Answer:
    """The same for a job or internship."""
    return await _people(visit, slug, "jobs")


@post("/gigs/{slug}/invitations", USER)
async def invite_to_gig(visit: Visit, slug: str) -> Answer:
    """Ask one of them."""
    return await _invite(visit, slug, "gigs")


@post("/jobs/{slug}/invitations", USER)
async def invite_to_job(visit: Visit, slug: str) -> Answer:
    """Ask one of them."""
    return await _invite(visit, slug, "jobs")


@get("/invitations", USER)
async def list_invitations(visit: Visit) -> Answer:
    """Who asked her, and has no answer yet."""
    async with visit.read() as db:
        found = await invitations.invitations_of(db, visit.user.id, at=visit.now)
    return page(visit, "invitations/list.html", invitations=found)


@post("/invitations/{id}/decline", USER)
async def decline_invitation(visit: Visit, id: UUID) -> Answer:
    """Say no; it counts nowhere."""
    async with visit.write() as db:
        await invitations.decline(db, visit.user.id, id, at=visit.now)
    return redirect(visit, "/invitations", flash=N_("Declined. It counts against you nowhere."))


async def _people(visit: Visit, slug: str, part: str) -> Answer:
    async with visit.read() as db:
        posting = await queries.managed(db, slug, by=visit.user.id, kinds=GIGS if part == "gigs" else JOBS)
        index = visit.services[SearchIndex]
        found = await matches.people_for(db, index, posting, at=visit.now, viewer=visit.user.id)
        invited = set(await invitations.invited_to(db, posting.id))
    shown = [(person.id, match) for person, match in found]
    note_matches(visit, "matches/people", shown, query=f"posting={ids.short(posting.id)}")
    people = [(_card(person, match, visit.locale), person.id) for person, match in found]
    return page(
        visit,
        "invitations/people.html",
        title=posting.title,
        href=f"/{part}/{slug}",
        people=people,
        invited=invited,
        is_open=takes_proposals(posting.state, posting.closes_at, visit.now),
    )


def note_matches(visit: Visit, surface: str, shown: Sequence[tuple[UUID, matches.Match]], *, query: str = "") -> None:
    """Remember what was recommended at which rank, with the parts of each score."""
    impressions.note(
        Shown(
            at=visit.now,
            user_id=visit.user.id,
            surface=surface,
            query=query,
            documents=tuple(id for id, _ in shown),
            scores=tuple(matches.stored(match.score) for _, match in shown),
        )
    )


def _card(person: PersonRow, match: matches.Match, locale: str) -> PersonCard:
    return person_card(person, locale, reasons=tuple(reason.said(locale) for reason in match.reasons))


async def _invite(visit: Visit, slug: str, part: str) -> Answer:
    posted = await visit.posted()
    try:
        freelancer_id = ids.parse(str(posted.get("freelancer", "")))
    except ValueError:
        raise NotFound from None
    async with visit.write() as db:
        posting = await queries.managed(db, slug, by=visit.user.id, kinds=GIGS if part == "gigs" else JOBS)
        is_new = await invitations.invite(db, posting, freelancer_id, by=visit.user.id, at=visit.now)
    said = (
        N_("Invited. You learn of the answer as of any other.") if is_new else N_("You have asked this person already.")
    )
    return redirect(visit, f"/{part}/{slug}/people", flash=Flash(said, tone="good" if is_new else "note"))


routes = [
    *(people_for_gig, people_for_job, invite_to_gig, invite_to_job),
    *(list_invitations, decline_invitation),
]
