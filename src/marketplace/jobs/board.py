"""The employer's board and list: who stands where. For those who hire only (`queries.managed_posting` comes first)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Float,
    ScalarSelect,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from marketplace.identity.models import User
from marketplace.jobs.models import Application, Scorecard
from marketplace.jobs.rules import STAGES
from marketplace.kernel.database import AnySession
from marketplace.postings.blind import without_identity
from marketplace.postings.models import PostingSkill
from marketplace.skills.models import Evidence
from marketplace.talent.models import Freelancer
from marketplace.talent.queries import EvidencedSkill, shown_skills
from marketplace.trust.blocks import not_blocked

Sort = Literal["newest", "oldest", "skills", "score"]
COLUMN = 6
"""Cards of a column on the board; more are in the list."""
NO_RANK: ColumnElement[Any] = cast(literal(0), Float)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list shows. `skills` of those asked for at least; `name` finds only those whose name is shown."""

    stage: str = ""
    why: str = ""
    skills: int = 0
    is_certified: bool = False
    flags: Literal["", "none", "some"] = ""
    name: str = ""
    sort: Sort = "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An application in a list; `name` is None until the shortlist, `score` until the reader gave her own."""

    id: UUID
    letter: str
    state: str
    name: str | None
    headline: str
    submitted_at: datetime
    flags: int
    score: float | None
    cards: int
    reject_reason: str
    is_auto_answered: bool
    skills: tuple[EvidencedSkill, ...]
    fit: int
    rank: float


async def counts(db: AnySession, posting_id: UUID, *, viewer: UUID) -> dict[str, int]:
    """How many stand in each stage."""
    found = _seen(posting_id, viewer, Application.state, func.count().label("number")).group_by(Application.state)
    by_stage = {row.state: row.number for row in (await db.execute(found)).all()}
    return {stage: by_stage.get(stage, 0) for stage in STAGES}


async def columns(
    db: AnySession, posting_id: UUID, stages: Sequence[str], *, asked: Sequence[str], viewer: UUID
) -> dict[str, list[Row]]:
    """The first cards of each stage, whoever waits longest first. `asked` are slugs of the posting's skills."""
    place = func.row_number().over(partition_by=Application.state, order_by=(Application.submitted_at, Application.id))
    ranked = _seen(posting_id, viewer, Application.id, place.label("place")).where(Application.state.in_(stages))
    first = ranked.subquery()
    found = _rows(viewer).join(first, first.c.id == Application.id).where(first.c.place <= COLUMN)
    rows = await _shown(db, found.order_by(Application.submitted_at, Application.id), asked)
    return {stage: [row for row in rows if row.state == stage] for stage in stages}


async def listed(
    db: AnySession,
    posting_id: UUID,
    wanted: Wanted,
    *,
    asked: Sequence[str],
    viewer: UUID,
    after: Any = None,
    limit: int,
) -> list[Row]:
    """One page of the list; `after` is (rank, submitted_at, id) of the last row before it."""
    rank, is_rising = _rank(wanted.sort, viewer), wanted.sort == "oldest"
    keys = (rank, Application.submitted_at, Application.id)
    found = _rows(viewer, rank).where(Application.posting_id == posting_id, *_conditions(wanted, viewer))
    if after is not None:
        found = found.where(tuple_(*keys) > tuple_(*after) if is_rising else tuple_(*keys) < tuple_(*after))
    order = keys if is_rising else [key.desc() for key in keys]
    return await _shown(db, found.order_by(*order).limit(limit), asked)


def _seen(posting_id: UUID, viewer: UUID, *what: Any) -> Any:
    return (
        select(*what)
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .where(Application.posting_id == posting_id, Application.state.in_(STAGES))
        .where(not_blocked(Freelancer.user_id, viewer))
    )


def _rows(viewer: UUID, rank: ColumnElement[Any] | None = None) -> Any:
    cards = select(func.count()).where(Scorecard.application_id == Application.id).scalar_subquery()
    return (
        select(
            *(Application.id, Application.letter, Application.state, Application.submitted_at, Application.flags),
            *(Application.shortlisted_at, Application.reject_reason, Application.is_auto_answered),
            *(Freelancer.user_id, Freelancer.handle, Freelancer.headline, User.name),
            *(score(viewer).label("score"), cards.label("cards"), (NO_RANK if rank is None else rank).label("rank")),
        )
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
    )


def score(viewer: UUID) -> ColumnElement[Any]:
    """The average of all scorecards, NULL until the viewer gave her own: nobody copies a colleague."""
    own = exists().where(Scorecard.application_id == Application.id, Scorecard.by_user_id == viewer)
    mean = select(func.avg(Scorecard.average)).where(Scorecard.application_id == Application.id).scalar_subquery()
    return case((own, mean), else_=None)


def _rank(sort: Sort, viewer: UUID) -> ColumnElement[Any]:
    if sort == "skills":
        return cast(_fit(), Float)
    if sort == "score":
        return func.coalesce(score(viewer), -1.0)
    return NO_RANK


def _fit() -> ScalarSelect[int]:
    """How many of the skills asked for she has."""
    return (
        select(func.count(Evidence.skill_id.distinct()))
        .join(PostingSkill, PostingSkill.skill_id == Evidence.skill_id)
        .where(PostingSkill.posting_id == Application.posting_id, Evidence.user_id == Freelancer.user_id)
        .scalar_subquery()
    )


def _conditions(wanted: Wanted, viewer: UUID) -> list[ColumnElement[bool]]:
    certified = exists().where(
        PostingSkill.posting_id == Application.posting_id,
        PostingSkill.skill_id == Evidence.skill_id,
        Evidence.user_id == Freelancer.user_id,
        Evidence.kind == "certified",
    )
    stages = (wanted.stage,) if wanted.stage in STAGES else STAGES
    kept = [Application.state.in_(stages), not_blocked(Freelancer.user_id, viewer)]
    if wanted.why:
        kept.append(Application.reject_reason == wanted.why)
    if wanted.skills:
        kept.append(_fit() >= wanted.skills)
    if wanted.is_certified:
        kept.append(certified)
    if wanted.flags:
        kept.append(Application.flags == 0 if wanted.flags == "none" else Application.flags > 0)
    if wanted.name:
        shown = Application.shortlisted_at.is_not(None)
        is_letter = Application.letter == wanted.name.upper()
        kept.append(or_(is_letter, and_(shown, User.name.icontains(wanted.name, autoescape=True))))
    return kept


async def _shown(db: AnySession, found: Any, asked: Sequence[str]) -> list[Row]:
    rows = (await db.execute(found)).mappings().all()
    skills = await shown_skills(db, [row["user_id"] for row in rows])
    return [_row(row, tuple(skills.get(row["user_id"], ())), set(asked)) for row in rows]


_SAME = (
    *("id", "letter", "state", "submitted_at", "flags", "score", "cards", "rank"),
    *("reject_reason", "is_auto_answered"),
)


def _row(row: Any, skills: tuple[EvidencedSkill, ...], asked: set[str]) -> Row:
    is_known = row["shortlisted_at"] is not None
    headline = row["headline"] if is_known else without_identity(row["headline"], row["name"], row["handle"])
    has = [skill for skill in skills if skill.slug in asked]
    return Row(
        **{name: row[name] for name in _SAME},
        name=row["name"] if is_known else None,
        headline=headline,
        skills=tuple(has),
        fit=len(has),
    )
