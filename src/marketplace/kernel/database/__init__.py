"""PostgreSQL: one write door, one read door.

`Database.write.begin()` opens the one transaction of a request or task; `Database.read()` gives a
read-only session on an AUTOCOMMIT engine (no BEGIN/ROLLBACK round trips). Actions flush, never commit.
"""

from marketplace.kernel.database.base import (
    Base,
    amount,
    currency,
    new_ids,
    optional_timestamp,
    pk,
    timestamp,
)
from marketplace.kernel.database.prepared import Prepared, one_of
from marketplace.kernel.database.sessions import (
    AnySession,
    Database,
    ReadSession,
    Session,
)

__all__ = [
    "AnySession",
    "Base",
    "Database",
    "Prepared",
    "ReadSession",
    "Session",
    "amount",
    "currency",
    "new_ids",
    "one_of",
    "optional_timestamp",
    "pk",
    "timestamp",
]
