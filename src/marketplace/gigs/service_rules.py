"""What a service may be and become, and what an order of it costs; pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from marketplace.gigs.models import ServiceState
from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import CURRENCIES, MAX_MINOR, Money

MOST_PACKAGES = 3
MOST_EXTRAS = 6
MOST_SKILLS = 8
MOST_QUESTIONS = 5
MOST_DAYS = 365
MOST_EXTRA_DAYS = 90
MOST_REVISIONS = 20
MOST_SERVICES = 20
LONGEST_TITLE = 100
LONGEST_DESCRIPTION = 8_000
SHORTEST_DESCRIPTION = 40
LONGEST_NAME = 40
LONGEST_INCLUDES = 600
LONGEST_EXTRA = 80
LONGEST_QUESTION = 200
LONGEST_BRIEF = 8_000
LONGEST_ANSWER = 2_000

MOVES: dict[ServiceState, frozenset[ServiceState]] = {
    "draft": frozenset({"open", "removed"}),
    "open": frozenset({"paused", "removed"}),
    "paused": frozenset({"open", "removed"}),
    "removed": frozenset(),
}

STATE_WORDS: dict[ServiceState, str] = {
    "draft": N_("a draft"),
    "open": N_("open"),
    "paused": N_("paused"),
    "removed": N_("removed"),
}


class ServiceMoveRefused(Conflict):
    message = N_("This service is %(state)s now, so that can't be done.")


class TooManyServices(Conflict):
    message = N_("You have 20 services. Remove one before you make another.")


class ProfileNotListed(Conflict):
    message = N_("Let people find your profile first: whoever orders wants to see who does the work.")


class ServiceChanged(Conflict):
    message = N_("The price of this service has changed since you opened the page. Please look again, then order.")


@dataclass(frozen=True, slots=True)
class Package:
    """One way to buy it: what is in it, for how much, within how many days, with how many revisions."""

    name: str
    price_minor: int
    days: int
    revisions: int
    includes: str = ""
    currency: str = "USD"

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)


@dataclass(frozen=True, slots=True)
class Extra:
    """What can be had on top; it may take more days."""

    title: str
    price_minor: int
    days: int = 0
    currency: str = "USD"

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a freelancer writes about a service; `skills` are slugs, all prices are in its `currency`."""

    title: str = ""
    description: str = ""
    skills: tuple[str, ...] = ()
    packages: tuple[Package, ...] = ()
    extras: tuple[Extra, ...] = ()
    questions: tuple[str, ...] = ()
    currency: str = "USD"


@dataclass(frozen=True, slots=True)
class Choice:
    """What an employer takes of a service, as it is at that moment."""

    number: int
    package: Package
    extras: tuple[Extra, ...]

    @property
    def price(self) -> Money:
        return sum((extra.price for extra in self.extras), self.package.price)

    @property
    def days(self) -> int:
        return min(self.package.days + sum(extra.days for extra in self.extras), MOST_DAYS)


def choose(content: Content, number: int, extras: Collection[int]) -> Choice:
    """The package and the extras of these numbers, counted from 1. Raises: Invalid for one that is not there."""
    if not 1 <= number <= len(content.packages):
        raise Invalid.at("package", N_("Choose one of the packages."))
    if any(not 1 <= each <= len(content.extras) for each in extras):
        raise Invalid.at("extras", N_("This extra is not offered any more. Please look again."))
    taken = tuple(extra for n, extra in enumerate(content.extras, 1) if n in extras)
    return Choice(number, content.packages[number - 1], taken)


def check_move(state: ServiceState, to: ServiceState) -> None:
    """Raises: ServiceMoveRefused for a change that the table does not have."""
    if to not in MOVES[state]:
        raise ServiceMoveRefused(state=STATE_WORDS[state])


def check_draft(content: Content) -> None:
    """What even a draft has to keep to. Raises: Invalid with all faults at their fields."""
    _raise(_limits(content))


