"""What an organisation has to offer now, over all kinds of postings."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select, tuple_

from marketplace.kernel.database import AnySession
from marketplace.kernel.money import Money
from marketplace.postings.models import Posting
from marketplace.trust.blocks import is_open_to


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePosting:
    """An open posting in the list of its organisation."""

    id: UUID
    kind: str
    slug: str
    title: str
    pay_kind: str
    pay_min: Money
    pay_max: Money
    published_at: datetime
    closes_at: datetime | None

    @property
    def href(self) -> str:
        return f"/gigs/{self.slug}" if self.kind == "gig" else f"/jobs/{self.slug}"


async def live_postings(
    db: AnySession,
    organisation_id: UUID,
    *,
    at: datetime,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
    viewer: UUID | None = None,
) -> list[LivePosting]:
    """What this viewer can answer now, the newest first."""
    query = (
        select(
            *(Posting.id, Posting.kind, Posting.slug, Posting.title, Posting.pay_kind, Posting.pay_min_minor),
            *(Posting.pay_max_minor, Posting.currency, Posting.published_at, Posting.closes_at),
        )
        .where(Posting.organisation_id == organisation_id, Posting.state == "open", Posting.published_at.is_not(None))
        .where(is_open_to(Posting.created_by, Posting.organisation_id, viewer))
        .where(or_(Posting.closes_at.is_(None), Posting.closes_at > at))
        .order_by(Posting.published_at.desc(), Posting.id.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(Posting.published_at, Posting.id) < after)
    found: list[LivePosting] = []
    for row in (await db.execute(query)).mappings():
        fields = dict(row)
        currency = fields.pop("currency")
        low, high = (Money(fields.pop(name), currency) for name in ("pay_min_minor", "pay_max_minor"))
        found.append(LivePosting(**fields, pay_min=low, pay_max=high))
    return found
