"""Who proposed for which gig: by shared skills, never more than a few each. A third of all people have none."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import select

from marketplace.demo import world
from marketplace.demo.people import Everybody
from marketplace.gigs import actions
from marketplace.gigs.models import Proposal
from marketplace.gigs.rules import Offer, Part
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import Services
from marketplace.postings.models import Posting
from marketplace.talent.models import Freelancer

MOST_PER_GIG = 4
MOST_PER_PERSON = 3
WITHOUT_HISTORY = 3
"""Every third person stands without any history, as a newcomer would."""


async def fill(
    services: Services, everybody: Everybody, gigs: dict[str, UUID], report: Callable[[str, int, int], None]
) -> None:
    """Send the proposals that are missing; some are shortlisted, some declined."""
    pairs = list(_pairs())
    for number, (gig, person) in enumerate(pairs, 1):
        async with services[Database].write.begin() as db:
            await _propose(db, gigs[gig.title], everybody, gig, person, number)
        report("proposals", number, len(pairs))


def _pairs() -> list[tuple[world.GigLine, world.PersonLine]]:
    """(gig, person) with shared skills, the best fitting first in each gig."""
    active = [person for number, person in enumerate(world.people()) if number % WITHOUT_HISTORY != WITHOUT_HISTORY - 1]
    sent: dict[str, int] = {}
    pairs: list[tuple[world.GigLine, world.PersonLine]] = []
    for gig in world.gigs():
        fitting = sorted(active, key=lambda person: -len(set(gig.skills) & set(person.skills)))
        chosen = [p for p in fitting if set(gig.skills) & set(p.skills) and sent.get(p.name, 0) < MOST_PER_PERSON]
        for person in chosen[:MOST_PER_GIG]:
            sent[person.name] = sent.get(person.name, 0) + 1
            pairs.append((gig, person))
    return pairs


async def _propose(
    db: Session, posting_id: UUID, everybody: Everybody, gig: world.GigLine, person: world.PersonLine, number: int
) -> None:
    posting = await db.get_one(Posting, posting_id)
    freelancer = await freelancer_of(db, everybody.users[person.name])
    existing = select(Proposal).where(Proposal.posting_id == posting_id, Proposal.freelancer_id == freelancer.id)
    if (await db.execute(existing)).scalar_one_or_none() is not None or posting.state != "open":
        return
    proposal = await actions.submit(db, posting, offer(gig, person), freelancer=freelancer, at=clock.now())
    owner = everybody.owner(gig.employer)
    if number % 7 == 1:
        await actions.shortlist(db, proposal, by=owner, at=clock.now())
    elif number % 11 == 5:
        await actions.decline(db, proposal, reason="price", by=owner, at=clock.now())


def offer(gig: world.GigLine, person: world.PersonLine) -> Offer:
    """Two parts for larger gigs, one for small ones, within the employer's range."""
    total = (gig.least + gig.most) // 2 if gig.pay_kind == "fixed" else gig.most * 10
    shared = ", ".join(skill.replace("-", " ") for skill in gig.skills if skill in person.skills)
    cover = (
        f"I have read your posting twice. What you need is what I do most: {shared}. "
        f"I would first send you a small part, so that you can say early what you would like different."
    )
    parts = (
        (Part("All of it", total, 6),)
        if total < 10_000
        else (Part("First part, for your eye", total // 3, 4), Part("The rest", total - total // 3, 8))
    )
    answers = (
        "My last one, for a shop that sells spices: the same number of products, done in nine days.",
        "On Monday.",
    )
    return Offer(cover=cover, answers=answers[: len(gig.title) % 3], milestones=parts)


async def freelancer_of(db: Session, user_id: UUID) -> Freelancer:
    return (await db.execute(select(Freelancer).where(Freelancer.user_id == user_id))).scalar_one()
