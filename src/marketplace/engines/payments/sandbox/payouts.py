"""Payouts from a balance to a bank account; paid or failed a little later by the clock."""

from marketplace.engines.payments.sandbox import balances
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.desk import Desk, new_id
from marketplace.engines.payments.sandbox.parameters import EXPAND, amount, currency, metadata, one_of, shape, text
from marketplace.engines.payments.sandbox.refusals import Refusal

FAILING_LAST4 = "0000"

CREATE = shape(
    ("amount", "currency"),
    amount=amount,
    currency=currency,
    description=text,
    expand=EXPAND,
    metadata=metadata,
    method=one_of("standard"),
    statement_descriptor=text,
)


def create(desk: Desk, given: Wire) -> Wire:
    """POST /v1/payouts"""
    bank = _bank(desk)
    message = "You have insufficient funds in your Stripe account for this transfer."
    balances.demand(desk, given["amount"], given["currency"], message=message)
    due = desk.now + desk.setting("payout_seconds")
    payout: Wire = {
        **dict.fromkeys(_NOTHING),
        "id": new_id("po"),
        "object": "payout",
        "amount": given["amount"],
        "arrival_date": due,
        "automatic": False,
        "created": desk.now,
        "currency": given["currency"],
        "description": given.get("description"),
        "destination": bank["id"],
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "method": "standard",
        "reconciliation_status": "not_applicable",
        "source_type": "card",
        "statement_descriptor": given.get("statement_descriptor"),
        "status": "pending",
        "type": "bank_account",
    }
    payout["balance_transaction"] = balances.book(desk, "payout", payout, -given["amount"])
    desk.insert(payout, due_at=due)
    desk.tell("payout.created", payout)
    return payout


_NOTHING = (
    "application_fee",
    "application_fee_amount",
    "failure_balance_transaction",
    "failure_code",
    "failure_message",
    "original_payout",
    "payout_method",
    "reversed_by",
    "trace_id",
)


def _bank(desk: Desk) -> Wire:
    if not desk.account:
        return {"id": "ba_platform", "last4": "6789"}
    account = desk.find("account", desk.account)
    if not account["bank"]:
        raise Refusal("Cannot create payouts: this account has no bank account.", code="payouts_not_allowed")
    bank: Wire = account["bank"]
    return bank


def settle(desk: Desk, payout: Wire) -> None:
    """Its time has come: the bank takes it, or sends it back (test accounts that end in 0000)."""
    if _bank(desk)["last4"] != FAILING_LAST4:
        payout = {**payout, "status": "paid", "trace_id": {"status": "supported", "value": new_id("trace", 12)}}
        desk.books.update(payout)
        desk.tell("payout.paid", payout)
        return
    fail(desk, payout)


def fail(desk: Desk, payout: Wire) -> None:
    """The bank sends it back, also days after it said that it was paid. Raises: Refusal when it has done so already."""
    if payout["status"] == "failed":
        raise Refusal("This payout has failed already.", code="payouts_not_allowed")
    payout = {
        **payout,
        "status": "failed",
        "failure_code": "account_closed",
        "failure_message": "The bank account has been closed.",
    }
    payout["failure_balance_transaction"] = balances.book(desk, "payout_failure", payout, payout["amount"])
    desk.books.update(payout)
    desk.tell("payout.failed", payout)
