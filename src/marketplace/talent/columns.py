"""Facts of a freelancer that other queries put beside a user, as scalar subqueries."""

from uuid import UUID

from sqlalchemy import ScalarSelect, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.talent.models import Freelancer


def handle_of(user_id: InstrumentedAttribute[UUID]) -> ScalarSelect[str]:
    """The name in the address of her profile; NULL without one."""
    return select(Freelancer.handle).where(Freelancer.user_id == user_id).scalar_subquery()
