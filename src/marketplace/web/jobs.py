"""Jobs and internships as pages: write, publish, read, change, end. (The list with its search is in search.py.)"""

from typing import Any
from uuid import UUID

from marketplace.discovery.jobs import similar_jobs
from marketplace.jobs import lists
from marketplace.jobs import queries as applications
from marketplace.kernel.i18n import N_
from marketplace.postings import actions, queries, review
from marketplace.postings.queries import Posting, PostingView
from marketplace.postings.rules import ENDED
from marketplace.postings.rules import JOBS as KINDS
from marketplace.postings.stipends import stipends
from marketplace.web import job_forms, json_ld, paging, posting_forms
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.cards import gig_card
from marketplace.web.employer_card import employer_card
from marketplace.web.ended import ALIKE, ended_page, removed_page, view_or_gone
from marketplace.web.forms import CreatingForm
from marketplace.web.gigs import GATES, organisation_for
from marketplace.web.job_forms import AnyJobForm, JobForm, NewJobForm
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.posting_steps import JOBS, published, steps
from marketplace.web.visit import Visit

SAVED = N_("Saved. Only those who hire for your organisation see it.")


@get("/jobs/new", USER)
async def new_job(visit: Visit) -> Answer:
    """An empty form."""
    return _form_page(visit, job_forms.blank(visit))


def _form_page(visit: Visit, form: AnyJobForm, posting: Posting | None = None, *, status: int = 200) -> Answer:
    context: dict[str, Any] = {"posting": posting, "focus_last": form.is_grown}
    context |= posting_forms.skills_of(form, visit.locale)
    least = stipends().month
    return page(visit, "jobs/form.html", fragment="form", status=status, form=form, least=least, **context)


@post("/jobs", USER)
async def create_job(visit: Visit) -> Answer:
    """Save what was written; publish it where that was pressed."""
    form = posting_forms.prepared(visit, await visit.form(NewJobForm))
    step_name = str((await visit.posted()).get("step", ""))
    if form.turn(step_name):
        return _form_page(visit, form)
    said = Flash(SAVED)
    if form.validate():
        with form.catching(*GATES):
            async with visit.submit(form) as step:
                if step.is_first:
                    organisation_id = await organisation_for(step.db, visit, form.organisation.data or "")
                    who: dict[str, Any] = {"by": visit.user.id, "at": visit.now}
                    written = job_forms.content(form)
                    posting = await actions.save_draft(step.db, written, organisation_id=organisation_id, **who)
                    if step_name == "publish":
                        await actions.publish(step.db, posting, **who)
                        said = published(posting.state)
                    step.location = f"/jobs/{posting.slug}"
            return redirect(visit, step.location, flash=said)
    return _form_page(visit, form, status=422)


@get("/jobs/{slug}", PUBLIC)
async def show_job(visit: Visit, slug: str) -> Answer:
    """The posting: for a candidate how to apply, for those who hire what to do next; gone once it has ended."""
    reader = visit.person.id if visit.person else None
    async with visit.read() as db:
        job = await view_or_gone(db, slug, reader=reader, noun=JOBS)
        if job is None:
            return removed_page(visit, JOBS)
        own = await applications.living_of(db, job.id, user_id=reader) if reader and not job.may_manage else None
        if job.state in ENDED and not job.may_manage and own is None:
            return ended_page(visit, JOBS, job, await similar_jobs(db, job.id, at=visit.now))
        others = [] if job.may_manage else await similar_jobs(db, job.id, at=visit.now, limit=ALIKE, viewer=reader)
        waiting = await applications.waiting_count(db, job.id) if job.may_manage else 0
        held = await review.held(db, job.id) if job.state == "pending_review" else None
        employer = await employer_card(db, job.organisation_id, at=visit.now)
    around: dict[str, Any] = {"own": own, "waiting": waiting, "held": held, "employer": employer, **_around(visit, job)}
    around["similar"] = [gig_card(row, visit.locale) for row in others]
    return page(visit, "jobs/show.html", job=job, **around)


