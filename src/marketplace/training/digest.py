"""A provider learns once a day how many of its graduates have claimed their certificates."""

from collections import Counter
from datetime import datetime

from sqlalchemy import select, update

from marketplace.identity.models import Membership
from marketplace.kernel.database import Session
from marketplace.messages.actions import notify
from marketplace.training.models import Certificate
from marketplace.training.programmes import ACTING

_MOST = 5_000


async def tell(db: Session, *, at: datetime) -> None:
    """One notice for each provider with new claims, to those who act for it; the same claim is told once."""
    untold = (
        select(Certificate.id)
        .where(Certificate.claimed_at.is_not(None), Certificate.claim_told_at.is_(None))
        .limit(_MOST)
        .with_for_update(skip_locked=True)
    )
    told = update(Certificate).where(Certificate.id.in_(untold)).values(claim_told_at=at)
    saved = told.returning(Certificate.issuer_organisation_id).execution_options(synchronize_session=False)
    counts = Counter((await db.scalars(saved)).all())
    members = select(Membership.organisation_id, Membership.user_id).where(
        Membership.organisation_id.in_(counts), Membership.role.in_(ACTING)
    )
    for provider_id, user_id in (await db.execute(members)).all():
        values = {"count": counts[provider_id]}
        await notify(db, user_id, "certificate_claimed", values, link="/training/mine", at=at)
