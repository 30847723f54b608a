"""What payments tells the floors above."""

from typing import Any
from uuid import UUID

from marketplace.kernel.events import Event


class CommandDone(Event, frozen=True, kw_only=True):
    """Stripe did what a command asked. Published in the transaction that records it, exactly once per command.

    `result` is the object as Stripe answered it (session, payment intent, transfer, reversal, refund or payout).
    """

    command_id: UUID
    operation: str
    subject_kind: str
    subject_id: UUID
    account: str | None
    result_id: str
    result: dict[str, Any]


class CommandFailed(Event, frozen=True, kw_only=True):
    """Stripe refused a command for good: nothing happened there, and this command will not be sent again.

    To try again, send a new command with a new key. `code` is Stripe's (balance_insufficient, …).
    """

    command_id: UUID
    operation: str
    subject_kind: str
    subject_id: UUID
    account: str | None
    code: str
    message: str


class StripeObjectChanged(Event, frozen=True, kw_only=True):
    """Something happened to an object at Stripe; `object` is its present state, fetched after the event came.

    `object_kind` is Stripe's `object` word: checkout.session, payment_intent, charge, refund, transfer, payout,
    account (v1 shape, also for events of Accounts v2). `account` is the connected account it belongs to,
    None for the platform's own. Published at least once per change; events may come in any order.
    """

    type: str
    object_kind: str
    object_id: str
    account: str | None
    object: dict[str, Any]
