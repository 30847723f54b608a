"""SELECTs of nearly every request: built and compiled once, then asked of the driver itself.

A statement built anew for its IN list and its reader costs ten times what asyncpg takes for its rows; this way half as
much again (`python bench/statements.py`). What runs now and then needs none of this.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, cast
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, ColumnElement, Connection, Select, Uuid, bindparam, func
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.kernel.database.sessions import AnySession

_DIALECT = dialect()


def one_of(column: ColumnElement[UUID] | InstrumentedAttribute[UUID], name: str = "ids") -> ColumnElement[bool]:
    """The column is one of the UUIDs in the list that comes by that name: the same statement for any number of them."""
    return column == func.any(bindparam(name, type_=ARRAY(Uuid)))


class Prepared:
    """A SELECT whose changing values are bindparams: `await NEWEST.rows(db, at=now, limit=20)`.

    Values are what the driver takes as it is (UUID, datetime, int, str, bytes, lists of them). A column of JSON must
    be selected as text.
    """

    def __init__(self, build: Callable[[], Select[*tuple[Any, ...]]]) -> None:
        self._build = build

    async def rows(self, db: AnySession, **values: Any) -> Sequence[Mapping[str, Any]]:
        """Its rows, each by the names of its columns."""
        sql, names, fixed = self._compiled
        connection = cast(Connection, (await db.connection()).sync_connection)
        for listener in connection.dispatch.before_cursor_execute:
            listener(connection, None, sql, (), None, False)
        driver = cast(Any, connection.connection.driver_connection)
        try:
            return await driver.fetch(sql, *map((fixed | values).__getitem__, names))
        except asyncpg.QueryCanceledError:
            raise  # it took too long: an outage as it is (outages.py), and no second time
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            # SQLAlchemy knows what broke, lets go of a dead connection and says it in its own errors.
            return cast(Any, (await db.execute(self._statement, values)).mappings().all())

    @cached_property
    def _statement(self) -> Select[*tuple[Any, ...]]:
        return self._build()

    @cached_property
    def _compiled(self) -> tuple[str, Sequence[str], dict[str, Any]]:
        """The text, the names of its $1, $2, … in order, and the values that are written in the statement."""
        compiled = self._statement.compile(dialect=_DIALECT)
        asked = {name: None for name, bind in compiled.binds.items() if bind.required}
        expanded = compiled.construct_expanded_state(asked)
        assert expanded.positiontup is not None
        fixed = {name: value for name, value in expanded.parameters.items() if name not in asked}
        return expanded.statement, expanded.positiontup, fixed
