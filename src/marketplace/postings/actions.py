"""What an employer does with a posting, one verb each.

Who may do it is decided before: `queries.managed` hands out only what the person may manage.
"""

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, cast, get_args
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.search import outbox
from marketplace.identity import audit
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.events import publish as publish_event
from marketplace.kernel.i18n import N_
from marketplace.places.models import District
from marketplace.postings import gates, notices, review, rules, screening
from marketplace.postings.events import (
    PostingChanged,
    PostingEndedByEmployer,
    PostingExpired,
    PostingFilled,
    ProposalsEnded,
)
from marketplace.postings.models import Employment, Posting, PostingKind, PostingSkill, PostingState
from marketplace.postings.queries import content_of
from marketplace.postings.rules import Content
from marketplace.skills.queries import by_slugs
from marketplace.trust import restrictions

CLOSES = "posting_closes"
ANSWERS = "posting_answers"
CLOSES_SOON = "posting_closes_soon"
"""Kinds of our deadlines: proposals end; everybody has an answer; the employer is told that the end is near."""


async def save_draft(db: Session, content: Content, *, organisation_id: UUID, by: UUID, at: datetime) -> Posting:
    """Keep a posting as a draft that only those who hire for the organisation see. Raises: Invalid."""
    rules.check_draft(content)
    await _check_place(db, content)
    id = (await db.execute(select(func.uuidv7()))).scalar_one()
    posting = Posting(
        id=id,
        state="draft",
        organisation_id=organisation_id,
        created_by=by,
        slug=ids.slug(content.title, id),
        created_at=at,
        updated_at=at,
        **_columns(content),
    )
    db.add(posting)
    await db.flush()
    await _write_terms(db, posting, content)
    await _write_skills(db, posting, content)
    await audit.record(db, "posting.drafted", subject=("posting", id), by=by, at=at)
    return posting


async def edit(db: Session, posting: Posting, content: Content, *, by: UUID, at: datetime) -> None:
    """Change what a draft or a living posting says; who proposed already is told of a change.

    Raises: Invalid; PostingEnded when it is over.
    """
    await lock(db, posting)
    before = await content_of(db, posting)
    rules.check_kind(before.kind, content.kind, posting.state)
    if posting.state == "draft":
        rules.check_draft(content)
    elif posting.state in (*rules.LIVING, "pending_review"):
        rules.check_publishable(content, at, before=before)
    else:
        raise rules.PostingEnded
    await _check_place(db, content)
    changed = _changes(before, content)
    if not changed:
        return
    for name, value in _columns(content).items():
        setattr(posting, name, value)
    posting.updated_at = at
    await _write_terms(db, posting, content)
    await _write_skills(db, posting, content)
    await audit.record(db, "posting.edited", subject=("posting", posting.id), by=by, at=at, fields=changed)
    if posting.state != "draft":
        await db.flush()
        await review.look_again(db, posting, by=by, at=at)
    if posting.state in rules.LIVING:
        if {"closes_at", "answer_by"} & set(changed):
            await _schedule(db, posting, at=at)
        await outbox.changed(db, index_of(posting), posting.id)
        await publish_event(db, PostingChanged(posting_id=posting.id, at=at))


async def publish(db: Session, posting: Posting, *, by: UUID, at: datetime) -> None:
    """Let everybody find it and propose, or let it wait for a moderator (review.py): its state says which.

    Raises: Invalid when something is missing; Restricted.
    """
    await lock(db, posting)
    rules.check_move(_state(posting), "open")
    if posting.state == "pending_review":
        raise rules.PostingMoveRefused(state=rules.STATE_WORDS["pending_review"], to=rules.STATE_WORDS["open"])
    rules.check_publishable(await content_of(db, posting), at)
    await restrictions.check(db, by, "post", at=at)
    await gates.pass_all(db, posting, at)
    case = await review.hold(db, posting, by=by, at=at)
    if case is not None:
        await _move(db, posting, "pending_review", by=by, at=at, why=case.reason)
        await notices.held(db, posting, case, at=at)
        return
    await _open(db, posting, by=by, at=at)


async def approve(db: Session, posting: Posting, *, by: UUID, at: datetime, why: str) -> None:
    """A moderator lets it out. Where its dates are over meanwhile it is a draft again, and the employer is known."""
    await lock(db, posting)
    await review.approve(db, posting, at=at)
    if posting.closes_at is None or posting.closes_at <= at:
        await _move(db, posting, "draft", by=by, at=at, why=why)
    else:
        await _open(db, posting, by=by, at=at, why=why)


async def give_back(db: Session, posting: Posting, *, by: UUID, at: datetime, why: str) -> None:
    """A moderator wants something changed first: it is a draft again."""
    await lock(db, posting)
    await _move(db, posting, "draft", by=by, at=at, why=why)


async def _open(db: Session, posting: Posting, *, by: UUID, at: datetime, why: str = "") -> None:
    posting.published_at = at
    posting.slug = ids.slug(posting.title, posting.id)
    await _move(db, posting, "open", by=by, at=at, why=why)
    await _schedule(db, posting, at=at)


async def pause(db: Session, posting: Posting, *, by: UUID, at: datetime) -> None:
    """Take no new proposals for now; those that came stay, and so does the answer-by date."""
    await lock(db, posting)
    await _move(db, posting, "paused", by=by, at=at)


async def resume(db: Session, posting: Posting, *, by: UUID, at: datetime) -> None:
    """Take proposals again."""
    await lock(db, posting)
    if posting.state != "paused":
        rules.check_move(_state(posting), "paused")
    await _move(db, posting, "open", by=by, at=at)


