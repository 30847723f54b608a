"""News travels up as events: an engine or a lower domain publishes, a higher one subscribes.

`@within(Event)` runs in the publisher's transaction: states that must agree (a hold is funded and its
milestone is). `@after(Event)` is deferred on the queue in that transaction: mail, index, statistics.
Subscribers register when their `tasks` module is imported; runtime.py imports them all.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from marketplace.kernel.database import Session
from marketplace.kernel.queue import defer, task


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened. Fields are JSON-able: ids, numbers, words, datetimes, plain dicts."""


E = TypeVar("E", bound=Event)
Subscriber = Callable[[Session, E], Awaitable[None]]

_within: defaultdict[type[Event], list[Subscriber[Any]]] = defaultdict(list)
_after: defaultdict[type[Event], list[str]] = defaultdict(list)


def within(event: type[E]) -> Callable[[Subscriber[E]], Subscriber[E]]:
    """Subscribe in the publisher's own transaction: when the subscriber raises, nothing has happened."""

    def register(subscriber: Subscriber[E]) -> Subscriber[E]:
        _within[event].append(subscriber)
        return subscriber

    return register


def after(event: type[E]) -> Callable[[Subscriber[E]], Subscriber[E]]:
    """Subscribe as a background task with a transaction of its own, run at least once after COMMIT."""

    def register(subscriber: Subscriber[E]) -> Subscriber[E]:
        name = f"{subscriber.__module__}.{subscriber.__name__}".removeprefix("marketplace.")

        @task(name)
        async def deliver(db: Session, *, event_fields: dict[str, Any]) -> None:
            await subscriber(db, msgspec.convert(event_fields, event))

        _after[event].append(name)
        return subscriber

    return register


async def publish(db: Session, event: Event) -> None:
    """Tell every subscriber: those within now, those after by the queue, all in this transaction."""
    for subscriber in _within[type(event)]:
        await subscriber(db, event)
    for name in _after[type(event)]:
        await defer(db, name, event_fields=msgspec.to_builtins(event))
