"""Two people, or a person and a clock, want the same held money in the same moment: exactly one has it.

Real commits on many connections. The twin without row locks must fail, or these tests would prove nothing.
"""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, func, select, update

from marketplace.contracts import actions, parts
from marketplace.contracts.disputes import actions as disputes
from marketplace.contracts.disputes import moderation
from marketplace.contracts.disputes.models import Dispute, Settlement
from marketplace.contracts.models import Milestone
from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.deadlines import tasks as deadline_tasks
from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.engines.deadlines.models import Deadline
from marketplace.engines.ledger import journal
from marketplace.engines.ledger.checking import problems
from marketplace.engines.ledger.models import LedgerTransaction
from marketplace.escrow import accounts, settling
from marketplace.escrow.models import Payout, PayoutAccount, Refund, Release, Transfer
from marketplace.escrow.rails import batches, methods, payouts
from marketplace.escrow.rails.payouts import Wanted
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import DomainError
from marketplace.kernel.events import publish
from marketplace.kernel.money import Money
from tests.cast import Cast, make_cast, user_named
from tests.contracts import scenes
from tests.contracts.test_races import Step, together
from tests.escrow.rails.paying import BY_HAND, HOUSE

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


async def payout_and_cancel(database: Database, cast: Cast, seed: int) -> None:
    """She cancels while finance puts it into a batch."""
    ayesha, at = cast.ayesha.id, clock.now()
    async with database.write.begin() as db:
        if await db.scalar(select(PayoutAccount.id).where(PayoutAccount.user_id == ayesha)) is None:
            await methods.add_method(db, ayesha, BY_HAND, by=ayesha, at=at - timedelta(days=4))
        lines = accounts.move("world:test:USD", accounts.payable(ayesha, "USD"), Money(20_00, "USD"))
        await journal.post(db, key=f"earned:{seed}", kind="test", lines=lines, at=at, subject=("test", ayesha))
        wanted = Wanted(Money(20_00, "USD"), "manual")
        payout_id = (await payouts.request_payout(db, ayesha, wanted, house=HOUSE, by=ayesha, at=at)).id

    async def cancel(db: Session) -> None:
        await payouts.cancel_payout(db, payout_id, user_id=ayesha, at=at)

    async def prepare(db: Session) -> None:
        await batches.prepare(db, "manual", house=HOUSE, site="Hunar", by=cast.sana.id, at=at)

    await one_of(database, seed, cancel, prepare)
    async with database.read() as db:
        payout = await db.get_one(Payout, payout_id)
        assert (payout.state, payout.batch_id is None) in (("failed", True), ("requested", False)), seed


async def workers_without_their_deadline(database: Database, cast: Cast, seed: int) -> None:
    """As three workers, but the deadline's own row is not taken: each believes that it has passed just now."""
    part = await delivered(database, cast)

    async def pass_(db: Session) -> None:
        await publish(db, DeadlinePassed("milestone_review", "milestone", part, clock.now()))

    outcomes = await together(database, pass_, pass_, pass_)
    assert outcomes == [None, None, None], (seed, outcomes)
    assert await moved(database, part) == ("released", HELD, 0), seed


RACES = [
    approve_and_dispute,
    approve_and_refund,
    two_moderators,
    three_workers,
    webhook_and_response,
    payout_and_cancel,
]


@pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)
async def test_exactly_one_wins(
    cloned_database: Database, race: Any, record_property: Callable[[str, object], None]
) -> None:
    cast = await cast_of(cloned_database)
    for seed in range(SEEDS):
        await race(cloned_database, cast, seed)
    async with cloned_database.read() as db:
        assert await problems(db) == []
    record_property("races", SEEDS)


@contextmanager
def without_row_locks(database: Database) -> Iterator[None]:
    """The guard taken out: no statement locks what it reads."""

    def strip(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: Any) -> Any:
        return re.sub(r" FOR (NO KEY )?(UPDATE|SHARE)( OF \w+)?( SKIP LOCKED)?", "", statement), parameters

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", strip, retval=True)
    yield
    event.remove(engine, "before_cursor_execute", strip)


async def _nothing(*_arguments: Any, **_options: Any) -> bool:
    return False


def without_deadline_rows(patch: pytest.MonkeyPatch) -> None:
    """Each move of a delivered milestone writes the row of its deadline first: that makes a queue."""
    for name in ("start", "pause", "resume", "cancel"):
        patch.setattr(deadlines, name, _nothing)


def without_ledger_keys(patch: pytest.MonkeyPatch) -> None:
    """The key of a posting makes it happen once, whoever comes twice."""
    post = settling.journal.post

    async def keyless(db: Session, *, key: str, **options: Any) -> Any:
        return await post(db, key=f"{key}:{uuid4()}", **options)

    patch.setattr(settling.journal, "post", keyless)


TWINS: dict[Any, Any] = {
    approve_and_dispute: without_deadline_rows,
    approve_and_refund: None,
    two_moderators: None,
    workers_without_their_deadline: None,
    webhook_and_response: without_ledger_keys,
    payout_and_cancel: None,
}
"""Besides the row locks, which guard has to go before the race is lost (docs/ledger.md)."""


@pytest.mark.parametrize("race", TWINS, ids=lambda race: race.__name__)
async def test_the_twin_without_row_locks_is_red(
    cloned_database: Database, race: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = await cast_of(cloned_database)
    if TWINS[race] is not None:
        TWINS[race](monkeypatch)
    with without_row_locks(cloned_database), pytest.raises(AssertionError):
        for seed in range(SEEDS):
            await race(cloned_database, cast, seed)
