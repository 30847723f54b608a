"""Reads of proposals. An employer never sees a draft or what was withdrawn, and no name before the shortlist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select

from marketplace.gigs.models import Proposal, ProposalMilestone
from marketplace.gigs.rules import LIVING, SEEN_BY_EMPLOYER, WAITING, Offer, Part
from marketplace.identity.models import Membership, User
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.postings.blind import without_identity
from marketplace.postings.hiring import hires
from marketplace.postings.models import Posting
from marketplace.postings.rules import HIRING_ROLES
from marketplace.postings.rules import LIVING as LIVING_POSTINGS
from marketplace.talent.models import Freelancer
from marketplace.talent.queries import EvidencedSkill, shown_skills
from marketplace.trust.blocks import not_blocked


@dataclass(frozen=True, slots=True)
class Answer:
    """A question of the gig with what she wrote."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A proposal as the employer reads it; until the shortlist without name and handle, in its texts too."""

    id: UUID
    letter: str
    state: str
    name: str | None
    handle: str | None
    headline: str
    hours_a_week: int
    skills: tuple[EvidencedSkill, ...]
    total: Money
    milestones: tuple[Part, ...]
    cover: str
    answers: tuple[Answer, ...]
    submitted_at: datetime
    updated_at: datetime
    decline_reason: str
    decline_note: str
    freelancer_id: UUID

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    @property
    def is_changed(self) -> bool:
        """Edited after it was sent."""
        return self.updated_at > self.submitted_at

    @property
    def days(self) -> int:
        return sum(part.days for part in self.milestones)


async def candidates(
    db: AnySession, posting_id: UUID, *, viewer: UUID | None = None, proposal_id: UUID | None = None
) -> list[Candidate]:
    """All proposals that the employer may compare (or the one), those that wait first. For those who hire only.

    What somebody sent with whom the viewer has no contact (a block) is not shown, unless it was accepted.
    """
    is_seen = Proposal.state.in_(SEEN_BY_EMPLOYER), _is_near(viewer)
    found = _candidates().where(Proposal.posting_id == posting_id, *is_seen)
    if proposal_id is not None:
        found = found.where(Proposal.id == proposal_id)
    rows = (await db.execute(found)).mappings().all()
    parts = await _parts(db, [row["id"] for row in rows])
    skills = await shown_skills(db, [row["user_id"] for row in rows])
    shown = [_candidate(row, parts.get(row["id"], ()), tuple(skills.get(row["user_id"], ()))) for row in rows]
    return sorted(shown, key=lambda c: (_RANK[c.state], len(c.letter), c.letter))


_RANK = {"accepted": 0, "shortlisted": 1, "submitted": 2, "declined": 3, "expired": 4}


def _candidates() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(Proposal.id, Proposal.letter, Proposal.state, Proposal.cover, Proposal.answers, Proposal.currency),
            *(Proposal.total_minor, Proposal.submitted_at, Proposal.shortlisted_at, Proposal.updated_at),
            *(Proposal.decline_reason, Proposal.decline_note, Proposal.freelancer_id),
            *(Freelancer.user_id, Freelancer.handle, Freelancer.headline, Freelancer.hours_a_week, User.name),
        )
        .join(Freelancer, Freelancer.id == Proposal.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
    )


def _candidate(row: Any, parts: tuple[Part, ...], skills: tuple[EvidencedSkill, ...]) -> Candidate:
    is_known = row["shortlisted_at"] is not None or row["state"] == "accepted"

    def shown(text: str) -> str:
        return text if is_known else without_identity(text, row["name"], row["handle"])

    return Candidate(
        **{name: row[name] for name in _SAME},
        name=row["name"] if is_known else None,
        handle=row["handle"] if is_known else None,
        headline=shown(row["headline"]),
        cover=shown(row["cover"]),
        answers=tuple(Answer(each["question"], shown(each["answer"])) for each in row["answers"]),
        milestones=tuple(Part(shown(part.title), part.amount_minor, part.days) for part in parts),
        total=Money(row["total_minor"], row["currency"]),
        skills=skills,
    )


_SAME = (
    *("id", "letter", "state", "hours_a_week", "submitted_at", "updated_at"),
    *("decline_reason", "decline_note", "freelancer_id"),
)


async def _parts(db: AnySession, proposal_ids: Sequence[UUID]) -> dict[UUID, tuple[Part, ...]]:
    if not proposal_ids:
        return {}
    milestone = ProposalMilestone
    found = (
        select(milestone.proposal_id, milestone.title, milestone.amount_minor, milestone.days)
        .where(milestone.proposal_id.in_(proposal_ids))
        .order_by(milestone.proposal_id, milestone.number)
    )
    parts: dict[UUID, list[Part]] = {}
    for proposal_id, title, amount_minor, days in (await db.execute(found)).all():
        parts.setdefault(proposal_id, []).append(Part(title, amount_minor, days))
    return {proposal_id: tuple(each) for proposal_id, each in parts.items()}


