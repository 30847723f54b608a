"""Two people, or a person and a clock, want the same held money in the same moment: exactly one has it.

Real commits on many connections. The twin without row locks must fail, or these tests would prove nothing.
"""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select, update

from marketplace.contracts import actions, parts
from marketplace.contracts.disputes import actions as disputes
from marketplace.contracts.disputes import moderation
from marketplace.contracts.disputes.models import Dispute, Settlement
from marketplace.contracts.models import Milestone
from marketplace.engines.deadlines import tasks as deadline_tasks
from marketplace.engines.deadlines.models import Deadline
from marketplace.engines.ledger.checking import problems
from marketplace.engines.ledger.models import LedgerTransaction
from marketplace.escrow import settling
from marketplace.escrow.models import Refund, Release, Transfer
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import DomainError
from marketplace.kernel.money import Money
from tests.cast import Cast, make_cast, user_named
from tests.contracts import scenes
from tests.contracts.test_races import Step, together

pytestmark = pytest.mark.slow
SEEDS = 100
HELD = 100_00


async def cast_of(database: Database) -> Cast:
    async with database.write.begin() as db:
        return await make_cast(db)


async def delivered(database: Database, cast: Cast) -> UUID:
    """One more milestone of USD 100 that waits for an answer."""
    async with database.write.begin() as db:
        contract = await scenes.agreed(db, cast)
        return (await scenes.delivered(db, cast, contract)).id


async def disputed(database: Database, cast: Cast) -> UUID:
    """One more that waits for a moderator."""
    milestone_id = await delivered(database, cast)
    async with database.write.begin() as db:
        part = await db.get_one(Milestone, milestone_id)
        await disputes.open_dispute(db, part, side="employer", text="No.", by=cast.bilal.id, at=clock.now())
        await disputes.say(db, part, side="freelancer", text="Yes.", by=cast.ayesha.id, at=clock.now())
    return milestone_id


def step(verb: Any, milestone_id: UUID, *arguments: Any, **options: Any) -> Step:
    """A use case about this milestone, as a step of `together`."""

    async def run(db: Session) -> None:
        await verb(db, await db.get_one(Milestone, milestone_id), *arguments, **options, at=clock.now())

    return run


async def one_of(database: Database, seed: int, *steps: Step) -> None:
    """All at once, in an order of the seed: one wins, the others are told so."""
    shuffled = list(steps)
    random.Random(seed).shuffle(shuffled)
    outcomes = await together(database, *shuffled)
    assert [outcome for outcome in outcomes if outcome is None] == [None], (seed, outcomes)
    assert all(outcome is None or isinstance(outcome, DomainError) for outcome in outcomes), (seed, outcomes)


async def moved(database: Database, milestone_id: UUID) -> tuple[str, int, int]:
    """The milestone's state, what was released and what was refunded."""
    async with database.read() as db:
        part = await db.get_one(Milestone, milestone_id)
        released = await db.scalar(select(func.sum(Release.amount_minor)).where(Release.hold_id == part.hold_id))
        refunded = await db.scalar(select(func.sum(Refund.amount_minor)).where(Refund.hold_id == part.hold_id))
        return part.state, int(released or 0), int(refunded or 0)


async def approve_and_dispute(database: Database, cast: Cast, seed: int) -> None:
    part = await delivered(database, cast)
    approve = step(actions.accept_delivery, part, by=cast.bilal.id)
    dispute = step(disputes.open_dispute, part, side="freelancer", text="Pay me.", by=cast.ayesha.id)
    await one_of(database, seed, approve, dispute)
    assert await moved(database, part) in [("released", HELD, 0), ("disputed", 0, 0)], seed


async def approve_and_refund(database: Database, cast: Cast, seed: int) -> None:
    part = await delivered(database, cast)
    approve = step(actions.accept_delivery, part, by=cast.bilal.id)
    refund = step(parts.give_back, part, Money(HELD, "USD"), by=cast.ayesha.id)
    await one_of(database, seed, approve, refund)
    assert await moved(database, part) in [("released", HELD, 0), ("cancelled", 0, HELD)], seed


