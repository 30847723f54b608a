"""Background tasks of payments, and the sweeps that find what a crash or a lost webhook left."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from marketplace.engines.payments import inbox, movements, outbox
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.models import Command, CommandState, WebhookEvent
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import Services, defer, task

STUCK_AFTER = timedelta(minutes=2)
POLL_OVERLAP = timedelta(hours=1)
EVENTS_KEPT = timedelta(days=30)  # by Stripe (docs.stripe.com/api/events)
BATCH = 500


@task("payments.dispatch", transaction=False)
async def dispatch(services: Services, *, command_id: UUID) -> None:
    """Send one command."""
    await outbox.dispatch(services[Database], services[PaymentClient], command_id)


@task("payments.process", transaction=False)
async def process(services: Services, *, event_id: str) -> None:
    """Handle one event."""
    await inbox.process(services[Database], services[PaymentClient], event_id)


@task("payments.refresh", transaction=False)
async def refresh(services: Services, *, kind: str, object_id: str) -> None:
    """Look at one object of our own account, or at a connected account, as it is now."""
    await inbox.refresh(services[Database], services[PaymentClient], kind, object_id)


@task("payments.sweep")
async def sweep(db: Session) -> None:
    """Every five minutes: defer again what is neither final nor leased, and events not processed yet; then poll."""
    before = clock.now() - STUCK_AFTER
    for command_id in await _stuck_commands(db, before):
        await defer(db, "payments.dispatch", key=f"payments.sweep:{command_id}", command_id=command_id)
    for event_id in await _unprocessed_events(db, before):
        await defer(db, "payments.process", key=f"payments.sweep:{event_id}", event_id=event_id)
    await defer(db, "payments.poll", key="payments.poll")


@task("payments.poll", transaction=False)
async def poll(services: Services) -> None:
    """Read Stripe's own list of events, for webhooks that never came."""
    database, client = services[Database], services[PaymentClient]
    async with database.write.begin() as db:
        since = await _poll_since(db)
        accounts = await _accounts_in_use(db)
    for account in (None, *accounts):
        events = [event async for event in client.events(since=since, account=account)]
        async with database.write.begin() as db:
            for event in reversed(events):
                await inbox.receive(db, event if account is None else {**event, "account": account})


@task("payments.copy_books", transaction=False)
async def copy_books(services: Services) -> None:
    """Each night: Stripe's own list of what moved our balance there."""
    await movements.fetch_movements(services[Database], services[PaymentClient])


async def _stuck_commands(db: Session, before: datetime) -> list[UUID]:
    query = (
        select(Command.id)
        .where(Command.state.in_((CommandState.PENDING, CommandState.SENT)), Command.created_at < before)
        .where(func.coalesce(Command.lease_until, Command.created_at) < clock.now())
        .order_by(Command.created_at)
        .limit(BATCH)
    )
    return list((await db.execute(query)).scalars())


async def _unprocessed_events(db: Session, before: datetime) -> list[str]:
    query = (
        select(WebhookEvent.id)
        .where(WebhookEvent.processed_at.is_(None), WebhookEvent.received_at < before)
        .order_by(WebhookEvent.received_at)
        .limit(BATCH)
    )
    return list((await db.execute(query)).scalars())


async def _poll_since(db: Session) -> datetime:
    """From an hour before the last event we have: after an outage of ours the gap is read again."""
    oldest = clock.now() - EVENTS_KEPT
    last = (await db.execute(select(func.max(WebhookEvent.received_at)))).scalar_one()
    return max(last - POLL_OVERLAP, oldest) if last else oldest


async def _accounts_in_use(db: Session) -> list[str]:
    """Connected accounts that we acted as lately: their events are in lists of their own."""
    query = (
        select(Command.stripe_account)
        .distinct()
        .where(Command.stripe_account.is_not(None), Command.created_at > clock.now() - EVENTS_KEPT)
    )
    return [account for account in (await db.execute(query)).scalars() if account]
