"""How a meeting was: said by the candidate on her ticket, read by the organiser."""

from typing import cast
from uuid import UUID

from marketplace.fairs import day, her_words
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web import paging
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.fairs.tickets import changing
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit


@post("/tickets/{secret}/meetings/{id}", PUBLIC)
async def say(visit: Visit, secret: str, id: UUID) -> Answer:
    """One tap, and a word if she likes."""
    candidate, _ = await changing(visit, secret)
    posted = await visit.posted()
    rating, word = str(posted.get("rating") or ""), str(posted.get("word") or "")
    if not rating.isdecimal():
        raise Invalid.at("rating", N_("Choose how it was."))
    by = visit.person.id if visit.person else None
    async with visit.write() as db:
        await her_words.say(db, candidate, id, rating=int(rating), word=word, by=by, at=visit.now)
    return redirect(visit, f"/tickets/{secret}", flash=N_("Thank you. The organiser reads it."))


@get("/fairs/{slug}/day/words", USER)
async def show_words(visit: Visit, slug: str) -> Answer:
    """What candidates say of their meetings: how many tapped what, by employer, and their words, page by page."""
    async with visit.read() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="organiser")
        booths = await her_words.by_employer(db, fair.id)
        after = cast("tuple[int, UUID] | None", paging.decode(visit, int, UUID))
        rows = await her_words.words_of(db, fair.id, after=after, limit=paging.SIZE + 1)
    found = paging.cut(visit, rows, key=lambda row: (row.rating, row.id))
    return page(visit, "fairs/after/words.html", fair=fair, booths=booths, found=found, ratings=her_words.RATINGS)


routes = [say, show_words]
