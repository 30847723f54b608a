"""Her own safety: whom she blocked, what she reported, and what was decided about her."""

from datetime import datetime
from typing import Any
from uuid import UUID

from marketplace.contracts.between import has_living_contract
from marketplace.kernel.i18n import N_
from marketplace.messages.case_threads import open_cases
from marketplace.trust import blocks, queries, reports, rules
from marketplace.web import paging
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

BLOCKED = N_("Blocked. You do not find, read or reach each other any more. Nobody is told.")
BLOCKED_AT_WORK = N_("Blocked. You share a contract, so its thread stays, and a moderator can read it.")


@get("/safety/blocked", USER)
async def list_blocked(visit: Visit) -> Answer:
    """Whom she blocked, the newest first."""
    async with visit.read() as db:
        after = paging.decode(visit, datetime, UUID)
        rows = await blocks.blocked_by(db, visit.user.id, after=after, limit=paging.SIZE + 1)
    found = paging.cut(visit, rows, key=lambda row: (row.at, row.id))
    return page(visit, "safety/blocked.html", fragment="results", found=found)


@get("/safety/block/{id}", USER)
async def ask_block(visit: Visit, id: UUID) -> Answer:
    """Say what a block does, ask whether to do it."""
    async with visit.read() as db:
        name = await blocks.first_name(db, id)
        shares_contract = await has_living_contract(db, visit.user.id, id)
        is_done = await blocks.has_blocked(db, visit.user.id, id)
    return page(visit, "safety/block.html", id=id, name=name, shares_contract=shares_contract, is_done=is_done)


@post("/safety/block/{id}", USER)
async def block_person(visit: Visit, id: UUID) -> Answer:
    """Do it; twice is once."""
    async with visit.write() as db:
        await blocks.block(db, by=visit.user.id, other=id, at=visit.now)
        shares_contract = await has_living_contract(db, visit.user.id, id)
    return redirect(visit, "/safety/blocked", flash=BLOCKED_AT_WORK if shares_contract else BLOCKED)


@post("/safety/block/{id}/end", USER)
async def unblock_person(visit: Visit, id: UUID) -> Answer:
    """Take it back; nothing happens where there is no block of hers."""
    async with visit.write() as db:
        await blocks.unblock(db, by=visit.user.id, other=id, at=visit.now)
    return redirect(visit, "/safety/blocked", flash=N_("No longer blocked. You may find and reach each other again."))


@get("/safety/reports", USER)
async def list_reports(visit: Visit) -> Answer:
    """What she reported, and what came of it."""
    cursor = paging.decode(visit, UUID)
    async with visit.read() as db:
        after = cursor[0] if cursor else None
        rows = await reports.reports_of(db, visit.user.id, after=after, limit=paging.SIZE + 1)
    found = paging.cut(visit, rows, key=lambda row: (row.id,))
    return page(visit, "safety/reports.html", fragment="results", found=found, reason_words=rules.reason_words)


@get("/safety/standing", USER)
async def show_standing(visit: Visit) -> Answer:
    """What she can't do and why, warnings, and when a moderator read her private text."""
    async with visit.read() as db:
        standing = await queries.standing(db, visit.user.id)
        cases = await open_cases(db, visit.user.id)
    words: dict[str, Any] = {"whats": rules.WHATS, "outcomes": rules.OUTCOMES, "reason_words": rules.reason_words}
    words["kinds"] = rules.KINDS
    return page(visit, "safety/standing.html", standing=standing, cases=cases, **words)


routes = [list_blocked, ask_block, block_person, unblock_person, list_reports, show_standing]
