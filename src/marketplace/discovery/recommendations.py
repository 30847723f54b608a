"""Each week: the open gigs that fit a freelancer best, with why, in one mail; no gig is recommended by mail twice.

Each is an impression too, with its rank and the parts of its score, like everything that was shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import delete, func, select, union

from marketplace.discovery import impressions, matches
from marketplace.discovery.impressions import Shown
from marketplace.discovery.listing import GigRow, is_listed_person
from marketplace.discovery.models import Recommendation, SearchAlert
from marketplace.engines.notify.rendering import plain
from marketplace.engines.search.protocol import SearchIndex
from marketplace.gigs.models import Proposal
from marketplace.identity.models import User
from marketplace.kernel.database import AnySession, Session
from marketplace.messages.actions import notify
from marketplace.talent.models import Freelancer

SURFACE = "mail/matches"
_MOST, _REASONS = 5, 2
_CONSIDERED = 50
_PERIOD = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Recommended:
    """Gigs for one freelancer, the best first, each with its match and the beginning of why in her language."""

    user_id: UUID
    gigs: tuple[tuple[GigRow, matches.Match], ...]
    locale: str


async def looking(db: AnySession, after: UUID | None, *, limit: int) -> Sequence[UUID]:
    """Users who are listed as freelancers, by pages of ids."""
    listed = select(Freelancer.user_id).join(User, User.id == Freelancer.user_id).where(*is_listed_person())
    page = listed.order_by(Freelancer.user_id).limit(limit)
    return (await db.scalars(page if after is None else page.where(Freelancer.user_id > after))).all()


async def find(db: AnySession, index: SearchIndex, user_id: UUID, *, at: datetime) -> Recommended | None:
    """What to tell her of now, None when there is nothing new or she heard less than a week ago. Asks the index."""
    if await _heard(db, user_id, at=at):
        return None
    fitting = await matches.gigs_for(db, index, user_id, at=at, limit=_CONSIDERED)
    known = await _known(db, user_id, [gig.id for gig, _ in fitting])
    new = [(gig, match) for gig, match in fitting if gig.id not in known][:_MOST]
    locale = await db.scalar(select(User.locale).where(User.id == user_id))
    return Recommended(user_id, tuple(new), locale or "en") if new else None


async def tell(db: Session, told: Recommended, *, at: datetime) -> bool:
    """One notice and mail, and an impression for each gig; False when another task has just told her."""
    await db.execute(select(Freelancer.id).where(Freelancer.user_id == told.user_id).with_for_update())
    if await _heard(db, told.user_id, at=at):
        return False
    shown = Shown(
        at=at,
        user_id=told.user_id,
        surface=SURFACE,
        query="",
        documents=tuple(gig.id for gig, _ in told.gigs),
        scores=tuple(matches.stored(match.score) for _, match in told.gigs),
    )
    await impressions.record(db, [shown])
    db.add_all(Recommendation(user_id=told.user_id, document_id=gig.id, told_at=at) for gig, _ in told.gigs)
    items = [_said(gig, match, told.locale) for gig, match in told.gigs]
    values = {"count": len(items), "title": items[0]["title"], "items": items}
    await notify(db, told.user_id, "work_recommended", values, link="/", at=at)
    return True


async def forget(db: Session, user_id: UUID) -> None:
    """Delete what she was told of."""
    await db.execute(delete(Recommendation).where(Recommendation.user_id == user_id))


async def _heard(db: AnySession, user_id: UUID, *, at: datetime) -> bool:
    last = select(func.max(Recommendation.told_at)).where(Recommendation.user_id == user_id)
    told_at = await db.scalar(last)
    return told_at is not None and told_at > at - _PERIOD


async def _known(db: AnySession, user_id: UUID, ids: Sequence[UUID]) -> set[UUID]:
    """Gigs that she was or will be mailed about, here or by a saved search of hers, or that she has answered."""
    mailed = select(Recommendation.document_id).where(
        Recommendation.user_id == user_id, Recommendation.document_id.in_(ids)
    )
    alerted = select(SearchAlert.document_id).where(SearchAlert.user_id == user_id, SearchAlert.document_id.in_(ids))
    answered = (
        select(Proposal.posting_id)
        .join(Freelancer, Freelancer.id == Proposal.freelancer_id)
        .where(Freelancer.user_id == user_id, Proposal.posting_id.in_(ids))
    )
    return set((await db.scalars(union(mailed, alerted, answered))).all())


def _said(gig: GigRow, match: matches.Match, locale: str) -> dict[str, Any]:
    """One gig of the mail, as JSON keeps it."""
    why = [reason.said(locale) for reason in match.reasons[:_REASONS]]
    said = {"title": gig.title, "by": gig.organisation, "path": f"/gigs/{gig.slug}", "unit": gig.pay_kind, "why": why}
    money = {name: amount for name, amount in (("low", gig.pay_min), ("high", gig.pay_max)) if amount.amount_minor}
    none: dict[str, Any] = {"low": None, "high": None}
    return said | none | plain(cast("dict[str, Any]", money))
