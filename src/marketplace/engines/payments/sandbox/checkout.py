"""Checkout Sessions and what paying one does: payment intent, charge, balance, events."""

from marketplace.engines.payments.sandbox import charges, saved
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.cards import Card
from marketplace.engines.payments.sandbox.desk import DAY, Desk, new_id
from marketplace.engines.payments.sandbox.parameters import (
    EXPAND,
    amount,
    currency,
    each,
    gone,
    integer,
    metadata,
    one_of,
    shape,
    text,
)
from marketplace.engines.payments.sandbox.refusals import Refusal, invalid_parameter, missing_parameter

SHORTEST_SECONDS = 1_800
_UI_MODES = ("hosted_page", "embedded_page", "elements", "form")

_PRICE = shape(
    ("currency", "unit_amount", "product_data"),
    currency=currency,
    unit_amount=amount,
    product_data=shape(("name",), name=text, description=text, metadata=metadata),
)
_INTENT = shape(
    description=text,
    metadata=metadata,
    receipt_email=text,
    setup_future_usage=one_of("off_session", "on_session"),
    statement_descriptor_suffix=text,
    transfer_group=text,
)


CREATE = shape(
    ("mode",),
    allowed_payment_method_types=each(text),
    cancel_url=text,
    client_reference_id=text,
    currency=currency,
    customer=text,
    customer_creation=one_of("always", "if_required"),
    customer_email=text,
    expand=EXPAND,
    expires_at=integer,
    line_items=each(shape(("price_data",), price_data=_PRICE, quantity=amount, metadata=metadata)),
    locale=text,
    metadata=metadata,
    mode=one_of("payment"),
    payment_intent_data=_INTENT,
    payment_method_types=gone,
    submit_type=one_of("auto", "book", "donate", "pay", "subscribe"),
    success_url=text,
    ui_mode=one_of(*_UI_MODES),
)
EXPIRE = shape(expand=EXPAND)


def create(desk: Desk, given: Wire) -> Wire:
    """POST /v1/checkout/sessions"""
    items: list[Wire] = given.get("line_items", [])
    if not items:
        raise missing_parameter("line_items")
    if given.get("ui_mode", "hosted_page") != "hosted_page":
        raise invalid_parameter("ui_mode", "The sandbox has only the hosted page.")
    if "success_url" not in given:
        raise missing_parameter("success_url")
    _check_customer(desk, given)
    session = _session(desk, given, items)
    desk.insert(session, due_at=session["expires_at"])
    desk.books.set(f"session:{session['id']}", {"items": items, "intent": given.get("payment_intent_data", {})})
    return session


def _check_customer(desk: Desk, given: Wire) -> None:
    if "customer" not in given:
        return
    if "customer_creation" in given:
        raise Refusal("You may only specify one of these parameters: customer, customer_creation.")
    desk.find("customer", given["customer"], "customer")


