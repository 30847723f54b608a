"""Any history of what people, banks and networks do: ledger, a small model and Stripe's own books agree to the cent.

A hypothesis state machine over one world, with cards and Stripe's payouts (the rules here) beside transfers, batches,
wallets, rates and payouts by hand (rails_rules.py). After each step the entries sum to zero, floors hold, what was
funded is held, released, refunded or covers a chargeback, every account that has nothing to do with Stripe is the
model's, and the journal tells nothing of our balance at Stripe that has not happened there. When all has arrived (a
step of its own, and each history's end) both balances are the same.
"""

import asyncio
import math
import time
from collections import Counter, deque
from typing import NamedTuple

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from tests.cpu import family_seconds
from tests.escrow.cards_model import Model
from tests.escrow.rails_rules import PERCENT, WHICH, RailsRules
from tests.escrow.world import World

CALLS = ["POST /v1/transfers", "POST /v1/refunds", "POST /v1/payouts", "POST /v1/checkout/sessions"]
FAULTS = ["drop_after", "garbage", "500_before", "500_after", "503_before", "429"]
EFFECTIVE = 0.6
"""Of all steps, at least, change something: the others ask for what is rightly refused, or for what nobody has."""
HISTORY, FEW, LAST_STEPS = 50, 40, 60
"""Steps of one history; who wants no more than a few gets shorter ones."""


class Came(NamedTuple):
    """How far a run came."""

    steps: int
    effective: int
    holds: int
    lines: int
    """Of our bank's statements."""
    seconds: float
    cpu_seconds: float
    """Of this process, PostgreSQL and the sandbox."""
    often: dict[str, int]
    """By name, the steps that changed something."""


class History(RailsRules):
    """One history, with the rules of cards and Stripe."""

    @initialize(minor=st.integers(5_000_00, 90_000_00))
    def begin(self, minor: int) -> None:
        """Money by card and at our banks in each history: a short one may draw none of the rules that bring it."""
        self.step(self.model.fund(minor // 100))
        self.step(self.model.transfers.agree_to_pay(minor))
        self.step(self.model.transfers.pay_in("all", -1))

    @rule(minor=st.integers(50, 500_00), how=st.sampled_from(["page", "page", "kept", "sends back", "too late"]))
    def fund(self, minor: int, how: str) -> None:
        self.step(self.model.fund(minor, how))

    @precondition(lambda self: self.model.with_money())
    @rule(percent=PERCENT, which=WHICH)
    def release(self, percent: int, which: int) -> None:
        self.step(self.model.release(percent, which))

    @precondition(lambda self: self.model.with_money())
    @rule(percent=PERCENT, which=WHICH)
    def refund(self, percent: int, which: int) -> None:
        self.step(self.model.refund(percent, which))

    @precondition(lambda self: self.model.with_money())
    @rule(percent=PERCENT, which=WHICH)
    def split(self, percent: int, which: int) -> None:
        self.step(self.model.split(percent, which))

    @precondition(lambda self: self.model.to_give_again())
    @rule(which=WHICH, is_by_hand=st.booleans())
    def give_again(self, which: int, *, is_by_hand: bool) -> None:
        self.step(self.model.give_again(which, is_by_hand=is_by_hand))

    @precondition(lambda self: self.model.by_hand)
    @rule()
    def sent_by_hand(self) -> None:
        self.step(self.model.sent_by_hand())

    @precondition(lambda self: not self.model.desk.is_frozen and self.model.earned - self.model.gone > 10_00)
    @rule(percent=PERCENT)
    def pay_out(self, percent: int) -> None:
        self.step(self.model.pay_out(percent))

    @precondition(lambda self: self.model.left)
    @rule(which=WHICH)
    def bank_sends_back(self, which: int) -> None:
        self.step(self.model.bank_sends_back(which))

    @precondition(lambda self: self.model.undisputed())
    @rule(is_inquiry=st.booleans())
    def dispute(self, *, is_inquiry: bool) -> None:
        self.step(self.model.dispute(is_inquiry))

    @precondition(lambda self: self.model.asked)
    @rule(outcome=st.sampled_from(["won", "lost"]))
    def decide(self, outcome: str) -> None:
        self.step(self.model.decide(outcome))

    @rule(seed=st.integers(0, 99), how=st.sampled_from(["once", "once", "doubled", "lost"]))
    def news(self, seed: int, how: str) -> None:
        self.step(self.model.news(seed, how))

    @precondition(lambda self: not self.is_quiet)
    @rule(days=st.sampled_from([0, 0, 3, 8]))
    def arrived(self, days: int) -> None:
        self.step(self.model.days_pass(days) if days else self.model.arrived())
        self.is_quiet = True

    @precondition(lambda self: self.model.faults < 3)
    @rule(operation=st.sampled_from(CALLS), kind=st.sampled_from(FAULTS))
    def fault(self, operation: str, kind: str) -> None:
        self.step(self.model.fault(operation, kind))


async def histories(
    world: World, *, steps: int, seconds: float = 0, most: float = math.inf, seed: int | None = None
) -> Came:
    """Run until both are reached, or for `most` seconds. With a `seed` the same steps are drawn again."""
    model = await Model.of(world)
    fields = {"model": model, "loop": asyncio.get_running_loop(), "done": deque[str](maxlen=LAST_STEPS)}
    fields |= {"often": Counter[str]()}
    kind = type("One", (History,), fields)
    began, busy = time.monotonic(), family_seconds()
    number = 0
    while (kind.steps < steps or time.monotonic() - began < seconds) and time.monotonic() - began < most:
        number += 1
        kind._hypothesis_internal_use_seed = None if seed is None else seed * 1_000_000 + number
        try:
            await asyncio.to_thread(run_state_machine_as_test, kind, settings=_told(steps))
        except Exception as said:  # noqa: BLE001 - raised again, with what was done last
            wrong = kind.wrong or said
            wrong.add_note("\n".join(["what was done last:", *kind.done]))
            raise wrong from None
    return Came(
        kind.steps,
        kind.often.total(),
        len(model.holds),
        model.desk.lines,
        time.monotonic() - began,
        family_seconds() - busy,
        dict(kind.often.most_common()),
    )


def _told(steps: int) -> settings:
    return settings(
        max_examples=3 if steps <= FEW else 8,
        stateful_step_count=20 if steps <= FEW else HISTORY,
        deadline=None,
        database=None,
        phases=[Phase.generate],  # a world that goes on can't be shrunk: the failing history is printed as it was
        suppress_health_check=list(HealthCheck),
    )
