"""What a freelancer's profile may say, what it still misses, and what strangers see of a name; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from uuid import UUID

from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import MAX_MINOR

LanguageLevel = Literal["basic", "good", "fluent", "native"]

LEVELS: dict[LanguageLevel, str] = {
    "basic": N_("basic"),
    "good": N_("good"),
    "fluent": N_("fluent"),
    "native": N_("first language"),
}

LANGUAGES = {
    "en": N_("English"),
    "ur": N_("Urdu"),
    "skr": N_("Saraiki"),
    "pa": N_("Punjabi"),
    "sd": N_("Sindhi"),
    "ps": N_("Pashto"),
    "bal": N_("Balochi"),
    "ar": N_("Arabic"),
    "fa": N_("Persian"),
    "tr": N_("Turkish"),
    "zh": N_("Chinese"),
    "de": N_("German"),
    "es": N_("Spanish"),
    "fr": N_("French"),
}
"""ISO 639 codes that a profile may name."""

LONGEST_HEADLINE = 120
LONGEST_ABOUT = 10_000
MOST_SKILLS = 30
MOST_LANGUAGES = 8
MOST_HOURS = 80
RATE_CURRENCY = "USD"
LONGEST_AWAY = timedelta(days=366)
LONGEST_AWAY_TEXT = 300


@dataclass(frozen=True, slots=True)
class Language:
    """A language she works in."""

    code: str
    level: LanguageLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What she writes about herself; `skills` are slugs. 0 and None are what is not said yet."""

    headline: str = ""
    about: str = ""
    skills: tuple[str, ...] = ()
    languages: tuple[Language, ...] = ()
    rate_minor: int = 0
    hours_a_week: int = 0
    district: str | None = None
    park_id: UUID | None = None
    available_from: datetime | None = None
    shows_name: bool = False
    shows_photo: bool = False
    shows_place: bool = True
    shows_history: bool = False
    is_listed: bool = False


def check(profile: Profile) -> None:
    """Raises: Invalid with all faults at their fields; a profile that others find needs a headline and a skill."""
    faults = {field: [message] for field, (is_wrong, message) in _limits(profile).items() if is_wrong}
    if profile.is_listed and not profile.headline.strip():
        faults["headline"] = [N_("Write a headline: what you do, in one line.")]
    if profile.is_listed and not profile.skills:
        faults["skills"] = [N_("Choose at least one skill, so that people find you.")]
    if faults:
        raise Invalid(faults)


def _limits(profile: Profile) -> dict[str, tuple[bool, str]]:
    codes = [language.code for language in profile.languages]
    known = all(each.code in LANGUAGES and each.level in get_args(LanguageLevel) for each in profile.languages)
    return {
        "headline": (len(profile.headline) > LONGEST_HEADLINE, N_("Keep the headline under 120 letters.")),
        "about": (len(profile.about) > LONGEST_ABOUT, N_("Keep this under 10,000 letters.")),
        "skills": (len(profile.skills) > MOST_SKILLS, N_("Choose at most 30 skills.")),
        "languages": (
            not known or len(set(codes)) < len(codes) or len(codes) > MOST_LANGUAGES,
            N_("Choose each language once, at most 8."),
        ),
        "rate": (not 0 <= profile.rate_minor <= MAX_MINOR, N_("Write an amount above zero, or leave it empty.")),
        "hours_a_week": (not 0 <= profile.hours_a_week <= MOST_HOURS, N_("Write 0 to 80 hours a week.")),
    }


HINTS = {
    "headline": N_("Write a headline: what you do, in one line."),
    "skills": N_("Choose your skills, so that search finds you."),
    "about": N_("Say a few sentences about how you work and what you have made."),
    "languages": N_("Name the languages you work in."),
    "rate": N_("Say what you ask for an hour; you may ask another price for each gig."),
    "hours_a_week": N_("Say how many hours a week you have."),
    "district": N_("Choose your district. Nothing more exact is ever shown."),
    "is_listed": N_("Let people find your profile."),
}


def missing(profile: Profile) -> list[str]:
    """What would help most to write next: keys of HINTS, most useful first; empty when all is said."""
    return [name for name in HINTS if not getattr(profile, _FIELDS.get(name, name))]


_FIELDS = {"rate": "rate_minor"}


def shown_name(name: str, *, shows_name: bool) -> str:
    """What strangers see: the whole name where she switched it on, else the first word of it."""
    return name if shows_name else first_name(name)


def first_name(name: str) -> str:
    """The first word of a name."""
    return name.split(maxsplit=1)[0] if name.split() else name


def check_away(until: datetime | None, text: str, *, at: datetime) -> None:
    """Raises: Invalid unless it ends within a year from now."""
    if until is None or until <= at:
        raise Invalid.at("until", N_("Choose the last day on which you are away: today or later."))
    if until > at + LONGEST_AWAY:
        raise Invalid.at("until", N_("At most a year ahead, please."))
    if len(text) > LONGEST_AWAY_TEXT:
        raise Invalid.at("text", N_("Keep it under 300 letters."))


def is_away(until: datetime | None, *, at: datetime) -> bool:
    """Whether she is away now."""
    return until is not None and until > at


STRENGTH = ("earned", "certified", "tested", "claimed")
"""Kinds of evidence, strongest first."""


def strongest(kinds: Sequence[str]) -> str:
    """The kind of evidence to show where a skill has several."""
    return min(kinds, key=STRENGTH.index)
