"""Payment intents and charges."""

from marketplace.engines.payments.sandbox import balances
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.cards import DECLINES, Card
from marketplace.engines.payments.sandbox.desk import Desk, new_id


def open_intent(desk: Desk, *, amount: int, currency: str, wishes: Wire, last4: str) -> Wire:
    """A new payment intent that waits for a card. `wishes` is payment_intent_data of the session."""
    id = new_id("pi")
    intent: Wire = {
        **_NOTHING_OF_INTENT,
        "id": id,
        "object": "payment_intent",
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "automatic_payment_methods": None,
        "capture_method": "automatic_async",
        "client_secret": f"{id}_secret_{last4}",
        "confirmation_method": "automatic",
        "created": desk.now,
        "currency": currency,
        "description": wishes.get("description"),
        "livemode": False,
        "metadata": wishes.get("metadata", {}),
        "payment_method_types": ["card"],
        "receipt_email": wishes.get("receipt_email"),
        "setup_future_usage": wishes.get("setup_future_usage"),
        "statement_descriptor_suffix": wishes.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_group": wishes.get("transfer_group"),
    }
    desk.insert(intent)
    desk.tell("payment_intent.created", intent)
    return intent


_NOTHING_OF_INTENT: Wire = dict.fromkeys(
    (
        "allowed_payment_method_types",
        "application",
        "application_fee_amount",
        "canceled_at",
        "cancellation_reason",
        "customer",
        "customer_account",
        "excluded_payment_method_types",
        "last_payment_error",
        "latest_charge",
        "managed_payments",
        "next_action",
        "on_behalf_of",
        "payment_method",
        "payment_method_configuration_details",
        "payment_method_options",
        "payment_record",
        "processing",
        "review",
        "shipping",
        "source",
        "statement_descriptor",
    )
)


def succeed(desk: Desk, intent: Wire, card: Card, customer: Wire) -> Wire:
    """The card is charged: the platform's balance grows by the amount less the processing fee."""
    charge = _charge(desk, intent, card, customer)
    charge["balance_transaction"] = balances.book(
        desk,
        "charge",
        charge,
        intent["amount"],
        fee=balances.processing_fee(intent["amount"]),
        available_on=desk.now + desk.setting("settle_seconds"),
    )
    desk.insert(charge)
    if card.fails_refunds:
        desk.books.set(f"fails_refunds:{charge['id']}", True)
    intent = {
        **intent,
        "amount_received": intent["amount"],
        "last_payment_error": None,
        "latest_charge": charge["id"],
        "next_action": None,
        "payment_method": charge["payment_method"],
        "status": "succeeded",
    }
    desk.books.update(intent)
    desk.tell("charge.succeeded", charge)
    desk.tell("payment_intent.succeeded", intent)
    return intent


def decline(desk: Desk, intent: Wire, card: Card) -> Wire:
    """The bank says no; another card may be tried."""
    charge = {
        **_charge(desk, intent, card, {}),
        "amount_captured": 0,
        "captured": False,
        "failure_code": "card_declined",
        "failure_message": DECLINES[card.refusal],
        "paid": False,
        "status": "failed",
    }
    desk.insert(charge)
    desk.tell("charge.failed", charge)
    error = {
        "type": "card_error",
        "code": "card_declined",
        "decline_code": card.refusal,
        "message": DECLINES[card.refusal],
        "charge": charge["id"],
    }
    return fail(desk, {**intent, "latest_charge": charge["id"]}, error)


def challenge(desk: Desk, intent: Wire, url: str) -> Wire:
    """The bank wants to ask the payer (3-D Secure)."""
    intent = {
        **intent,
        "next_action": {"type": "redirect_to_url", "redirect_to_url": {"return_url": None, "url": url}},
        "status": "requires_action",
    }
    desk.books.update(intent)
    desk.tell("payment_intent.requires_action", intent)
    return intent


def fail_challenge(desk: Desk, intent: Wire) -> Wire:
    """The payer did not prove who she is."""
    message = "We are unable to authenticate your payment method. Please choose a different one and try again."
    error = {"type": "invalid_request_error", "code": "payment_intent_authentication_failure", "message": message}
    return fail(desk, intent, error)