async def close(db: Session, posting: Posting, *, by: UUID, at: datetime) -> None:
    """End it without having found anybody; everybody who waits is told."""
    await lock(db, posting)
    await _move(db, posting, "closed", by=by, at=at)
    await publish_event(db, PostingEndedByEmployer(posting_id=posting.id, by=by, at=at))


async def fill(db: Session, posting: Posting, *, by: UUID, at: datetime) -> None:
    """Somebody was found. The one who accepts a proposal tells the others (contracts/); of a job, jobs/ does."""
    await lock(db, posting)
    await _move(db, posting, "filled", by=by, at=at)
    await publish_event(db, PostingFilled(posting_id=posting.id, by=by, at=at))


async def end_proposals(db: Session, posting: Posting, *, at: datetime) -> None:
    """The deadline for proposals is over: out of the search it goes. Does nothing when it was moved or has ended."""
    await lock(db, posting)
    if posting.state not in rules.LIVING or posting.closes_at is None or posting.closes_at > at:
        return
    await outbox.changed(db, index_of(posting), posting.id)
    await publish_event(db, ProposalsEnded(posting_id=posting.id, at=at))


async def expire(db: Session, posting: Posting, *, at: datetime) -> None:
    """Its time is over and nobody was chosen. Does nothing when it has ended otherwise."""
    await lock(db, posting)
    if posting.state not in rules.LIVING:
        return
    await _move(db, posting, "expired", by=None, at=at)
    await publish_event(db, PostingExpired(posting_id=posting.id, at=at))


async def remove(db: Session, posting: Posting, *, by: UUID, at: datetime, why: str) -> None:
    """A moderator takes it away; only those who hire for the organisation still see it, with the reason."""
    await lock(db, posting)
    await _move(db, posting, "removed", by=by, at=at, why=why)
    await publish_event(db, PostingEndedByEmployer(posting_id=posting.id, by=by, at=at))


async def clone(db: Session, posting: Posting, *, by: UUID, at: datetime) -> Posting:
    """A new draft that says the same, without dates: how an ended posting is posted again."""
    content = replace(await content_of(db, posting), closes_at=None, answer_by=None)
    if content.terms is not None:
        content = replace(content, terms=replace(content.terms, starts_on=None))
    return await save_draft(db, content, organisation_id=posting.organisation_id, by=by, at=at)


def index_of(posting: Posting) -> str:
    """The search index that has this posting."""
    return "gigs" if cast(PostingKind, posting.kind) in rules.GIGS else "jobs"


async def lock(db: Session, posting: Posting) -> None:
    """Take the row as it is now, until the transaction ends."""
    await db.refresh(posting, with_for_update=True)


async def _move(
    db: Session, posting: Posting, to: PostingState, *, by: UUID | None, at: datetime, why: str = ""
) -> None:
    rules.check_move(_state(posting), to)
    before, posting.state, posting.updated_at = posting.state, to, at
    if to in rules.ENDED:
        posting.ended_at = at
    await db.flush()
    subject = ("posting", posting.id)
    await audit.record(db, f"posting.{to}", subject=subject, by=by, at=at, why=why, before=before)
    await outbox.changed(db, index_of(posting), posting.id)


async def _schedule(db: Session, posting: Posting, *, at: datetime) -> None:
    """Deadlines of a posting that has ended pass without effect; cancelling them could deadlock with their task."""
    assert posting.closes_at is not None and posting.answer_by is not None
    subject = ("posting", posting.id)
    await deadlines.start(db, CLOSES, subject=subject, due_at=posting.closes_at)
    await deadlines.start(db, ANSWERS, subject=subject, due_at=posting.answer_by)
    if (soon := posting.closes_at - rules.REMINDED_BEFORE) > at:
        await deadlines.start(db, CLOSES_SOON, subject=subject, due_at=soon)


async def _check_place(db: Session, content: Content) -> None:
    if content.district is not None and await db.get(District, content.district) is None:
        raise Invalid.at("district", N_("Choose a district from the list."))


async def _write_terms(db: Session, posting: Posting, content: Content) -> None:
    if content.terms is None:
        return
    said = asdict(content.terms)
    row = upsert(Employment).values(posting_id=posting.id, **said)
    await db.execute(row.on_conflict_do_update(index_elements=["posting_id"], set_=said))


async def _write_skills(db: Session, posting: Posting, content: Content) -> None:
    await db.flush()
    chosen = await by_slugs(db, content.skills)
    if unknown := set(content.skills) - {skill.slug for skill in chosen}:
        raise Invalid.at("skills", N_("We do not know the skill %(skill)s."), skill=min(unknown))
    await db.execute(delete(PostingSkill).where(PostingSkill.posting_id == posting.id))
    if chosen:
        await db.execute(insert(PostingSkill), [{"posting_id": posting.id, "skill_id": skill.id} for skill in chosen])


def _columns(content: Content) -> dict[str, Any]:
    others = ("skills", "questions", "terms", "screening", "women_friendly")
    names = [name for name in Content.__dataclass_fields__ if name not in others]
    asked = [*content.questions, *(screening.stored_form(each) for each in content.screening)]
    lists = {"questions": asked, "women_friendly": list(content.women_friendly)}
    return {name: getattr(content, name) for name in names} | lists


def _changes(before: Content, after: Content) -> list[str]:
    """The names of what was changed, skills in any order being the same skills."""
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in Content.__dataclass_fields__}
    pairs["skills"] = (set(before.skills), set(after.skills))
    return [name for name, (old, new) in pairs.items() if old != new]


def _state(posting: Posting) -> PostingState:
    assert posting.state in get_args(PostingState)
    return cast(PostingState, posting.state)
