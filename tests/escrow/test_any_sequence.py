"""Any sequence of what people and networks do: the ledger, a small model and Stripe's own books agree to the cent."""

import random
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketplace.escrow import splitting
from marketplace.escrow.errors import BelowMinimum, HoldFrozen, MoreThanAvailable, NotHeld
from marketplace.escrow.models import Hold
from marketplace.kernel import clock
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from tests.escrow.world import World, usd

CALLS = ["POST /v1/transfers", "POST /v1/refunds", "POST /v1/payouts", "POST /v1/checkout/sessions"]
FAULTS = ["drop_after", "garbage", "500_before", "500_after", "503_before", "429"]
PERCENT = st.sampled_from([1, 33, 50, 100, 101])
STEP = st.one_of(
    st.tuples(st.just("fund"), st.integers(50, 500_00)),
    st.tuples(st.just("release"), PERCENT),
    st.tuples(st.just("refund"), PERCENT),
    st.tuples(st.just("pay_out"), PERCENT),
    st.tuples(st.just("split"), PERCENT),
    st.tuples(st.just("dispute"), st.booleans()),
    st.tuples(st.just("decide"), st.sampled_from(["won", "lost"])),
    st.tuples(st.just("news"), st.integers(0, 99)),
    st.tuples(st.just("fault"), st.sampled_from(CALLS), st.sampled_from(FAULTS)),
)


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
        await self.world.dispatch(await self.world.start_checkout(hold))
        await self.world.settle()
        session = await self.world.pay_page(hold)
        await self.world.sandbox.pay(session["url"])
        self.holds.append(hold)
        self.held[hold.id] = minor

    async def release(self, percent: int) -> None:
        if not self.holds:
            return
        hold = self.holds[-1]
        part = max(1, self.held[hold.id] * percent // 100)
        try:
            release = await self.world.release(hold, Money(part, "USD"))
        except (NotHeld, HoldFrozen):
            assert part > self.held[hold.id] or await self._is_still(hold)
            return
        self.held[hold.id] -= part
        self.fees += release.fee_minor
        self.earned += part - release.fee_minor

    async def refund(self, percent: int) -> None:
        if not self.holds:
            return
        hold = self.holds[-1]
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

    async def split(self, percent: int) -> None:
        """What is left is divided in one journal transaction, as a settlement does."""
        if not self.holds:
            return
        hold = self.holds[-1]
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

    async def news(self, seed: int) -> None:
        events = await self.world.events()
        random.Random(seed).shuffle(events)
        await self.world.hear(events[: len(events) // 2 + 1])

    async def fault(self, operation: str, kind: str) -> None:
        await self.world.sandbox.fault(operation, kind)

    async def agree(self) -> list[str]:
        """Compare, and return what `marketplace check` finds."""
        await self.world.sandbox._control("faults", {})
        await self.world.settle()
        for hold_id, minor in self.held.items():
            assert (await self.world.ledger(f"hold:{hold_id}")).amount_minor == minor
        balance = await self.world.balance()
        assert balance.on_its_way == usd(0)
        assert (balance.owed + balance.available).amount_minor == self.earned - self.gone
        assert (await self.world.ledger("platform:fees:USD")).amount_minor == self.fees
        assert (await self.world.ledger("platform:reserve:USD")).amount_minor == -self.lost
        return await self.world.problems()

    async def _is_still(self, hold: Hold) -> bool:
        """Whether nothing could move: not arrived here yet, all gone, or frozen by a bank."""
        now = await self.world.fresh(Hold, hold.id)
        return now.state in ("pending", "closed") or now.frozen_at is not None


async def problems_after(world: World, steps: list[tuple[Any, ...]]) -> list[str]:
    await world.onboard()
    model = model_of(world)
    for name, *arguments in [("fund", 120_00), ("news", 1), *steps]:
        await getattr(model, name)(*arguments)
    return await model.agree()


def options(examples: int) -> Any:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@options(4)
@given(steps=st.lists(STEP, min_size=3, max_size=10))
async def test_some_sequences(world: World, steps: list[tuple[Any, ...]]) -> None:
    assert await problems_after(world, steps) == []


@pytest.mark.slow
@options(40)
@given(steps=st.lists(STEP, min_size=3, max_size=15))
async def test_many_sequences(world: World, steps: list[tuple[Any, ...]]) -> None:
    assert await problems_after(world, steps) == []


MODELS: dict[int, Model] = {}


def model_of(world: World) -> Model:
    """One model for all examples of a test: they go on where the last one ended, as a marketplace does."""
    if MODELS.get(id(world)) is None or MODELS[id(world)].world is not world:
        MODELS[id(world)] = Model(world)
    return MODELS[id(world)]
