"""A query as it was typed: loose words, phrases in quotes, what a minus leaves out (`"shopify store" seo -wordpress`).

One reading for both engines, the listing by PostgreSQL and the marks in titles. Quotes and minus say something only at
the beginning of a word (a 6" pipe, e-commerce), and a quote only once it is closed: until then words are being typed.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_QUOTE, _MINUS = '"“”„«»', "-−–"
_PART = re.compile(
    rf"(?<!\S)(?:(?P<minus>[{_MINUS}])?[{_QUOTE}](?P<phrase>[^{_QUOTE}]+)[{_QUOTE}]|[{_MINUS}](?P<word>[^\s{_QUOTE}]+))"
)


@dataclass(frozen=True, slots=True)
class Typed:
    """The parts as they were typed: `phrases` stand together in what is found, what is `without` does not."""

    loose: str
    phrases: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def sought(self) -> str:
        """All that is looked for, as loose words."""
        return " ".join((*self.phrases, self.loose))


@lru_cache(maxsize=256)
def taken_apart(text: str) -> Typed:
    """The parts of a query."""
    parts = list(_PART.finditer(text))
    phrases = tuple(part["phrase"] for part in parts if part["phrase"] and not part["minus"])
    without = tuple(part["word"] or part["phrase"] for part in parts if part["word"] or part["minus"])
    return Typed(_PART.sub(" ", text), phrases, without)
