"""A person's own proposals, and the gigs that she hires for: in groups, what waits first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true

from marketplace.gigs.models import Proposal
from marketplace.gigs.rules import SEEN_BY_EMPLOYER, WAITING
from marketplace.identity.models import Organisation
from marketplace.kernel.database import AnySession
from marketplace.kernel.money import Money
from marketplace.postings.hiring import hires
from marketplace.postings.models import Posting
from marketplace.postings.rules import ENDED
from marketplace.postings.rules import LIVING as LIVING_POSTINGS
from marketplace.talent.models import Freelancer


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProposal:
    """A proposal as its writer sees it in her list; `group` is what it is sorted by first."""

    group: int
    id: UUID
    state: str
    total: Money
    updated_at: datetime
    decline_reason: str
    decline_note: str
    posting_title: str
    posting_slug: str
    posting_state: str
    organisation_name: str
    answer_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPosting:
    """A gig as those who hire see it in their list. `waiting` proposals wait for an answer until `answer_by`."""

    group: int
    id: UUID
    slug: str
    title: str
    state: str
    organisation_name: str
    pay_kind: str
    pay_min: Money
    pay_max: Money
    closes_at: datetime | None
    answer_by: datetime | None
    updated_at: datetime
    proposals: int
    waiting: int


_PROPOSAL_GROUP = case(
    (Proposal.state == "draft", 0), (Proposal.state.in_(WAITING), 1), (Proposal.state == "accepted", 2), else_=3
)
"""What she has to finish, what waits for the employer, what was accepted, what is over."""


async def proposals_of(
    db: AnySession,
    user_id: UUID,
    *,
    states: Sequence[str] = (),
    after: tuple[int, UUID] | None = None,
    limit: int = 100,
) -> list[OwnProposal]:
    """A freelancer's proposals by group, the newest of each first; of these states only where any are named.

    `after` is group and id of the last one that was seen.
    """
    found = (
        select(
            _PROPOSAL_GROUP.label("group"),
            *(Proposal.id, Proposal.state, Proposal.total_minor, Proposal.currency, Proposal.updated_at),
            *(Proposal.decline_reason, Proposal.decline_note, Posting.answer_by),
            *(Posting.title.label("posting_title"), Posting.slug.label("posting_slug")),
            *(Posting.state.label("posting_state"), Organisation.name.label("organisation_name")),
        )
        .join(Posting, Posting.id == Proposal.posting_id)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .join(Freelancer, Freelancer.id == Proposal.freelancer_id)
        .where(Freelancer.user_id == user_id, *_after(after, _PROPOSAL_GROUP, Proposal.id))
        .order_by(_PROPOSAL_GROUP, Proposal.id.desc())
        .limit(limit)
    )
    rows = await db.execute(found.where(Proposal.state.in_(states)) if states else found)
    return [_own_proposal(dict(row)) for row in rows.mappings()]


def _own_proposal(row: dict[str, Any]) -> OwnProposal:
    total = Money(row.pop("total_minor"), row.pop("currency"))
    return OwnProposal(**row, total=total)


def _after(seen: tuple[int, UUID] | None, group: ColumnElement[int], id: Any) -> tuple[ColumnElement[bool], ...]:
    return (or_(group > seen[0], and_(group == seen[0], id < seen[1])),) if seen else ()


async def postings_of(
    db: AnySession,
    user_id: UUID,
    *,
    states: Sequence[str] = (),
    after: tuple[int, UUID] | None = None,
    limit: int = 100,
) -> list[OwnPosting]:
    """The gigs of all organisations that this person hires for, with counts of proposals; one query.

    In groups: proposals wait for an answer, drafts, open, ended; the newest of each first. `after` as in proposals_of.
    """
    is_seen, is_waiting = Proposal.state.in_(SEEN_BY_EMPLOYER), Proposal.state.in_(WAITING)
    counts = (
        select(func.count().filter(is_seen).label("proposals"), func.count().filter(is_waiting).label("waiting"))
        .where(Proposal.posting_id == Posting.id)
        .lateral("counts")
    )
    group = case((counts.c.waiting > 0, 0), (Posting.state == "draft", 1), (Posting.state.in_(ENDED), 3), else_=2)
    found = (
        select(
            group.label("group"),
            *(Posting.id, Posting.slug, Posting.title, Posting.state, Posting.pay_kind, Posting.pay_min_minor),
            *(Posting.pay_max_minor, Posting.currency, Posting.closes_at, Posting.answer_by, Posting.updated_at),
            *(Organisation.name.label("organisation_name"), counts.c.proposals, counts.c.waiting),
        )
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .join(counts, onclause=true())
        .where(Posting.kind == "gig", hires(user_id), *_after(after, group, Posting.id))
        .order_by(group, Posting.id.desc())
        .limit(limit)
    )
    rows = await db.execute(found.where(Posting.state.in_(states)) if states else found)
    return [_own_posting(dict(row)) for row in rows.mappings()]


def _own_posting(row: dict[str, Any]) -> OwnPosting:
    currency = row.pop("currency")
    low, high = Money(row.pop("pay_min_minor"), currency), Money(row.pop("pay_max_minor"), currency)
    return OwnPosting(**row, pay_min=low, pay_max=high)


@dataclass(frozen=True, slots=True)
class EmployerWork:
    """Gigs whose proposals wait for an answer, the most urgent first; drafts to finish; gigs that run."""

    to_answer: list[OwnPosting]
    drafts: list[OwnPosting]
    running: list[OwnPosting]


async def work_for_employer(db: AnySession, user_id: UUID) -> EmployerWork:
    """Who waits for this person's answer, and until when."""
    own = await postings_of(db, user_id, states=("draft", *LIVING_POSTINGS))
    to_answer = [posting for posting in own if posting.waiting]
    return EmployerWork(
        to_answer=sorted(to_answer, key=lambda posting: (posting.answer_by is None, posting.answer_by)),
        drafts=[posting for posting in own if posting.state == "draft"],
        running=[posting for posting in own if posting.state != "draft"],
    )


async def work_for_freelancer(db: AnySession, user_id: UUID) -> list[OwnProposal]:
    """Her proposals that wait: her drafts, and those that an employer has to answer."""
    return await proposals_of(db, user_id, states=("draft", *WAITING))