def _session(desk: Desk, given: Wire, items: list[Wire]) -> Wire:
    id = f"cs_test_{new_id('a', 56).removeprefix('a_')}"
    total = sum(item["price_data"]["unit_amount"] * item.get("quantity", 1) for item in items)
    return {
        **_NOTHING,
        "id": id,
        "object": "checkout.session",
        "allowed_payment_method_types": given.get("allowed_payment_method_types"),
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": given.get("cancel_url"),
        "client_reference_id": given.get("client_reference_id"),
        "created": desk.now,
        "currency": _one_currency(items),
        "customer": given.get("customer"),
        "customer_creation": given.get("customer_creation", None if "customer" in given else "if_required"),
        "customer_email": given.get("customer_email"),
        "expires_at": _expiry(desk, given),
        "locale": given.get("locale"),
        "metadata": given.get("metadata", {}),
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "status": "open",
        "submit_type": given.get("submit_type"),
        "success_url": given["success_url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{desk.address}/pay/{id}",
    }


_NOTHING: Wire = dict.fromkeys(
    (
        "adaptive_pricing",
        "after_expiration",
        "allow_promotion_codes",
        "billing_address_collection",
        "client_secret",
        "collected_information",
        "consent",
        "consent_collection",
        "currency_conversion",
        "customer_account",
        "customer_details",
        "discounts",
        "integration_identifier",
        "invoice",
        "invoice_creation",
        "managed_payments",
        "origin_context",
        "payment_intent",
        "payment_link",
        "payment_method_configuration_details",
        "payment_method_options",
        "permissions",
        "recovered_from",
        "saved_payment_method_options",
        "setup_intent",
        "shipping_address_collection",
        "shipping_cost",
        "subscription",
        "wallet_options",
    )
) | {
    "custom_fields": [],
    "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
    "livemode": False,
    "shipping_options": [],
}


def _one_currency(items: list[Wire]) -> str:
    currencies = {item["price_data"]["currency"] for item in items}
    if len(currencies) > 1:
        raise invalid_parameter("line_items", "All line items must have the same currency.")
    return str(currencies.pop())


def _expiry(desk: Desk, given: Wire) -> int:
    moment = int(given.get("expires_at", desk.now + DAY))
    # A minute of grace: the request was on its way.
    if not desk.now + SHORTEST_SECONDS - 60 <= moment <= desk.now + DAY + 60:
        raise invalid_parameter(
            "expires_at", "The `expires_at` timestamp must be 30 minutes to 24 hours from Checkout Session creation."
        )
    return moment


def items_of(desk: Desk, session: Wire) -> list[Wire]:
    """What is paid for, for the page."""
    return list(desk.books.setting(f"session:{session['id']}", {})["items"])


def expire(desk: Desk, given: Wire) -> Wire:
    """POST /v1/checkout/sessions/{id}/expire"""
    session = desk.find("checkout.session", given["id"])
    if session["status"] != "open":
        raise Refusal(
            f"Only Checkout Sessions with a status of `open` can be expired; this one is {session['status']}."
        )
    return close(desk, session)


def close(desk: Desk, session: Wire) -> Wire:
    """Make the session expired, by request or because its time is over."""
    session = {**session, "status": "expired", "url": None}
    desk.books.update(session)
    desk.tell("checkout.session.expired", session)
    return session


def attempt(desk: Desk, session: Wire, card: Card, *, email: str, name: str) -> Wire:
    """Try to pay with `card`; returns the payment intent: succeeded, requires_action or requires_payment_method."""
    session = {**session, "customer_details": _customer(email, name)}
    intent = _intent(desk, session, card)
    session["payment_intent"] = intent["id"]
    if card.refusal:
        desk.books.update(session, due_at=session["expires_at"])
        return charges.decline(desk, intent, card)
    if card.has_challenge:
        desk.books.update(session, due_at=session["expires_at"])
        return charges.challenge(desk, intent, f"{desk.address}/pay/{session['id']}/challenge")
    return _finish(desk, session, intent, card)


def answer_challenge(desk: Desk, session: Wire, *, card: Card, is_approved: bool) -> Wire:
    """What the bank's page of 3-D Secure decided."""
    intent = desk.find("payment_intent", session["payment_intent"])
    if intent["status"] != "requires_action":
        return intent
    if not is_approved:
        return charges.fail_challenge(desk, intent)
    return _finish(desk, session, intent, card)


def _finish(desk: Desk, session: Wire, intent: Wire, card: Card) -> Wire:
    if intent["setup_future_usage"]:
        session, intent = saved.keep(desk, session, intent, card)
    intent = charges.succeed(desk, intent, card, session["customer_details"])
    session = {**session, "status": "complete", "payment_status": "paid", "url": None}
    desk.books.update(session)
    desk.tell("checkout.session.completed", session)
    return intent


def _intent(desk: Desk, session: Wire, card: Card) -> Wire:
    """The session's payment intent: made at the first attempt, used again after a declined one."""
    if session["payment_intent"]:
        return desk.find("payment_intent", session["payment_intent"])
    wishes = desk.books.setting(f"session:{session['id']}", {})["intent"]
    return charges.open_intent(
        desk, amount=session["amount_total"], currency=session["currency"], wishes=wishes, last4=card.last4
    )


def _customer(email: str, name: str) -> Wire:
    return {
        "address": None,
        "business_name": None,
        "email": email,
        "individual_name": None,
        "name": name,
        "phone": None,
        "tax_exempt": "none",
        "tax_ids": [],
    }
