"""Any history of what people, banks and networks do: ledger, a small model and Stripe's own books agree to the cent.

A hypothesis state machine over one world, with cards and Stripe's payouts beside transfers and bank batches. After each
step the entries sum to zero, floors hold, what was funded is held, released, refunded or covers a chargeback, the
account at our bank and a balance kept here are the model's, and the journal tells nothing of our balance at Stripe that
has not happened there. When all has arrived (a step of its own, and each history's end) both balances are the same.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import Coroutine
from typing import Any, NamedTuple
from uuid import UUID

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.cpu import family_seconds
from tests.escrow.beside_stripe import BesideStripe
from tests.escrow.cards_model import Model
from tests.escrow.rails_model import RailsModel
from tests.escrow.world import World

CALLS = ["POST /v1/transfers", "POST /v1/refunds", "POST /v1/payouts", "POST /v1/checkout/sessions"]
FAULTS = ["drop_after", "garbage", "500_before", "500_after", "503_before", "429"]
PERCENT = st.sampled_from([1, 33, 50, 100, 101])
WHICH = st.integers(0, 3)
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


class History(RuleBasedStateMachine):
    """One history; the world and its model go on where the last one ended, as a marketplace does."""

    model: Model
    loop: asyncio.AbstractEventLoop
    steps = 0
    effective = 0
    is_quiet = False
    done: deque[str]
    wrong: BaseException | None = None

    def run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        """In the world's loop: hypothesis itself is not asynchronous.

        What goes wrong first is kept: hypothesis tries to do the same again, in a world that has gone on.
        """
        try:
            return asyncio.run_coroutine_threadsafe(doing, self.loop).result(120)
        except BaseException as wrong:
            type(self).wrong = type(self).wrong or wrong
            raise

    def step(self, doing: Coroutine[Any, Any, bool]) -> None:
        type(self).steps += 1
        type(self).done.append(_said(doing))
        type(self).effective += self.run(self._looked_at(doing))
        self.is_quiet = False

    async def _looked_at(self, doing: Coroutine[Any, Any, bool]) -> bool:
        """A step and what must hold after it."""
        has_changed = await doing
        assert await self.model.always() == {}
        return has_changed

    async def _at_its_end(self) -> None:
        assert await self.model.agree() == []

    @initialize(minor=st.integers(5_000_00, 90_000_00))
    def begin(self, minor: int) -> None:
        """Money by card and at our bank in each history: a short one may draw none of the rules that bring it."""
        self.step(self.model.fund(minor // 100))
        self.step(self.model.rails.agree_to_pay(minor))
        self.step(self.model.rails.pay_in("all"))

    @rule(minor=st.integers(50, 500_00))
    def fund(self, minor: int) -> None:
        self.step(self.model.fund(minor))

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

    @precondition(lambda self: self.model.earned - self.model.gone > 10_00)
    @rule(percent=PERCENT)
    def pay_out(self, percent: int) -> None:
        self.step(self.model.pay_out(percent))

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
    @rule()
    def arrived(self) -> None:
        self.step(self.model.arrived())
        self.is_quiet = True

    @rule(operation=st.sampled_from(CALLS), kind=st.sampled_from(FAULTS))
    def fault(self, operation: str, kind: str) -> None:
        self.step(self.model.fault(operation, kind))

    @rule(minor=st.integers(5_000_00, 90_000_00))
    def agree_to_pay(self, minor: int) -> None:
        self.step(self.model.rails.agree_to_pay(minor))

    @precondition(lambda self: self.model.rails.awaited)
    @rule(how=st.sampled_from(["all", "half", "over", "wrong"]))
    def pay_in(self, how: str) -> None:
        self.step(self.model.rails.pay_in(how))

    @precondition(lambda self: self.model.rails.lost)
    @rule()
    def explain(self) -> None:
        self.step(self.model.rails.explain())

    @precondition(lambda self: self.model.rails.surplus)
    @rule()
    def send_back(self) -> None:
        self.step(self.model.rails.send_back())

    @precondition(lambda self: self.model.rails.funded)
    @rule(percent=st.sampled_from([33, 50, 100]))
    def release_here(self, percent: int) -> None:
        self.step(self.model.rails.release(percent))

    @precondition(lambda self: self.model.rails.here)
    @rule(percent=PERCENT)
    def ask(self, percent: int) -> None:
        self.step(self.model.rails.ask(percent))

    @precondition(lambda self: self.model.rails.asked)
    @rule(doing=st.sampled_from(["cancel", "send", "send"]))
    def batch(self, doing: str) -> None:
        self.step(self.model.rails.cancel() if doing == "cancel" else self.model.rails.send())

    @precondition(lambda self: self.model.rails.sent)
    @rule()
    def arrive(self) -> None:
        self.step(self.model.rails.arrive())

    @precondition(lambda self: self.model.rails.confirmed)
    @rule()
    def come_back(self) -> None:
        self.step(self.model.rails.come_back())

    def teardown(self) -> None:
        """A history that has gone wrong has no end to look at."""
        if type(self).wrong is None:
            self.run(self._at_its_end())


def _said(step: Coroutine[Any, Any, bool]) -> str:
    given = {name: value for name, value in step.cr_frame.f_locals.items() if name != "self"}
    return f"{step.cr_code.co_name} {given}"


async def histories(
    world: World, *, steps: int, seconds: float = 0, most: float = math.inf, seed: int | None = None
) -> Came:
    """Run until both are reached, or for `most` seconds. With a `seed` the same steps are drawn again."""
    await world.onboard()
    held: dict[UUID, int] = {}
    stripe = BesideStripe(world)
    await stripe.begin()
    model = Model(world, stripe, await RailsModel.of(world, held), held)
    fields = {"model": model, "loop": asyncio.get_running_loop(), "done": deque[str](maxlen=LAST_STEPS)}
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
        kind.effective,
        len(model.holds),
        model.rails.lines,
        time.monotonic() - began,
        family_seconds() - busy,
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
