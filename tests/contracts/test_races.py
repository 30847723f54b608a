"""Two people, or a person and a clock, at the same moment: each thing happens once. Real commits, many connections."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marketplace.contracts import actions, rules
from marketplace.contracts.models import Contract, Milestone
from marketplace.engines.deadlines import tasks as deadline_tasks
from marketplace.engines.deadlines.models import Deadline
from marketplace.escrow.models import Hold, Release
from marketplace.gigs.models import Proposal
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import Conflict
from marketplace.messages.models import Notice
from tests.cast import Cast, make_cast
from tests.contracts import scenes
from tests.gigs.writing import proposed
from tests.postings.writing import opened

Step = Callable[[Session], Awaitable[object]]


async def together(database: Database, *steps: Step) -> list[object]:
    """Each step in a transaction of its own, all at once; refusals are returned."""

    async def one(step: Step) -> object:
        async with database.write.begin() as db:
            return await step(db)

    return await asyncio.gather(*(one(step) for step in steps), return_exceptions=True)


async def begin(database: Database, *, to: str) -> tuple[Cast, UUID]:
    """A contract whose first milestone is planned or delivered; returns the milestone's id."""
    async with database.write.begin() as db:
        cast = await make_cast(db)
        contract = await scenes.agreed(db, cast)
        part = await scenes.milestone(db, contract)
        if to == "delivered":
            await scenes.delivered(db, cast, contract)
        return cast, part.id


async def total(database: Database, table: type, *where: object) -> int:
    async with database.read() as db:
        return (await db.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


def accept(cast: Cast, milestone_id: UUID) -> Step:
    async def step(db: Session) -> None:
        await actions.accept_delivery(db, await db.get_one(Milestone, milestone_id), by=cast.bilal.id, at=clock.now())

    return step


async def test_acceptance_and_the_deadline_release_once(cloned_database: Database) -> None:
    cast, milestone_id = await begin(cloned_database, to="delivered")
    clock.advance(timedelta(days=14, seconds=1))
    async with cloned_database.read() as db:
        review = select(Deadline.id).where(Deadline.subject_id == milestone_id, Deadline.kind == rules.REVIEW)
        deadline_id = (await db.execute(review)).scalar_one()

    async def silence(db: Session) -> None:
        await deadline_tasks.pass_(db, deadline_id=deadline_id)

    outcomes = await together(cloned_database, *[accept(cast, milestone_id), silence] * 3)

    assert all(outcome is None or isinstance(outcome, rules.MilestoneMoveRefused) for outcome in outcomes), outcomes
    assert await total(cloned_database, Release) == 1
    assert await total(cloned_database, Notice, Notice.message == "milestone_released") == 1


async def test_two_tabs_open_one_hold(cloned_database: Database) -> None:
    cast, milestone_id = await begin(cloned_database, to="planned")

    async def fund(db: Session) -> UUID:
        return await scenes.asked_to_pay(db, cast, await db.get_one(Milestone, milestone_id))

    commands = await together(cloned_database, *[fund] * 4)

    assert len(set(commands)) == 1
    assert isinstance(commands[0], UUID), commands
    assert await total(cloned_database, Hold) == 1


async def test_a_payment_and_another_press_of_fund_agree(cloned_database: Database) -> None:
    cast, milestone_id = await begin(cloned_database, to="planned")

    async def fund(db: Session) -> None:
        await scenes.asked_to_pay(db, cast, await db.get_one(Milestone, milestone_id))

    async def pay(db: Session) -> None:
        await scenes.stripe_says(db, await db.get_one(Milestone, milestone_id))

    await together(cloned_database, fund)
    outcomes = await together(cloned_database, *[pay, fund] * 3)

    assert all(outcome is None or isinstance(outcome, Conflict) for outcome in outcomes), outcomes
    async with cloned_database.read() as db:
        assert (await db.get_one(Milestone, milestone_id)).state == "funded"


async def test_acceptance_and_revision_exclude_each_other(cloned_database: Database) -> None:
    cast, milestone_id = await begin(cloned_database, to="delivered")

    async def send_back(db: Session) -> None:
        part = await db.get_one(Milestone, milestone_id)
        await actions.ask_revision(db, part, missing="x", by=cast.bilal.id, at=clock.now())

    outcomes = await together(cloned_database, accept(cast, milestone_id), send_back)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["MilestoneMoveRefused", "NoneType"]


async def test_two_members_accept_two_proposals_and_one_wins(cloned_database: Database) -> None:
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        gig = await opened(db, cast.agritrack.id, cast.bilal.id, clock.now())
        proposals = [await proposed(db, gig, who, clock.now()) for who in (cast.ayesha_profile, cast.hina_profile)]

    def choose(proposal: Proposal) -> Step:
        async def step(db: Session) -> None:
            found = await db.get_one(Proposal, proposal.id)
            await actions.accept_proposal(db, found, by=cast.bilal.id, at=clock.now())

        return step

    outcomes = await together(cloned_database, *[choose(each) for each in proposals])

    assert [outcome for outcome in outcomes if outcome is None] == [None], outcomes
    assert await total(cloned_database, Contract) == 1


@pytest.mark.parametrize("attempt", range(3))
async def test_a_double_delivery_is_one(cloned_database: Database, attempt: int) -> None:
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        contract = await scenes.agreed(db, cast)
        part = await scenes.funded(db, cast, contract)

    async def deliver(db: Session) -> None:
        found = await db.get_one(Milestone, part.id)
        await actions.deliver(db, found, text="Here.", by=cast.ayesha.id, at=clock.now())

    outcomes = await together(cloned_database, deliver, deliver)

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "WaitsForAnswer"]
