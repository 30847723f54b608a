"""The filter tree in the words of Meilisearch. Values are quoted and escaped here; fields come from our own code."""

from marketplace.engines.search.filters import And, Eq, Exists, Filter, In, Not, Or, Range, Value


def expression(part: Filter, *, any_field: str) -> str:
    """The filter as Meilisearch reads it. `any_field` is some filterable field, to say "nothing" and "everything".

    Documents are written without empty values (meilisearch.py), so EXISTS means that there is one.
    """
    match part:
        case Eq(field, value):
            return f"{field} = {quoted(value)}"
        case In(field, values):
            return f"{field} IN [{', '.join(map(quoted, values))}]"
        case Range(field, None, None) | Exists(field):
            return f"{field} EXISTS"
        case Range(field, low, None):
            return f"{field} >= {low}"
        case Range(field, None, high):
            return f"{field} <= {high}"
        case Range(field, low, high):
            return f"{field} {low} TO {high}"
        case And(parts) if parts:
            return " AND ".join(f"({expression(each, any_field=any_field)})" for each in parts)
        case Or(parts) if parts:
            return " OR ".join(f"({expression(each, any_field=any_field)})" for each in parts)
        case And():
            return f"NOT {any_field} IN []"
        case Or():
            return f"{any_field} IN []"
        case Not(inner):
            return f"NOT ({expression(inner, any_field=any_field)})"


def quoted(value: Value) -> str:
    """A value as Meilisearch reads it: words in double quotes with backslashes before quotes and backslashes."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
