"""What a job or internship says beyond a gig, and what it has to keep to; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.postings.models import EmploymentType, Level, PayKind
from marketplace.postings.stipends import stipends

CURRENCIES = ("PKR", "USD")
PAY_KINDS: tuple[PayKind, ...] = ("monthly", "yearly", "hourly")
STIPEND_KINDS: tuple[PayKind, ...] = ("monthly",)
MOST_HOURS = 60
MOST_MONTHS = 12
MOST_OPENINGS = 500
LONGEST_PLACE = 80
LONGEST_REASON = 300

TYPE_WORDS: dict[str, str] = {
    "full_time": N_("Full time"),
    "part_time": N_("Part time"),
    "temporary": N_("For a limited time"),
}
LEVEL_WORDS: dict[str, str] = {
    "entry": N_("Entry"),
    "junior": N_("Junior"),
    "mid": N_("Experienced"),
    "senior": N_("Senior"),
}
GIG_FRIENDLY_WORDS: dict[str, str] = {
    "in_writing": N_("All in writing, no calls or camera needed"),
    "own_hours": N_("At hours of your own choice"),
    "woman_contact": N_("You deal with a woman"),
}
"""What an employer may promise to women who do a gig. Each is a fact that she can hold the employer to."""
FRIENDLY_WORDS = GIG_FRIENDLY_WORDS | {
    "transport": N_("The way there and back is provided"),
    "own_rooms": N_("Washroom and place of prayer for women"),
}
"""The same of any posting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """`place` is coarse (a park, a quarter), never a house; `months` is how long an internship or limited job lasts.

    `women_only_reason` is shown on the posting: the employer's own choice, in the employer's own words.
    """

    type: EmploymentType = "full_time"
    level: Level = "entry"
    hours_a_week: int = 40
    place: str = ""
    starts_on: date | None = None
    months: int | None = None
    openings: int = 1
    is_women_only: bool = False
    women_only_reason: str = ""


def friendly(promises: Iterable[str]) -> tuple[str, ...]:
    """The words of what an employer promises to women, in the order of the form."""
    promised = set(promises)
    return tuple(words for promise, words in FRIENDLY_WORDS.items() if promise in promised)


def a_month(amount_minor: int, kind: str, hours_a_week: int) -> int:
    """What a salary comes to in a month, in minor units: to compare, never to pay."""
    if kind == "hourly":
        return amount_minor * hours_a_week * 52 // 12
    return amount_minor // 12 if kind == "yearly" else amount_minor


def limits(terms: Terms) -> Iterable[tuple[str, str]]:
    """What even a draft has to keep to, as (field, message)."""
    if not 1 <= terms.hours_a_week <= MOST_HOURS:
        yield "hours_a_week", N_("Write between 1 and 60 hours a week.")
    if terms.months is not None and not 1 <= terms.months <= MOST_MONTHS:
        yield "months", N_("Write between 1 and 12 months.")
    if not 1 <= terms.openings <= MOST_OPENINGS:
        yield "openings", N_("Write how many people you look for: between 1 and 500.")
    if len(terms.place) > LONGEST_PLACE:
        yield "place", N_("Keep the place under 80 letters.")
    if len(terms.women_only_reason) > LONGEST_REASON:
        yield "women_only_reason", N_("Keep the reason under 300 letters.")


def missing(terms: Terms, *, is_internship: bool) -> Iterable[tuple[str, str]]:
    """What everybody may read says all of this, as (field, message)."""
    if is_internship and terms.months is None:
        yield "months", N_("Say how many months the internship lasts.")
    if terms.type == "temporary" and terms.months is None:
        yield "months", N_("Say how many months the job lasts.")
    if terms.is_women_only and not terms.women_only_reason.strip():
        yield "women_only_reason", N_("Say why only women can apply: it is shown on the posting.")


def bad_start(terms: Terms, today: date) -> Iterable[tuple[str, str]]:
    """A start that has passed, as (field, message)."""
    if terms.starts_on is not None and terms.starts_on < today:
        yield "starts_on", N_("Choose a first day that is still to come, or leave it open.")


def bad_pay(kind: PayKind, low: Money, *, hours: int, is_internship: bool) -> tuple[str, str, dict[str, str]] | None:
    """Why this can't be the salary or stipend: field, message, its values; None when it can.

    An unpaid internship is refused, and one below the least of stipends.toml.
    """
    if not low:
        unpaid = N_("Unpaid internships are not posted here. Say what stipend you pay each month.")
        return "pay_min", unpaid if is_internship else N_("Say what you pay."), {}
    if not is_internship:
        return None
    if kind not in STIPEND_KINDS:
        return "pay_kind", N_("A stipend is paid each month."), {}
    least = stipends().least(low.currency, hours)
    if low < least:
        too_little = N_("A stipend for these hours is at least %(currency)s %(amount)s a month.")
        return "pay_min", too_little, {"currency": least.currency, "amount": f"{least.decimal:,.0f}"}
    return None
