"""Faults planted on purpose: each takes one guard out of the running process, and the trial must turn red.

A plant is put in place in the forked process before the story begins. `kill` is where that process dies; a plant that
must die at a place of its own does so itself. `catches` says which of the outcome's lines must tell of it.
"""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from marketplace.engines.ledger import journal
from marketplace.engines.payments import inbox, outbox, tasks
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentUnavailable
from marketplace.engines.payments.models import Command
from marketplace.escrow import settling
from marketplace.kernel.database import Database
from marketplace.kernel.money import Money
from marketplace.kernel.queue import Services, registered


@dataclass(frozen=True, slots=True)
class Plant:
    """`put` takes the guard out; `kill` is the failpoint at which the process dies then."""

    put: Callable[[Services], None]
    kill: str
    why: str


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _no_key(services: Services) -> None:
    whole = PaymentClient.execute

    async def execute(self: Any, operation: str, body: Any, *, key: str, account: str | None = None) -> Any:
        return await whole(self, operation, body, key=str(uuid4()), account=account)

    PaymentClient.execute = execute  # type: ignore[method-assign]


def _key_made_late(services: Services) -> None:
    """The key is made when the call is made, and is not stored before."""
    made = outbox._attempt

    def attempt(command: Command, now: Any) -> Any:
        late = made(command, now)
        return outbox.Attempt(
            id=late.id,
            operation=late.operation,
            key=f"{late.operation}:{uuid4()}",
            body=late.body,
            account=late.account,
            since=late.since,
            number=late.number,
            must_look_up=late.must_look_up,
        )

    outbox._attempt = attempt


def _call_inside_the_transaction(services: Services) -> None:
    """The transfer is made before the release is committed; the process dies between both."""
    client, send = services[PaymentClient], outbox.send

    async def inside(db: Any, **wish: Any) -> UUID:
        command_id = await send(db, **wish)
        if wish["operation"] == "transfers.create":
            command = await db.get_one(Command, command_id)
            await client.execute(
                command.operation, command.body, key=command.idempotency_key, account=command.stripe_account
            )
            _die()
        return command_id

    outbox.send = inside


def _done_before_the_call(services: Services) -> None:
    """A command counts as done before Stripe was asked; the process dies between both."""
    call = outbox._call

    async def too_early(database: Database, client: PaymentClient, attempt: Any) -> Any:
        if attempt.operation == "transfers.create":
            async with database.write.begin() as db:
                command = await db.get_one(Command, attempt.id)
                command.state, command.result, command.result_id = "done", {"id": "tr_1"}, "tr_1"
            _die()
        return await call(database, client, attempt)

    outbox._call = too_early


def _posting_of_its_own(services: Services) -> None:
    """The journal is written in another transaction than the release it belongs to."""
    post, database = journal.post, services[Database]

    async def apart(_db: Any, **request: Any) -> UUID:
        async with database.write.begin() as other:
            return await post(other, **request)

    journal.post = apart


def _posting_left_out(services: Services) -> None:
    post = journal.post

    async def forgetful(db: Any, **request: Any) -> UUID:
        return uuid4() if request["kind"] == "transfer" else await post(db, **request)

    journal.post = forgetful


def _posting_twice(services: Services) -> None:
    """A posting's key is made anew each time, and one event is told twice."""
    post = journal.post

    async def again(db: Any, **request: Any) -> UUID:
        if request["kind"] == "processor_fee":
            await post(db, **{**request, "key": str(uuid4())})
        return await post(db, **request)

    journal.post = again


def _events_unheard(services: Services) -> None:
    """Answered with 200, but not stored."""

    async def deaf(*_given: Any, **_options: Any) -> None:
        return None

    inbox.receive = tasks.inbox.receive = deaf


def _inbox_without_unique_id(services: Services) -> None:
    receive = inbox.receive

    async def anew(db: Any, event: dict[str, Any]) -> Any:
        return await receive(db, {**event, "id": f"{event['id']}_{uuid4().hex[:8]}"})

    inbox.receive = tasks.inbox.receive = anew


def _no_sweeps(services: Services) -> None:
    async def idle(*_given: Any, **_options: Any) -> None:
        return None

    for name in ("payments.sweep", "payments.poll", "escrow.sweep"):
        object.__setattr__(registered()[name], "handler", idle)


def _another_key_at_each_try(services: Services) -> None:
    """An answer that was lost is asked for again under the next key, without looking first."""
    whole, lost = PaymentClient.execute, set[str]()

    async def execute(self: Any, operation: str, body: Any, *, key: str, account: str | None = None) -> Any:
        if operation == "transfers.create" and key in lost:
            return await whole(self, operation, body, key=f"{key}:next", account=account)
        done = await whole(self, operation, body, key=key, account=account)
        if operation == "transfers.create":
            lost.add(key)
            raise PaymentUnavailable("no answer")
        return done

    PaymentClient.execute = execute  # type: ignore[method-assign]


def _paid_back_twice(services: Services) -> None:
    """The state of a payout is not looked at when it arrives: it is booked for every event that tells so."""
    confirm = settling._payout_confirmed

    async def always(db: Any, payout_id: UUID, at: Any) -> None:
        await confirm(db, payout_id, at)
        payout = await db.get_one(settling.Payout, payout_id)
        money = Money(payout.amount_minor, payout.currency)
        lines = settling.accounts.move(settling.accounts.stripe("USD"), settling.accounts.bank("USD"), money)
        await settling._post(db, str(uuid4()), "payout_confirmed", lines, ("payout", payout.id), at)

    settling._payout_confirmed = always


PLANTS: dict[str, Plant] = {
    "no idempotency key": Plant(_no_key, "payments.call.after:2", "a second transfer at Stripe"),
    "key made at the call": Plant(_key_made_late, "payments.call.after:2", "a second transfer at Stripe"),
    "call inside the transaction": Plant(_call_inside_the_transaction, "", "a transfer that we know nothing of"),
    "done before the call": Plant(_done_before_the_call, "", "a transfer that Stripe knows nothing of"),
    "posting in a transaction of its own": Plant(_posting_of_its_own, "escrow.release.posted", "a release nobody made"),
    "posting left out": Plant(_posting_left_out, "", "the ledger is behind Stripe"),
    "posting without its key": Plant(_posting_twice, "", "the processor's fee twice"),
    "events not stored": Plant(_events_unheard, "", "paid at Stripe, never funded"),
    "inbox without unique id": Plant(_inbox_without_unique_id, "", "events that Stripe never sent"),
    "no sweeps": Plant(_no_sweeps, "payments.call.after:2", "a transfer that never ends"),
    "another key at each try": Plant(_another_key_at_each_try, "", "a second transfer at Stripe"),
    "arrived twice": Plant(_paid_back_twice, "", "a payout booked twice"),
}
"""Plant: where the process dies (empty: nowhere, or by itself), and what the outcome shows."""
