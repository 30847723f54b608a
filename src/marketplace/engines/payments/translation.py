"""Errors of the SDK and of its transport, as ours."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import stripe
from aiohttp import ClientError

from marketplace.engines.payments.errors import PaymentRefused, PaymentUnavailable
from marketplace.engines.payments.operations import part

_LATER = (401, 409, 429)  # our key is being changed; the same key is in flight; too fast


@contextmanager
def translated() -> Generator[None]:
    """Raise PaymentRefused or PaymentUnavailable instead of what the SDK raises."""
    try:
        yield
    except stripe.StripeError as error:
        raise _translate(error) from error
    except (ClientError, TimeoutError) as error:  # the SDK lets these through while it reads the answer
        raise PaymentUnavailable(f"{type(error).__name__}: {error}") from error


def _translate(error: stripe.StripeError) -> PaymentRefused | PaymentUnavailable:
    status = error.http_status
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    message = error.user_message or str(error)
    is_replayed = headers.get("idempotent-replayed") == "true"
    if isinstance(error, stripe.IdempotencyError) and status != 409:
        return PaymentUnavailable(message, is_saved=True)  # somebody used our key for something else: look, then renew
    if status is None or status < 400 or status in _LATER:
        return PaymentUnavailable(message)
    if status >= 500:
        return PaymentUnavailable(message, is_saved=is_replayed)
    return PaymentRefused(_code(error), message)


def _code(error: stripe.StripeError) -> str:
    """Stripe's word for it; some classes of the SDK (PermissionError) drop it, the answer has it still."""
    body: Any = error.json_body or {}
    return error.code or part(body, "error").get("code") or "unknown"
