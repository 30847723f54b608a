"""Gigs as pages: write, preview, publish, read, change, end. (The list with its search is in find_gigs.py.)"""

from typing import Any
from uuid import UUID

from marketplace.discovery import matches
from marketplace.discovery.listing import similar_gigs
from marketplace.escrow.fees import fee_terms
from marketplace.escrow.rails.rates import rupees
from marketplace.gigs import lists
from marketplace.gigs import queries as proposals
from marketplace.gigs.rules import preview
from marketplace.identity.organisations import personal_organisation
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotAllowed
from marketplace.kernel.i18n import N_
from marketplace.postings import actions, drafts, queries, review
from marketplace.postings.queries import Posting, PostingView
from marketplace.postings.rules import ENDED, check_publishable
from marketplace.trust.restrictions import Restricted
from marketplace.web import gig_forms, json_ld, paging, posting_forms
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.cards import gig_card
from marketplace.web.employer_card import employer_card
from marketplace.web.ended import ALIKE, ended_page, removed_page, view_or_gone
from marketplace.web.forms import CreatingForm
from marketplace.web.gig_forms import DRAFT_COOKIE, AnyGigForm, GigForm, NewGigForm
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.posting_steps import GIGS, published, steps
from marketplace.web.visit import Visit

DRAFT_SECONDS = 30 * 86_400
PREVIEW = "/gigs/new/preview"
GATES = (Conflict, NotAllowed, Restricted)
"""What may stand in the way of publishing besides what the form says: it is said on top of the form."""


# -- writing a new one


@get("/gigs/new", PUBLIC)
async def new_gig(visit: Visit) -> Answer:
    """An empty form, or what was written before signing in."""
    draft = await _draft(visit)
    form = gig_forms.blank(visit) if draft is None else gig_forms.restored(visit, draft)
    return _form_page(visit, form)


def _form_page(visit: Visit, form: AnyGigForm, posting: Posting | None = None, *, status: int = 200) -> Answer:
    context: dict[str, Any] = {"posting": posting, **posting_forms.skills_of(form, visit.locale)}
    return page(visit, "gigs/form.html", fragment="form", status=status, form=form, **context)


@post("/gigs", PUBLIC)
async def create_gig(visit: Visit) -> Answer:
    """Save what was written; publish it where that was pressed. A visitor is asked to sign up then, not before."""
    form = posting_forms.prepared(visit, await visit.form(NewGigForm))
    wants_publishing = (await visit.posted()).get("step") == "publish"
    if not form.validate():
        return _form_page(visit, form, status=422)
    if not visit.is_signed_in:
        return await _keep(visit, form, wants_publishing=wants_publishing)
    said = Flash(N_("Saved. Only you see it."))
    with form.catching(*GATES):
        async with visit.submit(form) as step:
            if step.is_first:
                posting = await _save(step.db, visit, form)
                if wants_publishing:
                    await actions.publish(step.db, posting, by=visit.user.id, at=visit.now)
                    said = published(posting.state)
                step.location = f"/gigs/{posting.slug}"
                await drafts.claim_draft(step.db, visit.cookie(DRAFT_COOKIE), at=visit.now)
        _forget_draft(visit)
        return redirect(visit, step.location, flash=said)
    return _form_page(visit, form, status=422)


async def _save(db: Session, visit: Visit, form: NewGigForm) -> Posting:
    organisation_id = await organisation_for(db, visit, form.organisation.data or "")
    by, at = visit.user.id, visit.now
    return await actions.save_draft(db, gig_forms.content(form), organisation_id=organisation_id, by=by, at=at)


async def organisation_for(db: Session, visit: Visit, slug: str) -> UUID:
    """The organisation of that slug where she hires for it, else her own of one."""
    for hat in visit.user.organisations:
        if slug and hat.slug == slug and hat.role in ("owner", "hiring"):
            return hat.id
    return (await personal_organisation(db, visit.user.id, at=visit.now)).id


