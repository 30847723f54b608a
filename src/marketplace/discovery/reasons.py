"""Why a gig fits a freelancer, in words to her. The engine gives codes and facts; here they become sentences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from marketplace.engines.matching.score import Part, Score
from marketplace.kernel.i18n import N_, translations
from marketplace.kernel.money import Money, format_money
from marketplace.places.gazetteer import place_name
from marketplace.skills.taxonomy import known_skills
from marketplace.talent.rules import LANGUAGES

FOR = {
    "skills.all": N_("All its skills are yours: %(have)s"),
    "skills.some": N_("%(count)s of its %(asked)s skills are yours: %(have)s"),
    "training.proven": N_("Tested or certified: %(skills)s"),
    "training.certified": N_("Certified by %(issuers)s: %(skills)s"),
    "budget.inside": N_("Your rate of %(rate)s an hour is within what it pays"),
    "language.spoken": N_("You work in its language: %(language)s"),
    "availability.hours": N_("You have %(hours)s hours a week"),
    "reputation.known": N_("Contracts you finished here: %(good)s"),
}
AGAINST = {
    "place": N_("The work is on site, and your profile does not say that you are in %(place)s"),
    "skills.some": N_("Not in your profile yet: %(missing)s"),
    "skills.none": N_("It asks for what is not in your profile yet: %(missing)s"),
    "budget.above": N_("Your rate of %(rate)s an hour is above its %(most)s; a proposal may ask less"),
    "budget.unsaid": N_("Your profile does not say what you ask for an hour"),
    "language.missing": N_("It is written in %(language)s, which is not in your profile"),
    "language.unsaid": N_("Your profile does not say which languages you work in"),
    "availability.unsaid": N_("Your profile does not say how many hours a week you have"),
}

TO_EMPLOYERS = {
    "skills.all": N_("Has all skills that you ask for: %(have)s"),
    "skills.some": N_("Has %(count)s of %(asked)s skills that you ask for: %(have)s"),
    "training.proven": N_("Tested or certified: %(skills)s"),
    "training.certified": N_("Certified by %(issuers)s: %(skills)s"),
    "budget.inside": N_("The rate of %(rate)s an hour is within what you pay"),
    "language.spoken": N_("Works in its language: %(language)s"),
    "availability.hours": N_("Has %(hours)s hours a week"),
    "reputation.known": N_("Contracts finished here: %(good)s"),
}
"""The reasons of FOR, said to who hires."""

Issuers = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: its code, and what it is about, to be said in any language."""

    code: str
    message: str
    facts: Mapping[str, object] = field(default_factory=dict[str, object])

    def said(self, locale: str) -> str:
        """The reason in the reader's language."""
        values = {name: _said(name, fact, locale) for name, fact in self.facts.items()}
        return translations(locale).gettext(self.message) % values


def reasons_for(
    score: Score, currency: str, issuers: Issuers | None = None, *, words: Mapping[str, str] = FOR
) -> tuple[Reason, ...]:
    """What speaks for it, most weighty first; `issuers` are the names of who certified each skill.

    `words`: FOR to herself, TO_EMPLOYERS to who hires.
    """
    reasons = _reasons(words, score, currency)
    return tuple(_by_whom(reason, issuers or {}, words) for reason in reasons)


def _by_whom(reason: Reason, issuers: Issuers, words: Mapping[str, str]) -> Reason:
    """Names who certified, where somebody did."""
    skills = reason.facts.get("skills")
    if reason.code != "training.proven" or not isinstance(skills, tuple):
        return reason
    proven = cast("tuple[str, ...]", skills)
    certified = tuple(skill for skill in proven if skill in issuers)
    if not certified:
        return reason
    names = sorted({name for skill in certified for name in issuers[skill]})
    facts = {"issuers": ", ".join(names), "skills": certified}
    return Reason("training.certified", words["training.certified"], facts)


def reasons_against(score: Score, currency: str, place: str | None) -> tuple[Reason, ...]:
    """What is missing or speaks against it; a closed gate first."""
    gate = (Reason("place", AGAINST["place"], {"place": place}),) if score.gate == "place" else ()
    return gate + _reasons(AGAINST, score, currency)


def _reasons(words: Mapping[str, str], score: Score, currency: str) -> tuple[Reason, ...]:
    told = [part for part in score.parts if part.reason in words]
    told.sort(key=lambda part: -part.weight)
    return tuple(Reason(part.reason, words[part.reason], _facts(part, currency)) for part in told)


def _facts(part: Part, currency: str) -> dict[str, object]:
    facts: dict[str, object] = dict(part.facts)
    if part.name == "skills":
        have, missing = part.facts["have"], part.facts["missing"]
        assert isinstance(have, tuple) and isinstance(missing, tuple)
        facts |= {"count": len(have), "asked": len(have) + len(missing)}
    for name in ("rate", "most"):
        if isinstance(amount := facts.get(name), int):
            facts[name] = Money(amount, currency)
    return facts


def _said(name: str, fact: object, locale: str) -> str:
    match fact:
        case Money():
            return format_money(fact, locale)
        case tuple():
            return ("، " if locale == "ur" else ", ").join(_skills(cast("tuple[str, ...]", fact), locale))
        case str() if name == "language":
            return translations(locale).gettext(LANGUAGES.get(fact, fact))
        case str() if name == "place":
            return place_name(fact, locale) or fact
        case _:
            return str(fact)


def _skills(slugs: Iterable[str], locale: str) -> Iterable[str]:
    names = known_skills()
    for slug in slugs:
        yield names[slug].name(locale) if slug in names else slug
