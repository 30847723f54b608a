"""Conditions and columns that the reads of contracts share. The query has joined Freelancer, or Deadline."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from marketplace.contracts.models import Contract, Milestone
from marketplace.contracts.rules import EMPLOYER_ROLES, REVIEW, Side
from marketplace.engines.deadlines.models import Deadline
from marketplace.escrow.models import Hold, Refund, Release, Transfer
from marketplace.identity.models import Membership, User
from marketplace.talent.models import Freelancer


def is_review() -> ColumnElement[bool]:
    return and_(Deadline.subject_id == Milestone.id, Deadline.subject_kind == "milestone", Deadline.kind == REVIEW)


def is_hers(user_id: UUID) -> ColumnElement[bool]:
    return Freelancer.user_id == user_id


def is_theirs(user_id: UUID) -> ColumnElement[bool]:
    return exists().where(
        Membership.organisation_id == Contract.organisation_id,
        Membership.user_id == user_id,
        Membership.role.in_(EMPLOYER_ROLES),
    )


def is_party(user_id: UUID) -> ColumnElement[bool]:
    """On either side. The query has joined Freelancer."""
    return or_(is_hers(user_id), is_theirs(user_id))


def side_of(user_id: UUID) -> ColumnElement[Side]:
    word: ColumnElement[Any] = case((is_hers(user_id), "freelancer"), else_="employer")
    return word


def seen_name() -> ColumnElement[str]:
    """Her name as an employer reads it: the whole, but for an order that was never paid in what strangers see.

    Else anybody could read it by ordering. The query has joined Freelancer and User.
    """
    first = func.split_part(func.btrim(User.name), " ", 1)
    return case((or_(Contract.unpaid_until.is_(None), Freelancer.shows_name), User.name), else_=first)


def released_columns() -> tuple[ColumnElement[Any], ...]:
    """What became of a hold, summed over its parts: amounts, the last release, the transfer that is furthest behind."""
    released = select(func.coalesce(func.sum(Release.amount_minor), 0)).where(Release.hold_id == Hold.id)
    fees = select(func.coalesce(func.sum(Release.fee_minor), 0)).where(Release.hold_id == Hold.id)
    refunded = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.hold_id == Hold.id, Refund.checkout_id.is_(None), Refund.state != "failed"
    )
    last = select(func.max(Release.at)).where(Release.hold_id == Hold.id)
    sent = select(func.max(Transfer.sent_at)).join(Release).where(Release.hold_id == Hold.id)
    behind = select(Transfer.state).join(Release).where(Release.hold_id == Hold.id)
    behind = behind.order_by(Transfer.state == "sent", Transfer.id).limit(1)
    whole = Milestone.state == "released"
    return (
        released.scalar_subquery().label("released_minor"),
        fees.scalar_subquery().label("fees_minor"),
        refunded.scalar_subquery().label("refunded_minor"),
        case((whole, last.scalar_subquery())).label("released_at"),
        behind.scalar_subquery().label("transfer_state"),
        case((whole, sent.scalar_subquery())).label("transferred_at"),
    )
