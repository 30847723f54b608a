"""Figures of a user that other queries put beside her, as scalar subqueries."""

from uuid import UUID

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.messages.models import Notice
from marketplace.messages.thread_models import ThreadMember


def unread_of(user_id: InstrumentedAttribute[UUID]) -> ScalarSelect[int]:
    """How many of her notices she has not read."""
    return select(func.count()).where(Notice.user_id == user_id, Notice.read_at.is_(None)).scalar_subquery()


def unread_threads_of(user_id: InstrumentedAttribute[UUID]) -> ScalarSelect[int]:
    """In how many of her conversations something is unread."""
    hers = (ThreadMember.user_id == user_id) & (ThreadMember.unread > 0) & ThreadMember.left_at.is_(None)
    return select(func.count()).where(hers).scalar_subquery()
