"""Who hires: the owners and hiring members of the organisation of the `Posting` beside it in the query."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, select
from sqlalchemy.orm import aliased

from marketplace.identity.models import Membership, User
from marketplace.postings.models import Posting
from marketplace.postings.rules import HIRING_ROLES


def hires(user_id: UUID | None) -> ColumnElement[bool]:
    """Whether this person hires for the posting's organisation; never for a visitor."""
    return exists().where(
        Membership.organisation_id == Posting.organisation_id,
        Membership.user_id == user_id,
        Membership.role.in_(HIRING_ROLES),
    )


def hirers() -> ScalarSelect[Any]:
    """Names by id, as JSON, of those who hire for the posting's organisation and have not left; null without any."""
    member = aliased(User)
    return (
        select(func.jsonb_object_agg(member.id, member.name))
        .select_from(Membership)
        .join(member, member.id == Membership.user_id)
        .where(Membership.organisation_id == Posting.organisation_id, Membership.role.in_(HIRING_ROLES))
        .where(member.closed_at.is_(None))
        .correlate(Posting)
        .scalar_subquery()
    )
