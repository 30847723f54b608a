"""Customers, the cards that were kept for them, and payment intents that charge such a card at once."""

from dataclasses import replace

from marketplace.engines.payments.sandbox import charges
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.cards import CARDS, Card
from marketplace.engines.payments.sandbox.desk import Desk, new_id
from marketplace.engines.payments.sandbox.parameters import (
    EXPAND,
    amount,
    boolean,
    currency,
    each,
    gone,
    metadata,
    shape,
    text,
)
from marketplace.engines.payments.sandbox.refusals import Declined, Refusal, missing_parameter

CHARGE = shape(
    ("amount", "currency"),
    allowed_payment_method_types=each(text),
    amount=amount,
    confirm=boolean,
    currency=currency,
    customer=text,
    description=text,
    error_on_requires_action=boolean,
    expand=EXPAND,
    metadata=metadata,
    payment_method=text,
    payment_method_types=gone,
    transfer_group=text,
)
DETACH = shape(expand=EXPAND)
AUTHENTICATION = "authentication_required"


def keep(desk: Desk, session: Wire, intent: Wire, card: Card) -> tuple[Wire, Wire]:
    """A paid session with `setup_future_usage`: its card belongs to its customer from now on."""
    customer = session["customer"] or _customer(desk, session)["id"] if _has_customer(session) else None
    method = _method(desk, customer, card)
    intent = {**intent, "customer": customer, "payment_method": method["id"]}
    return {**session, "customer": customer}, intent


def _has_customer(session: Wire) -> bool:
    return bool(session["customer"]) or session["customer_creation"] == "always"


def _customer(desk: Desk, session: Wire) -> Wire:
    known: Wire = session["customer_details"]
    customer: Wire = {
        **dict.fromkeys(("address", "currency", "default_source", "delinquent", "description", "phone", "shipping")),
        "id": new_id("cus", 14),
        "object": "customer",
        "balance": 0,
        "created": desk.now,
        "discount": None,
        "email": known["email"],
        "invoice_prefix": new_id("x", 8).removeprefix("x_").upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": known["name"],
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
        "test_clock": None,
    }
    desk.insert(customer)
    desk.tell("customer.created", customer)
    return customer


def _method(desk: Desk, customer: str | None, card: Card) -> Wire:
    method: Wire = {
        "id": new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "card": {
            "brand": card.brand,
            "exp_month": card.exp_month,
            "exp_year": card.exp_year,
            "fingerprint": card.fingerprint,
            "last4": card.last4,
        },
        "created": desk.now,
        "customer": customer,
        "livemode": False,
        "metadata": {},
        "type": "card",
    }
    desk.insert(method)
    desk.books.set(f"card:{method['id']}", card.number)
    if customer:
        desk.tell("payment_method.attached", method)
    return method


def charge(desk: Desk, given: Wire) -> Wire:
    """POST /v1/payment_intents with confirm: the saved card is charged, or refused with 402 (and the intent stays)."""
    if not given.get("confirm") or "payment_method" not in given:
        raise missing_parameter("payment_method" if given.get("confirm") else "confirm")
    method = _usable(desk, given)
    card = CARDS[desk.books.setting(f"card:{method['id']}", "")]
    said = desk.setting("saved_cards")
    if said == AUTHENTICATION:
        card = replace(card, has_challenge=True)
    elif said:
        card = replace(card, refusal=said)
    intent = charges.open_intent(
        desk, amount=given["amount"], currency=given["currency"], wishes=given, last4=card.last4
    )
    intent = {**intent, "customer": given["customer"], "payment_method": method["id"]}
    if card.refusal:
        raise _refused(charges.decline(desk, intent, card))
    if card.has_challenge:
        if not given.get("error_on_requires_action"):
            raise Refusal("The sandbox has no page for a challenge of a saved card: set error_on_requires_action.")
        message = "Your card was declined. This transaction requires authentication."
        raise _refused(charges.fail(desk, intent, _card_error(AUTHENTICATION, AUTHENTICATION, message)))
    return charges.succeed(desk, intent, card, {})


def _usable(desk: Desk, given: Wire) -> Wire:
    method = desk.find("payment_method", given["payment_method"], "payment_method")
    if method["customer"] is None:
        raise Refusal(
            f"The provided PaymentMethod {method['id']} was detached from a Customer. It may not be used again.",
            param="payment_method",
        )
    if method["customer"] != given.get("customer"):
        raise Refusal(
            f"The payment method supplied ({method['id']}) belongs to another Customer, or to one that is not named.",
            param="payment_method",
        )
    return method


def _card_error(code: str, decline_code: str, message: str) -> Wire:
    return {"type": "card_error", "code": code, "decline_code": decline_code, "message": message}


def _refused(intent: Wire) -> Declined:
    error: Wire = intent["last_payment_error"]
    return Declined({**error, "payment_intent": intent})


def detach(desk: Desk, given: Wire) -> Wire:
    """POST /v1/payment_methods/{id}/detach: it can never be charged again."""
    method = desk.find("payment_method", given["id"])
    if method["customer"] is None:
        raise Refusal("The payment method you provided is not attached to a customer so detachment is impossible.")
    method = {**method, "customer": None}
    desk.books.update(method)
    desk.tell("payment_method.detached", method)
    return method
