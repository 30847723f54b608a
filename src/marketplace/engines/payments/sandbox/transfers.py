"""Transfers to connected accounts, and their reversals."""

from marketplace.engines.payments.sandbox import balances, charges
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.desk import Desk, new_id
from marketplace.engines.payments.sandbox.parameters import EXPAND, amount, boolean, currency, metadata, shape, text
from marketplace.engines.payments.sandbox.refusals import Refusal, missing_parameter

CREATE = shape(
    ("currency", "destination"),
    amount=amount,
    currency=currency,
    description=text,
    destination=text,
    expand=EXPAND,
    metadata=metadata,
    source_transaction=text,
    transfer_group=text,
)
REVERSE = shape(amount=amount, description=text, expand=EXPAND, metadata=metadata, refund_application_fee=boolean)
_SHORT = (
    "You have insufficient available funds in your Stripe account. Use `source_transaction`, or wait until the"
    " pending balance becomes available."
)


def create(desk: Desk, given: Wire) -> Wire:
    """POST /v1/transfers"""
    account = desk.find("account", given["destination"], "destination")
    if not account["is_complete"]:
        raise Refusal(
            "Your destination account needs to have at least one of the following capabilities enabled:"
            " transfers, crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    charge = _source(desk, given)
    if "amount" not in given and charge is None:
        raise missing_parameter("amount")
    minor = given.get("amount", charge["amount"] if charge else 0)
    available_on = desk.now
    if charge is None:
        balances.demand(desk, minor, given["currency"], message=_SHORT)
    else:
        _check_source(desk, charge, minor)
        available_on = max(desk.now, desk.find("balance_transaction", charge["balance_transaction"])["available_on"])
    return _book(desk, given, minor, available_on)


def _source(desk: Desk, given: Wire) -> Wire | None:
    if "source_transaction" not in given:
        return None
    charge = desk.find("charge", given["source_transaction"], "source_transaction")
    if charge["currency"] != given["currency"] or not charge["paid"]:
        raise Refusal("The source_transaction must be a paid charge in the same currency.", param="source_transaction")
    return charge


def _check_source(desk: Desk, charge: Wire, minor: int) -> None:
    """All transfers out of one charge together are at most the charge."""
    condition = ("json_extract(body, '$.source_transaction') = ?", charge["id"])
    earlier = desk.books.newest("transfer", [condition], limit=1_000)
    used = sum(each["amount"] - each["amount_reversed"] for each in earlier)
    if used + minor > charge["amount"] - charge["amount_refunded"]:
        raise Refusal(
            "Transfers using this transaction as a source must not exceed the source amount of"
            f" {charge['amount']}. (There is already {used} transferred from this source.)",
            param="source_transaction",
        )


def _book(desk: Desk, given: Wire, minor: int, available_on: int) -> Wire:
    id = new_id("tr")
    transfer: Wire = {
        "id": id,
        "object": "transfer",
        "amount": minor,
        "amount_reversed": 0,
        "created": desk.now,
        "currency": given["currency"],
        "description": given.get("description"),
        "destination": given["destination"],
        "livemode": False,
        "metadata": given.get("metadata", {}),
        "reversals": {
            "object": "list",
            "data": [],
            "has_more": False,
            "total_count": 0,
            "url": f"/v1/transfers/{id}/reversals",
        },
        "reversed": False,
        "source_transaction": given.get("source_transaction"),
        "source_type": "card",
        "transfer_group": given.get("transfer_group"),
    }
    transfer["balance_transaction"] = balances.book(desk, "transfer", transfer, -minor, available_on=available_on)
    transfer["destination_payment"] = charges.arrive(desk, transfer, available_on=available_on)
    desk.insert(transfer)
    desk.tell("transfer.created", transfer)
    return transfer


def reverse(desk: Desk, given: Wire) -> Wire:
    """POST /v1/transfers/{id}/reversals"""
    transfer = desk.find("transfer", given["id"])
    left = transfer["amount"] - transfer["amount_reversed"]
    minor = given.get("amount", left)
    if left == 0:
        raise Refusal(f"Transfer {transfer['id']} is already fully reversed.", code="transfer_already_reversed")
    if minor > left:
        raise Refusal(f"Reversal amount ({minor}) is greater than the transfer amount left ({left}).", param="amount")
    account = transfer["destination"]
    message = "The connected account has insufficient available funds to reverse this transfer."
    balances.demand(desk, minor, transfer["currency"], account=account, message=message)
    reversal: Wire = {
        "id": new_id("trr"),
        "object": "transfer_reversal",
        "amount": minor,
        "created": desk.now,
        "currency": transfer["currency"],
        "destination_payment_refund": None,
        "metadata": given.get("metadata", {}),
        "source_refund": None,
        "transfer": transfer["id"],
    }
    reversal["balance_transaction"] = balances.book(desk, "transfer_refund", reversal, minor)
    balances.book(desk, "payment_refund", reversal, -minor, account=account)
    desk.insert(reversal)
    _note(desk, transfer, reversal)
    return reversal


def _note(desk: Desk, transfer: Wire, reversal: Wire) -> None:
    total = transfer["amount_reversed"] + reversal["amount"]
    data = [reversal, *transfer["reversals"]["data"]]
    reversals = {**transfer["reversals"], "data": data[:10], "total_count": len(data), "has_more": len(data) > 10}
    transfer = {
        **transfer,
        "amount_reversed": total,
        "reversals": reversals,
        "reversed": total == transfer["amount"],
    }
    desk.books.update(transfer)
    desk.tell("transfer.reversed", transfer)
