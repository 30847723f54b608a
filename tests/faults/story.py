"""One contract from funding to the payout: two milestones released, one settled; it can be told again from anywhere.

Each step looks at what is there and does what a person, a webhook or the worker would do next: pressed again after
a crash, nothing happens twice. Runs in a process of its own that may be killed at any failpoint.
"""

import os
import signal
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import Dialect, select

from marketplace.contracts import actions as contracts
from marketplace.contracts.disputes import actions as disputes
from marketplace.contracts.disputes import splits
from marketplace.contracts.models import Milestone
from marketplace.engines.payments import inbox, outbox
from marketplace.engines.payments.client import PaymentClient
from marketplace.escrow import queries as money
from marketplace.escrow.models import Payout
from marketplace.escrow.rails.payouts import Wanted, request_payout
from marketplace.kernel import clock, failpoints
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database, Session
from marketplace.kernel.money import Money
from marketplace.kernel.queue import Services, drain, registered
from marketplace.runtime import running
from tests.faults.lines import Trace, die_at
from tests.faults.plants import PLANTS

SITE = "https://market.example"
CARD = {"number": "4242424242424242", "expiry": "12 / 34", "cvc": "123", "name": "Bilal", "email": "b@test.example"}


@dataclass(frozen=True, slots=True)
class Order:
    """What one process does and where it dies: `kill` is its own failpoint, or PostgreSQL's when that pid is set."""

    environment: dict[str, str]
    contract_id: str
    bilal: str
    ayesha: str
    stripe_account: str
    began_at: str
    kill: str = ""
    postgres_pid: int = 0
    trace: str = ""
    is_keyless: bool = False
    recoveries: int = 0
    plant: str = ""
    kill_line: str = ""
    kill_after: int = 0
    trace_lines: str = ""
    is_warming: bool = False


async def tell(order: Order) -> None:
    """Start as a process does, arm the failpoint, do what there is to do."""
    async with running(Settings.from_env(order.environment)) as services:
        if order.is_keyless:
            services.add(Keyless(services[PaymentClient]), PaymentClient)
        if order.plant:
            PLANTS[order.plant].put(services)
        _compile_once(services[Database], is_warming=order.is_warming)
        story = Story(services, order)
        _arm(order)
        if order.kill_line:
            die_at(order.kill_line, order.kill_after)
        if order.trace_lines:
            Trace(Path(order.trace_lines)).follow()
        for _ in range(order.recoveries):
            await story.recover()
            await story.tell()
        if not order.recoveries:
            await story.tell()


_dialects: list[Dialect] = []
_caches: list[Any] = []


def _compile_once(database: Database, *, is_warming: bool) -> None:
    """What SQLAlchemy has compiled for the warming story (under its dialect) serves the processes forked after it."""
    for number, engine in enumerate((database.engine.sync_engine, database.read_engine.sync_engine)):
        if is_warming:
            _dialects.append(engine.dialect)
            _caches.append(engine._compiled_cache)
        elif _dialects:
            engine.dialect, engine._compiled_cache = _dialects[number], _caches[number]


def _arm(order: Order) -> None:
    if order.trace:
        failpoints._Armed.name = Tracer(Path(order.trace))  # type: ignore[assignment]
    elif order.postgres_pid:
        failpoints._Armed.name = Assassin(order.kill, order.postgres_pid)  # type: ignore[assignment]
    else:
        failpoints.arm(order.kill)


