"""Any history of what people, banks and networks do: ledger, a small model and Stripe's own books agree to the cent.

A hypothesis state machine over one world: after each step the entries sum to zero, floors hold, and what was funded is
held, released, refunded or covers a chargeback; at the end of each history Stripe's books are compared too.
"""

import asyncio
import math
import os
import random
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from marketplace.engines.payments import tasks as payments
from marketplace.escrow import splitting
from marketplace.escrow.checking import _RULES
from marketplace.escrow.errors import BelowMinimum, HoldFrozen, MoreThanAvailable, NotHeld
from marketplace.escrow.models import Hold
from marketplace.kernel import clock
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from tests.escrow.world import World, usd

CALLS = ["POST /v1/transfers", "POST /v1/refunds", "POST /v1/payouts", "POST /v1/checkout/sessions"]
FAULTS = ["drop_after", "garbage", "500_before", "500_after", "503_before", "429"]
PERCENT = st.sampled_from([1, 33, 50, 100, 101])
WHICH = st.integers(0, 3)
FEW_STEPS, MANY_STEPS, BUDGET_SECONDS, MOST_SECONDS = 40, 3_000, 180.0, 600.0
SOAK_STEPS = 100_000
[FUNDED] = [query for sentence, query in _RULES.items() if "came in, but its releases" in sentence]
ALWAYS = {
    "entries do not sum to zero": "SELECT currency FROM ledger_entries GROUP BY currency HAVING sum(amount) <> 0",
    "an account is below its floor": "SELECT code FROM ledger_accounts WHERE balance < floor",
    "funded is not held + released + refunded + covered": FUNDED,
}


