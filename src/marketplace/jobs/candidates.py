"""One application as the employer reads it, alone or beside others; blind until the shortlist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.jobs.models import Application
from marketplace.jobs.rules import STAGES, WAITING
from marketplace.kernel.database import AnySession
from marketplace.postings.blind import without_identity
from marketplace.talent.models import Freelancer
from marketplace.talent.queries import EvidencedSkill, shown_skills
from marketplace.trust.blocks import not_blocked


@dataclass(frozen=True, slots=True)
class Answer:
    """A screening question with what she wrote; flagged where it is not what the employer hoped for."""

    question: str
    answer: str
    is_flagged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Until the shortlist without name, handle, profile text and CV, in her own texts too."""

    id: UUID
    letter: str
    state: str
    name: str | None
    handle: str | None
    about: str
    has_cv: bool
    headline: str
    hours_a_week: int
    languages: tuple[tuple[str, str], ...]
    skills: tuple[EvidencedSkill, ...]
    cover: str
    answers: tuple[Answer, ...]
    flags: int
    submitted_at: datetime
    reject_reason: str
    reject_note: str
    is_auto_answered: bool

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A line of the timeline; `who` is None for the candidate and the system."""

    at: datetime
    action: str
    who: str | None
    is_candidate: bool
    values: dict[str, Any]
    why: str


async def candidates(
    db: AnySession, posting_id: UUID, application_ids: Sequence[UUID], *, viewer: UUID
) -> list[Candidate]:
    """Those of the applications that belong to the posting and this person may read, in the order asked for."""
    found = (
        select(
            *(Application.id, Application.letter, Application.state, Application.shortlisted_at, Application.flags),
            *(Application.cover, Application.answers, Application.cv_file_id, Application.submitted_at),
            *(Application.reject_reason, Application.reject_note, Application.is_auto_answered),
            *(Freelancer.user_id, Freelancer.handle, Freelancer.headline, Freelancer.about),
            *(Freelancer.hours_a_week, Freelancer.languages, User.name),
        )
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .where(Application.posting_id == posting_id, Application.id.in_(application_ids))
        .where(Application.state.in_(STAGES), not_blocked(Freelancer.user_id, viewer))
    )
    rows = (await db.execute(found)).mappings().all()
    skills = await shown_skills(db, [row["user_id"] for row in rows])
    shown = {row["id"]: _candidate(row, tuple(skills.get(row["user_id"], ()))) for row in rows}
    return [shown[id] for id in dict.fromkeys(application_ids) if id in shown]


_SAME = (
    *("id", "letter", "state", "hours_a_week", "flags", "submitted_at"),
    *("reject_reason", "reject_note", "is_auto_answered"),
)


def _candidate(row: Any, skills: tuple[EvidencedSkill, ...]) -> Candidate:
    is_known = row["shortlisted_at"] is not None

    def shown(text: str) -> str:
        return text if is_known else without_identity(text, row["name"], row["handle"])

    return Candidate(
        **{name: row[name] for name in _SAME},
        name=row["name"] if is_known else None,
        handle=row["handle"] if is_known else None,
        about=row["about"] if is_known else "",
        has_cv=is_known and row["cv_file_id"] is not None,
        headline=shown(row["headline"]),
        languages=tuple((each["code"], each["level"]) for each in row["languages"]),
        skills=skills,
        cover=shown(row["cover"]),
        answers=tuple(Answer(a["question"], shown(a["answer"]), bool(a.get("is_flagged"))) for a in row["answers"]),
    )


async def timeline(db: AnySession, application: Application) -> list[Event]:
    """What happened, oldest first; her own steps carry no name."""
    hers = select(Freelancer.user_id).where(Freelancer.id == application.freelancer_id)
    user_id = (await db.execute(hers)).scalar_one()
    lines = await audit.lines_of(db, ("application", application.id))
    return [
        Event(
            at=line.at,
            action=line.action,
            who=None if line.by_user_id == user_id else line.by_name,
            is_candidate=line.by_user_id == user_id,
            values=line.values,
            why=line.why,
        )
        for line in lines
    ]
