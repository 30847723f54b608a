"""The filter tree to SQL, and the plain listing by PostgreSQL that stands in for an engine that is down.

The third compiler of the tree (beside tantivy's and Meilisearch's): a property test holds that the three find the
same ids. The listing knows no typos and no ranking: titles with all the words in them, the newest first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Select,
    Subquery,
    Text,
    Uuid,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from marketplace.engines.search.filters import And, Eq, Exists, Filter, In, Not, Or, Range, Value
from marketplace.engines.search.folding import fold
from marketplace.engines.search.protocol import Hit, Query, Result
from marketplace.engines.search.typed import taken_apart
from marketplace.kernel.database import AnySession

Fields: TypeAlias = Mapping[str, Any]  # expressions and mapped attributes: SQLAlchemy has no one type for both
_REACHED = 1_000


@dataclass(frozen=True, slots=True)
class Listing:
    """The documents of one index as SQL knows them.

    `ids` selects the one column of all ids that may be found; `fields` are the expressions behind the filterable
    fields (over the tables of `ids`; a list is an array), `title` is what words are looked for in, `newest_first` the
    number that decides the order; `source_ref` the key under which a row was imported, where rows can be.
    """

    ids: Select[UUID]
    fields: Fields
    title: Any
    newest_first: str
    source_ref: Any = None


def condition(part: Filter, fields: Fields) -> ColumnElement[bool]:
    """The rows that match `part`: never NULL, so that Not means what it says.

    Raises: ValueError for a field that SQL does not know.
    """
    match part:
        case Eq(field, value):
            return func.coalesce(_equal(_column(fields, field), value), false())
        case In(field, values):
            return or_(false(), *(condition(Eq(field, value), fields) for value in values))
        case Range(field, low, high):
            column = _column(fields, field)
            bounds = [column >= low] if low is not None else []
            bounds += [column <= high] if high is not None else []
            return and_(column.is_not(None), *bounds)
        case Exists(field):
            column = _column(fields, field)
            is_list = isinstance(column.type, ARRAY)
            return func.coalesce(func.cardinality(column) > 0, false()) if is_list else column.is_not(None)
        case And(parts):
            return and_(true(), *(condition(each, fields) for each in parts))
        case Or(parts):
            return or_(false(), *(condition(each, fields) for each in parts))
        case Not(inner):
            return ~condition(inner, fields)


def gathered(values: Select[str]) -> ColumnElement[Any]:
    """The rows of a one-column query as one list."""
    return func.array(values.scalar_subquery(), type_=ARRAY(Text))


def epoch(at: Any) -> ColumnElement[int]:
    """A time as the index has it: whole seconds since 1970."""
    return func.floor(func.extract("epoch", at)).cast(BigInteger)


async def listed(db: AnySession, listing: Listing, query: Query) -> Result:
    """What PostgreSQL finds for the query: exact totals and counts, words as they stand in titles."""
    documents = _documents(listing)
    fields = dict(documents.c.items())
    found = _found(fields, query)
    total = await db.scalar(select(func.count()).select_from(documents).where(found)) or 0
    page = select(documents.c.id).where(found).order_by(*_order(fields, listing, query), documents.c.id.desc())
    limit = max(0, min(query.limit, _REACHED - query.offset))
    ids = (await db.scalars(page.offset(query.offset).limit(limit))).all()
    facets = {facet: await _counts(db, documents, facet, query) for facet in query.facets if facet in fields}
    used = tuple(fold(taken_apart(query.words).sought).split())
    return Result(tuple(Hit(id, 0.0) for id in ids), total, facets, used, is_listing=True)


def _documents(listing: Listing) -> Subquery:
    columns: list[Any] = [expression.label(name) for name, expression in listing.fields.items()]
    (own,) = listing.ids.selected_columns
    with_fields: Any = listing.ids.with_only_columns(own.label("id"), listing.title.label("_title"), *columns)
    return cast(Subquery, with_fields.subquery("documents"))


def _found(fields: Fields, query: Query, *, without: str = "") -> ColumnElement[bool]:
    parts = (query.filter, *(part for field, part in query.groups.items() if field != without))
    title = func.lower(fields["_title"])
    typed = taken_apart(query.words)
    sought = (*fold(typed.loose).split(), *map(fold, typed.phrases))
    words = [title.contains(each, autoescape=True) for each in sought]
    words += [~title.contains(fold(each), autoescape=True) for each in typed.without]
    return and_(condition(And(parts), fields), *words)


def _order(fields: Fields, listing: Listing, query: Query) -> list[ColumnElement[Any]]:
    newest = fields[listing.newest_first].desc().nulls_last()
    name, _, order = query.sort.partition(":")
    if not name:
        return [newest]
    column = _column(fields, name)
    return [(column.asc() if order == "asc" else column.desc()).nulls_last(), newest]


async def _counts(db: AnySession, documents: Subquery, facet: str, query: Query) -> dict[str, int]:
    column = documents.c[facet]
    value = func.unnest(column) if isinstance(column.type, ARRAY) else column
    found = _found(dict(documents.c.items()), query, without=facet)
    values = select(value.cast(Text).label("value")).select_from(documents).where(found).subquery()
    count = func.count().label("count")
    rows = select(values.c.value, count).where(values.c.value.is_not(None)).group_by(values.c.value)
    return {row[0]: row[1] for row in await db.execute(rows.order_by(count.desc(), values.c.value))}


def _column(fields: Fields, name: str) -> ColumnElement[Any]:
    if name not in fields:
        raise ValueError(f"{name} can't be filtered in SQL")
    return fields[name]


def _equal(column: ColumnElement[Any], value: Value) -> ColumnElement[bool]:
    if isinstance(column.type, ARRAY):
        return literal(str(value)) == func.any(column)
    if isinstance(column.type, Uuid):
        return column == UUID(str(value))
    return column.is_(value) if isinstance(column.type, Boolean) and isinstance(value, bool) else column == value