@dataclass
class Model:
    """What must be true, in whole cents."""

    world: World
    held: dict[UUID, int] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    earned: int = 0
    fees: int = 0
    gone: int = 0
    disputes: dict[UUID, str] = field(default_factory=dict)
    lost: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    returned: dict[UUID, int] = field(default_factory=dict)

    async def fund(self, minor: int) -> None:
        hold = await self.world.hold(Money(minor, "USD"))
        try:
            session = await self.world.pay_page(hold)
        except AssertionError:  # Stripe's answer was lost: the payer sees that and comes again
            await self.world.sandbox._control("faults", {})
            await self.world.settle()
            session = await self.world.pay_page(hold)
        await self.world.sandbox.pay(session["url"])
        self.holds.append(hold)
        self.held[hold.id] = minor

    def _pick(self, which: int) -> Hold | None:
        """One of the newest holds."""
        return self.holds[-1 - which % min(4, len(self.holds))] if self.holds else None

    async def release(self, percent: int, which: int) -> None:
        if (hold := self._pick(which)) is None:
            return
        part = max(1, self.held[hold.id] * percent // 100)
        try:
            release = await self.world.release(hold, Money(part, "USD"))
        except (NotHeld, HoldFrozen):
            assert part > self.held[hold.id] or await self._is_still(hold)
            return
        self.held[hold.id] -= part
        self.fees += release.fee_minor
        self.earned += part - release.fee_minor

    async def refund(self, percent: int, which: int) -> None:
        if (hold := self._pick(which)) is None:
            return
        part = max(1, self.held[hold.id] * percent // 100)
        is_ours = (await self.world.fresh(Hold, hold.id)).is_reserve_backed
        try:
            await self.world.refund(hold, Money(part, "USD"))
        except (NotHeld, HoldFrozen):
            assert part > self.held[hold.id] or await self._is_still(hold)
            return
        self.held[hold.id] -= part
        self.lost -= part if is_ours else 0
        self.returned[hold.id] = self.returned.get(hold.id, 0) + part

    async def split(self, percent: int, which: int) -> None:
        """What is left is divided in one journal transaction, as a settlement does."""
        if (hold := self._pick(which)) is None:
            return
        left = self.held[hold.id]
        part = left * percent // 100
        is_ours = (await self.world.fresh(Hold, hold.id)).is_reserve_backed
        try:
            async with self.world.database.write.begin() as db:
                released, _refund = await splitting.split(
                    db, hold, Money(part, "USD"), settlement_id=uuid4(), by=None, at=clock.now()
                )
        except (NotHeld, HoldFrozen, Invalid):
            assert part > left or await self._is_still(hold)
            return
        self.held[hold.id] = 0
        self.lost -= left - part if is_ours else 0
        self.returned[hold.id] = self.returned.get(hold.id, 0) + left - part
        if released is not None:
            self.fees += released.fee_minor
            self.earned += part - released.fee_minor

    async def dispute(self, is_inquiry: bool) -> None:
        """The payer's bank asks back what was paid last, where it can."""
        await self.world.settle()
        hold = await self.world.fresh(Hold, self.holds[-1].id) if self.holds else None
        if hold is None or hold.charge_id is None or hold.id in self.disputes:
            return
        charges = await self.world.at_stripe("charges", lambda each: each["id"] == hold.charge_id)
        if charges[0]["amount_refunded"] == charges[0]["amount"]:
            return
        made = await self.world.sandbox.dispute(hold.charge_id, is_inquiry=is_inquiry)
        self.disputes[hold.id] = made["id"]
        self.asked[made["id"]] = 0 if is_inquiry else made["amount"]
        await self.world.listen()  # else a refund that is on its way is refused by Stripe, and held again

    async def decide(self, outcome: str) -> None:
        """The bank decides about the oldest that is open."""
        for dispute_id in list(self.asked):
            await self.world.sandbox.decide(dispute_id, outcome)
            minor = self.asked.pop(dispute_id)
            self.lost += minor if outcome == "lost" else 0
            return

    async def pay_out(self, percent: int) -> None:
        available = (await self.world.balance()).available.amount_minor
        part = max(1, available * percent // 100)
        try:
            await self.world.pay_out(Money(part, "USD"))
        except BelowMinimum:
            assert part < 10_00
            return
        except MoreThanAvailable:
            assert part > available
            return
        self.gone += part

    async def news(self, seed: int, how: str) -> None:
        """Half of what Stripe has to tell arrives, in any order; once, twice, or it is lost for ever."""
        events = await self.world.events()
        random.Random(seed).shuffle(events)
        some = events[: len(events) // 2 + 1]
        if how == "lost":  # the list of events is read in the end: `found`
            self.world.seen |= {event["id"] for event in some}
            return
        await self.world.hear(some)
        if how == "doubled":
            await self.world.hear(some)

    async def found(self) -> None:
        """Our own poll reads Stripe's list, for webhooks that never came."""
        await payments.poll(self.world.services)

    async def fault(self, operation: str, kind: str) -> None:
        await self.world.sandbox.fault(operation, kind)

    async def agree(self) -> list[str]:
        """Compare, and return what `marketplace check` finds; then it is two hours later.

        (Our poll reads one hour back: else it would read all histories again.)
        """
        await self.world.sandbox._control("faults", {})
        await self.world.settle()
        await self.found()
        await self.world.settle()
        async with self.world.database.write.begin() as db:
            rows = await db.execute(text("SELECT code, balance FROM ledger_accounts WHERE code LIKE 'hold:%'"))
            held = {UUID(code[5:]): int(minor) for code, minor in rows}
        assert held == self.held
        balance = await self.world.balance()
        assert balance.on_its_way == usd(0)
        assert (balance.owed + balance.available).amount_minor == self.earned - self.gone
        assert (await self.world.ledger("platform:fees:USD")).amount_minor == self.fees
        assert (await self.world.ledger("platform:reserve:USD")).amount_minor == -self.lost
        problems = await self.world.problems()
        clock.advance(timedelta(hours=2))
        return problems

    async def _is_still(self, hold: Hold) -> bool:
        """Whether nothing could move: not arrived here yet, all gone, or frozen by a bank."""
        now = await self.world.fresh(Hold, hold.id)
        return now.state in ("pending", "closed") or now.frozen_at is not None

    async def always(self) -> dict[str, list[Any]]:
        """What must hold at every moment, whatever is still under way."""
        async with self.world.database.write.begin() as db:
            found = {said: [tuple(row) for row in await db.execute(text(query))] for said, query in ALWAYS.items()}
        return {said: rows for said, rows in found.items() if rows}


class Came(NamedTuple):
    """How far a run came."""

    steps: int
    holds: int
    seconds: float


class History(RuleBasedStateMachine):
    """One history; the world and its model go on where the last one ended, as a marketplace does."""

    model: Model
    loop: asyncio.AbstractEventLoop
    steps = 0

    def run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        """In the world's loop: hypothesis itself is not asynchronous."""
        return asyncio.run_coroutine_threadsafe(doing, self.loop).result(120)

    def step(self, doing: Coroutine[Any, Any, Any]) -> None:
        type(self).steps += 1
        self.run(doing)

    @rule(minor=st.integers(50, 500_00))
    def fund(self, minor: int) -> None:
        self.step(self.model.fund(minor))

    @rule(percent=PERCENT, which=WHICH)
    def release(self, percent: int, which: int) -> None:
        self.step(self.model.release(percent, which))

    @rule(percent=PERCENT, which=WHICH)
    def refund(self, percent: int, which: int) -> None:
        self.step(self.model.refund(percent, which))

    @rule(percent=PERCENT, which=WHICH)
    def split(self, percent: int, which: int) -> None:
        self.step(self.model.split(percent, which))

    @rule(percent=PERCENT)
    def pay_out(self, percent: int) -> None:
        self.step(self.model.pay_out(percent))

    @rule(is_inquiry=st.booleans())
    def dispute(self, *, is_inquiry: bool) -> None:
        self.step(self.model.dispute(is_inquiry))

    @rule(outcome=st.sampled_from(["won", "lost"]))
    def decide(self, outcome: str) -> None:
        self.step(self.model.decide(outcome))

    @rule(seed=st.integers(0, 99), how=st.sampled_from(["once", "doubled", "lost"]))
    def news(self, seed: int, how: str) -> None:
        self.step(self.model.news(seed, how))

    @rule(operation=st.sampled_from(CALLS), kind=st.sampled_from(FAULTS))
    def fault(self, operation: str, kind: str) -> None:
        self.step(self.model.fault(operation, kind))

    @invariant()
    def holds_always(self) -> None:
        assert self.run(self.model.always()) == {}

    def teardown(self) -> None:
        assert self.run(self.model.agree()) == []


async def histories(world: World, *, steps: int, seconds: float, most: float = MOST_SECONDS) -> Came:
    """Run until both are reached, or for `most` seconds."""
    await world.onboard()
    model = Model(world)
    kind = type("One", (History,), {"model": model, "loop": asyncio.get_running_loop(), "steps": 0})
    began = time.monotonic()
    told = settings(
        max_examples=3 if steps <= FEW_STEPS else 8,
        stateful_step_count=20 if steps <= FEW_STEPS else 50,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # a world that goes on can't be shrunk: the failing history is printed as it was
        suppress_health_check=list(HealthCheck),
    )
    while (kind.steps < steps or time.monotonic() - began < seconds) and time.monotonic() - began < most:
        await asyncio.to_thread(run_state_machine_as_test, kind, settings=told)
    return Came(kind.steps, len(model.holds), time.monotonic() - began)


async def test_some_histories(real_world: World) -> None:
    came = await histories(real_world, steps=FEW_STEPS, seconds=0)
    assert came.steps >= FEW_STEPS and came.holds > 0


@pytest.mark.slow
async def test_many_histories(real_world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """As many steps as fit, and 3,000 at least; the figure is printed."""
    is_soak = bool(os.environ.get("MARKETPLACE_SOAK"))
    steps = SOAK_STEPS if is_soak else MANY_STEPS
    most = math.inf if is_soak else MOST_SECONDS
    came = await histories(real_world, steps=steps, seconds=BUDGET_SECONDS, most=most)
    with capsys.disabled():
        print(f"\nhistories of money: {came.steps:,} steps in {came.seconds:.0f} s, {came.holds:,} holds")
    assert came.steps >= steps
