"""The two sides of an application, for interviews and offers: who is who, and who may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, true

from marketplace.identity.models import Organisation, User
from marketplace.jobs.models import Application, Side
from marketplace.jobs.rules import STAGES
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.postings.hiring import hires
from marketplace.postings.models import Posting
from marketplace.postings.queries import hiring_members
from marketplace.talent.models import Freelancer
from marketplace.trust.blocks import not_blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an interview or offer is about, and on which side the reader is. The candidate has been shortlisted."""

    application_id: UUID
    application_state: str
    candidate: str
    candidate_id: UUID
    posting_id: UUID
    posting_kind: str
    title: str
    slug: str
    organisation: str
    organisation_id: UUID
    side: Side


async def about(db: AnySession, application_id: UUID, *, reader: UUID) -> About:
    """The application of a thing of hers. Raises: NotFound for everybody but the candidate and those who hire."""
    is_employer = _may_hire(reader)
    return await _about(db, application_id, is_employer, (User.id == reader) | is_employer)


async def about_for_all(db: Session, application_id: UUID) -> About:
    """The same for what the system tells both sides, whoever is still there; `side` means nothing."""
    return await _about(db, application_id, true(), true())


async def _about(
    db: AnySession, application_id: UUID, is_employer: ColumnElement[bool], may_see: ColumnElement[bool]
) -> About:
    columns: list[Any] = [
        *(Application.id.label("application_id"), Application.state.label("application_state")),
        *(User.name.label("candidate"), User.id.label("candidate_id"), Posting.id.label("posting_id")),
        *(Posting.kind.label("posting_kind"), Posting.title, Posting.slug),
        *(
            Organisation.name.label("organisation"),
            Organisation.id.label("organisation_id"),
            is_employer.label("is_employer"),
        ),
    ]
    found = (
        select(*columns)
        .join(Posting, Posting.id == Application.posting_id)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .where(Application.id == application_id, may_see)
    )
    row = (await db.execute(found)).mappings().one_or_none()
    if row is None:
        raise NotFound
    said = dict(row)
    side: Side = "employer" if said.pop("is_employer") else "candidate"
    return About(**said, side=side)


def is_hers(user_id: UUID) -> ColumnElement[bool]:
    """WHERE: this person is the candidate, or hires for the posting (join Application, Posting, Freelancer)."""
    return (Freelancer.user_id == user_id) | _may_hire(user_id)


def _may_hire(user_id: UUID) -> ColumnElement[bool]:
    """Hires for the posting of what was not withdrawn, and neither she nor the candidate blocked the other."""
    return hires(user_id) & Application.state.in_(STAGES) & not_blocked(Freelancer.user_id, user_id)


async def people_of(db: Session, said: About, side: Side) -> Sequence[UUID]:
    """The users of one side."""
    return [said.candidate_id] if side == "candidate" else await hiring_members(db, said.organisation_id)


def other(side: Side) -> Side:
    """The one across the table."""
    return "candidate" if side == "employer" else "employer"