class Tracer:
    """Compares unequal to every failpoint, and notes which were asked."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __ne__(self, name: object) -> bool:
        with self._path.open("a") as file:
            file.write(f"{name}\n")
        return True


class Assassin:
    """Kills PostgreSQL, not this process, when its failpoint is hit."""

    def __init__(self, spec: str, pid: int) -> None:
        self._name, _, count = spec.partition(":")
        self._left, self._pid = int(count or 1), pid

    def __ne__(self, name: object) -> bool:
        if name == self._name:
            self._left -= 1
            if self._left == 0:
                os.kill(self._pid, signal.SIGKILL)
        return True


class Keyless:
    """The payment client without the guard: a fresh key at every call, no look-up."""

    def __init__(self, client: PaymentClient) -> None:
        self._client = client

    async def execute(self, operation: str, body: Any, *, key: str, account: str | None = None) -> Any:
        return await self._client.execute(operation, body, key=f"{key}:{os.urandom(8).hex()}", account=account)

    async def find(self, *_arguments: Any, **_options: Any) -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


class Story:
    """The steps."""

    def __init__(self, services: Services, order: Order) -> None:
        self.services, self.order = services, order
        self.database, self.client = services[Database], services[PaymentClient]
        self.bilal, self.ayesha = UUID(order.bilal), UUID(order.ayesha)
        self.answered: set[str] = set()

    async def tell(self) -> None:
        for number in (1, 2):
            await self.fund(number)
            await self.deliver(number)
            await self.accept(number)
        await self.fund(3)
        await self.settle(3)
        await self.pay_out()

    async def recover(self) -> None:
        """What the worker does by itself after a restart: sweeps, Stripe's own list of events, waiting tasks."""
        clock.advance(timedelta(minutes=15))
        await registered()["payments.sweep"].run(self.services, None)
        await registered()["payments.poll"].run(self.services, None)
        await self.work()

    async def fund(self, number: int) -> None:
        milestone = await self.milestone(number)
        if milestone.state not in ("planned", "funding"):
            return
        async with self.database.write.begin() as db:
            command_id = await contracts.fund_milestone(
                db,
                await self.here(db, milestone),
                success_url=f"{SITE}/paid",
                cancel_url=SITE,
                by=self.bilal,
                at=clock.now(),
            )
        command = await outbox.dispatch(self.database, self.client, command_id)
        if command.result:
            session = await self.client.retrieve("checkout.session", command.result["id"])
            if session["status"] == "open":
                async with httpx.AsyncClient(verify=False) as browser:
                    await browser.post(session["url"], data=CARD)
        await self.listen()

    async def deliver(self, number: int) -> None:
        milestone = await self.milestone(number)
        if milestone.state == "funded":
            async with self.database.write.begin() as db:
                await contracts.deliver(
                    db, await self.here(db, milestone), text="Done.", by=self.ayesha, at=clock.now()
                )

    async def accept(self, number: int) -> None:
        """Bilal accepts the first; of the second the review period ends."""
        milestone = await self.milestone(number)
        if milestone.state == "delivered":
            async with self.database.write.begin() as db:
                milestone = await self.here(db, milestone)
                if number == 1:
                    await contracts.accept_delivery(db, milestone, by=self.bilal, at=clock.now())
                else:
                    await contracts.release_unanswered(db, milestone, at=clock.now())
        await self.work()
        await self.listen()

    async def settle(self, number: int) -> None:
        """Ayesha disputes it; both agree on a split."""
        milestone = await self.milestone(number)
        if milestone.state == "funded":
            async with self.database.write.begin() as db:
                milestone = await self.here(db, milestone)
                said = {"side": "freelancer", "text": "Nobody answers.", "by": self.ayesha, "at": clock.now()}
                await disputes.open_dispute(db, milestone, **said)  # type: ignore[arg-type]
        if milestone.state == "disputed":
            async with self.database.write.begin() as db:
                milestone, half = await self.here(db, milestone), Money(50_00, "USD")
                theirs = {"text": "", "side": "employer", "by": self.bilal, "at": clock.now()}
                split = await splits.propose(db, milestone, half, **theirs)  # type: ignore[arg-type]
                await splits.accept(db, milestone, split.id, side="freelancer", by=self.ayesha, at=clock.now())
        await self.work()
        await self.listen()

    async def pay_out(self) -> None:
        """A third of her balance, once."""
        async with self.database.write.begin() as db:
            payout = (await db.execute(select(Payout.id))).scalar_one_or_none()
            available = (await money.balance_of(db, self.ayesha)).available
            third = Money(available.amount_minor // 3, "USD")
            if payout is None and third.amount_minor >= 10_00:
                await request_payout(db, self.ayesha, Wanted(third), by=self.ayesha, at=clock.now())
        await self.work()
        await self.listen()

    async def work(self) -> None:
        """The worker runs all tasks, also those that wait for a later try."""
        await drain(self.services, later_too=True)

    async def listen(self) -> None:
        """Webhooks: Stripe sends each until we have answered 200 (a new process hears all again)."""
        since = datetime.fromisoformat(self.order.began_at)
        for account in (None, self.order.stripe_account):
            events = [event async for event in self.client.events(since=since, account=account)]
            for event in reversed(events):
                if event["id"] in self.answered:
                    continue
                async with self.database.write.begin() as db:
                    await inbox.receive(db, event if account is None else {**event, "account": account})
                self.answered.add(event["id"])
        await self.work()

    async def here(self, db: Session, milestone: Milestone) -> Milestone:
        return await db.get_one(Milestone, milestone.id)

    async def milestone(self, number: int) -> Milestone:
        async with self.database.read() as db:
            query = select(Milestone).where(
                Milestone.contract_id == UUID(self.order.contract_id), Milestone.number == number
            )
            return (await db.execute(query)).scalar_one()