async def offer_of(db: AnySession, proposal: Proposal) -> Offer:
    """What a proposal says, as the form takes it."""
    parts = await _parts(db, [proposal.id])
    answers = tuple(each["answer"] for each in proposal.answers)
    return Offer(proposal.cover, answers, parts.get(proposal.id, ()))


async def managed(db: AnySession, proposal_id: UUID, *, by: UUID) -> tuple[Proposal, Posting]:
    """A proposal that this person may decide about, with its gig.

    Raises: NotFound unless she hires for the gig's organisation and the proposal is one that she sees.
    """
    found = (
        select(Proposal, Posting)
        .join(Posting, Posting.id == Proposal.posting_id)
        .join(Freelancer, Freelancer.id == Proposal.freelancer_id)
        .where(Proposal.id == proposal_id, Proposal.state.in_(SEEN_BY_EMPLOYER), hires(by), _is_near(by))
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def own(db: AnySession, proposal_id: UUID, *, by: UUID) -> tuple[Proposal, Posting]:
    """A proposal of hers, with its gig. Raises: NotFound when it is somebody else's."""
    found = (
        select(Proposal, Posting)
        .join(Posting, Posting.id == Proposal.posting_id)
        .join(Freelancer, Freelancer.id == Proposal.freelancer_id)
        .where(Proposal.id == proposal_id, Freelancer.user_id == by)
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def living_of(db: AnySession, posting_id: UUID, *, user_id: UUID) -> Proposal | None:
    """Her draft or undecided or accepted proposal for a gig, if she has one."""
    hers = (
        select(Proposal)
        .join(Freelancer, Freelancer.id == Proposal.freelancer_id)
        .where(Proposal.posting_id == posting_id, Freelancer.user_id == user_id, Proposal.state.in_(LIVING))
    )
    return (await db.execute(hers)).scalar_one_or_none()


async def undecided_of(db: AnySession, user_id: UUID) -> list[Proposal]:
    """Her drafts and the proposals that wait for an answer."""
    hers = (
        select(Proposal)
        .join(Freelancer, Freelancer.id == Proposal.freelancer_id)
        .where(Freelancer.user_id == user_id, Proposal.state.in_(("draft", *WAITING)))
        .order_by(Proposal.posting_id)
    )
    return list((await db.execute(hers)).scalars())


async def hired_for_alone(db: AnySession, user_id: UUID) -> list[Posting]:
    """Living gigs for which this person hires and nobody else does."""
    someone_else = exists().where(
        Membership.organisation_id == Posting.organisation_id,
        Membership.user_id != user_id,
        Membership.role.in_(HIRING_ROLES),
        User.id == Membership.user_id,
        User.closed_at.is_(None),
    )
    alone = select(Posting).where(Posting.state.in_(LIVING_POSTINGS), hires(user_id), ~someone_else)
    return list((await db.execute(alone.order_by(Posting.id))).scalars())


async def waiting(db: AnySession, posting_id: UUID) -> list[Proposal]:
    """The proposals of a gig that wait for an answer."""
    rows = select(Proposal).where(Proposal.posting_id == posting_id, Proposal.state.in_(WAITING)).order_by(Proposal.id)
    return list((await db.execute(rows)).scalars())


async def waiting_count(db: AnySession, posting_id: UUID) -> int:
    """How many proposals of a gig wait for an answer."""
    count = select(func.count()).where(Proposal.posting_id == posting_id, Proposal.state.in_(WAITING))
    return await db.scalar(count) or 0


async def count_seen(db: AnySession, posting_id: UUID) -> int:
    """How many proposals came and were not withdrawn."""
    count = select(func.count()).where(Proposal.posting_id == posting_id, Proposal.state.in_(SEEN_BY_EMPLOYER))
    return await db.scalar(count) or 0


async def overdue(db: AnySession, *, at: datetime) -> list[UUID]:
    """Gigs that are over their answer-by date with proposals unanswered; empty unless the worker stands still."""
    waits = exists().where(Proposal.posting_id == Posting.id, Proposal.state.in_(WAITING))
    return list((await db.execute(select(Posting.id).where(Posting.answer_by < at, waits))).scalars())


async def is_acquainted(db: AnySession, handle: str, *, reader: UUID | None) -> bool:
    """Whether this person hires for an organisation that has shortlisted or accepted the freelancer."""
    if reader is None:
        return False
    known = (
        exists()
        .where(Proposal.posting_id == Posting.id, Proposal.freelancer_id == Freelancer.id)
        .where(Freelancer.handle == handle, Proposal.state != "withdrawn", hires(reader))
        .where(Proposal.shortlisted_at.is_not(None) | (Proposal.state == "accepted"))
    )
    return bool(await db.scalar(select(known)))


def _is_near(viewer: UUID | None) -> ColumnElement[bool]:
    """No block stands between the viewer and who wrote the proposal, or it was accepted: work goes on."""
    return not_blocked(Freelancer.user_id, viewer) | (Proposal.state == "accepted")
