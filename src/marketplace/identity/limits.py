"""How often something may be tried: counted by rule, by person and by address, in one statement."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from marketplace.identity.models import RateCount
from marketplace.kernel.database import Session

_WHO_FACTOR, _IP_FACTOR = 5, 30
"""A person from anywhere may try five times as often as from one address; an address (a lab of forty) thirty times."""


@dataclass(frozen=True, slots=True)
class Rule:
    """At most `most` tries in each window of `minutes`."""

    name: str
    most: int
    minutes: int

    def limits(self, who: str, ip: str) -> dict[str, int]:
        """What is counted, and how far each count may go. Without `who`: anybody from `ip`, at most `most`."""
        if not who:
            return {f"{self.name}||{ip}": self.most}
        return {
            f"{self.name}|{who}|{ip}": self.most,
            f"{self.name}|{who}|": self.most * _WHO_FACTOR,
            f"{self.name}||{ip}": self.most * _IP_FACTOR,
        }


async def count(db: Session, rule: Rule, *, who: str, ip: str, at: datetime) -> int | None:
    """Count one try of `who` from `ip`. None while it is allowed, else in how many minutes the next one is."""
    limits = {key[:300]: most for key, most in rule.limits(who, ip).items()}
    length = timedelta(minutes=rule.minutes)
    window = datetime.fromtimestamp(at.timestamp() // length.total_seconds() * length.total_seconds(), UTC)
    rows = [{"key": key, "window_at": window, "count": 1} for key in sorted(limits)]
    upsert = insert(RateCount).values(rows)
    upsert = upsert.on_conflict_do_update(
        index_elements=[RateCount.key, RateCount.window_at], set_={"count": RateCount.count + 1}
    )
    counted = dict((await db.execute(upsert.returning(RateCount.key, RateCount.count))).all())
    if all(counted[key] <= most for key, most in limits.items()):
        return None
    return max(1, int((window + length - at).total_seconds() // 60) + 1)


async def forget_old(db: Session, *, at: datetime) -> None:
    """Remove windows that are over."""
    await db.execute(delete(RateCount).where(RateCount.window_at < at - timedelta(days=2)))
