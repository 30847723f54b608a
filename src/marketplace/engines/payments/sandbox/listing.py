"""Reading: one object, a page of them, and what is expanded in them."""

from collections.abc import Callable
from typing import Any, cast

from marketplace.engines.payments.sandbox.balances import transaction_as_of
from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.desk import Desk
from marketplace.engines.payments.sandbox.parameters import EXPAND, Reader, boolean, each, page, shape, text
from marketplace.engines.payments.sandbox.refusals import no_such

Run = Callable[[Desk, Wire], Wire]

RETRIEVE = shape(expand=EXPAND)
_RANGE = {"gt": "created > ?", "gte": "created >= ?", "lt": "created < ?", "lte": "created <= ?"}


def retrieve(kind: str) -> Run:
    def run(desk: Desk, given: Wire) -> Wire:
        return _fresh(desk, desk.find(kind, given["id"]))

    return run


def listing(kind: str, path: str, filters: dict[str, str]) -> Run:
    """A list of `kind`; `filters` maps parameters to fields of the body. Never of another account."""

    def run(desk: Desk, given: Wire) -> Wire:
        limit = max(1, min(given.get("limit", 10), 100))
        conditions: list[tuple[str, Any]] = [("account = ?", desk.account)]
        conditions += [(_RANGE[word], moment) for word, moment in given.get("created", {}).items()]
        conditions += [
            (f"json_extract(body, '$.{field}') = ?", given[name]) for name, field in filters.items() if name in given
        ]
        cursor, is_backwards = _cursor(desk, given)
        found = desk.books.newest(kind, [*conditions, *cursor], limit=limit + 1, is_backwards=is_backwards)
        has_more = len(found) > limit
        shown = found[-limit:] if is_backwards else found[:limit]
        data = [_fresh(desk, each) for each in shown]
        return {"object": "list", "data": data, "has_more": has_more, "url": path.format(**given)}

    return run


def _cursor(desk: Desk, given: Wire) -> tuple[list[tuple[str, Any]], bool]:
    for name, condition, is_backwards in (("starting_after", "seq < ?", False), ("ending_before", "seq > ?", True)):
        if name in given:
            seq = desk.books.seq_of(given[name])
            if seq is None:
                raise no_such("object", given[name], name)
            return [(condition, seq)], is_backwards
    return [], False


def _fresh(desk: Desk, body: Wire) -> Wire:
    return transaction_as_of(body, desk.now) if body["object"] == "balance_transaction" else body


def events(desk: Desk, given: Wire) -> Wire:
    """GET /v1/events: v1 events of this account, also filtered by types and by whether their webhook arrived."""
    shown = listing("event", "/v1/events", {"type": "type"})(desk, given)
    open_ids = desk.books.open_deliveries()
    for event in shown["data"]:
        event["pending_webhooks"] = int(event["id"] in open_ids)
    if "types" in given:
        shown["data"] = [event for event in shown["data"] if event["type"] in given["types"]]
    if "delivery_success" in given:
        wanted = 0 if given["delivery_success"] else 1
        shown["data"] = [event for event in shown["data"] if event["pending_webhooks"] == wanted]
    return shown


def list_shape(filters: dict[str, str]) -> Reader:
    return page(**dict.fromkeys(filters, text))


EVENTS = page(type=text, types=each(text), delivery_success=boolean)


def expanded(desk: Desk, body: Wire, paths: list[str]) -> Wire:
    """Put whole objects where their ids stand, along every path (`data.` is the items of a list)."""
    for path in paths:
        body = _expand(desk, body, path.split("."))
    return body


def _expand(desk: Desk, value: Any, steps: list[str]) -> Any:
    if isinstance(value, list):
        return [_expand(desk, item, steps) for item in cast(list[Any], value)]
    if not steps or not isinstance(value, dict):
        return value  # pyright: ignore[reportUnknownVariableType] - any JSON
    parts = cast(Wire, value)
    name, *rest = steps
    inner: Any = parts.get(name)
    if isinstance(inner, str):
        inner = desk.books.get(inner) or inner
    return {**parts, name: _expand(desk, inner, rest)} if name in parts else parts


def reversals(desk: Desk, given: Wire) -> Wire:
    """GET /v1/transfers/{id}/reversals"""
    desk.find("transfer", given["id"])
    path = "/v1/transfers/{id}/reversals"
    return listing("transfer_reversal", path, {"id": "transfer"})(desk, given)