async def _keep(visit: Visit, form: NewGigForm, *, wants_publishing: bool) -> Answer:
    """Without an account the form waits under a secret cookie; what can't be published is said before sign-up."""
    await limit(visit, "gig-draft", 60, minutes=60)
    with form.catching():
        if wants_publishing:
            check_publishable(gig_forms.content(form), visit.now)
        written = gig_forms.kept(await visit.posted())
        async with visit.write() as db:
            known = await drafts.anonymous_draft(db, visit.cookie(DRAFT_COOKIE), at=visit.now)
            earlier = visit.cookie(DRAFT_COOKIE) if known is not None else None
            secret = await drafts.keep_anonymous_draft(db, written, secret=earlier, at=visit.now)
        visit.set_cookie(DRAFT_COOKIE, secret, max_age=DRAFT_SECONDS)
        return _to_sign_up(visit) if wants_publishing else redirect(visit, PREVIEW)
    return _form_page(visit, form, status=422)


def _to_sign_up(visit: Visit) -> Answer:
    said = Flash(N_("Your gig is kept. Sign up, or sign in, and publish it."), tone="note")
    return redirect(visit, f"/sign-up?next={PREVIEW}", flash=said)


@get("/gigs/new/preview", PUBLIC)
async def preview_draft(visit: Visit) -> Answer:
    """What a visitor wrote, as others will read it; after sign-up this is where it goes on."""
    draft = await _draft(visit)
    if draft is None:
        return redirect(visit, "/gigs/new")
    form = gig_forms.restored(visit, draft)
    form.validate()
    return page(visit, "gigs/preview.html", gig=gig_forms.facts(form), form=visit.blank(CreatingForm))


@post("/gigs/new/publish", PUBLIC)
async def publish_draft(visit: Visit) -> Answer:
    """Take the kept form out and publish it, once. What is missing is said in the form, and the draft stays."""
    if not visit.is_signed_in:
        return _to_sign_up(visit)
    sent = await visit.form(CreatingForm)
    draft = await _draft(visit)
    form = gig_forms.restored(visit, draft) if draft else gig_forms.blank(visit)
    said = published("open")
    if draft is None or form.validate():
        with form.catching(*GATES):
            async with visit.submit(sent, back="/gigs/mine") as step:
                if step.is_first and await drafts.claim_draft(step.db, visit.cookie(DRAFT_COOKIE), at=visit.now):
                    posting = await _save(step.db, visit, form)
                    await actions.publish(step.db, posting, by=visit.user.id, at=visit.now)
                    said = published(posting.state)
                    step.location = f"/gigs/{posting.slug}"
            _forget_draft(visit)
            return redirect(visit, step.location, flash=said)
    return _form_page(visit, form, status=422)


async def _draft(visit: Visit) -> dict[str, Any] | None:
    secret = visit.cookie(DRAFT_COOKIE)
    if not secret:
        return None
    async with visit.read() as db:
        return await drafts.anonymous_draft(db, secret, at=visit.now)


def _forget_draft(visit: Visit) -> None:
    if visit.cookie(DRAFT_COOKIE):
        visit.drop_cookie(DRAFT_COOKIE)


# -- one gig


@get("/gigs/{slug}", PUBLIC)
async def show_gig(visit: Visit, slug: str) -> Answer:
    """The gig: for a freelancer why it fits and what she would get; for those who hire what to do next.

    One that has ended is gone for everybody but those who hire and those who proposed.
    """
    reader = visit.person.id if visit.person else None
    async with visit.read() as db:
        gig = await view_or_gone(db, slug, reader=reader, noun=GIGS)
        if gig is None:
            return removed_page(visit, GIGS)
        context = await _around(db, visit, gig)
        if gig.state in ENDED and not gig.may_manage and context["own"] is None:
            return ended_page(visit, GIGS, gig, await similar_gigs(db, gig.id, at=visit.now))
        others = [] if gig.may_manage else await similar_gigs(db, gig.id, at=visit.now, limit=ALIKE, viewer=reader)
        context["similar"] = [gig_card(row, visit.locale) for row in others]
    return page(visit, "gigs/show.html", gig=gig, can_propose=gig.takes_proposals(visit.now), **context)


