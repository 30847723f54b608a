"""A small closed set of words in a text column, held by a CHECK constraint."""

from typing import get_args

from sqlalchemy import CheckConstraint


def one_of(column: str, words: object) -> CheckConstraint:
    """`column` may only be one of the Literal's words (or NULL where the column allows it)."""
    listed = ", ".join(f"'{word}'" for word in get_args(words))
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def some_of(column: str, words: object) -> CheckConstraint:
    """A list of texts may only hold words of the Literal."""
    listed = ", ".join(f"'{word}'" for word in get_args(words))
    return CheckConstraint(f"{column} <@ ARRAY[{listed}]::text[]", name=column)
