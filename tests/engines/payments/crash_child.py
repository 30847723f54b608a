"""A process that decides a transfer, sends it, hears of it and handles the news, and dies where it is told to."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text

from marketplace.engines.payments import inbox, outbox, tasks
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.events import CommandDone, StripeObjectChanged
from marketplace.engines.payments.models import Command
from marketplace.kernel import clock, failpoints
from marketplace.kernel.database import Database, Session
from marketplace.kernel.events import within
from marketplace.kernel.queue import Services, defer, drain

SUBJECT = UUID(int=7)
EFFECTS = "CREATE TABLE crash_effects (kind text, id text)"


@dataclass(frozen=True)
class Trial:
    """Where the child works and where it dies ("" lets it live). `random_keys` is the twin without idempotency."""

    database_url: str
    sandbox_url: str
    api_key: str
    clock_file: Path
    body: dict[str, Any]
    failpoint: str = ""
    random_keys: bool = False


class ForgetfulClient(PaymentClient):
    """The twin: a new key for every call, as the SDK makes them when it is given none."""

    async def execute(self, operation: str, body: dict[str, Any], *, key: str, account: str | None = None) -> Any:
        return await super().execute(operation, body, key=f"{key}:{uuid4()}", account=account)


@within(CommandDone)
async def note_done(db: Session, event: CommandDone) -> None:
    if event.subject_id == SUBJECT:
        await db.execute(text("INSERT INTO crash_effects VALUES ('done', :id)"), {"id": event.result_id})


@within(StripeObjectChanged)
async def note_change(db: Session, event: StripeObjectChanged) -> None:
    if event.object_kind == "transfer" and event.object.get("metadata", {}).get("crash"):
        await db.execute(
            text("INSERT INTO crash_effects VALUES (:kind, :id)"), {"kind": event.type, "id": event.object_id}
        )


def run(trial: Trial) -> None:
    """The whole way, once; what an earlier run left is finished."""
    clock.use_offset_file(trial.clock_file)
    failpoints.arm(trial.failpoint)
    asyncio.run(_run(trial))


async def _run(trial: Trial) -> None:
    assert tasks
    database = Database(trial.database_url, pool_size=2)
    client = (ForgetfulClient if trial.random_keys else PaymentClient)(trial.api_key, address=trial.sandbox_url)
    services = Services()
    services.add(client, PaymentClient)
    services.add(database, Database)
    try:
        await _decide_once(database, trial.body)
        await drain(services, later_too=True)
        clock.advance(timedelta(minutes=5))
        async with database.write.begin() as db:
            await defer(db, "payments.sweep")
        await drain(services, later_too=True)
        await _hear_twice(database, client)
        await drain(services, later_too=True)
    finally:
        await client.close()
        await database.close()


async def _decide_once(database: Database, body: dict[str, Any]) -> None:
    async with database.write.begin() as db:
        if (await db.execute(select(Command.id))).scalar_one_or_none() is None:
            key = f"transfer:{body['transfer_group']}"
            await outbox.send(db, operation="transfers.create", key=key, body=body, subject=("test.crash", SUBJECT))


async def _hear_twice(database: Database, client: PaymentClient) -> None:
    """Stripe's webhooks: each event comes twice."""
    events = [each async for each in client.events(since=clock.now() - timedelta(hours=1))]
    for event in [*events, *reversed(events)]:
        async with database.write.begin() as db:
            await inbox.receive(db, event)
