"""Refunds of charges, whole or in parts."""

from marketplace.engines.payments.sandbox import balances
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.desk import Desk, new_id
from marketplace.engines.payments.sandbox.parameters import EXPAND, amount, metadata, one_of, shape, text
from marketplace.engines.payments.sandbox.refusals import Refusal, missing_parameter

CREATE = shape(
    amount=amount,
    charge=text,
    expand=EXPAND,
    metadata=metadata,
    payment_intent=text,
    reason=one_of("duplicate", "fraudulent", "requested_by_customer"),
)


def create(desk: Desk, given: Wire) -> Wire:
    """POST /v1/refunds. The platform bears it, also after a transfer: its balance may go below zero."""
    charge = _charge(desk, given)
    left = charge["amount"] - charge["amount_refunded"]
    if charge["disputed"] and not _is_refundable(desk, charge):
        raise Refusal(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    if left == 0:
        raise Refusal(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    minor = given.get("amount", left)
    if minor > left:
        raise Refusal(
            f"Refund amount ({minor}) is greater than unrefunded amount on charge ({left})",
            code="amount_too_large",
            param="amount",
        )
    fails = desk.books.setting(f"fails_refunds:{charge['id']}", False)
    refund = _refund(desk, given, charge, minor)
    refund["balance_transaction"] = balances.book(desk, "refund", refund, -minor)
    desk.insert(refund, due_at=desk.now + desk.setting("payout_seconds") if fails else None)
    charge = {**charge, "amount_refunded": charge["amount_refunded"] + minor, "refunded": minor == left}
    desk.books.update(charge)
    desk.tell("refund.created", refund)
    desk.tell("charge.refunded", charge)
    return refund


def _is_refundable(desk: Desk, charge: Wire) -> bool:
    """While a bank only asks, a refund answers it; once it has taken the money, there is nothing to refund."""
    found = desk.books.newest("dispute", [("json_extract(body, '$.charge') = ?", charge["id"])], limit=1)
    return bool(found) and bool(found[0]["is_charge_refundable"])


def _charge(desk: Desk, given: Wire) -> Wire:
    if "charge" in given:
        charge = desk.find("charge", given["charge"], "charge")
    elif "payment_intent" in given:
        intent = desk.find("payment_intent", given["payment_intent"], "payment_intent")
        if intent["status"] != "succeeded":
            raise Refusal("This PaymentIntent does not have a successful charge to refund.", param="payment_intent")
        charge = desk.find("charge", intent["latest_charge"])
    else:
        raise missing_parameter("charge")
    if not charge["paid"]:
        raise Refusal("Only a paid charge can be refunded.", param="charge")
    return charge


def _refund(desk: Desk, given: Wire, charge: Wire, minor: int) -> Wire:
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": minor,
        "charge": charge["id"],
        "created": desk.now,
        "currency": charge["currency"],
        "customer": None,
        "customer_account": None,
        "destination_details": {"type": "card", "card": {"type": "refund"}},
        "metadata": given.get("metadata", {}),
        "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"],
        "reason": given.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def fail(desk: Desk, refund: Wire) -> None:
    """The bank sent it back (days later at Stripe): the money is on our balance again."""
    refund = {**refund, "status": "failed", "failure_reason": "expired_or_canceled_card"}
    refund["failure_balance_transaction"] = balances.book(desk, "refund_failure", refund, refund["amount"])
    desk.books.update(refund)
    charge = desk.find("charge", refund["charge"])
    desk.books.update({**charge, "amount_refunded": charge["amount_refunded"] - refund["amount"], "refunded": False})
    desk.tell("refund.failed", refund)
    desk.tell("refund.updated", refund)
