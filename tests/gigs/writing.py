"""Proposals that tests write."""

from datetime import datetime

from marketplace.gigs import actions
from marketplace.gigs.models import Proposal
from marketplace.gigs.rules import Offer, Part
from marketplace.kernel.database import Session
from marketplace.postings.models import Posting
from marketplace.talent.models import Freelancer

OFFER = Offer(
    cover="I made two pages like this for growers in Multan; the first opens in a second on a phone of 2015.",
    answers=("A Nokia from 2017.",),
    milestones=(Part("Design on paper", 100_00, 3), Part("The page", 200_01, 7)),
)


async def proposed(
    db: Session, posting: Posting, freelancer: Freelancer, at: datetime, offer: Offer = OFFER
) -> Proposal:
    """A proposal that was sent."""
    return await actions.submit(db, posting, offer, freelancer=freelancer, at=at)
