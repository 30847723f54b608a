"""The table of exchange rates: read from a CSV, newest first, never a guess and never the inverse of another."""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.escrow.rails.models import FxRate
from marketplace.escrow.rails.quotes import BANKS_ARE_IN, Rate
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import EXPONENTS

TOO_OLD = timedelta(days=7)
"""A rate of longer ago is nobody's price: then nothing is changed until a new one is imported."""


TOO_FAR = Decimal("0.1")
"""A rate that is more than this part away from the nearest one known is a slip of the comma until somebody is sure."""


class FarRate(Invalid):
    """A rate that would pay out far more or less than yesterday's."""


async def rate_at(db: AnySession, base: str, quote: str, *, at: datetime, oldest: timedelta = TOO_OLD) -> Rate | None:
    """The newest rate of that day or before; None when there is none, or only old ones."""
    day = at.astimezone(BANKS_ARE_IN).date()
    query = (
        select(FxRate.base, FxRate.quote, FxRate.rate, FxRate.on, FxRate.source)
        .where(FxRate.base == base, FxRate.quote == quote, FxRate.on <= day, FxRate.on >= day - oldest)
        .order_by(FxRate.on.desc(), FxRate.id.desc())
        .limit(1)
    )
    row = (await db.execute(query)).one_or_none()
    return Rate(*row) if row else None


async def rupees(db: AnySession, *, at: datetime) -> Rate | None:
    """By which dollars are estimated in rupees, beside amounts that stay dollars; None: nothing is estimated."""
    return await rate_at(db, "USD", "PKR", at=at)


async def import_rates(
    db: Session, text: str, *, source: str, by: UUID | None, at: datetime, is_sure: bool = False
) -> int:
    """Rows of `date,base,quote,rate`; what is known already is left out. Returns how many are new.

    Raises: Invalid; FarRate for one that is far from the nearest one known, unless somebody `is_sure`.
    """
    count = 0
    for number, (day, base, quote, value) in enumerate(_rows(text), 2):
        known = None if is_sure else await _nearest(db, base, quote, day)
        if known is not None and abs(value - known[0]) > known[0] * TOO_FAR:
            said = {"number": number, "known": f"{known[0].normalize():f}", "day": known[1]}
            raise FarRate.at("file", N_("Line %(number)s: this is far from %(known)s, the rate of %(day)s."), **said)
        row = {"base": base, "quote": quote, "on": day, "rate": value, "source": source}
        made = (
            insert(FxRate).values(**row, imported_by=by, imported_at=at).on_conflict_do_nothing().returning(FxRate.id)
        )
        if (id := (await db.execute(made)).scalar_one_or_none()) is not None:
            count += 1
            said = {"base": base, "quote": quote, "on": str(day), "rate": str(value), "source": source}
            await audit.record(db, "rate.imported", subject=("rate", id), by=by, at=at, **said)
    return count


async def _nearest(db: Session, base: str, quote: str, day: date) -> tuple[Decimal, date] | None:
    """The rate known for the day that is nearest to this one, and that day."""
    query = (
        select(FxRate.rate, FxRate.on)
        .where(FxRate.base == base, FxRate.quote == quote)
        .order_by(func.abs(FxRate.on - day), FxRate.id.desc())
        .limit(1)
    )
    row = (await db.execute(query)).one_or_none()
    return (row[0], row[1]) if row else None


def _rows(text: str) -> Iterator[tuple[date, str, str, Decimal]]:
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""))
    if missing := {"date", "base", "quote", "rate"} - set(rows.fieldnames or ()):
        raise Invalid.at("file", N_("The file has no column “%(name)s”."), name=sorted(missing)[0])
    for number, row in enumerate(rows, 2):
        try:
            day, value = date.fromisoformat(row["date"].strip()), Decimal(row["rate"].strip())
            base, quote = row["base"].strip().upper(), row["quote"].strip().upper()
            if base not in EXPONENTS or quote not in EXPONENTS or base == quote or not Decimal("1e-6") < value < 10**8:
                raise ValueError(row)
        except (ValueError, InvalidOperation, AttributeError) as error:
            raise Invalid.at("file", N_("Line %(number)s can't be read."), number=number) from error
        yield day, base, quote, value
