"""A table on the phone of somebody without an account: its employer gives the link, she runs queue and meetings by it.

Whoever holds the address is her, for that table and that day. It names who gave it.
"""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.fairs import hall_queries, hall_queues, results, table_links
from marketplace.fairs.booth_models import Representative
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair
from marketplace.fairs.results import RESULTS
from marketplace.fairs.table_links import Desk
from marketplace.kernel import ids
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web.access import EMPLOYER, PUBLIC, Answer, get, post
from marketplace.web.fairs import booth as own_booth
from marketplace.web.fairs.day_booth import TAPS, BadgeForm, CardForm, card_said
from marketplace.web.fairs.hall_booth import DONE
from marketplace.web.fairs.tickets import SECRET
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.qr import drawn_qr
from marketplace.web.visit import Visit

AN_HOUR = 600
"""Taps and badges of one table: one each six seconds."""


@post("/fairs/{slug}/booth/representatives/{id}/link", EMPLOYER)
async def give(visit: Visit, slug: str, id: UUID) -> Answer:
    """Her link for a table, shown this once: as a QR to read with her phone, and to send."""
    table = str((await visit.posted()).get("table") or "")
    if not table:
        raise Invalid.at("table", N_("Choose the table."))
    async with visit.write() as db:
        fair, booth = await own_booth.own(visit, db, slug)
        how: dict[str, Any] = {"by": visit.user.id, "at": visit.now}
        her, secret = await table_links.give(db, booth, id, ids.parse(table), **how)
        desk = await table_links.behind(db, secret)
    return _shown_once(visit, fair, her, desk, secret)


@post("/fairs/{slug}/booth/representatives/{id}/replace", EMPLOYER)
async def replace(visit: Visit, slug: str, id: UUID) -> Answer:
    """Somebody else comes in her place; where she ran a table, the new link is shown at once and hers is dead."""
    name = str((await visit.posted()).get("name") or "").strip()[:80]
    async with visit.write() as db:
        fair, booth = await own_booth.own(visit, db, slug)
        her, secret = await table_links.replace(db, booth, id, name, by=visit.user.id, at=visit.now)
        desk = await table_links.behind(db, secret) if secret else None
    if desk is None or secret is None:
        return redirect(visit, f"/fairs/{slug}/booth", flash=N_("Replaced."))
    return _shown_once(visit, fair, her, desk, secret)


def _shown_once(visit: Visit, fair: Fair, her: Representative, desk: Desk, secret: str) -> Answer:
    link = f"{visit.settings.base_url}/tables/{secret}"
    context: dict[str, Any] = {"fair": fair, "her": her, "table": desk.table, "link": link, "qr": drawn_qr(link)}
    return page(visit, "fairs/employers/link.html", headers=SECRET, **context)


