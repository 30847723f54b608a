"""Commands to Stripe: written with the decision, sent outside of any transaction, recorded once."""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentRefused, PaymentUnavailable
from marketplace.engines.payments.events import CommandDone, CommandFailed
from marketplace.engines.payments.models import Command, CommandState
from marketplace.engines.payments.operations import COMMANDS, Wire
from marketplace.engines.payments.pace import Pace
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.events import publish
from marketplace.kernel.failpoints import hit
from marketplace.kernel.queue import defer

LEASE = timedelta(seconds=120)
KEY_LIFE = timedelta(hours=23)  # Stripe may forget a key after 24 h (docs.stripe.com/api/idempotent_requests)
LONGEST_PAUSE = timedelta(minutes=10)
_PACE = Pace()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A claimed command, as it goes to Stripe."""

    id: UUID
    operation: str
    key: str
    body: Wire
    account: str | None
    since: datetime
    number: int
    must_look_up: bool


async def send(
    db: Session,
    *,
    operation: str,
    key: str,
    body: dict[str, Any],
    subject: tuple[str, UUID],
    account: str | None = None,
) -> UUID:
    """Decide that `operation` (a name of operations.COMMANDS) is to happen at Stripe; it is sent after COMMIT.

    `key` is unique and names the decision (`release:{id}`). Amounts in `body` are minor units, currencies in
    lower case, as Stripe wants them. `account` is the connected account to act as. Returns the command's id.
    """
    kind, subject_id = subject
    command_id: UUID = (await db.execute(select(func.uuidv7()))).scalar_one()
    if COMMANDS[operation].has_metadata:
        body = {**body, "metadata": {**body.get("metadata", {}), "command": str(command_id)}}
    db.add(
        Command(
            id=command_id,
            operation=operation,
            idempotency_key=key,
            body=body,
            stripe_account=account,
            subject_kind=kind,
            subject_id=subject_id,
            created_at=clock.now(),
        )
    )
    await db.flush()
    await defer(db, "payments.dispatch", command_id=command_id)
    hit("payments.send.written")
    return command_id


async def dispatch(
    database: Database, client: PaymentClient, command_id: UUID, *, patience_seconds: float | None = None
) -> Command:
    """Send the command unless that is done or being done elsewhere, and return it as it stands afterwards.

    Also called inline by a page that needs the answer at once (the address to pay at): it waits `patience_seconds`
    for Stripe, or for the worker that has been quicker and is asking already. A command that is not final
    afterwards has been deferred again.
    """
    hit("payments.claim.before")
    attempt = await _claim(database, command_id)
    hit("payments.claim.after")
    if attempt is None:
        return await _outcome(database, command_id, patience_seconds or 0)
    try:
        async with asyncio.timeout(patience_seconds):
            result = await _call(database, client, attempt)
    except TimeoutError:
        return await _postpone(database, attempt, PaymentUnavailable("no answer in time"))
    except PaymentRefused as refusal:
        return await _record_refusal(database, attempt, refusal)
    except PaymentUnavailable as outage:
        return await _postpone(database, attempt, outage)
    return await _record(database, attempt, result)


async def _claim(database: Database, command_id: UUID) -> Attempt | None:
    """Take the command for LEASE; None when it is final or somebody else holds it (then ask again after the lease)."""
    now = clock.now()
    async with database.write.begin() as db:
        query = select(Command).where(Command.id == command_id).with_for_update(skip_locked=True)
        command = (await db.execute(query)).scalar_one_or_none()
        if command is None or command.is_final:
            return None
        if command.lease_until and command.lease_until > now:
            await _defer_again(db, command, command.lease_until)
            return None
        command.state = CommandState.SENT
        command.attempts += 1
        command.first_sent_at = command.first_sent_at or now
        command.lease_until = now + LEASE
        return _attempt(command, now)


async def _outcome(database: Database, command_id: UUID, patience_seconds: float) -> Command:
    """The command as it stands, as soon as it is final or nobody is at it any more."""
    until = time.monotonic() + patience_seconds
    while True:
        async with database.write.begin() as db:
            command = await db.get_one(Command, command_id, populate_existing=True)
        # Never tried and not leased: the worker that has its row is about to say so.
        is_waiting = command.lease_until is not None or command.attempts == 0
        if command.is_final or not is_waiting or time.monotonic() >= until:
            return command
        await asyncio.sleep(0.05)


def _attempt(command: Command, now: datetime) -> Attempt:
    since = command.first_sent_at or now
    suffix = "" if command.epoch == 1 else f":{command.epoch}"
    return Attempt(
        id=command.id,
        operation=command.operation,
        key=f"{command.idempotency_key}{suffix}",
        body=command.body,
        account=command.stripe_account,
        since=since,
        number=command.attempts,
        must_look_up=command.is_doubtful or now - since > KEY_LIFE,
    )


async def _call(database: Database, client: PaymentClient, attempt: Attempt) -> Wire:
    """No transaction is open here: Stripe may take its time, and may be gone."""
    if attempt.must_look_up:
        found = await client.find(
            attempt.operation,
            attempt.body,
            command_id=attempt.id,
            since=attempt.since - timedelta(hours=1),
            account=attempt.account,
        )
        if found is not None:
            return found
        attempt = await _renew_key(database, attempt)
    await _PACE.wait(attempt.operation)
    hit("payments.call.before")
    result = await client.execute(attempt.operation, attempt.body, key=attempt.key, account=attempt.account)
    hit("payments.call.after")
    return result


async def _renew_key(database: Database, attempt: Attempt) -> Attempt:
    """Store the next epoch before its key is used: a crash after the call must find the same key again."""
    now = clock.now()
    async with database.write.begin() as db:
        command = await db.get_one(Command, attempt.id, with_for_update=True)
        command.epoch += 1
        command.first_sent_at = now
        command.is_doubtful = False
        renewed = _attempt(command, now)
    hit("payments.renew.after")
    return renewed


async def _record(database: Database, attempt: Attempt, result: Wire) -> Command:
    hit("payments.record.before")
    async with database.write.begin() as db:
        command = await db.get_one(Command, attempt.id, with_for_update=True)
        if not command.is_final:
            command.state, command.lease_until = CommandState.DONE, None
            command.result_id, command.result = result["id"], result
            await db.flush()
            await publish(db, _done(command))
        hit("payments.record.within")
    hit("payments.record.after")
    return command


async def _record_refusal(database: Database, attempt: Attempt, refusal: PaymentRefused) -> Command:
    async with database.write.begin() as db:
        command = await db.get_one(Command, attempt.id, with_for_update=True)
        if not command.is_final:
            command.state, command.lease_until = CommandState.FAILED, None
            command.error_code, command.error = refusal.code, refusal.message
            await db.flush()
            await publish(db, _failed(command))
    return command


async def _postpone(database: Database, attempt: Attempt, outage: PaymentUnavailable) -> Command:
    """Nobody knows whether it happened: the same key again, later and later."""
    async with database.write.begin() as db:
        command = await db.get_one(Command, attempt.id, with_for_update=True)
        if not command.is_final:
            command.error, command.lease_until = str(outage), None
            command.is_doubtful = command.is_doubtful or outage.is_saved
            await _defer_again(db, command, clock.now() + _pause(attempt.number))
    return command


def _pause(attempts: int) -> timedelta:
    return min(timedelta(seconds=2 ** min(attempts, 12)), LONGEST_PAUSE)


async def _defer_again(db: Session, command: Command, at: datetime) -> None:
    # The key differs from that of the task which runs now, else the queue would take this for a double of it.
    key = f"payments.dispatch:{command.id}:{command.attempts}"
    await defer(db, "payments.dispatch", at=at, key=key, command_id=command.id)


def _done(command: Command) -> CommandDone:
    assert command.result_id is not None and command.result is not None
    return CommandDone(
        command_id=command.id,
        operation=command.operation,
        subject_kind=command.subject_kind,
        subject_id=command.subject_id,
        account=command.stripe_account,
        result_id=command.result_id,
        result=command.result,
    )


def _failed(command: Command) -> CommandFailed:
    assert command.error_code is not None
    return CommandFailed(
        command_id=command.id,
        operation=command.operation,
        subject_kind=command.subject_kind,
        subject_id=command.subject_id,
        account=command.stripe_account,
        code=command.error_code,
        message=command.error or "",
    )
