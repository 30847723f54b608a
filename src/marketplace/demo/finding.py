"""Saved searches and invitations of the demo world."""

from uuid import UUID

from marketplace.demo.people import CAST, Everybody
from marketplace.discovery import saved_searches
from marketplace.discovery.models import SavedSearch
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services
from marketplace.postings import invitations
from marketplace.postings.models import Posting
from marketplace.talent.queries import freelancer_of

_SEARCHES = (
    ("ayesha", "gigs", "q=shopify", "Shopify work", "instant"),
    ("ayesha", "gigs", "skill=wordpress&pay=fixed", "WordPress at a fixed price", "weekly"),
    ("hina", "gigs", "q=logo", "Logos", "daily"),
    ("bilal", "people", "skill=wordpress", "People for our shop", "daily"),
)
"""Who keeps which list, under what name, and how often she hears of it."""
_INVITED = (
    ("Shopify store for a blue-pottery brand", "northwind", "ayesha"),
    ("Speed up our WooCommerce shop", "cedar", "ayesha"),
)


async def keep_searches(services: Services, everybody: Everybody) -> None:
    """Before anything is published, so that the worker finds what is new in them."""
    async with services[Database].write.begin() as db:
        for who, surface, query, name, rhythm in _SEARCHES:
            user_id = everybody.users[CAST[who]]
            made = SavedSearch(user_id=user_id, surface=surface, query=query, name=name, rhythm=rhythm)
            await saved_searches.save(db, made, at=clock.now())


async def invite(services: Services, everybody: Everybody, gigs: dict[str, UUID]) -> None:
    """Two employers ask Ayesha."""
    async with services[Database].write.begin() as db:
        for title, employer, who in _INVITED:
            posting = await db.get_one(Posting, gigs[title])
            freelancer = await freelancer_of(db, everybody.users[CAST[who]])
            if freelancer is not None and posting.state == "open":
                await invitations.invite(db, posting, freelancer.id, by=everybody.owner(employer), at=clock.now())
