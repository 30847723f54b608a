"""Reading what is published of the journal."""

import json

from sqlalchemy import select

from marketplace.engines.ledger.models import PublicRecord, PublicRoot
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound

Told = tuple[PublicRoot, str, int, int | None]
"""A root, a currency, what is held and what lies at Stripe, in minor units."""


async def roots(db: AnySession, *, before: int | None = None, limit: int = 30) -> list[PublicRoot]:
    """The newest roots first; `before` is the number of the last one seen."""
    query = select(PublicRoot).order_by(PublicRoot.number.desc()).limit(limit)
    if before is not None:
        query = query.where(PublicRoot.number < before)
    return list((await db.execute(query)).scalars())


async def root(db: AnySession, number: int) -> PublicRoot:
    """One root. Raises: NotFound."""
    found = await db.get(PublicRoot, number)
    if found is None:
        raise NotFound
    return found


async def newest_totals(db: AnySession) -> list[Told]:
    """The held total of each currency as it was told last."""
    found: dict[str, Told] = {}
    for each in await roots(db, limit=400):
        for currency, told in json.loads(each.line)["totals"].items():
            found.setdefault(currency, (each, currency, told["held"], told["at_stripe"]))
    return sorted(found.values(), key=lambda told: told[1] != "USD")


async def root_lines(db: AnySession) -> list[tuple[int, str]]:
    """All roots in their order: through which record, and the line."""
    rows = await db.execute(select(PublicRoot.through, PublicRoot.line).order_by(PublicRoot.number))
    return [(through, line) for through, line in rows]


async def record_lines(db: AnySession, *, after: int, limit: int) -> list[tuple[int, str]]:
    """Records in their order."""
    query = select(PublicRecord.number, PublicRecord.line).where(PublicRecord.number > after)
    rows = await db.execute(query.order_by(PublicRecord.number).limit(limit))
    return [(number, line) for number, line in rows]
