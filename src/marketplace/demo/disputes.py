"""What does not go the usual way: a part released early, disputes in each stage, a chargeback."""

from dataclasses import dataclass
from uuid import UUID

import aiohttp
from sqlalchemy import select

from marketplace.contracts import parts
from marketplace.contracts.disputes import actions, moderation, splits
from marketplace.contracts.models import Milestone
from marketplace.demo.people import CAST, Everybody
from marketplace.escrow.models import Hold
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database, Session
from marketplace.kernel.money import Money
from marketplace.kernel.queue import Services

STAGES = ("part", "contested", "mediation", "decided", "appealed", "agreed", "chargeback")
DELIVERED = ("contested", "mediation", "decided", "appealed", "agreed")
CLAIM = "Two of the three points of the milestone are missing, and the second file does not open on my phone."
ANSWER = "All three are there: the third stands on the last page. I sent the file again on the same day."
REASON = "The delivery covers two of three points, and it came in time. The split follows the points."


@dataclass(frozen=True, slots=True)
class Sides:
    """Who is in it."""

    employer: UUID
    freelancer: UUID


async def carry_on(
    services: Services,
    everybody: Everybody,
    http: aiohttp.ClientSession,
    milestone_id: UUID,
    *,
    stage: str,
    sides: Sides,
) -> None:
    """Bring a funded (or delivered) milestone as far as `stage` says."""
    if stage == "chargeback":
        await _charge_back(services, http, milestone_id)
        return
    async with services[Database].write.begin() as db:
        milestone = await db.get_one(Milestone, milestone_id)
        if stage == "part":
            third = Money(milestone.amount_minor // 3, "USD")
            await parts.release_part(db, milestone, third, by=sides.employer, at=clock.now())
            return
        await _dispute(db, everybody, milestone, stage, sides)


async def _dispute(db: Session, everybody: Everybody, milestone: Milestone, stage: str, sides: Sides) -> None:
    at = clock.now()
    await actions.open_dispute(db, milestone, side="employer", text=CLAIM, by=sides.employer, at=at)
    if stage == "contested":
        return
    await actions.say(db, milestone, side="freelancer", text=ANSWER, by=sides.freelancer, at=at)
    if stage == "mediation":
        return
    two_thirds = Money(milestone.amount_minor * 2 // 3, "USD")
    if stage == "agreed":
        split = await splits.propose(db, milestone, two_thirds, text="", side="freelancer", by=sides.freelancer, at=at)
        await splits.accept(db, milestone, split.id, side="employer", by=sides.employer, at=at)
        return
    moderator = everybody.users[CAST["moderator"]]
    await moderation.take(db, milestone, by=moderator, at=at)
    await moderation.decide(db, milestone, two_thirds, reason=REASON, by=moderator, at=at)
    if stage == "appealed":
        text = "The third point was seen by two of my colleagues on the day it was handed in."
        await actions.appeal(db, milestone, side="freelancer", text=text, by=sides.freelancer, at=at)


async def _charge_back(services: Services, http: aiohttp.ClientSession, milestone_id: UUID) -> None:
    """The payer's bank asks back: told to the sandbox, which tells us."""
    async with services[Database].read() as db:
        query = select(Hold.charge_id).join(Milestone, Milestone.hold_id == Hold.id).where(Milestone.id == milestone_id)
        charge_id = await db.scalar(query)
    address = f"{services[Settings].stripe_api_url.rstrip('/')}/_sandbox/disputes"
    async with http.post(address, json={"charge": charge_id, "reason": "unrecognized"}) as answer:
        answer.raise_for_status()
