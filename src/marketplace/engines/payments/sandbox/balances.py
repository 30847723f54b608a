"""Movements of balances, and what may be taken out."""

from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.desk import Desk, new_id
from marketplace.engines.payments.sandbox.parameters import EXPAND, one_of, shape
from marketplace.engines.payments.sandbox.refusals import Refusal

FEE_BASIS_POINTS = 290
FEE_FIXED_MINOR = 30


def processing_fee(amount: int) -> int:
    """2.9 % + 30 cents, rounded half up: Stripe's list price for US cards (stripe.com/pricing)."""
    return (amount * FEE_BASIS_POINTS + 5_000) // 10_000 + FEE_FIXED_MINOR


def book(
    desk: Desk,
    type: str,
    source: Wire,
    amount: int,
    *,
    account: str | None = None,
    fee: int = 0,
    available_on: int | None = None,
) -> str:
    """Move `amount` less `fee` (minor units, signed) on the balance because of `source`; return the movement's id."""
    available = desk.now if available_on is None else available_on
    transaction: Wire = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available,
        "balance_type": "payments",
        "created": desk.now,
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [_fee_detail(fee, source["currency"])] if fee else [],
        "net": amount - fee,
        "reporting_category": type,
        "source": source["id"],
        "status": "available" if available <= desk.now else "pending",
        "type": type,
    }
    desk.books.move(transaction, account=desk.account if account is None else account)
    return str(transaction["id"])


def _fee_detail(fee: int, currency: str) -> Wire:
    return {
        "amount": fee,
        "application": None,
        "currency": currency,
        "description": "Stripe processing fees",
        "type": "stripe_fee",
    }


def demand(desk: Desk, amount: int, currency: str, *, account: str | None = None, message: str) -> None:
    """Refuse with balance_insufficient unless that much is available (pending money does not count)."""
    where = desk.account if account is None else account
    available, _pending = desk.books.balances(where, desk.now).get(currency, (0, 0))
    if available < amount:
        raise Refusal(message, code="balance_insufficient")


RETRIEVE = shape(expand=EXPAND)


def retrieve(desk: Desk, _given: Wire) -> Wire:
    """GET /v1/balance"""
    balances = desk.books.balances(desk.account, desk.now) or {"usd": (0, 0)}
    return {
        "object": "balance",
        "available": [_amount(currency, available) for currency, (available, _) in balances.items()],
        "livemode": False,
        "pending": [_amount(currency, pending) for currency, (_, pending) in balances.items()],
    }


def _amount(currency: str, amount: int) -> Wire:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}


def transaction_as_of(transaction: Wire, now: int) -> Wire:
    """Pending becomes available as time passes."""
    return {**transaction, "status": "available" if transaction["available_on"] <= now else "pending"}


UPDATE_SETTINGS = shape(
    payments=shape(payouts=shape(schedule=shape(interval=one_of("manual", "daily", "weekly", "monthly")))),
    expand=EXPAND,
)


def update_settings(desk: Desk, given: Wire) -> Wire:
    """POST /v1/balance_settings"""
    schedule = given.get("payments", {}).get("payouts", {}).get("schedule", {})
    if "interval" in schedule:
        desk.books.set(f"interval:{desk.account}", schedule["interval"])
    return settings(desk, {})


def settings(desk: Desk, _given: Wire) -> Wire:
    """GET /v1/balance_settings. The sandbox never pays out by itself, whatever the interval says."""
    return {
        "object": "balance_settings",
        "payments": {
            "debit_negative_balances": False,
            "payouts": {
                "automatic_transfer_rules_by_currency": {},
                "minimum_balance_by_currency": {},
                "schedule": {"interval": desk.books.setting(f"interval:{desk.account}", "daily")},
                "statement_descriptor": None,
                "status": "enabled",
            },
            "settlement_timing": {"delay_days": 2, "start_of_day": None},
        },
    }