def check(content: Content) -> None:
    """What can be offered: complete and within the limits. Raises: Invalid with all faults at their fields."""
    faults = _limits(content)
    if len(content.description.strip()) < SHORTEST_DESCRIPTION:
        faults["description"] = [N_("Write at least 40 letters: what you do, and what you need for it.")]
    if not content.skills:
        faults["skills"] = [N_("Choose at least one skill, so that people find it.")]
    if not content.packages:
        faults["packages"] = [N_("Describe at least one package: its price, its days and what is in it.")]
    _raise(faults)


def check_brief(brief: str, answers: Sequence[str], questions: Sequence[str]) -> None:
    """What an order says about the work. Raises: Invalid with all faults at their fields."""
    faults: dict[str, list[str]] = {}
    if len(brief.strip()) < SHORTEST_DESCRIPTION:
        faults["brief"] = [N_("Write at least 40 letters: what you have and what you want to get.")]
    elif len(brief) > LONGEST_BRIEF:
        faults["brief"] = [N_("Keep this under 8,000 letters.")]
    for number in range(len(questions)):
        answer = answers[number] if number < len(answers) else ""
        if not answer.strip():
            faults[f"answers-{number}"] = [N_("Please answer this question.")]
        elif len(answer) > LONGEST_ANSWER:
            faults[f"answers-{number}"] = [N_("Keep the answer under 2,000 letters.")]
    _raise(faults)


def _limits(content: Content) -> dict[str, list[str]]:
    questions = content.questions
    wrong = {
        "title": (not 0 < len(content.title.strip()) <= LONGEST_TITLE, N_("Write a title of at most 100 letters.")),
        "description": (len(content.description) > LONGEST_DESCRIPTION, N_("Keep this under 8,000 letters.")),
        "currency": (
            {content.currency, *(each.currency for each in (*content.packages, *content.extras))}
            != {content.currency} & set(CURRENCIES),
            N_("Contracts are in US dollars or Pakistani rupees."),
        ),
        "skills": (len(set(content.skills)) > MOST_SKILLS, N_("Choose at most 8 skills.")),
        "packages": (len(content.packages) > MOST_PACKAGES, N_("At most 3 packages.")),
        "extras": (len(content.extras) > MOST_EXTRAS, N_("At most 6 extras.")),
        "questions": (
            len(questions) > MOST_QUESTIONS or any(len(each) > LONGEST_QUESTION for each in questions),
            N_("At most 5 questions of 200 letters each."),
        ),
    }
    faults = {field: [message] for field, (is_wrong, message) in wrong.items() if is_wrong}
    for number, package in enumerate(content.packages[:MOST_PACKAGES]):
        faults |= {f"packages-{number}-{field}": [said] for field, said in _package_faults(package).items()}
    for number, extra in enumerate(content.extras[:MOST_EXTRAS]):
        faults |= {f"extras-{number}-{field}": [said] for field, said in _extra_faults(extra).items()}
    return faults


def _package_faults(package: Package) -> dict[str, str]:
    wrong = {
        "name": (not 0 < len(package.name.strip()) <= LONGEST_NAME, N_("Name it in at most 40 letters.")),
        "price": (not 0 < package.price_minor <= MAX_MINOR, N_("Write an amount above zero.")),
        "days": (not 1 <= package.days <= MOST_DAYS, N_("Write how many days it takes: 1 to 365.")),
        "revisions": (not 0 <= package.revisions <= MOST_REVISIONS, N_("Write 0 to 20 revisions.")),
        "includes": (not 0 < len(package.includes.strip()) <= LONGEST_INCLUDES, N_("Say what is in it, briefly.")),
    }
    return {field: message for field, (is_wrong, message) in wrong.items() if is_wrong}


def _extra_faults(extra: Extra) -> dict[str, str]:
    wrong = {
        "title": (not 0 < len(extra.title.strip()) <= LONGEST_EXTRA, N_("Name it in at most 80 letters.")),
        "price": (not 0 < extra.price_minor <= MAX_MINOR, N_("Write an amount above zero.")),
        "days": (not 0 <= extra.days <= MOST_EXTRA_DAYS, N_("Write 0 to 90 days more.")),
    }
    return {field: message for field, (is_wrong, message) in wrong.items() if is_wrong}


def _raise(faults: dict[str, list[str]]) -> None:
    if faults:
        raise Invalid(faults)
