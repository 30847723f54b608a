"""How often something may be tried: counted by rule, by person and by address, in one statement."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from marketplace.identity.models import RateCount
from marketplace.kernel.database import Session

_WHO_FACTOR, _IP_FACTOR = 5, 30
"""A person from anywhere may try five times as often as from one address; an address (a lab of forty) thirty times."""


async def count(db: Session, rule: str, limit: int, *, who: str, ip: str, at: datetime, minutes: int) -> int | None:
    """Count one try. None while it is allowed, else in how many minutes the next one is.

    Three counts in windows of `minutes`: `who` from `ip` (at most `limit`), `who` from anywhere, anybody from `ip`.
    Without `who` there is one count: anybody from `ip`, at most `limit`.
    """
    limits = {f"{rule}||{ip}": limit}
    if who:
        limits = {
            f"{rule}|{who}|{ip}": limit,
            f"{rule}|{who}|": limit * _WHO_FACTOR,
            f"{rule}||{ip}": limit * _IP_FACTOR,
        }
    length = timedelta(minutes=minutes)
    window = datetime.fromtimestamp(at.timestamp() // length.total_seconds() * length.total_seconds(), UTC)
    rows = [{"key": key[:300], "window_at": window, "count": 1} for key in sorted(limits)]
    upsert = insert(RateCount).values(rows)
    upsert = upsert.on_conflict_do_update(
        index_elements=[RateCount.key, RateCount.window_at], set_={"count": RateCount.count + 1}
    )
    counted = dict((await db.execute(upsert.returning(RateCount.key, RateCount.count))).all())
    if all(counted[key[:300]] <= limits[key] for key in limits):
        return None
    return max(1, int((window + length - at).total_seconds() // 60) + 1)


async def forget_old(db: Session, *, at: datetime) -> None:
    """Remove windows that are over."""
    await db.execute(delete(RateCount).where(RateCount.window_at < at - timedelta(days=2)))
