"""What a task is, how one is registered and deferred."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar, cast

import msgspec
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder

from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session

P = ParamSpec("P")
T = TypeVar("T")

_ENQUEUE = QueryQueueBuilder().build_enqueue_query("skip")


class Services:
    """What a process has open, found by type: `services[Database]`. Filled by runtime.py once."""

    def __init__(self, *services: object) -> None:
        self._by_type: dict[type, object] = {}
        for service in services:
            self.add(service)

    def add(self, service: object, kind: type | None = None) -> None:
        """Register `service` under its own type, or under the protocol `kind` that it fulfils."""
        self._by_type[kind or type(service)] = service

    def __getitem__(self, kind: type[T]) -> T:
        return cast(T, self._by_type[kind])

    def __contains__(self, kind: type) -> bool:
        return kind in self._by_type


@dataclass(frozen=True, slots=True)
class Task:
    """A registered handler and the shape of its arguments."""

    name: str
    handler: Callable[..., Awaitable[None]]
    arguments: type[msgspec.Struct]
    in_transaction: bool

    async def run(self, services: Services, payload: bytes | None) -> None:
        """Decode the payload and call the handler, in a transaction of its own unless it opens its own."""
        decoded = msgspec.json.decode(payload or b"{}", type=self.arguments)
        arguments = {name: getattr(decoded, name) for name in self.arguments.__struct_fields__}
        if not self.in_transaction:
            await self.handler(services, **arguments)
            return
        async with services[Database].write.begin() as db:
            db.info["services"] = services
            await self.handler(db, **arguments)


_tasks: dict[str, Task] = {}
_schedules: dict[str, str] = {}


def task(
    name: str, *, transaction: bool = True
) -> Callable[[Callable[P, Awaitable[None]]], Callable[P, Awaitable[None]]]:
    """Register a handler under `name`; its keyword-only parameters are the payload, checked when it is read."""

    def register(handler: Callable[P, Awaitable[None]]) -> Callable[P, Awaitable[None]]:
        parameters = inspect.signature(handler, eval_str=True).parameters.values()
        fields = [
            (p.name, p.annotation) if p.default is p.empty else (p.name, p.annotation, p.default)
            for p in parameters
            if p.kind is p.KEYWORD_ONLY
        ]
        arguments = msgspec.defstruct(f"Arguments[{name}]", fields, kw_only=True)
        assert name not in _tasks or _tasks[name].handler.__qualname__ == handler.__qualname__, name
        _tasks[name] = Task(name, handler, arguments, transaction)
        return handler

    return register


def schedule(name: str, cron: str) -> None:
    """Run the task `name` (without arguments) at `cron` (UTC, five fields). One table of these is in runtime.py."""
    _schedules[name] = cron


def registered() -> dict[str, Task]:
    """All tasks by name."""
    return _tasks


def schedules() -> dict[str, str]:
    """Cron expressions by task name."""
    return _schedules


async def defer(
    db: Session,
    name: str,
    *,
    at: datetime | None = None,
    key: str | None = None,
    **arguments: Any,
) -> None:
    """Enqueue a task in this transaction: it exists if and only if the transaction commits.

    `at` (by our clock) delays it; while a task with the same `key` waits or runs, a second one is not added.
    """
    delay = max(at - clock.now(), timedelta()) if at else timedelta()
    await _enqueue(db, name, [arguments], delay=delay, key=key)


async def defer_each(db: Session, name: str, each: Sequence[Mapping[str, Any]]) -> None:
    """Enqueue a task once for each of these arguments, in one statement of this transaction."""
    if each:
        await _enqueue(db, name, each)


async def _enqueue(
    db: Session, name: str, each: Sequence[Mapping[str, Any]], *, delay: timedelta = timedelta(), key: str | None = None
) -> None:
    count, payloads = len(each), [msgspec.json.encode(arguments) for arguments in each]
    rows = ([0] * count, [name] * count, payloads, [delay] * count, [key] * count, [None] * count)
    connection = await db.connection()
    # Through SQLAlchemy, never on the raw connection: as the first statement there it would commit by itself.
    await connection.exec_driver_sql(_ENQUEUE, rows)


async def hand_over(services: Services, name: str, **arguments: Any) -> None:
    """Enqueue a task in a transaction of its own: how a task that opens none hands on what it found."""
    async with services[Database].write.begin() as db:
        await defer(db, name, **arguments)
