"""The filter tree to tantivy queries, and the check that a query names only what its index allows."""

from dataclasses import dataclass

import tantivy
from tantivy import FieldType, Occur

from marketplace.engines.search.filters import And, Eq, Filter, In, Not, Or, Range, Value
from marketplace.engines.search.protocol import Query
from marketplace.engines.search.settings import IndexSettings

_MOST_DEPTH = 20
_LEAST, _MOST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles filters for one index."""

    settings: IndexSettings
    schema: tantivy.Schema

    def check(self, query: Query) -> None:
        """Raises: ValueError when the query filters, counts or sorts by what the settings do not allow."""
        for part in (query.filter, *query.groups.values()):
            self._check_filter(part, 0)
        for facet in query.facets:
            if facet not in self.settings.keywords:
                raise ValueError(f"{facet} can't be counted in {self.settings.name}")
        field, _, order = query.sort.partition(":")
        if query.sort and (field not in self.settings.sortable or order not in ("asc", "desc")):
            raise ValueError(f"{self.settings.name} can't be sorted by {query.sort}")
        if query.offset < 0 or query.limit < 1:
            raise ValueError("offset and limit must not be negative")

    def filter(self, part: Filter) -> tantivy.Query:
        """The documents that match `part`, whatever their score."""
        match part:
            case Eq(field, value):
                return self._equal(field, value)
            case In(field, values):
                return _any([self._equal(field, value) for value in values])
            case Range(field, low, high):
                bounds = (_LEAST if low is None else low, _MOST if high is None else high)
                return tantivy.Query.range_query(self.schema, field, FieldType.Integer, *bounds)
            case And(parts):
                return _all([self.filter(each) for each in parts])
            case Or(parts):
                return _any([self.filter(each) for each in parts])
            case Not(inner):
                everything = (Occur.Must, tantivy.Query.all_query())
                return tantivy.Query.boolean_query([everything, (Occur.MustNot, self.filter(inner))])

    def _equal(self, field: str, value: Value) -> tantivy.Query:
        if field in self.settings.numbers:
            return tantivy.Query.range_query(self.schema, field, FieldType.Integer, int(value), int(value))
        return tantivy.Query.term_query(self.schema, field, keyword(value), index_option="basic")

    def _check_filter(self, part: Filter, depth: int) -> None:
        if depth > _MOST_DEPTH:
            raise ValueError("this filter is nested too deeply")
        match part:
            case Eq(field) | In(field):
                allowed = self.settings.keywords | self.settings.numbers
            case Range(field):
                allowed = self.settings.numbers
            case Not(inner):
                return self._check_filter(inner, depth + 1)
            case And(parts) | Or(parts):
                for each in parts:
                    self._check_filter(each, depth + 1)
                return None
        if field not in allowed:
            raise ValueError(f"{field} can't be filtered in {self.settings.name}")
        return None


def keyword(value: Value) -> str:
    """How a keyword is written in the index: true and false as Meilisearch shows them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _all(queries: list[tantivy.Query]) -> tantivy.Query:
    if not queries:
        return tantivy.Query.all_query()
    return tantivy.Query.boolean_query([(Occur.Must, query) for query in queries])


def _any(queries: list[tantivy.Query]) -> tantivy.Query:
    if not queries:
        return tantivy.Query.empty_query()
    return tantivy.Query.boolean_query([(Occur.Should, query) for query in queries])
