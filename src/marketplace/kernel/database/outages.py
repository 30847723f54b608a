"""Which errors mean that the database is out of reach or overtaxed, so that trying again in a moment is right."""

import asyncpg
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

_CODES = frozenset({"40001", "40P01", "55P03", "57014", "53300"})
"""Serialisation failure, deadlock, lock timeout, statement timeout, too many connections (PostgreSQL, appendix A)."""
_CLASSES = ("08", "53", "57P")
"""Connection exceptions, insufficient resources, the server goes down or comes up."""


def is_outage(error: BaseException) -> bool:
    """Whether nothing was wrong with what was asked. A COMMIT whose answer was lost may still have happened."""
    if isinstance(error, (OperationalError, PoolTimeout, ConnectionError)):
        return True
    if isinstance(error, FileNotFoundError):
        return error.filename is None  # the server's socket; a file of ours has a name
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _is_passing(getattr(error.orig, "sqlstate", None))
    return isinstance(error, asyncpg.PostgresError) and _is_passing(getattr(error, "sqlstate", None))


def _is_passing(sqlstate: str | None) -> bool:
    return sqlstate is not None and (sqlstate in _CODES or sqlstate.startswith(_CLASSES))
