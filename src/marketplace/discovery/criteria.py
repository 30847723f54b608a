"""What somebody looks for, to and from the query of an address: the address holds the state of every list.

Whatever an address says is read leniently: what is not understood is left out, so no link ever breaks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self
from urllib.parse import urlencode

from marketplace.engines.search.protocol import PAGE
from marketplace.places.gazetteer import districts_within

MOST_PAGES = 1_000 // PAGE
LONGEST_WORDS = 200
NEAR_KM = 50
"""How far near is where an address does not say."""
_FARTHEST_KM = 1_000
_MOST_VALUES = 20
_LONGEST_VALUE = 60
_MOST_MAJOR = 10_000_000
_MINOR = 100

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """What both lists share. Amounts are whole units of the currency, as people type them; `page` counts from 1."""

    SORTS: ClassVar[tuple[str, ...]] = ("match", "new")
    LISTS: ClassVar[Mapping[str, str]] = {"skill": "skills"}
    FLAGS: ClassVar[Mapping[str, str]] = {}
    NUMBERS: ClassVar[Mapping[str, str]] = {}

    words: str = ""
    skills: tuple[str, ...] = ()
    sort: str = ""
    page: int = 1
    is_exact: bool = False
    """Only the words as they were typed: nothing in place of one that nothing has."""

    @classmethod
    def from_query(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Read the pairs of a query; unknown names and values that make no sense are left out."""
        given: dict[str, list[str]] = {}
        for name, value in pairs:
            given.setdefault(name, []).append(value.replace("\x00", "").strip())
        first = {name: next((value for value in values if value), "") for name, values in given.items()}
        values: dict[str, object] = {
            "words": first.get("q", "")[:LONGEST_WORDS].strip(),
            "sort": first["sort"] if first.get("sort") in cls.SORTS else "",
            "page": min(_number(first.get("page", "")) or 1, MOST_PAGES),
            "is_exact": first.get("exact") == "1",
        }
        values |= {field: _several(given.get(name, [])) for name, field in cls.LISTS.items()}
        values |= {field: first.get(name) == "1" for name, field in cls.FLAGS.items()}
        values |= {field: _number(first.get(name, "")) for name, field in cls.NUMBERS.items()}
        return cls(**values)  # type: ignore[arg-type]

    def to_query(self) -> str:
        """The shortest query that reads back as this, "" for everything."""
        return urlencode(self.pairs())

    def pairs(self) -> Pairs:
        """The query as pairs, in the order of the form."""
        pairs: Pairs = [("q", self.words)] if self.words else []
        for name, field in self.LISTS.items():
            pairs += [(name, value) for value in getattr(self, field)]
        pairs += [(name, "1") for name, field in self.FLAGS.items() if getattr(self, field)]
        pairs += [(name, str(getattr(self, field))) for name, field in self.NUMBERS.items() if getattr(self, field)]
        if self.sort:
            pairs.append(("sort", self.sort))
        if self.is_exact:
            pairs.append(("exact", "1"))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return pairs

    @property
    def order(self) -> str:
        """The sort in force: by match where there are words, else the newest first."""
        return self.sort or ("match" if self.words else "new")

    @property
    def is_filtered(self) -> bool:
        """Whether anything but words, sort and page is asked for."""
        return replace(self, words="", sort="", page=1, is_exact=False) != type(self)()

    @property
    def is_plain(self) -> bool:
        """Whether this is the first page of everything, newest first."""
        return not self.words and not self.is_filtered and self.order in ("match", "new") and self.page == 1

    def without(self, name: str, value: str) -> Self:
        """Without one value of the query, on the first page."""
        kept = [pair for pair in self.pairs() if pair != (name, value) and pair[0] != "page"]
        return type(self).from_query(kept)

    def cleared(self) -> Self:
        """The same words and sort with no filters."""
        return type(self)(words=self.words, sort=self.sort)

    def at_page(self, page: int) -> Self:
        """The same on another page."""
        return replace(self, page=page)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCriteria(Criteria):
    """Of what is somewhere: in one of `districts`, or at most `km` from one of `near`."""

    districts: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    km: int | None = None

    @classmethod
    def from_query(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """As ever; a distance is from somewhere that we know."""
        read = super(PlacedCriteria, cls).from_query(pairs)
        near = tuple(slug for slug in read.near if districts_within((slug,), 0))
        return replace(read, near=near, km=min(read.km or NEAR_KM, _FARTHEST_KM) if near else None)

    @property
    def around(self) -> tuple[str, ...]:
        """The districts that are near enough."""
        return districts_within(self.near, self.km or NEAR_KM)


@dataclass(frozen=True, slots=True, kw_only=True)
class GigCriteria(PlacedCriteria):
    """Which gigs. `least` and `most` narrow the pay, in `currency` (dollars unless said): the gig must reach the first
    and begin under the second. `within`: published in so many days.
    """

    SORTS = ("match", "new", "pay", "closing")
    LISTS = {
        **{"skill": "skills", "pay": "pay", "district": "districts", "near": "near", "language": "languages"},
        **{"currency": "currencies", "level": "levels", "friendly": "friendly"},
    }
    FLAGS = {"remote": "is_remote", "verified": "is_verified"}
    NUMBERS = {"km": "km", "min": "least", "max": "most", "within": "within"}

    pay: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    friendly: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    is_remote: bool = False
    is_verified: bool = False
    within: int | None = None
    least: int | None = None
    most: int | None = None

    @property
    def least_minor(self) -> int | None:
        return None if self.least is None else self.least * _MINOR

    @property
    def most_minor(self) -> int | None:
        return None if self.most is None else self.most * _MINOR


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCriteria(PlacedCriteria):
    """Which jobs and internships. `least` is what they pay a month, at the most, in `currency` (rupees unless said).
    `within`: published in so many days.
    """

    SORTS = ("match", "new", "pay", "closing")
    LISTS = {
        **{"kind": "kinds", "skill": "skills", "level": "levels", "type": "types"},
        **{"district": "districts", "near": "near", "language": "languages", "currency": "currencies"},
        "friendly": "friendly",
    }
    FLAGS = {"remote": "is_remote", "women": "is_women_only", "verified": "is_verified"}
    NUMBERS = {"km": "km", "min": "least", "within": "within"}

    kinds: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    friendly: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    is_remote: bool = False
    is_women_only: bool = False
    is_verified: bool = False
    within: int | None = None
    least: int | None = None

    @property
    def least_minor(self) -> int | None:
        return None if self.least is None else self.least * _MINOR


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleCriteria(PlacedCriteria):
    """Which freelancers. `issuers` have certified her (slugs), `is_proven`: somebody else vouches for a skill of hers,
    `most` is the highest hourly rate, `hours` the fewest hours a week. `within`: her profile changed in so many days.
    """

    SORTS = ("match", "new", "rate")
    LISTS = {
        **{"skill": "skills", "certified": "issuers", "district": "districts", "park": "parks"},
        **{"near": "near", "language": "languages"},
    }
    FLAGS = {"newcomer": "is_newcomer", "proven": "is_proven"}
    NUMBERS = {"km": "km", "max": "most", "hours": "hours", "within": "within"}

    issuers: tuple[str, ...] = ()
    parks: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    is_newcomer: bool = False
    is_proven: bool = False
    most: int | None = None
    hours: int | None = None
    within: int | None = None

    @property
    def most_minor(self) -> int | None:
        return None if self.most is None else self.most * _MINOR


def _several(values: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if 0 < len(value) <= _LONGEST_VALUE))[:_MOST_VALUES]


def _number(text: str) -> int | None:
    """A whole number above zero, None for anything else."""
    figures = text.replace(",", "")
    if not (figures.isascii() and figures.isdecimal()) or len(figures) > 12:
        return None
    return min(int(figures), _MOST_MAJOR) or None
