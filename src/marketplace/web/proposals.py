"""Proposals as pages, for the freelancer who sends them. (What the employer does with them is in candidates.py.)"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from marketplace.escrow.fees import fee_terms
from marketplace.escrow.rails.rates import rupees
from marketplace.gigs import actions, lists, queries
from marketplace.gigs.queries import Proposal
from marketplace.gigs.rules import DECLINE_REASONS, EDITABLE, Preview, preview
from marketplace.identity import audit
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.postings import queries as postings
from marketplace.postings.invitations import invitations_of
from marketplace.postings.queries import Posting, PostingView
from marketplace.postings.rules import PostingClosed
from marketplace.talent.queries import freelancer_of
from marketplace.web import candidates, paging, proposal_forms
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.proposal_forms import AnyOfferForm, NewOfferForm, OfferForm
from marketplace.web.visit import Visit

HEADLINE_FIRST = N_("First say in one line what you do: the employer reads it beside your proposal.")
SENT = N_("Your proposal is sent. The employer answers by the date on the gig.")
KEPT = N_("Saved. Only you see it until you send it.")


@get("/proposals", USER)
async def list_mine(visit: Visit) -> Answer:
    """All she has sent, and what she has begun."""
    async with visit.read() as db:
        own = await lists.proposals_of(db, visit.user.id, after=paging.decode(visit, int, UUID), limit=paging.SIZE + 1)
    found = paging.cut(visit, own, key=lambda each: [each.group, each.id])
    context: dict[str, Any] = {"proposals": found.rows, "next_href": found.next_href}
    return page(visit, "proposals/mine.html", reasons=DECLINE_REASONS, **context)


# -- sending one


@get("/gigs/{slug}/propose", USER)
async def new_proposal(visit: Visit, slug: str) -> Answer:
    """An empty form; where she has a proposal, or can't have one, the page that says so."""
    async with visit.read() as db:
        gig = await postings.posting_view(db, slug, reader=visit.user.id)
        living = await queries.living_of(db, gig.id, user_id=visit.user.id)
        freelancer = await freelancer_of(db, visit.user.id)
        invited = await invitations_of(db, visit.user.id, at=visit.now, posting_id=gig.id)
    if living is not None:
        return redirect(visit, _address(living) + ("/edit" if living.state == "draft" else ""))
    if gig.may_manage or not gig.takes_proposals(visit.now):
        return redirect(visit, f"/gigs/{slug}")
    if freelancer is None or not freelancer.headline:
        return _to_profile(visit, f"/gigs/{slug}/propose")
    form = visit.blank(NewOfferForm, data=_begun(gig) if invited else None)
    form.ask(gig.questions, gig.currency)
    return await _form_page(visit, gig, form)


def _begun(gig: PostingView) -> dict[str, Any]:
    """Whoever was invited begins with one milestone: the whole gig at what it pays at least."""
    part: dict[str, Any] = {"title": gig.title}
    if gig.pay_kind == "fixed" and gig.pay_min:
        part["amount"] = gig.pay_min
    return {"milestones": [part]}


def _to_profile(visit: Visit, onward: str) -> Answer:
    return redirect(visit, f"/profile?next={onward}", flash=Flash(HEADLINE_FIRST, tone="note"))


async def _form_page(
    visit: Visit, gig: PostingView, form: AnyOfferForm, proposal: Proposal | None = None, *, status: int = 200
) -> Answer:
    async with visit.read() as db:
        fee = await fee_terms(db, "contract", gig.currency, at=visit.now)
        rate = await rupees(db, at=visit.now)
    context: dict[str, Any] = {"gig": gig, "form": form, "proposal": proposal, "fee": form.preview(fee), "rate": rate}
    return page(visit, "proposals/form.html", fragment="form", status=status, focus_last=form.is_grown, **context)


@post("/gigs/{slug}/propose", USER)
async def propose(visit: Visit, slug: str) -> Answer:
    """Send it, keep it as a draft, or show the form with a row more or less and what she would get."""
    form, step = await visit.form(NewOfferForm), await _step(visit)
    async with visit.read() as db:
        gig = await postings.posting_view(db, slug, reader=visit.user.id)
        freelancer = await freelancer_of(db, visit.user.id)
    form.ask(gig.questions, gig.currency)
    if form.turn(step):
        return await _form_page(visit, gig, form)
    if freelancer is None:
        return _to_profile(visit, f"/gigs/{slug}/propose")
    sends = step == "send" and bool(freelancer.headline)
    if form.validate():
        with form.catching(PostingClosed):
            async with visit.submit(form, back="/proposals") as sending:
                if sending.is_first:
                    proposal = await _write(sending.db, visit, slug, form, sends=sends)
                    sending.location = _address(proposal)
            return _after(visit, sending.location, sends=sends, is_asked=step == "send")
    return await _form_page(visit, gig, form, status=422)


async def _write(db: Session, visit: Visit, slug: str, form: NewOfferForm, *, sends: bool) -> Proposal:
    posting = await postings.published(db, slug)
    freelancer = await freelancer_of(db, visit.user.id)
    assert freelancer is not None
    act = actions.submit if sends else actions.save_draft
    return await act(db, posting, form.offer(), freelancer=freelancer, at=visit.now)


def _after(visit: Visit, location: str, *, sends: bool, is_asked: bool) -> Answer:
    if is_asked and not sends:
        return _to_profile(visit, f"{location}/edit")
    return redirect(visit, location, flash=SENT if sends else KEPT)


