"""A booth of an open hall: its queue for those who stand there, its sign with the QR that people scan."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.fairs import day, hall_queries, hall_queues, hall_rules, results
from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.models import Fair
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.qr import drawn_qr
from marketplace.web.visit import Visit

DONE = {
    "here": N_("The talk has begun."),
    "done": N_("The table is free. What became of it can be said by the badge."),
    "missed": N_("Noted: she did not come."),
    "skip": N_("She waits again, at the end of the queue."),
}


@get("/fairs/{slug}/booths/{id}/queue", USER)
async def show_queue(visit: Visit, slug: str, id: UUID) -> Answer:
    """Who is at which table, who waits, and one button for the next."""
    async with visit.read(fresh=True) as db:
        fair, booth = await results.booth_of(db, slug, id, by=visit.user.id)
        line = await hall_queries.line_of(db, booth.id)
        tables = await hall_queries.tables_of(db, booth.id)
        [queue] = await hall_queries.queues_of(db, fair, booth.id)
        interested = await hall_queries.interested_in(db, booth.id)
    at = {each.table_id: each for each in line if each.state != "waiting"}
    context: dict[str, Any] = {"fair": fair, "booth": booth, "queue": queue, "tables": tables, "at": at}
    context |= {"waiting": [each for each in line if each.state == "waiting"], "interested": interested}
    context |= {"grace": fair.grace_minutes, "fair_zone": ZoneInfo(fair.time_zone)}
    return page(visit, "fairs/day/hall_booth.html", fragment="queue", **context)


@post("/fairs/{slug}/booths/{id}/queue/call", USER)
async def call_next(visit: Visit, slug: str, id: UUID) -> Answer:
    """The next to this table."""
    table_id = str((await visit.posted()).get("table") or "")
    async with visit.write() as db:
        fair, booth = await results.booth_of(db, slug, id, by=visit.user.id)
        table = await _table(db, booth, ids.parse(table_id) if table_id else None)
        entry = await hall_queues.call_next(db, fair, table, by=visit.user.id, at=visit.now)
    back = f"/fairs/{slug}/booths/{ids.short(id)}/queue"
    if entry is None:
        return redirect(visit, back, flash=N_("Nobody who waits is free now."))
    return redirect(visit, back, flash=Flash(N_("Called to table %(table)s."), values={"table": table.label}))


@post("/fairs/{slug}/booths/{id}/queue", USER)
async def move_entry(visit: Visit, slug: str, id: UUID) -> Answer:
    """She is there, they have talked, she did not come, or not now."""
    posted = await visit.posted()
    to, which = str(posted.get("to") or ""), str(posted.get("entry") or "")
    async with visit.write() as db:
        fair, booth = await results.booth_of(db, slug, id, by=visit.user.id)
        if to not in DONE or not which:
            raise Invalid.at("to", N_("Choose what became of it."))
        await _do(visit, db, fair, booth, to, ids.parse(which))
    return redirect(visit, f"/fairs/{slug}/booths/{ids.short(id)}/queue", flash=DONE[to])


async def _do(visit: Visit, db: Session, fair: Fair, booth: Booth, to: str, entry_id: UUID) -> None:
    by, at = visit.user.id, visit.now
    if to == "here":
        await hall_queues.arrive(db, booth, entry_id, by=by, at=at)
    elif to == "done":
        await hall_queues.finish(db, booth, entry_id, by=by, at=at)
    elif to == "missed":
        await hall_queues.miss(db, fair, booth, entry_id, by=by, at=at)
    else:
        await hall_queues.pass_over(db, booth, entry_id, at=at)


async def _table(db: AnySession, booth: Booth, table_id: UUID | None) -> FairTable:
    """The table that was chosen, else the only one. Raises: NotFound."""
    tables = await hall_queries.tables_of(db, booth.id)
    found = [each for each in tables if table_id is None or each.id == table_id]
    if len(found) != 1:
        raise NotFound
    return found[0]


@get("/fairs/{slug}/booths/{id}/sign", USER)
async def show_sign(visit: Visit, slug: str, id: UUID) -> Answer:
    """To print and put on the booth: scan to queue or apply; for the booth's people and the organiser's."""
    async with visit.read() as db:
        fair, booth = await _signed(visit, db, slug, id)
    code = hall_rules.booth_code(booth.id)
    link = f"{visit.settings.base_url}/fairs/{slug}/hall/{code}"
    return page(visit, "fairs/day/hall_sign.html", fair=fair, booth=booth, code=code, qr=drawn_qr(link, scale=8))


async def _signed(visit: Visit, db: AnySession, slug: str, booth_id: UUID) -> tuple[Fair, Booth]:
    try:
        return await results.booth_of(db, slug, booth_id, by=visit.user.id)
    except NotFound:
        fair, _ = await day.day_of(db, slug, by=visit.user.id)
    booth = await db.get(Booth, booth_id)
    if booth is None or booth.fair_id != fair.id:
        raise NotFound
    return fair, booth


routes = [show_queue, call_next, move_entry, show_sign]
