"""The employer's pipeline of a posting: board, list, many at once, side by side, what colleagues score."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast, get_args
from uuid import UUID

from marketplace.jobs import answering, board, bulk, candidates, judging, queries
from marketplace.jobs.board import Row, Sort, Wanted
from marketplace.jobs.rules import MOST_AT_ONCE, MOST_COMPARED, MOVABLE, NO_ANSWER, REJECT_REASONS, STAGES
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.postings.models import Posting
from marketplace.postings.queries import skills_of
from marketplace.web import paging
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.application_forms import CriteriaForm, RejectForm
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

COLUMNS = ("submitted", "screening", "interview", "offer")
"""Stages that are columns of the board; the decided ones are lists."""
LONGEST_NAME = 60
STAGE_WORDS = {
    "submitted": N_("New"),
    "screening": N_("Being read"),
    "interview": N_("Interview"),
    "offer": N_("Offer"),
    "hired": N_("Hired"),
    "rejected": N_("Not taken"),
}
CHOOSE = N_("Tick at least one application first.")
CHOOSE_TWO = N_("Tick two to four applications to compare them.")


@get("/jobs/{slug}/applications", USER)
async def show_pipeline(visit: Visit, slug: str) -> Answer:
    """The board; or the list, as soon as it is filtered or sorted."""
    is_list = any(
        visit.query.get(name) for name in ("view", "stage", "skills", "certified", "flags", "q", "sort", "why")
    )
    async with visit.read() as db:
        posting = await queries.managed_posting(db, slug, by=visit.user.id)
        asked = [skill.slug for skill in await skills_of(db, posting.id)]
        context: dict[str, Any] = {
            "counts": await board.counts(db, posting.id, viewer=visit.user.id),
            "owed": {queue.posting_id: queue.count for queue in await queries.queues(db, posting.organisation_id)},
        }
        if is_list:
            wanted, after = _wanted(visit), paging.decode(visit, float, datetime, UUID)
            about: dict[str, Any] = {"asked": asked, "viewer": visit.user.id, "after": after, "limit": paging.SIZE + 1}
            rows = await board.listed(db, posting.id, wanted, **about)
            context |= {"wanted": wanted, "found": paging.cut(visit, rows, key=_key)}
        else:
            of: dict[str, Any] = {"asked": asked, "viewer": visit.user.id}
            context |= {"columns": await board.columns(db, posting.id, COLUMNS, **of)}
    template = "pipeline/list.html" if is_list else "pipeline/board.html"
    words = {"stages": STAGES, "words": STAGE_WORDS, "reasons": REJECT_REASONS, "most": len(asked)}
    return page(visit, template, fragment="results" if is_list else None, posting=posting, **words, **context)


def _key(row: Row) -> tuple[float, datetime, UUID]:
    return row.rank, row.submitted_at, row.id


def _wanted(visit: Visit) -> Wanted:
    """The filters of the address; what is none of ours is as if it were not there."""
    stage, sort, flags = (visit.query.get(name, "") for name in ("stage", "sort", "flags"))
    skills = visit.query.get("skills", "")
    return Wanted(
        stage=stage if stage in STAGES else "",
        why=NO_ANSWER if visit.query.get("why") == NO_ANSWER else "",
        skills=int(skills) if skills.isascii() and skills.isdecimal() and len(skills) < 3 else 0,
        is_certified=visit.query.get("certified") == "1",
        flags=cast(Any, flags) if flags in ("none", "some") else "",
        name=visit.query.get("q", "").strip()[:LONGEST_NAME],
        sort=cast(Sort, sort) if sort in get_args(Sort) else "newest",
    )


# -- many at once


@post("/jobs/{slug}/applications/bulk", USER)
async def act_on_many(visit: Visit, slug: str) -> Answer:
    """What was chosen for the ticked ones: move them now, or go on to a page that asks for the reason."""
    posted = await visit.posted()
    do, chosen = str(posted.get("do", "")), _ids(posted.getall("id", []))
    here = f"/jobs/{slug}/applications"
    async with visit.read() as db:
        await queries.managed_posting(db, slug, by=visit.user.id)
    if do == "compare":
        if not 2 <= len(chosen) <= MOST_COMPARED:
            return redirect(visit, f"{here}?view=list", flash=Flash(CHOOSE_TWO, tone="note"))
        return redirect(visit, f"{here}/compare?{_query(chosen)}")
    if not chosen and do != "reason_all":
        return redirect(visit, f"{here}?view=list", flash=Flash(CHOOSE, tone="note"))
    if do in ("reject", "reason", "reason_all"):
        return await _reason_page(visit, slug, visit.blank(RejectForm), do=do, chosen=chosen)
    if do not in MOVABLE:
        raise NotFound
    async with visit.write() as db:
        posting = await queries.managed_posting(db, slug, by=visit.user.id)
        done = await bulk.move_all(db, posting, chosen, do, by=visit.user.id, at=visit.now)
    return redirect(
        visit, f"{here}?stage={do}", flash=_said(N_("%(moved)s moved and told, %(left)s left as they were."), done)
    )


async def _reason_page(
    visit: Visit, slug: str, form: RejectForm, *, do: str, chosen: Sequence[UUID], status: int = 200
) -> Answer:
    async with visit.read() as db:
        posting = await queries.managed_posting(db, slug, by=visit.user.id)
        found = await candidates.candidates(db, posting.id, chosen, viewer=visit.user.id)
        owed = {queue.posting_id: queue.count for queue in await queries.queues(db, posting.organisation_id)}
    count = owed.get(posting.id, 0) if do == "reason_all" else len(found)
    context: dict[str, Any] = {"posting": posting, "chosen": found, "do": do, "count": count, "form": form}
    return page(visit, "pipeline/reject_many.html", fragment="form", status=status, **context)


@post("/jobs/{slug}/applications/reject", USER)
async def give_reasons(visit: Visit, slug: str) -> Answer:
    """Reject the ticked ones, or say why to those who got no answer in time."""
    posted = await visit.posted()
    do, chosen, form = str(posted.get("do", "")), _ids(posted.getall("id", [])), await visit.form(RejectForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                posting = await queries.managed_posting(db, slug, by=visit.user.id)
                done = await _give(db, visit, posting, form, do=do, chosen=chosen)
            said = _said(N_("%(moved)s told, with your reason; %(left)s left as they were."), done)
            return redirect(visit, f"/jobs/{slug}/applications", flash=said)
    return await _reason_page(visit, slug, form, do=do, chosen=chosen, status=422)


async def _give(
    db: Session, visit: Visit, posting: Posting, form: RejectForm, *, do: str, chosen: Sequence[UUID]
) -> bulk.Done:
    who: dict[str, Any] = {"by": visit.user.id, "at": visit.now}
    if do == "reject":
        return await bulk.reject_all(db, posting, chosen, why=form.why, **who)
    told = await answering.give_reason(db, posting, None if do == "reason_all" else chosen, why=form.why, **who)
    return bulk.Done(told, 0 if do == "reason_all" else len(chosen) - told)


def _said(message: str, done: bulk.Done) -> Flash:
    return Flash(message, values={"moved": done.moved, "left": done.left})


def _ids(values: Sequence[object]) -> list[UUID]:
    """The ids that were ticked; what is no id is dropped."""
    found: list[UUID] = []
    for value in values[:MOST_AT_ONCE]:
        try:
            found.append(ids.parse(str(value)))
        except NotFound:
            continue
    return list(dict.fromkeys(found))


def _query(chosen: Sequence[UUID]) -> str:
    return "&".join(f"id={ids.short(id)}" for id in chosen)


# -- side by side, and what is scored


@get("/jobs/{slug}/applications/compare", USER)
async def compare(visit: Visit, slug: str) -> Answer:
    """Up to four beside each other: evidence and answers, not pictures."""
    chosen = _ids(visit.query.getall("id", []))[:MOST_COMPARED]
    async with visit.read() as db:
        posting = await queries.managed_posting(db, slug, by=visit.user.id)
        asked = await skills_of(db, posting.id)
        found = await candidates.candidates(db, posting.id, chosen, viewer=visit.user.id)
    return page(visit, "pipeline/compare.html", posting=posting, asked=asked, chosen=found)


@get("/jobs/{slug}/applications/criteria", USER)
async def ask_criteria(visit: Visit, slug: str) -> Answer:
    """What colleagues score now, to be changed."""
    async with visit.read() as db:
        posting = await queries.managed_posting(db, slug, by=visit.user.id)
        criteria = await judging.criteria_of(db, posting.id)
    form = visit.blank(CriteriaForm)
    form.criteria.data = "\n".join(form.say(each) for each in criteria)
    return page(visit, "pipeline/criteria.html", posting=posting, form=form)


@post("/jobs/{slug}/applications/criteria", USER)
async def set_criteria(visit: Visit, slug: str) -> Answer:
    """Write them."""
    form = await visit.form(CriteriaForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                posting = await queries.managed_posting(db, slug, by=visit.user.id)
                lines = (form.criteria.data or "").splitlines()
                await judging.set_criteria(db, posting, lines, by=visit.user.id, at=visit.now)
            return redirect(
                visit, f"/jobs/{slug}/applications", flash=N_("Saved. Cards already given stay as they are.")
            )
    async with visit.read() as db:
        posting = await queries.managed_posting(db, slug, by=visit.user.id)
    return page(visit, "pipeline/criteria.html", fragment="form", status=422, posting=posting, form=form)


routes = [show_pipeline, act_on_many, give_reasons, compare, ask_criteria, set_criteria]
