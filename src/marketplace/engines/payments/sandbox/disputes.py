"""Card disputes: the bank takes the money at once (an inquiry takes none), asks for evidence, and decides."""

from typing import Any

from marketplace.engines.payments.sandbox import balances
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.desk import DAY, Desk, new_id
from marketplace.engines.payments.sandbox.parameters import EXPAND, boolean, metadata, shape, shape_of_any
from marketplace.engines.payments.sandbox.refusals import Refusal

DISPUTE_FEE_MINOR = 15_00
"""What Stripe keeps of a dispute, won or lost (stripe.com/pricing, US cards)."""
ANSWER_DAYS = 9
OUTCOMES = ("won", "lost")
OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
REASONS = ("fraudulent", "product_not_received", "product_unacceptable", "duplicate", "general", "unrecognized")
_EVIDENCE = (
    *("access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure"),
    *("cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name"),
    *("customer_purchase_ip", "customer_signature", "duplicate_charge_documentation", "duplicate_charge_explanation"),
    *("duplicate_charge_id", "product_description", "receipt", "refund_policy", "refund_policy_disclosure"),
    *("refund_refusal_explanation", "service_date", "service_documentation", "shipping_address", "shipping_carrier"),
    *("shipping_date", "shipping_documentation", "shipping_tracking_number", "uncategorized_file"),
    "uncategorized_text",
)
_LONGEST_EVIDENCE = 20_000


def raise_dispute(desk: Desk, charge_id: str, *, amount: int | None = None, reason: str, is_inquiry: bool) -> Wire:
    """A payer asks her bank for the money back. Raises: Refusal for what can't be disputed (any more)."""
    charge = desk.find("charge", charge_id, "charge")
    left = charge["amount"] - charge["amount_refunded"]
    if not charge["paid"] or charge["disputed"] or not left:
        raise Refusal(f"Charge {charge_id} can't be disputed.", param="charge")
    dispute = _dispute(desk, charge, min(amount or left, left), reason=reason, is_inquiry=is_inquiry)
    if not is_inquiry:
        taken = balances.book(desk, "adjustment", dispute, -dispute["amount"], fee=DISPUTE_FEE_MINOR)
        dispute["balance_transactions"] = [desk.books.get(taken)]
    desk.insert(dispute)
    desk.books.update({**charge, "disputed": True})
    desk.tell("charge.dispute.created", dispute)
    if not is_inquiry:
        desk.tell("charge.dispute.funds_withdrawn", dispute)
    return dispute


def decide(desk: Desk, dispute_id: str, outcome: str) -> Wire:
    """The bank decides: won or lost; an inquiry just ends. Raises: Refusal when it has decided already."""
    dispute = desk.find("dispute", dispute_id)
    if dispute["status"] not in OPEN:
        raise Refusal("This dispute is already closed.", code="dispute_already_closed")
    if dispute["status"].startswith("warning_"):
        outcome = "warning_closed"
    if outcome == "won":
        back = balances.book(desk, "adjustment", dispute, dispute["amount"])
        dispute["balance_transactions"] = [*dispute["balance_transactions"], desk.books.get(back)]
    dispute: Wire = {**dispute, "status": outcome, "is_charge_refundable": outcome == "warning_closed"}
    desk.books.update(dispute)
    if outcome != "lost":
        desk.books.update({**desk.find("charge", dispute["charge"]), "disputed": False})
    if outcome == "won":
        desk.tell("charge.dispute.funds_reinstated", dispute)
    desk.tell("charge.dispute.closed", dispute)
    return dispute


def _evidence_of(value: Any, name: str) -> Wire:
    given = shape_of_any(value, name)
    if unknown := set(given) - set(_EVIDENCE):
        raise Refusal(f"Received unknown parameter: {name}[{min(unknown)}]", code="parameter_unknown")
    if sum(len(str(each)) for each in given.values()) > 150_000 or any(
        len(str(each)) > _LONGEST_EVIDENCE for each in given.values()
    ):
        raise Refusal("The evidence is too long.", param=name)
    return given


UPDATE = shape(evidence=_evidence_of, submit=boolean, metadata=metadata, expand=EXPAND)
CLOSE = shape(expand=EXPAND)


def update(desk: Desk, given: Wire) -> Wire:
    """POST /v1/disputes/{id}: evidence is staged, or (the default) submitted to the bank, which then looks at it."""
    dispute = desk.find("dispute", given["id"])
    if dispute["status"] not in ("needs_response", "warning_needs_response"):
        raise Refusal("This dispute takes no evidence any more.", code="dispute_evidence_not_accepted")
    details = {**dispute["evidence_details"], "has_evidence": True}
    dispute: Wire = {**dispute, "evidence": {**dispute["evidence"], **given.get("evidence", {})}}
    dispute["metadata"] = {**dispute["metadata"], **given.get("metadata", {})}
    if given.get("submit", True):
        details |= {"submission_count": details["submission_count"] + 1, "submission_method": "manual"}
        dispute["status"] = dispute["status"].replace("needs_response", "under_review")
    dispute["evidence_details"] = details
    desk.books.update(dispute)
    desk.tell("charge.dispute.updated", dispute)
    return dispute


def close(desk: Desk, given: Wire) -> Wire:
    """POST /v1/disputes/{id}/close: the merchant gives in."""
    return decide(desk, given["id"], "lost")


def _dispute(desk: Desk, charge: Wire, amount: int, *, reason: str, is_inquiry: bool) -> Wire:
    case = "inquiry" if is_inquiry else "chargeback"
    card = {"brand": "visa", "case_type": case, "network": "visa", "network_reason_code": "13.1"}
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": desk.now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": desk.now + ANSWER_DAYS * DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": is_inquiry,
        "livemode": False,
        "metadata": {},
        "network_reason_code": "13.1",
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {"type": "card", "card": card},
        "reason": reason,
        "status": "warning_needs_response" if is_inquiry else "needs_response",
    }
