"""Wishes before the timetable: a candidate marks employers from her ticket, an employer marks candidates by number."""

from typing import Any, get_args
from uuid import UUID

from marketplace.fairs import fit, wishes
from marketplace.fairs.candidate_models import Choice
from marketplace.fairs.wishes import Wished
from marketplace.kernel import ids
from marketplace.kernel.errors import NotFound
from marketplace.skills.queries import by_ids, by_slugs
from marketplace.skills.taxonomy import resolve
from marketplace.talent.rules import LANGUAGES
from marketplace.web import paging
from marketplace.web.access import EMPLOYER, PUBLIC, Answer, get, post
from marketplace.web.fairs.booth import own
from marketplace.web.fairs.join_forms import PERIODS
from marketplace.web.fairs.tickets import SECRET, changing, holder
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

_WORDS: dict[str, Any] = {"choices": wishes.CHOICES, "faults": fit.FAULTS, "periods": PERIODS, "languages": LANGUAGES}
_SHOWS = ("wished", *get_args(Choice))


@get("/tickets/{secret}/wishes", PUBLIC)
async def show_hers(visit: Visit, secret: str) -> Answer:
    """The employers of her fair, what they pay, and what she wished."""
    return await _hers(visit, secret)


@post("/tickets/{secret}/wishes", PUBLIC)
async def wish(visit: Visit, secret: str) -> Answer:
    """One tap: must, would, no, or nothing again. htmx gets the list with the wish in it."""
    candidate, fair = await changing(visit, secret, most=300)
    booth_id, choice = await _tapped(visit)
    wished = Wished(fair=fair, candidate_id=candidate.id, booth_id=booth_id, side="candidate")
    async with visit.write() as db:
        await wishes.mark(db, wished, choice, by=visit.person.id if visit.person else None, at=visit.now)
    return await _hers(visit, secret) if visit.is_htmx else redirect(visit, visit.address)


async def _hers(visit: Visit, secret: str) -> Answer:
    after = paging.decode(visit, str, UUID)
    async with visit.read(fresh=True) as db:
        candidate, fair = await holder(visit, db, secret)
        rows = await wishes.booths_for(db, candidate, after=after, limit=paging.SIZE + 1)
    shown: dict[str, Any] = {"fair": fair, "secret": secret, "is_open": wishes.are_open(fair, visit.now)}
    shown["found"] = paging.cut(visit, rows, key=lambda row: (row.name, row.id))
    shown["most"] = wishes.MOST_MUSTS["candidate"]
    return page(visit, "fairs/tickets/wishes.html", fragment="list", headers=SECRET, **shown, **_WORDS)


@get("/fairs/{slug}/booth/candidates", EMPLOYER)
async def show_candidates(visit: Visit, slug: str) -> Answer:
    """Who comes to the fair, by number and skills, never by name; `?skill=…` and `?show=wished` narrow it."""
    return await _theirs(visit, slug)


@post("/fairs/{slug}/booth/candidates", EMPLOYER)
async def wish_for(visit: Visit, slug: str) -> Answer:
    """One tap: must, would, no, or nothing again. htmx gets the list with the wish in it."""
    candidate_id, choice = await _tapped(visit)
    async with visit.write() as db:
        fair, booth = await own(visit, db, slug)
        wished = Wished(fair=fair, candidate_id=candidate_id, booth_id=booth.id, side="employer")
        await wishes.mark(db, wished, choice, by=visit.user.id, at=visit.now)
    return await _theirs(visit, slug) if visit.is_htmx else redirect(visit, visit.address)


async def _theirs(visit: Visit, slug: str) -> Answer:
    only, typed = visit.query.get("show", ""), visit.query.get("skill", "").strip()[:100]
    slugs, _ = resolve([typed] if typed else [])
    async with visit.read(fresh=True) as db:
        fair, booth = await own(visit, db, slug)
        asked = [skill.id for skill in await by_slugs(db, slugs)]
        which: dict[str, Any] = {"skill_ids": asked, "only": only if only in _SHOWS else ""}
        rows = await wishes.candidates_for(db, booth, **which, after=paging.decode(visit, int), limit=paging.SIZE + 1)
        skills = await by_ids(db, sorted({id for row in rows for id in row.skill_ids}))
    shown: dict[str, Any] = {"fair": fair, "booth": booth, "skills": skills, "only": only, "typed": typed}
    shown["found"] = paging.cut(visit, rows, key=lambda row: (row.number,))
    shown |= {"is_open": wishes.are_open(fair, visit.now), "most": wishes.MOST_MUSTS["employer"]}
    return page(visit, "fairs/employers/candidates.html", fragment="list", **shown, **_WORDS)


async def _tapped(visit: Visit) -> tuple[UUID, Choice | None]:
    """Which one, and what was said of it. Raises: NotFound."""
    posted = await visit.posted()
    choice: object = posted.get("choice")
    if choice not in ("", *get_args(Choice)):
        raise NotFound
    return ids.parse(str(posted.get("id", ""))), choice or None  # type: ignore[return-value]


routes = [show_hers, wish, show_candidates, wish_for]
