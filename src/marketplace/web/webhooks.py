"""What Stripe tells us. Stored, answered, and only then looked at (engines/payments/inbox)."""

from typing import Any

from litestar import Response

from marketplace.engines.payments import inbox
from marketplace.engines.payments.errors import InvalidSignature
from marketplace.engines.payments.webhooks import WebhookSecrets, verify
from marketplace.web.access import WEBHOOK, Answer, post
from marketplace.web.visit import Visit

MAX_BYTES = 1_000_000


@post("/webhooks/stripe", WEBHOOK, max_bytes=MAX_BYTES)
async def take_event(visit: Visit) -> Answer:
    """Events of our own account."""
    return await _take(visit)


@post("/webhooks/stripe-connect", WEBHOOK, max_bytes=MAX_BYTES)
async def take_connect_event(visit: Visit) -> Answer:
    """Events of connected accounts."""
    return await _take(visit)


async def _take(visit: Visit) -> Answer:
    """200 after COMMIT; 400 for what Stripe did not sign, and then nothing is stored."""
    signature = visit.headers.get("stripe-signature")
    try:
        event = verify(await visit.request.body(), signature, visit.services[WebhookSecrets])
    except InvalidSignature as error:
        return _say({"error": str(error)}, status=400)
    async with visit.write() as db:
        is_new = await inbox.receive(db, event)
    return _say({"received": True, "new": is_new})


def _say(content: dict[str, Any], *, status: int = 200) -> Answer:
    return Response(content, status_code=status, media_type="application/json")


routes = [take_event, take_connect_event]
