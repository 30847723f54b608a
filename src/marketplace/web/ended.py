"""The page of a posting that has ended: gone for good (410), with open ones that are like it."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.discovery.listing import GigRow
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.postings import queries
from marketplace.postings.queries import PostingView
from marketplace.web.access import Answer
from marketplace.web.pages import page
from marketplace.web.posting_steps import Noun
from marketplace.web.visit import Visit

GONE = 410
"""Search engines forget an address that answers this (RFC 9110, 15.5.11)."""


async def view_or_gone(db: AnySession, slug: str, *, reader: UUID | None, noun: Noun) -> PostingView | None:
    """What the reader may see of a posting, None where a moderator took it away. Raises: NotFound."""
    try:
        return await queries.posting_view(db, slug, reader=reader, kinds=noun.kinds)
    except NotFound:
        if await queries.was_removed(db, slug, kinds=noun.kinds):
            return None
        raise


ALIKE = 3
"""How many others an open posting shows below it."""


def ended_page(visit: Visit, noun: Noun, posting: PostingView, similar: Sequence[GigRow]) -> Answer:
    """It was here and takes no answers any more."""
    return page(visit, "gigs/ended.html", status=GONE, noun=noun, posting=posting, similar=similar)


def removed_page(visit: Visit, noun: Noun) -> Answer:
    """A moderator took it away: nothing of it is shown."""
    return page(visit, "gigs/ended.html", status=GONE, noun=noun, posting=None, similar=[])
