"""Proposals as the employer reads them: compared without names, shortlisted, declined with a reason, accepted."""

from typing import Any
from uuid import UUID

from marketplace.gigs import actions, queries
from marketplace.gigs.queries import Candidate, Proposal
from marketplace.gigs.rules import DECLINE_REASONS
from marketplace.kernel import ids
from marketplace.kernel.database import ReadSession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.postings import queries as postings
from marketplace.postings.queries import PostingView
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.proposal_forms import DeclineForm
from marketplace.web.visit import Visit

MOST_COLUMNS = 8
"""Proposals beside each other; more are listed beneath."""


@get("/gigs/{slug}/proposals", USER)
async def compare(visit: Visit, slug: str) -> Answer:
    """All proposals of a gig: those that wait side by side, the decided ones beneath."""
    async with visit.read() as db:
        gig = await _managed(db, visit, slug)
        found = await queries.candidates(db, gig.id, viewer=visit.user.id)
    living = [each for each in found if each.is_waiting or each.state == "accepted"]
    columns = living[:MOST_COLUMNS]
    context: dict[str, Any] = {
        "columns": columns,
        "fits": {each.id: _fit(each, gig) for each in columns},
        "more": living[MOST_COLUMNS:],
        "over": [each for each in found if each not in living],
    }
    return page(visit, "proposals/compare.html", gig=gig, reasons=DECLINE_REASONS, **context)


def _fit(candidate: Candidate, gig: PostingView) -> tuple[int, int]:
    """How many of the skills asked for she has, and how many are asked for."""
    asked = {skill.slug for skill in gig.skills}
    return len(asked & {skill.slug for skill in candidate.skills}), len(asked)


async def _managed(db: ReadSession, visit: Visit, slug: str) -> PostingView:
    gig = await postings.posting_view(db, slug, reader=visit.user.id)
    if not gig.may_manage:
        raise NotFound
    return gig


async def show(visit: Visit, db: ReadSession, id: UUID) -> Answer:
    """One proposal as the employer reads it. Raises: NotFound unless she hires for the gig."""
    return page(visit, "proposals/candidate.html", reasons=DECLINE_REASONS, **await _one(visit, db, id))


async def _one(visit: Visit, db: ReadSession, id: UUID) -> dict[str, Any]:
    proposal, posting = await queries.managed(db, id, by=visit.user.id)
    gig = await postings.posting_view(db, posting.slug, reader=visit.user.id)
    (candidate,) = await queries.candidates(db, posting.id, proposal_id=proposal.id)
    return {"gig": gig, "candidate": candidate, "fit": _fit(candidate, gig)}


@post("/proposals/{id}/shortlist", USER)
async def shortlist(visit: Visit, id: UUID) -> Answer:
    """Look closer; a second click finds it done."""
    async with visit.write() as db:
        proposal, posting = await queries.managed(db, id, by=visit.user.id)
        await actions.lock(db, proposal)
        if proposal.state != "shortlisted":
            await actions.shortlist(db, proposal, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/gigs/{posting.slug}/proposals", flash=_said(N_("%(letter)s is shortlisted."), proposal))


@get("/proposals/{id}/decline", USER)
async def ask_decline(visit: Visit, id: UUID) -> Answer:
    """Ask why."""
    return await _decline_page(visit, id, visit.blank(DeclineForm))


async def _decline_page(visit: Visit, id: UUID, form: DeclineForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        context = await _one(visit, db, id)
    return page(visit, "proposals/decline.html", fragment="form", status=status, form=form, **context)


@post("/proposals/{id}/decline", USER)
async def decline(visit: Visit, id: UUID) -> Answer:
    """Say no with the reason; a second click finds it done."""
    form = await visit.form(DeclineForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                proposal, posting = await queries.managed(db, id, by=visit.user.id)
                await actions.lock(db, proposal)
                if proposal.state != "declined":
                    why = {"reason": form.reason.data or "", "note": form.note.data or ""}
                    await actions.decline(db, proposal, **why, by=visit.user.id, at=visit.now)
            said = N_("%(letter)s is declined and has been told why.")
            return redirect(visit, f"/gigs/{posting.slug}/proposals", flash=_said(said, proposal))
    return await _decline_page(visit, id, form, status=422)


@get("/proposals/{id}/accept", USER)
async def ask_accept(visit: Visit, id: UUID) -> Answer:
    """Say what accepting means, ask whether to do it. (The contract is made by contracts.py.)"""
    async with visit.read() as db:
        context = await _one(visit, db, id)
    if not context["candidate"].is_waiting:
        return redirect(visit, f"/proposals/{ids.short(id)}")
    return page(visit, "proposals/accept.html", **context)


def _said(message: str, proposal: Proposal) -> Flash:
    return Flash(message, values={"letter": proposal.letter or ""})


routes = [compare, shortlist, ask_decline, decline, ask_accept]