async def two_moderators(database: Database, cast: Cast, seed: int) -> None:
    part = await disputed(database, cast)
    async with database.write.begin() as db:
        rabia = (await user_named(db, f"Rabia{seed} Noor", staff_role="moderator")).id
    await one_of(database, seed, step(moderation.take, part, by=cast.sana.id), step(moderation.take, part, by=rabia))
    async with database.read() as db:
        chosen = await db.scalar(select(Dispute.moderator_id).where(Dispute.milestone_id == part))
    decisions = [
        step(moderation.decide, part, Money(minor, "USD"), reason="So.", by=chosen) for minor in (10_00, 90_00)
    ]
    await one_of(database, seed, *decisions)
    async with database.read() as db:
        written = select(func.count()).select_from(Settlement).join(Dispute).where(Dispute.milestone_id == part)
        assert await db.scalar(written) == 1, seed


async def three_workers(database: Database, cast: Cast, seed: int) -> None:
    part = await delivered(database, cast)
    async with database.write.begin() as db:
        due = update(Deadline).where(Deadline.subject_id == part, Deadline.kind == "milestone_review")
        await db.execute(due.values(due_at=clock.now() - timedelta(seconds=1)))
        found = select(Deadline.id).where(Deadline.subject_id == part, Deadline.kind == "milestone_review")
        deadline_id = (await db.execute(found)).scalar_one()

    async def pass_(db: Session) -> None:
        await deadline_tasks.pass_(db, deadline_id=deadline_id)

    outcomes = await together(database, pass_, pass_, pass_)
    assert outcomes == [None, None, None], (seed, outcomes)
    assert await moved(database, part) == ("released", HELD, 0), seed


async def webhook_and_response(database: Database, cast: Cast, seed: int) -> None:
    part = await delivered(database, cast)
    await together(database, step(actions.accept_delivery, part, by=cast.bilal.id))
    async with database.read() as db:
        hold_id = (await db.get_one(Milestone, part)).hold_id
        wanted = select(Transfer.id).join(Release).where(Release.hold_id == hold_id)
        transfer_id = (await db.execute(wanted)).scalar_one()

    async def said(db: Session) -> None:
        await settling.transfer_sent(db, transfer_id, f"tr_{transfer_id}", clock.now())

    assert await together(database, said, said) == [None, None]
    async with database.read() as db:
        posted = select(func.count()).where(LedgerTransaction.subject_id == transfer_id)
        assert await db.scalar(posted) == 1, seed


RACES = [approve_and_dispute, approve_and_refund, two_moderators, three_workers, webhook_and_response]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_exactly_one_wins(cloned_database: Database, race: Any) -> None:
    cast = await cast_of(cloned_database)
    for seed in range(SEEDS):
        await race(cloned_database, cast, seed)
    async with cloned_database.read() as db:
        assert await problems(db) == []


@contextmanager
def without_row_locks(database: Database) -> Iterator[None]:
    """The guard taken out: no statement locks what it reads."""

    def strip(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> Any:
        return re.sub(r" FOR (NO KEY )?(UPDATE|SHARE)( OF \w+)?( SKIP LOCKED)?", "", statement), parameters

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", strip, retval=True)
    yield
    event.remove(engine, "before_cursor_execute", strip)


async def test_the_twin_without_row_locks_is_red(cloned_database: Database) -> None:
    """Two moderators have only the row locks between them.

    (The other races have a second guard: the deadline's own row is written first, the ledger has floors and keys.)
    """
    cast = await cast_of(cloned_database)
    with without_row_locks(cloned_database), pytest.raises(AssertionError):
        for seed in range(SEEDS):
            await two_moderators(cloned_database, cast, seed)