async def _around(db: AnySession, visit: Visit, gig: PostingView) -> dict[str, Any]:
    """What the reader should know beside what the gig says."""
    employer = await employer_card(db, gig.organisation_id, at=visit.now)
    own = counted = match = None
    if gig.may_manage:
        counted = await proposals.count_seen(db, gig.id)
    elif visit.person is not None and visit.person.handle is not None:
        own = await proposals.living_of(db, gig.id, user_id=visit.person.id)
        match = await matches.explain(db, gig.id, visit.person.id, at=visit.now)
    amounts = [gig.pay_min] if gig.pay_min == gig.pay_max else [gig.pay_min, gig.pay_max]
    fee = await fee_terms(db, "contract", gig.currency, at=visit.now)
    would_get = [preview([amount], fee).whole for amount in amounts if amount]
    return {
        "employer": employer,
        "own": own,
        "counted": counted,
        "would_get": would_get,
        "rate": await rupees(db, at=visit.now),
        "reasons": [reason.said(visit.locale) for reason in (match.reasons if match else ())],
        "missing": [reason.said(visit.locale) for reason in (match.missing if match else ())],
        "held": await review.held(db, gig.id) if gig.state == "pending_review" else None,
        "json_ld": json_ld.script(gig, base_url=visit.settings.base_url, at=visit.now),
        "copy_form": visit.blank(CreatingForm) if gig.may_manage else None,
    }


@get("/gigs/mine", USER)
async def list_mine(visit: Visit) -> Answer:
    """The gigs of all organisations she hires for: those that wait for her first."""
    async with visit.read() as db:
        own = await lists.postings_of(db, visit.user.id, after=paging.decode(visit, int, UUID), limit=paging.SIZE + 1)
    found = paging.cut(visit, own, key=lambda each: [each.group, each.id])
    return page(visit, "gigs/mine.html", gigs=found.rows, next_href=found.next_href)


@get("/gigs/{slug}/edit", USER)
async def edit_gig(visit: Visit, slug: str) -> Answer:
    """What it says now, to be changed."""
    async with visit.read() as db:
        posting = await queries.managed(db, slug, by=visit.user.id)
        written = await queries.content_of(db, posting)
    return _form_page(visit, gig_forms.filled(visit, written), posting)


@post("/gigs/{slug}", USER)
async def save_gig(visit: Visit, slug: str) -> Answer:
    """Write the change; a draft can be published with it."""
    form = await visit.form(GigForm)
    wants_publishing = (await visit.posted()).get("step") == "publish"
    async with visit.read() as db:
        posting = await queries.managed(db, slug, by=visit.user.id)
    if form.validate():
        with form.catching(*GATES if wants_publishing else ()):
            async with visit.write() as db:
                fresh = await queries.managed(db, slug, by=visit.user.id)
                await actions.edit(db, fresh, gig_forms.content(form), by=visit.user.id, at=visit.now)
                if wants_publishing and fresh.state == "draft":
                    await actions.publish(db, fresh, by=visit.user.id, at=visit.now)
            said = published(fresh.state) if wants_publishing else N_("Saved.")
            return redirect(visit, f"/gigs/{fresh.slug}", flash=said)
    return _form_page(visit, form, posting, status=422)


@post("/gigs/{slug}/publish", USER)
async def publish_gig(visit: Visit, slug: str) -> Answer:
    """From a draft's own page. What is missing is said in its form."""
    async with visit.read() as db:
        posting = await queries.managed(db, slug, by=visit.user.id)
        form = gig_forms.filled(visit, await queries.content_of(db, posting))
    with form.catching(*GATES):
        async with visit.write() as db:
            fresh = await queries.managed(db, slug, by=visit.user.id)
            await actions.lock(db, fresh)
            if fresh.state not in ("open", "pending_review"):
                await actions.publish(db, fresh, by=visit.user.id, at=visit.now)
        return redirect(visit, f"/gigs/{fresh.slug}", flash=published(fresh.state))
    return _form_page(visit, form, posting, status=422)


@post("/gigs/{slug}/copy", USER)
async def copy_gig(visit: Visit, slug: str) -> Answer:
    """A new draft that says the same."""
    async with visit.submit(await visit.form(CreatingForm), back="/gigs/mine") as step:
        if step.is_first:
            posting = await queries.managed(step.db, slug, by=visit.user.id)
            copy = await actions.clone(step.db, posting, by=visit.user.id, at=visit.now)
            step.location = f"/gigs/{copy.slug}/edit"
    said = N_("This is a copy. Set its dates, then publish it.")
    return redirect(visit, step.location, flash=Flash(said, tone="note"))


routes = [
    new_gig, create_gig, preview_draft, publish_draft, show_gig, list_mine, edit_gig, save_gig, publish_gig, copy_gig,
    *steps(GIGS),
]  # fmt: skip
