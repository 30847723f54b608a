"""An organiser's candidates: who registered, who waits, who has meetings."""

from typing import Any

from marketplace.fairs import candidates, organising, queries
from marketplace.web import paging
from marketplace.web.access import USER, Answer, get
from marketplace.web.pages import page
from marketplace.web.visit import Visit


@get("/fairs/{slug}/organise/candidates", USER)
async def list_candidates(visit: Visit, slug: str) -> Answer:
    """Page by page, by state and words."""
    state, words = visit.query.get("state", ""), visit.query.get("q", "").strip()[:100]
    state = state if state in candidates.STATES else ""
    after = paging.decode(visit, int)
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        asked: dict[str, Any] = {"state": state, "words": words, "after": after[0] if after else 0}
        rows = await candidates.candidates_of(db, fair.id, **asked, limit=paging.SIZE + 1)
        counts = await queries.counts_of(db, fair)
    found = paging.cut(visit, rows, key=lambda row: (row.number,))
    context: dict[str, Any] = {"fair": fair, "found": found, "counts": counts, "state": state, "words": words}
    return page(visit, "fairs/organise/candidates.html", fragment="results", states=candidates.STATES, **context)


routes = [list_candidates]
