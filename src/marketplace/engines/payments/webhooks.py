"""Proof that a webhook comes from Stripe."""

import json
import time
from dataclasses import dataclass
from typing import Any, cast

import stripe

from marketplace.engines.payments.errors import InvalidSignature

TOLERANCE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class WebhookSecrets:
    """One secret per endpoint at Stripe: our own account's events, and those of connected accounts. Empty: disabled."""

    own: str = ""
    connect: str = ""


def verify(payload: bytes, signature: str | None, secrets: WebhookSecrets) -> dict[str, Any]:
    """Return the event in `payload` when its signature is right for the endpoint it belongs to.

    Events of connected accounts (`account` or `context` set) must carry the connect secret, all others our own.
    Times are the real ones, never the demo's.
    Raises: InvalidSignature for anything else, also for times more than 300 s ahead, which the SDK lets pass.
    """
    event = _parsed(payload)
    secret = secrets.connect if event.get("account") or event.get("context") else secrets.own
    if not secret.strip():
        raise InvalidSignature("this endpoint has no secret and is disabled")
    try:
        cast(Any, stripe.WebhookSignature).verify_header(payload, signature, secret, TOLERANCE_SECONDS)
    except (stripe.SignatureVerificationError, UnicodeDecodeError) as error:
        raise InvalidSignature(str(error)) from error
    if _signed_at(signature or "") > time.time() + TOLERANCE_SECONDS:
        raise InvalidSignature("signed in the future")
    return event


def _parsed(payload: bytes) -> dict[str, Any]:
    try:
        event: Any = json.loads(payload)
    except ValueError as error:
        raise InvalidSignature("this is no JSON") from error
    match event:
        case {"id": str(), "type": str()}:
            return event
        case _:
            raise InvalidSignature("this is no event")


def _signed_at(signature: str) -> int:
    return next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))
