"""Keyset pages: the cursor in the address is the last row's sort key and id; nothing is trusted because of it."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import msgspec

from marketplace.web.visit import Visit

T = TypeVar("T")
SIZE = 20


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of rows and the address of the next one (None at the end)."""

    rows: Sequence[T]
    next_href: str | None


def cut(visit: Visit, rows: Sequence[T], key: Callable[[T], Sequence[Any]], *, size: int = SIZE) -> Page[T]:
    """Make a page of `rows`, which were fetched with LIMIT size + 1; `key` gives the values of ORDER BY for one row."""
    if len(rows) <= size:
        return Page(rows, None)
    return Page(rows[:size], with_query(visit, after=encode(key(rows[size - 1]))))


def encode(values: Sequence[Any]) -> str:
    """A cursor of JSON-able values (ids and datetimes too)."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(values))).decode().rstrip("=")


def decode(visit: Visit, *types: type) -> tuple[Any, ...] | None:
    """The cursor `after` of the address as values of these types; None without one, or when somebody changed it."""
    text = visit.query.get("after", "")
    try:
        raw = base64.urlsafe_b64decode(text + "==")
        return msgspec.json.decode(raw, type=tuple[types])
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None


def with_query(visit: Visit, **changes: str | None) -> str:
    """This address with some values of its query replaced (None: taken away), from the first page."""
    pairs = [(name, value) for name, value in visit.query.multi_items() if name not in changes and name != "after"]
    pairs += [(name, value) for name, value in changes.items() if value is not None]
    return f"{visit.path}?{urlencode(pairs)}" if pairs else visit.path