@get("/gigs/{slug}/propose/fee", USER)
async def show_fee(visit: Visit, slug: str) -> Answer:
    """What she would get for the amounts typed so far: the part of the form that changes while typing."""
    async with visit.read() as db:
        gig = await postings.posting_view(db, slug, reader=visit.user.id)
        terms = await fee_terms(db, "contract", gig.currency, at=visit.now)
        rate = await rupees(db, at=visit.now)
    amounts = [
        amount
        for name, typed in visit.query.multi_items()
        if name.startswith("milestones-")
        and name.endswith("-amount")
        and (amount := proposal_forms.amount(typed, gig.currency)) is not None
    ]
    fee: Preview | None = preview(amounts, terms) if amounts else None
    return page(visit, "proposals/fee.html", fragment="fee", fee=fee, rate=rate, slug=slug)


# -- one that exists


@get("/proposals/{id}", USER)
async def show_proposal(visit: Visit, id: UUID) -> Answer:
    """Hers as she wrote it, or the employer's view of it."""
    async with visit.read() as db:
        try:
            proposal, posting = await queries.own(db, id, by=visit.user.id)
        except NotFound:
            return await candidates.show(visit, db, id)
        offer = await queries.offer_of(db, proposal)
        gig = await postings.posting_view(db, posting.slug, reader=visit.user.id)
        lines = await audit.lines_of(db, ("proposal", proposal.id))
        terms = await fee_terms(db, "contract", proposal.currency, at=visit.now)
        rate = await rupees(db, at=visit.now)
    amounts = [Money(part.amount_minor, proposal.currency) for part in offer.milestones]
    context: dict[str, Any] = {"gig": gig, "proposal": proposal, "offer": offer, "lines": lines, "editable": EDITABLE}
    fee = preview(amounts, terms) if amounts else None
    return page(visit, "proposals/show.html", fee=fee, rate=rate, reasons=DECLINE_REASONS, **context)


@get("/proposals/{id}/edit", USER)
async def edit_proposal(visit: Visit, id: UUID) -> Answer:
    """What it says now, to be changed."""
    async with visit.read() as db:
        proposal, posting, gig = await _own(db, visit, id)
        offer = await queries.offer_of(db, proposal)
    if proposal.state not in EDITABLE or posting.state not in ("open", "paused"):
        return redirect(visit, _address(proposal))
    given = {each["question"]: each["answer"] for each in proposal.answers}
    answers = tuple(given.get(question, "") for question in gig.questions)
    form = proposal_forms.filled(visit, replace(offer, answers=answers), gig.currency)
    form.ask(gig.questions, gig.currency)
    return await _form_page(visit, gig, form, proposal)


@post("/proposals/{id}", USER)
async def save_proposal(visit: Visit, id: UUID) -> Answer:
    """Write the change; a draft can be sent with it."""
    form, step = await visit.form(OfferForm), await _step(visit)
    async with visit.read() as db:
        proposal, _posting, gig = await _own(db, visit, id)
        freelancer = await freelancer_of(db, visit.user.id)
    form.ask(gig.questions, gig.currency)
    if form.turn(step):
        return await _form_page(visit, gig, form, proposal)
    assert freelancer is not None
    sends = step == "send" and proposal.state == "draft"
    is_ready = bool(freelancer.headline)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                await _change(db, visit, id, form, sends=sends and is_ready)
            if sends and not is_ready:
                return _to_profile(visit, f"{_address(proposal)}/edit")
            return redirect(visit, _address(proposal), flash=SENT if sends else N_("Saved."))
    return await _form_page(visit, gig, form, proposal, status=422)


async def _change(db: Session, visit: Visit, id: UUID, form: OfferForm, *, sends: bool) -> None:
    proposal, posting = await queries.own(db, id, by=visit.user.id)
    if not sends:
        await actions.edit(db, proposal, form.offer(), by=visit.user.id, at=visit.now)
        return
    freelancer = await freelancer_of(db, visit.user.id)
    assert freelancer is not None
    await actions.submit(db, posting, form.offer(), freelancer=freelancer, at=visit.now)


@get("/proposals/{id}/withdraw", USER)
async def ask_withdraw(visit: Visit, id: UUID) -> Answer:
    """Say what happens, ask whether to do it."""
    async with visit.read() as db:
        proposal, posting = await queries.own(db, id, by=visit.user.id)
    return page(visit, "proposals/withdraw.html", proposal=proposal, posting=posting)


@post("/proposals/{id}/withdraw", USER)
async def withdraw(visit: Visit, id: UUID) -> Answer:
    """Do it; a second click finds it done."""
    async with visit.write() as db:
        proposal, _posting = await queries.own(db, id, by=visit.user.id)
        await actions.lock(db, proposal)
        if proposal.state != "withdrawn":
            await actions.withdraw(db, proposal, by=visit.user.id, at=visit.now)
    return redirect(visit, "/proposals", flash=N_("Withdrawn. The employer can't read it any more."))


async def _own(db: AnySession, visit: Visit, id: UUID) -> tuple[Proposal, Posting, PostingView]:
    proposal, posting = await queries.own(db, id, by=visit.user.id)
    return proposal, posting, await postings.posting_view(db, posting.slug, reader=visit.user.id)


async def _step(visit: Visit) -> str:
    step: object = (await visit.posted()).get("step")
    return step if isinstance(step, str) else ""


def _address(proposal: Proposal) -> str:
    return f"/proposals/{ids.short(proposal.id)}"


routes = [
    list_mine, new_proposal, propose, show_fee, show_proposal, edit_proposal, save_proposal, ask_withdraw, withdraw,
]  # fmt: skip
