"""What tests and operators of the demo ask of the sandbox itself: faults, settings, a summary of the books."""

from ipaddress import ip_address
from typing import Any

from litestar import Request, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotFoundException, ValidationException
from litestar.handlers import BaseRouteHandler

from marketplace.engines.payments.sandbox import disputes, payouts
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.desk import DEFAULTS, Desk
from marketplace.engines.payments.sandbox.faults import KINDS, Fault
from marketplace.engines.payments.sandbox.refusals import Refusal
from marketplace.engines.payments.sandbox.site import Site

NEWEST = 20
"""How many of each kind the demo's page shows."""


def from_this_machine(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """The pages may be open to a network, the controls are not. Raises: NotFoundException."""
    if connection.client is None or not ip_address(connection.client.host).is_loopback:
        raise NotFoundException


@post("/_sandbox/faults", status_code=204, guards=[from_this_machine])
async def order_fault(request: Request[Any, Any, Any], site: Site) -> None:
    """{operation, kind, times, seconds}; an empty object clears all. Only on the sandbox's own port."""
    ordered: Wire = await request.json()
    if not ordered:
        site.faults.clear()
        return
    if ordered.get("kind") not in KINDS:
        raise ValidationException(f"kind is one of {', '.join(KINDS)}")
    site.faults.add(Fault(**ordered))


@post("/_sandbox/settings", status_code=204, guards=[from_this_machine])
async def change_settings(request: Request[Any, Any, Any], site: Site) -> None:
    """Any of the DEFAULTS of desk.py."""
    wanted: Wire = await request.json()
    if unknown := set(wanted) - set(DEFAULTS):
        raise ValidationException(f"unknown: {', '.join(sorted(unknown))}")
    with site.books.transaction():
        for name, value in wanted.items():
            site.books.set(name, value)


@post("/_sandbox/disputes", status_code=201, guards=[from_this_machine])
async def raise_dispute(request: Request[Any, Any, Any], site: Site) -> Wire:
    """{charge, amount, reason, is_inquiry}: a payer asks her bank for the money back."""
    wanted: Wire = await request.json()
    try:
        with site.books.transaction():
            desk = Desk(site.books, now=site.now(), address=site.address)
            dispute = disputes.raise_dispute(
                desk,
                wanted["charge"],
                amount=wanted.get("amount"),
                reason=wanted.get("reason", "fraudulent"),
                is_inquiry=wanted.get("is_inquiry", False),
            )
    except Refusal as refusal:
        raise ValidationException(str(refusal.body)) from refusal
    site.changed()
    return dispute


@post("/_sandbox/disputes/{id:str}/decide", status_code=200, guards=[from_this_machine])
async def decide_dispute(id: str, request: Request[Any, Any, Any], site: Site) -> Wire:
    """{outcome: won | lost}: the bank decides."""
    outcome = (await request.json()).get("outcome")
    if outcome not in disputes.OUTCOMES:
        raise ValidationException(f"outcome is one of {', '.join(disputes.OUTCOMES)}")
    try:
        with site.books.transaction():
            dispute = disputes.decide(Desk(site.books, now=site.now(), address=site.address), id, outcome)
    except Refusal as refusal:
        raise ValidationException(str(refusal.body)) from refusal
    site.changed()
    return dispute


@post("/_sandbox/payouts/{id:str}/fail", status_code=204, guards=[from_this_machine])
async def fail_payout(id: str, site: Site) -> None:
    """The bank sends it back."""
    payout = site.books.get(id, kind="payout")
    if payout is None:
        raise NotFoundException
    try:
        with site.books.transaction():
            payouts.fail(site.desk(site.books.account_of(id)), payout)
    except Refusal as refusal:
        raise ValidationException(str(refusal.body)) from refusal
    site.changed()


@post("/_sandbox/events/{id:str}/deliver", status_code=204, guards=[from_this_machine])
async def deliver_again(id: str, site: Site) -> None:
    """Send the webhook of an event (once more)."""
    with site.books.transaction():
        site.books.deliver(id)
    site.changed()


@get("/_sandbox/books", sync_to_thread=False, guards=[from_this_machine])
def show_books(site: Site) -> Wire:
    """The summary of the books, for tests and reconciliation."""
    return summarise(site)


@get("/_sandbox/books/newest", sync_to_thread=False, guards=[from_this_machine])
def show_newest(site: Site) -> Wire:
    """The newest payments, payouts and disputes, and the switches, for the demo's page."""
    kinds = {
        "charge": ("amount_refunded", "disputed", "status"),
        "payout": ("status",),
        "dispute": ("charge", "status"),
    }
    desk = site.desk()
    return {
        **{f"{kind}s": _moved(site, kind, fields)[: -NEWEST - 1 : -1] for kind, fields in kinds.items()},
        "settings": {name: desk.setting(name) for name in DEFAULTS},
        "webhooks_waiting": len(site.books.open_deliveries()),
    }


@get("/live", sync_to_thread=False)
def live() -> Wire:
    """It runs."""
    return {"status": "alive"}


def summarise(site: Site) -> Wire:
    """Balances by account and currency, how many of each kind, and every object that moved money with its key."""
    balances = {
        account or "platform": {
            currency: {"available": available, "pending": pending}
            for currency, (available, pending) in site.books.balances(account, site.now()).items()
        }
        for account in site.books.accounts_with_balances()
    }
    return {
        "balances": balances,
        "counts": site.books.counts(),
        "webhooks_waiting": len(site.books.open_deliveries()),
        "transfers": _moved(site, "transfer", ("amount_reversed", "destination", "transfer_group")),
        "reversals": _moved(site, "transfer_reversal", ("transfer",)),
        "refunds": _moved(site, "refund", ("charge", "status")),
        "payouts": _moved(site, "payout", ("status",)),
        "disputes": _moved(site, "dispute", ("charge", "reason", "status")),
        "charges": _moved(site, "charge", ("amount_refunded", "payment_intent", "status", "transfer_group")),
    }


def _moved(site: Site, kind: str, fields: tuple[str, ...]) -> list[Wire]:
    names = ("id", "amount", "currency", "metadata", *fields)
    return [{**{name: body[name] for name in names}, "key": key} for body, key in site.books.made_with_keys(kind)]
