"""The filter tree to tantivy queries."""

from dataclasses import dataclass

import tantivy
from tantivy import FieldType, Occur

from marketplace.engines.search.filters import And, Eq, Exists, Filter, In, Not, Or, Range, Value
from marketplace.engines.search.settings import IndexSettings

_LEAST, _MOST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Compiler:
    """Compiles filters for one index."""

    settings: IndexSettings
    schema: tantivy.Schema

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
            case Exists(field):
                return tantivy.Query.exists_query(field)
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
