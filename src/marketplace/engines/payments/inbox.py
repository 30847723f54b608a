"""Events of Stripe: stored before they are answered, handled by the object's present state."""

from typing import Any

from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentRefused
from marketplace.engines.payments.events import StripeObjectChanged
from marketplace.engines.payments.models import WebhookEvent
from marketplace.engines.payments.operations import OBJECTS, Wire, part
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.events import publish
from marketplace.kernel.failpoints import hit
from marketplace.kernel.queue import defer

_V2_KINDS = {"v2.core.account": "account"}


async def receive(db: Session, event: dict[str, Any]) -> bool:
    """Store a verified event once and see to it that it is processed; False when it was here already.

    Answer Stripe with 200 only after this transaction has committed.
    """
    hit("payments.receive.before")
    row = {
        "id": event["id"],
        "account": event.get("account") or event.get("context"),
        "type": event["type"],
        "api_version": event.get("api_version"),
        "body": event,
        "received_at": clock.now(),
    }
    stored = await db.execute(insert(WebhookEvent).values(row).on_conflict_do_nothing().returning(WebhookEvent.id))
    if stored.scalar_one_or_none() is None:
        return False
    await defer(db, "payments.process", event_id=event["id"])
    hit("payments.receive.written")
    return True


async def process(database: Database, client: PaymentClient, event_id: str) -> bool:
    """Publish `StripeObjectChanged` with the object as it is now; False when there was nothing (more) to do.

    Raises: PaymentUnavailable when Stripe can't be asked (the queue tries again).
    """
    event = await _take(database, event_id)
    if event is None:
        return False
    hit("payments.process.taken")
    kind, object_id = subject_of(event.body)
    change, error = None, None
    if kind in OBJECTS:
        try:
            current = await client.retrieve(kind, object_id, account=_context(event, kind))
        except PaymentRefused as refusal:
            error = str(refusal)  # gone, or not ours to see: asking again would not help
        else:
            change = StripeObjectChanged(
                type=event.type, object_kind=kind, object_id=object_id, account=event.account, object=current
            )
    hit("payments.process.fetched")
    return await _finish(database, event_id, change, error)


async def refresh(database: Database, client: PaymentClient, kind: str, object_id: str) -> None:
    """Publish `StripeObjectChanged` without an event: for an object whose webhook may have been lost.

    Raises: PaymentRefused, PaymentUnavailable.
    """
    current = await client.retrieve(kind, object_id)
    change = StripeObjectChanged(type="refresh", object_kind=kind, object_id=object_id, account=None, object=current)
    async with database.write.begin() as db:
        await publish(db, change)


async def _take(database: Database, event_id: str) -> WebhookEvent | None:
    async with database.write.begin() as db:
        event = await db.get(WebhookEvent, event_id, with_for_update=True)
        if event is None or event.processed_at is not None:
            return None
        event.attempts += 1
        return event


async def _finish(database: Database, event_id: str, change: StripeObjectChanged | None, error: str | None) -> bool:
    async with database.write.begin() as db:
        event = await db.get_one(WebhookEvent, event_id, with_for_update=True)
        if event.processed_at is not None:
            return False
        event.processed_at, event.error = clock.now(), error
        await db.flush()
        if change is not None:
            await publish(db, change)
        hit("payments.process.within")
    hit("payments.process.after")
    return change is not None


def subject_of(event: Wire) -> tuple[str, str]:
    """Kind and id of the object that an event (v1 or v2) is about; empty when it names none."""
    if related := part(event, "related_object"):
        kind: str = related["type"]
        return _V2_KINDS.get(kind, kind), related["id"]
    about = part(part(event, "data"), "object")
    return about.get("object", ""), about.get("id", "")


def _context(event: WebhookEvent, kind: str) -> str | None:
    """An account itself is fetched by the platform, everything in it as that account."""
    return None if kind == "account" else event.account
