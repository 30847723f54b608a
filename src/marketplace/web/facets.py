"""Facets and filters in the reader's words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from marketplace.discovery import jobs, queries
from marketplace.discovery.criteria import Criteria, GigCriteria, JobCriteria, PlacedCriteria
from marketplace.discovery.services import ServiceCriteria
from marketplace.identity.employers.rules import LEVELS, ZONE
from marketplace.kernel.i18n import N_, translations
from marketplace.places.gazetteer import place_name, read_places
from marketplace.postings.terms import FRIENDLY_WORDS, LEVEL_WORDS, TYPE_WORDS
from marketplace.skills.taxonomy import known_skills
from marketplace.talent.rules import LANGUAGES
from marketplace.web.gig_forms import PAY_KINDS
from marketplace.web.job_forms import KINDS as JOB_KINDS

_MOST_OPTIONS = 40
KINDS = {
    **JOB_KINDS,
    "employer": N_("Employers"),
    "organiser": N_("Organisers of fairs"),
    "training_provider": N_("Training providers"),
    "park_operator": N_("Park operators"),
}
KNOWN = {**{kind: words for kind, (words, _) in LEVELS.items()}, "zone": ZONE[0]}
WITHIN = {"1": N_("In the last day"), "7": N_("In the last week"), "30": N_("In the last month")}


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a facet with how many have it (None: not counted)."""

    value: str
    label: str
    count: int | None
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A facet as components/lists.html draws it; `name` is its name in the address."""

    name: str
    label: str
    options: Sequence[Option]
    single: bool = False


class Labels:
    """Says the values of facets and chips in the reader's language."""

    def __init__(self, locale: str, issuers: Mapping[str, str] | None = None) -> None:
        self.locale = locale
        names = issuers or {}
        parks = {park.slug: park.name_ur if locale == "ur" else park.name_en for park in read_places()[1]}
        self._say = translations(locale).gettext
        self._sayers: dict[str, Callable[[str], str]] = {
            "skill": self._skill,
            "certified": lambda value: names.get(value, value),
            "pay": lambda value: self._say(PAY_KINDS.get(value, value)),
            "district": lambda value: place_name(value, locale) or value,
            "near": lambda value: place_name(value, locale) or value,
            "language": lambda value: self._say(LANGUAGES.get(value, value)),
            "remote": lambda _: self._say(N_("Can be done from anywhere")),
            "proven": lambda _: self._say(N_("Tested, certified or earned here")),
            "newcomer": lambda _: self._say(N_("New here")),
            "kind": lambda value: self._say(KINDS.get(value, value)),
            "level": lambda value: self._say(LEVEL_WORDS.get(value, value)),
            "friendly": lambda value: self._say(FRIENDLY_WORDS.get(value, value)),
            "type": lambda value: self._say(TYPE_WORDS.get(value, value)),
            "currency": lambda value: value,
            "park": lambda value: parks.get(value, value),
            "known": lambda value: self._say(KNOWN.get(value, value)),
            "verified": lambda _: self._say(N_("Verified employers")),
            "within": lambda value: self._say(WITHIN[value]) if value in WITHIN else self._days(value),
            "women": lambda _: self._say(N_("Only women may apply")),
            "online": lambda _: self._say(N_("Online")),
            "max": lambda value: self._say(N_("Up to USD %(amount)s")) % {"amount": value},
            "days": self._days,
            "hours": lambda value: self._say(N_("At least %(hours)s hours a week")) % {"hours": value},
        }

    def group(self, name: str, label: str, counts: Mapping[str, int] | None, chosen: Sequence[str]) -> Group:
        """A facet with its most frequent values; what is chosen is there even where nothing has it."""
        counted = dict(list((counts or {}).items())[:_MOST_OPTIONS])
        counted |= {value: (counts or {}).get(value, 0) for value in chosen}
        say = self._sayers[name]
        return Group(name, label, [Option(value, say(value), n, value in chosen) for value, n in counted.items()])

    def said(self, name: str, value: str) -> str:
        """One value of a facet."""
        return self._sayers[name](value)

    def flag(self, name: str, label: str, counts: Mapping[str, int] | None, *, is_chosen: bool) -> Group:
        """A facet that is only asked for or not."""
        count = (counts or {}).get("true", 0)
        options = [Option("1", self._sayers[name]("1"), count, is_chosen)] if count or is_chosen else []
        return Group(name, label, options)

    def within(self, chosen: int | None, label: str = N_("Published")) -> Group:
        """Since when: one choice of few, without counts."""
        options = [Option("", self._say(N_("Any time")), None, chosen is None)]
        options += [Option(value, self._say(words), None, value == str(chosen)) for value, words in WITHIN.items()]
        return Group("within", label, options, single=True)

    def _days(self, value: str) -> str:
        return self._say(N_("Within %(days)s days")) % {"days": value}

    def in_force(self, criteria: Criteria) -> list[tuple[tuple[str, str], str]]:
        """The filters in force: their pair in the address and their words."""
        said = {*self._sayers, "min", "max"}
        return [(pair, self._filter(criteria, *pair)) for pair in criteria.pairs() if pair[0] in said]

    def _amount(self, words: str, value: str, currency: str) -> str:
        return self._say(words) % {"currency": currency, "amount": f"{int(value):,}"}

    def _filter(self, criteria: Criteria, name: str, value: str) -> str:
        """One filter in words; amounts name their currency, distances their place."""
        if isinstance(criteria, PlacedCriteria) and name == "near":
            return self._say(N_("Within %(km)s km of %(place)s")) % {"km": criteria.km, "place": self.said(name, value)}
        if isinstance(criteria, JobCriteria) and name == "min":
            currency = " ".join(criteria.currencies or (jobs.DEFAULT_CURRENCY,))
            return self._amount(N_("From %(currency)s %(amount)s a month"), value, currency)
        if isinstance(criteria, GigCriteria | ServiceCriteria) and name in ("min", "max"):
            words = N_("From %(currency)s %(amount)s") if name == "min" else N_("Up to %(currency)s %(amount)s")
            return self._amount(words, value, " ".join(criteria.currencies or (queries.DEFAULT_CURRENCY,)))
        return self._sayers[name](value)

    def _skill(self, slug: str) -> str:
        skill = known_skills().get(slug)
        return skill.name(self.locale) if skill else slug