def fail(desk: Desk, intent: Wire, error: Wire) -> Wire:
    """The intent waits for another way to be paid."""
    intent = {**intent, "last_payment_error": error, "next_action": None, "status": "requires_payment_method"}
    desk.books.update(intent)
    desk.tell("payment_intent.payment_failed", intent)
    return intent


def arrive(desk: Desk, transfer: Wire, *, available_on: int) -> str:
    """A transfer as the connected account sees it: a charge of its own (`py_…`); returns its id."""
    payment: Wire = {
        **_NOTHING_OF_CHARGE,
        "id": new_id("py"),
        "object": "charge",
        "amount": transfer["amount"],
        "amount_captured": transfer["amount"],
        "amount_refunded": 0,
        "billing_details": _billing({}),
        "captured": True,
        "created": desk.now,
        "currency": transfer["currency"],
        "disputed": False,
        "livemode": False,
        "metadata": {},
        "paid": True,
        "refunded": False,
        "source_transfer": transfer["id"],
        "status": "succeeded",
        "transfer_group": transfer["transfer_group"],
    }
    account = transfer["destination"]
    payment["balance_transaction"] = balances.book(
        desk, "payment", payment, transfer["amount"], account=account, available_on=available_on
    )
    desk.insert(payment, account=account)
    return str(payment["id"])


def _charge(desk: Desk, intent: Wire, card: Card, customer: Wire) -> Wire:
    return {
        **_NOTHING_OF_CHARGE,
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"],
        "amount_refunded": 0,
        "billing_details": _billing(customer),
        "calculated_statement_descriptor": "SANDBOX",
        "captured": True,
        "created": desk.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": _outcome(card),
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"] or new_id("pm"),
        "payment_method_details": {"type": "card", "card": _card(intent, card)},
        "refunded": False,
        "status": "succeeded",
        "transfer_group": intent["transfer_group"],
    }


_NOTHING_OF_CHARGE: Wire = dict.fromkeys(
    (
        "application",
        "application_fee",
        "application_fee_amount",
        "balance_transaction",
        "calculated_statement_descriptor",
        "customer",
        "description",
        "failure_balance_transaction",
        "failure_code",
        "failure_message",
        "fraud_details",
        "on_behalf_of",
        "outcome",
        "payment_intent",
        "payment_method",
        "payment_method_details",
        "receipt_email",
        "receipt_number",
        "receipt_url",
        "review",
        "shipping",
        "source",
        "source_transfer",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_data",
    )
)


def _billing(customer: Wire) -> Wire:
    words = {name: customer.get(name) for name in ("email", "name", "phone")}
    return {"address": None, "tax_id": None, **words}


def _outcome(card: Card) -> Wire:
    return {
        "advice_code": "try_again_later" if card.refusal else None,
        "network_advice_code": None,
        "network_decline_code": "05" if card.refusal else None,
        "network_status": "declined_by_network" if card.refusal else "approved_by_network",
        "reason": card.refusal or None,
        "risk_level": "normal",
        "seller_message": "The bank declined." if card.refusal else "Payment complete.",
        "type": "issuer_declined" if card.refusal else "authorized",
    }


def _card(intent: Wire, card: Card) -> Wire:
    challenge = {
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": None,
        "result": "authenticated",
        "result_reason": None,
        "transaction_id": new_id("3ds"),
        "version": "2.2.0",
    }
    return {
        **_NOTHING_OF_CARD,
        "amount_authorized": intent["amount"],
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "fingerprint": card.fingerprint,
        "funding": "credit",
        "last4": card.last4,
        "network": card.brand,
        "regulated_status": "unregulated",
        "three_d_secure": challenge if card.has_challenge else None,
    }


_NOTHING_OF_CARD: Wire = dict.fromkeys(
    (
        "authorization_code",
        "electronic_commerce_indicator",
        "installments",
        "mandate",
        "network_transaction_id",
        "transaction_link_id",
        "wallet",
    )
)
