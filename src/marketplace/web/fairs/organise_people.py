"""An organiser finds freelancers by what they can do and asks them to the fair."""

from typing import Any
from uuid import UUID

from marketplace.discovery.criteria import PeopleCriteria
from marketplace.discovery.queries import search_people
from marketplace.engines.search.protocol import SearchIndex
from marketplace.fairs import inviting, organising, registering
from marketplace.fairs.models import Fair
from marketplace.kernel import ids
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.limits import keep_pace
from marketplace.web.pages import local_path, page, redirect
from marketplace.web.visit import Visit

STANDS = {
    "invited": N_("Invited"),
    "declined": N_("Does not come this time"),
    "registered": N_("Registered"),
}


@get("/fairs/{slug}/organise/people", USER)
async def find_people(visit: Visit, slug: str) -> Answer:
    """Listed freelancers by words, each with where she stands with this fair."""
    criteria = PeopleCriteria.from_query(visit.query.multi_items())
    keep_pace(visit)
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        found = await search_people(db, visit.services[SearchIndex], criteria, viewer=visit.user.id)
        stands = await inviting.stands(db, fair.id, [row.id for row in found.rows])
    base, shown = f"/fairs/{slug}/organise/people", {"fair": fair, "found": found, "stands": stands}
    hrefs = {
        "previous_href": _href(base, criteria.at_page(found.page - 1)) if found.page > 1 else None,
        "next_href": _href(base, criteria.at_page(found.page + 1)) if found.page < found.pages else None,
    }
    more: dict[str, Any] = {"criteria": criteria, "words": STANDS, "can_invite": registering.is_open(fair, visit.now)}
    return page(visit, "fairs/organise/people.html", fragment="results", base=base, **shown, **hrefs, **more)


def _href(base: str, criteria: PeopleCriteria) -> str:
    return f"{base}?{criteria.to_query()}"


@post("/fairs/{slug}/organise/people", USER)
async def invite(visit: Visit, slug: str) -> Answer:
    """Ask one of them."""
    posted = await visit.posted()
    criteria = PeopleCriteria(words=str(posted.get("q") or "")[:200])
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id, lock=True)
        is_new = await inviting.invite(db, fair, _id(posted.get("id")), by=visit.user.id, at=visit.now)
    done = N_("Invited. She is told, and registers herself if she likes.") if is_new else N_("She was asked already.")
    back = local_path(str(posted.get("next") or ""), _href(f"/fairs/{slug}/organise/people", criteria))
    return redirect(visit, back, flash=done)


def _id(text: object) -> UUID:
    if not text:
        raise Invalid.at("id", N_("Choose somebody from the list."))
    return ids.parse(str(text))


@post("/fairs/{slug}/invitation/decline", USER)
async def decline(visit: Visit, slug: str) -> Answer:
    """She who was asked does not come."""
    async with visit.write() as db:
        fair: Fair = await registering.open_fair(db, slug)
        await inviting.decline(db, fair.id, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}", flash=N_("Good. You are not asked again."))


routes = [find_people, invite, decline]
