"""Whether the database is what this code expects, and whether background tasks keep up."""

from dataclasses import dataclass
from functools import cache

from alembic.script import ScriptDirectory
from sqlalchemy import text

from marketplace.kernel.database.migrate import config
from marketplace.kernel.database.sessions import AnySession

BEHIND_SECONDS = 60

_STATE = text("""
    SELECT (SELECT array_agg(version_num::text) FROM alembic_version) AS versions,
           count(*) AS waiting,
           coalesce(extract(epoch FROM max(now() - greatest(execute_after, created))), 0)::float AS oldest
    FROM pgqueuer WHERE status = 'queued' AND execute_after <= now()
""")


@dataclass(frozen=True, slots=True)
class Readiness:
    """What /ready says."""

    is_migrated: bool
    waiting_tasks: int
    oldest_task_seconds: float

    @property
    def is_behind(self) -> bool:
        return self.oldest_task_seconds > BEHIND_SECONDS


@cache
def _heads() -> frozenset[str]:
    return frozenset(ScriptDirectory.from_config(config()).get_heads())


async def readiness(db: AnySession) -> Readiness:
    """One query. Raises what the database raises when it does not answer or holds no tables."""
    row = (await db.execute(_STATE)).one()
    return Readiness(_heads() <= set(row.versions or ()), row.waiting, row.oldest)
