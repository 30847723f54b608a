"""The operations of the API and what surrounds each: key, parameters, idempotency, one transaction."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass

from marketplace.engines.payments.sandbox import (
    accounts,
    balances,
    checkout,
    disputes,
    due,
    links,
    listing,
    payouts,
    refunds,
    saved,
    transfers,
)
from marketplace.engines.payments.sandbox.books import Books, SavedAnswer, Wire
from marketplace.engines.payments.sandbox.desk import DAY, Desk
from marketplace.engines.payments.sandbox.parameters import Reader
from marketplace.engines.payments.sandbox.refusals import Declined, Refusal

Run = Callable[[Desk, Wire], Wire]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method and path of Stripe's API."""

    method: str
    path: str
    run: Run
    reads: Reader

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def is_v2(self) -> bool:
        return self.path.startswith("/v2/")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, decoded but not checked yet. `ids` are those in the address."""

    operation: Operation
    given: Wire
    ids: dict[str, str]
    account: str
    key: str | None

    @property
    def fingerprint(self) -> str:
        text = json.dumps([self.operation.name, self.ids, self.given], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: Wire
    is_replayed: bool = False


_LISTS: dict[str, tuple[str, dict[str, str]]] = {
    "/v1/transfers": ("transfer", {"transfer_group": "transfer_group", "destination": "destination"}),
    "/v1/refunds": ("refund", {"charge": "charge", "payment_intent": "payment_intent"}),
    "/v1/payouts": ("payout", {"status": "status", "destination": "destination"}),
    "/v1/charges": ("charge", {"payment_intent": "payment_intent", "transfer_group": "transfer_group"}),
    "/v1/disputes": ("dispute", {"charge": "charge", "payment_intent": "payment_intent"}),
    "/v1/payment_intents": ("payment_intent", {"customer": "customer"}),
    "/v1/balance_transactions": (
        "balance_transaction",
        {"currency": "currency", "source": "source", "type": "type"},
    ),
    "/v1/checkout/sessions": ("checkout.session", {"payment_intent": "payment_intent", "status": "status"}),
}

OPERATIONS: tuple[Operation, ...] = (
    Operation("POST", "/v2/core/accounts", accounts.create, accounts.CREATE),
    Operation("GET", "/v2/core/accounts", accounts.list_v2, accounts.LIST_V2),
    Operation("GET", "/v2/core/accounts/{id}", accounts.retrieve_v2, accounts.RETRIEVE_V2),
    Operation("POST", "/v2/core/account_links", links.create, links.CREATE),
    Operation("GET", "/v1/accounts/{id}", accounts.retrieve_v1, accounts.RETRIEVE_V1),
    Operation("POST", "/v1/checkout/sessions", checkout.create, checkout.CREATE),
    Operation("POST", "/v1/checkout/sessions/{id}/expire", checkout.expire, checkout.EXPIRE),
    Operation("POST", "/v1/payment_intents", saved.charge, saved.CHARGE),
    Operation("POST", "/v1/payment_methods/{id}/detach", saved.detach, saved.DETACH),
    Operation("GET", "/v1/payment_methods/{id}", listing.retrieve("payment_method"), listing.RETRIEVE),
    Operation("GET", "/v1/customers/{id}", listing.retrieve("customer"), listing.RETRIEVE),
    Operation("POST", "/v1/transfers", transfers.create, transfers.CREATE),
    Operation("POST", "/v1/transfers/{id}/reversals", transfers.reverse, transfers.REVERSE),
    Operation("POST", "/v1/refunds", refunds.create, refunds.CREATE),
    Operation("POST", "/v1/payouts", payouts.create, payouts.CREATE),
    Operation("POST", "/v1/disputes/{id}", disputes.update, disputes.UPDATE),
    Operation("POST", "/v1/disputes/{id}/close", disputes.close, disputes.CLOSE),
    Operation("GET", "/v1/balance", balances.retrieve, balances.RETRIEVE),
    Operation("GET", "/v1/balance_settings", balances.settings, balances.RETRIEVE),
    Operation("POST", "/v1/balance_settings", balances.update_settings, balances.UPDATE_SETTINGS),
    Operation("GET", "/v1/events", listing.events, listing.EVENTS),
    Operation("GET", "/v1/events/{id}", listing.retrieve("event"), listing.RETRIEVE),
    Operation(
        "GET",
        "/v1/transfers/{id}/reversals",
        listing.reversals,
        listing.list_shape({}),
    ),
    *(
        Operation("GET", path, listing.listing(kind, path, filters), listing.list_shape(filters))
        for path, (kind, filters) in _LISTS.items()
    ),
    *(
        Operation("GET", f"{path}/{{id}}", listing.retrieve(kind), listing.RETRIEVE)
        for path, (kind, _filters) in _LISTS.items()
    ),
)


def answer(books: Books, call: Call, *, now: int, address: str) -> Answer:
    """Do it: what is due by the clock first, then the operation, all in one transaction."""
    with books.transaction():
        due.settle(books, now, address)
        if call.operation.method == "GET":
            return _run(books, call, now, address)
        books.forget_answers(before=now - DAY)
        if saved := _saved(books, call):
            return saved
    return _run_once(books, call, now, address)


def _saved(books: Books, call: Call) -> Answer | None:
    """The first answer under this key, whatever it was. Raises: Refusal when the key came with other parameters."""
    saved = books.saved_answer(call.account, call.key) if call.key else None
    if saved is None:
        return None
    if saved.fingerprint != call.fingerprint:
        raise Refusal(
            "Keys for idempotent requests can only be used with the same parameters they were first used with."
            f" Try using a key other than '{call.key}' if you meant to execute a different request.",
            kind="idempotency_error",
            is_validation=True,
        )
    return Answer(saved.status, saved.body, is_replayed=True)


def _run_once(books: Books, call: Call, now: int, address: str) -> Answer:
    try:
        with books.transaction():
            try:
                done = _run(books, call, now, address)
            except Declined as refusal:
                done = Answer(refusal.status, refusal.body)
            save(books, call, done, now=now)
            return done
    except Refusal as refusal:
        done = Answer(refusal.status, refusal.body)
        if not refusal.is_validation and not call.operation.is_v2:  # v2 tries a failed request anew
            with books.transaction():
                save(books, call, done, now=now)
        return done


def _run(books: Books, call: Call, now: int, address: str) -> Answer:
    desk = Desk(books, now=now, address=address, account=call.account, key=call.key)
    if call.account and books.get(call.account, kind="account") is None:
        raise Refusal(
            f"The provided key does not have access to account '{call.account}' (or that account does not exist).",
            code="account_invalid",
            status=403,
        )
    given: Wire = call.operation.reads(call.given, "")
    body = call.operation.run(desk, {**given, **call.ids})
    return Answer(200, listing.expanded(desk, body, given.get("expand", [])))


def save(books: Books, call: Call, done: Answer, *, now: int) -> None:
    """Keep the answer under the call's key, if it has one."""
    if call.key and books.saved_answer(call.account, call.key) is None:
        saved = SavedAnswer(call.fingerprint, done.status, done.body)
        books.save_answer(call.account, call.key, saved, now=now)
