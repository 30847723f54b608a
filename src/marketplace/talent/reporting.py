"""Profiles and pieces of work as somebody reports them: only what she sees of them."""

from uuid import UUID

from sqlalchemy import select

from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.talent import queries
from marketplace.talent.models import Freelancer, PortfolioItem
from marketplace.trust.subjects import Subject


async def profile(db: AnySession, id: UUID, viewer_id: UUID) -> Subject | None:
    """A freelancer's page (`id` is the freelancer's)."""
    handle = await db.scalar(select(Freelancer.handle).where(Freelancer.id == id))
    if handle is None:
        return None
    try:
        seen = await queries.profile_view(db, handle, reader=viewer_id)
    except NotFound:
        return None
    text = f"{seen.headline}\n\n{seen.about}".strip()
    return Subject(seen.name, f"/people/{handle}", seen.user_id, text)


async def portfolio_item(db: AnySession, id: UUID, viewer_id: UUID) -> Subject | None:
    """A piece of work on a page that the viewer sees."""
    item = await db.get(PortfolioItem, id)
    if item is None or not item.is_cleared:
        return None
    page = await profile(db, item.freelancer_id, viewer_id)
    if page is None:
        return None
    text = f"{item.title}\n\n{item.text}\n{item.link}".strip()
    return Subject(item.title, f"{page.href}#portfolio", page.about_user_id, text)