def _around(visit: Visit, job: PostingView) -> dict[str, Any]:
    return {
        "can_apply": job.takes_proposals(visit.now),
        "json_ld": json_ld.script(job, base_url=visit.settings.base_url, at=visit.now),
        "copy_form": visit.blank(CreatingForm) if job.may_manage else None,
    }


@get("/jobs/mine", USER)
async def list_mine(visit: Visit) -> Answer:
    """The jobs and internships of all organisations she hires for."""
    async with visit.read() as db:
        rows = await lists.jobs_of(db, visit.user.id, after=paging.decode(visit, UUID), limit=paging.SIZE + 1)
    return page(visit, "jobs/mine.html", found=paging.cut(visit, rows, key=lambda row: (row.id,)))


@get("/jobs/{slug}/edit", USER)
async def edit_job(visit: Visit, slug: str) -> Answer:
    """What it says now, to be changed."""
    async with visit.read() as db:
        posting = await queries.managed(db, slug, by=visit.user.id, kinds=KINDS)
        written = await queries.content_of(db, posting)
    return _form_page(visit, job_forms.filled(visit, written), posting)


@post("/jobs/{slug}", USER)
async def save_job(visit: Visit, slug: str) -> Answer:
    """Write the change; a draft can be published with it."""
    form = await visit.form(JobForm)
    step = str((await visit.posted()).get("step", ""))
    async with visit.read() as db:
        posting = await queries.managed(db, slug, by=visit.user.id, kinds=KINDS)
    if form.turn(step):
        return _form_page(visit, form, posting)
    if form.validate():
        with form.catching(*GATES if step == "publish" else ()):
            async with visit.write() as db:
                fresh = await queries.managed(db, slug, by=visit.user.id, kinds=KINDS)
                await actions.edit(db, fresh, job_forms.content(form), by=visit.user.id, at=visit.now)
                if step == "publish" and fresh.state == "draft":
                    await actions.publish(db, fresh, by=visit.user.id, at=visit.now)
            said = published(fresh.state) if step == "publish" else N_("Saved.")
            return redirect(visit, f"/jobs/{fresh.slug}", flash=said)
    return _form_page(visit, form, posting, status=422)


@post("/jobs/{slug}/publish", USER)
async def publish_job(visit: Visit, slug: str) -> Answer:
    """From a draft's own page. What is missing is said in its form."""
    async with visit.read() as db:
        posting = await queries.managed(db, slug, by=visit.user.id, kinds=KINDS)
        form = job_forms.filled(visit, await queries.content_of(db, posting))
    with form.catching(*GATES):
        async with visit.write() as db:
            fresh = await queries.managed(db, slug, by=visit.user.id, kinds=KINDS)
            await actions.lock(db, fresh)
            if fresh.state not in ("open", "pending_review"):
                await actions.publish(db, fresh, by=visit.user.id, at=visit.now)
        return redirect(visit, f"/jobs/{fresh.slug}", flash=published(fresh.state))
    return _form_page(visit, form, posting, status=422)


@post("/jobs/{slug}/copy", USER)
async def copy_job(visit: Visit, slug: str) -> Answer:
    """A new draft that says the same: for a similar one, or to post an ended one again."""
    async with visit.submit(await visit.form(CreatingForm), back="/jobs/mine") as step:
        if step.is_first:
            posting = await queries.managed(step.db, slug, by=visit.user.id, kinds=KINDS)
            copy = await actions.clone(step.db, posting, by=visit.user.id, at=visit.now)
            step.location = f"/jobs/{copy.slug}/edit"
    return redirect(
        visit, step.location, flash=Flash(N_("This is a copy. Set its dates, then publish it."), tone="note")
    )


routes = [
    new_job, create_job, show_job, list_mine, edit_job, save_job, publish_job, copy_job, *steps(JOBS),
]  # fmt: skip