@post("/fairs/{slug}/booth/representatives/{id}/link/end", EMPLOYER)
async def take_back(visit: Visit, slug: str, id: UUID) -> Answer:
    """The link opens nothing any more."""
    async with visit.write() as db:
        _, booth = await own_booth.own(visit, db, slug)
        await table_links.take_back(db, booth, id, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/booth", flash=N_("The link opens nothing any more."))


# -- behind the link


@get("/tables/{secret}", PUBLIC)
async def show_table(visit: Visit, secret: str) -> Answer:
    """Who sits there, who comes next, a field for any badge; before the day, whose it is and when."""
    scanned = visit.query.get("code", "").strip()[:500]
    async with visit.read(fresh=True) as db:
        desk = await table_links.behind(db, secret)
        shown: dict[str, Any] = {"meetings": [], "line": [], "queue": None}
        if desk.is_on:
            shown["meetings"] = await table_links.meetings_of(db, desk)
            if desk.fair.mode in hall_queues.OPEN_HALL:
                shown["line"] = await hall_queries.line_of(db, desk.booth.id)
                [shown["queue"]] = await hall_queries.queues_of(db, desk.fair, desk.booth.id)
    if scanned and desk.is_on:
        _, candidate = await _read(visit, secret, scanned)
        return redirect(visit, f"/tables/{secret}/badges/{candidate.code}")
    visit.set_cookie("table", secret, max_age=86_400)
    shown |= {"waiting": [each for each in shown["line"] if each.state == "waiting"], "form": visit.blank(BadgeForm)}
    shown["here"] = next((each for each in shown["line"] if each.table_id == desk.table.id), None)
    shown |= {"desk": desk, "fair": desk.fair, "secret": secret, "results": RESULTS, "taps": TAPS}
    shown |= {"fair_zone": ZoneInfo(desk.fair.time_zone), "grace": desk.fair.grace_minutes}
    return page(visit, "fairs/day/table.html", fragment="table", headers=SECRET, **shown)


@post("/tables/{secret}", PUBLIC)
async def move(visit: Visit, secret: str) -> Answer:
    """Call the next; she is there, they have talked, she did not come, or not now."""
    posted = await visit.posted()
    to, which = str(posted.get("to") or ""), str(posted.get("entry") or "")
    if to != "call" and (to not in DONE or not which):
        raise Invalid.at("to", N_("Choose what became of it."))
    await _counted(visit, secret)
    said: str | Flash
    async with visit.write() as db:
        desk = await table_links.running(db, secret)
        if to != "call":
            await table_links.move(db, desk, ids.parse(which), to, at=visit.now)
            said = DONE[to]
        elif await table_links.call_next(db, desk, at=visit.now) is None:
            said = N_("Nobody who waits is free now.")
        else:
            said = Flash(N_("Called to table %(table)s."), values={"table": desk.table.label})
    return redirect(visit, f"/tables/{secret}", flash=said)


@get("/tables/{secret}/badges/{code}", PUBLIC)
async def show_candidate(visit: Visit, secret: str, code: str) -> Answer:
    """Who she is, and what this employer says of her."""
    desk, candidate = await _read(visit, secret, code)
    async with visit.read(fresh=True) as db:
        card = await results.card_of(db, desk.booth.id, candidate.id)
    return _candidate_page(visit, desk, secret, candidate, visit.blank(CardForm, data=card_said(card)))


@post("/tables/{secret}/badges/{code}", PUBLIC)
async def judge(visit: Visit, secret: str, code: str) -> Answer:
    """Keep result, scores, note and word."""
    desk, candidate = await _read(visit, secret, code)
    form = await visit.form(CardForm)
    if form.validate():
        with form.catching(results.FairNotOn):
            async with visit.write() as db:
                now = await table_links.running(db, secret)
                await table_links.judge(db, now, candidate, form.card(), at=visit.now)
            return redirect(visit, f"/tables/{secret}", flash=N_("Kept. She sees her answer."))
    return _candidate_page(visit, desk, secret, candidate, form, status=422)


async def _read(visit: Visit, secret: str, scanned: str) -> tuple[Desk, FairCandidate]:
    """The table and the candidate behind a badge, at most so many an hour: codes are not to be tried out."""
    desk = await _counted(visit, secret)
    async with visit.read(fresh=True) as db:
        return desk, await results.candidate_by_code(db, desk.fair.id, scanned)


async def _counted(visit: Visit, secret: str) -> Desk:
    """The table, which is on now; one more tap of this link."""
    async with visit.read(fresh=True) as db:
        desk = await table_links.running(db, secret)
    await limit(visit, "table-link", AN_HOUR, minutes=60, who=str(desk.representative.id))
    return desk


def _candidate_page(
    visit: Visit, desk: Desk, secret: str, candidate: FairCandidate, form: CardForm, *, status: int = 200
) -> Answer:
    context: dict[str, Any] = {"fair": desk.fair, "booth": desk.booth, "candidate": candidate, "form": form}
    context |= {"offers_made": [], "here": f"/tables/{secret}"}
    return page(visit, "fairs/day/badge.html", status=status, headers=SECRET, **context)


routes = [give, replace, take_back, show_table, move, show_candidate, judge]
