"""What a posting may be and become; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.kernel.errors import Conflict, Invalid, NotAllowed
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import MAX_MINOR
from marketplace.postings.models import PayKind, PostingState

MOVES: dict[PostingState, frozenset[PostingState]] = {
    "draft": frozenset({"open", "pending_review", "removed"}),
    "pending_review": frozenset({"open", "removed"}),
    "open": frozenset({"paused", "filled", "closed", "expired", "removed"}),
    "paused": frozenset({"open", "filled", "closed", "expired", "removed"}),
    "filled": frozenset({"removed"}),
    "closed": frozenset({"removed"}),
    "expired": frozenset({"removed"}),
    "removed": frozenset(),
}

LIVING = ("open", "paused")
"""States in which proposals are answered and the posting may be changed."""

ENDED = ("filled", "closed", "expired", "removed")

HIRING_ROLES = ("owner", "hiring")
"""Roles whose members write postings and answer proposals."""

CURRENCIES = ("USD",)
"""What a first contract can be agreed in; more when exchange of currencies exists."""

TITLE_LENGTH = (8, 120)
DESCRIPTION_LENGTH = (40, 20_000)
MOST_SKILLS = 10
MOST_QUESTIONS = 5
QUESTION_LENGTH = 300
LONGEST_OPEN = timedelta(days=90)
LONGEST_ANSWER = timedelta(days=30)
DRAFT_LIFE = timedelta(days=30)


class PostingMoveRefused(Conflict):
    message = N_("This posting is %(state)s now, so it can't become %(to)s.")


class PostingEnded(Conflict):
    message = N_("This posting has ended and can't be changed. You can start a new one from a copy.")


class PostingClosed(Conflict):
    message = N_("This gig no longer takes proposals.")


class NotHiring(NotAllowed):
    message = N_("Only owners and hiring members of the organisation can do that.")


STATE_WORDS: dict[PostingState, str] = {
    "draft": N_("a draft"),
    "pending_review": N_("being checked"),
    "open": N_("open"),
    "paused": N_("paused"),
    "filled": N_("filled"),
    "closed": N_("closed"),
    "expired": N_("expired"),
    "removed": N_("removed"),
}
"""How a state reads inside a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What the employer writes; `skills` are slugs. A draft may miss all but a title: 0 and None are not said yet."""

    title: str
    description: str = ""
    skills: tuple[str, ...] = ()
    pay_kind: PayKind = "fixed"
    pay_min_minor: int = 0
    pay_max_minor: int = 0
    currency: str = "USD"
    is_remote: bool = True
    district: str | None = None
    park_id: UUID | None = None
    language: str = "en"
    questions: tuple[str, ...] = ()
    closes_at: datetime | None = None
    answer_by: datetime | None = None


def check_move(state: PostingState, to: PostingState) -> None:
    """Raises: PostingMoveRefused for a change that the table does not have."""
    if to not in MOVES[state]:
        raise PostingMoveRefused(state=STATE_WORDS[state], to=STATE_WORDS[to])


def takes_proposals(state: str, closes_at: datetime | None, at: datetime) -> bool:
    """Whether somebody may send a proposal now: it is open and its deadline is not over."""
    return state == "open" and closes_at is not None and at < closes_at


def end_of_day(day: date, zone: str) -> datetime:
    """When a date deadline ends: 23:59:59 of that day where the poster lives."""
    return datetime.combine(day, time(23, 59, 59), ZoneInfo(zone)).astimezone(UTC)


def check_draft(content: Content) -> None:
    """What even a draft has to keep to. Raises: Invalid with all faults at their fields."""
    _raise(_limits(content))


def check_publishable(content: Content, at: datetime, *, before: Content | None = None) -> None:
    """What everybody may read: complete, within the limits, with dates that give people time.

    `before` is what was published already: dates that stay as they were are not counted from now.

    Raises: Invalid with all faults at their fields.
    """
    faults = _limits(content)
    for field, message in _missing(content):
        faults.setdefault(field, []).append(message)
    is_same = before is not None and (before.closes_at, before.answer_by) == (content.closes_at, content.answer_by)
    if not is_same:
        for field, message in _dates(content, at, before):
            faults.setdefault(field, []).append(message)
    _raise(faults)


def _raise(faults: dict[str, list[str]]) -> None:
    if faults:
        raise Invalid(faults)


def _limits(content: Content) -> dict[str, list[str]]:
    wrong = {
        "title": (not content.title.strip(), N_("Write a title: what is to be done?")),
        "description": (
            len(content.description) > DESCRIPTION_LENGTH[1],
            N_("Keep the description under 20,000 letters."),
        ),
        "skills": (len(content.skills) > MOST_SKILLS, N_("Choose at most 10 skills.")),
        "questions": (
            len(content.questions) > MOST_QUESTIONS or any(len(q) > QUESTION_LENGTH for q in content.questions),
            N_("Ask at most 5 questions, each under 300 letters."),
        ),
        "currency": (content.currency not in CURRENCIES, N_("Contracts are in US dollars for now.")),
        "pay_min": (not 0 <= content.pay_min_minor <= MAX_MINOR, N_("Write an amount above zero.")),
        "pay_max": (
            not content.pay_min_minor <= content.pay_max_minor <= MAX_MINOR,
            N_("The upper amount is not below the lower one."),
        ),
    }
    faults = {field: [message] for field, (is_wrong, message) in wrong.items() if is_wrong}
    if len(content.title) > TITLE_LENGTH[1]:
        faults["title"] = [N_("Keep the title under 120 letters.")]
    return faults


def _missing(content: Content) -> Iterable[tuple[str, str]]:
    if 0 < len(content.title.strip()) < TITLE_LENGTH[0]:
        yield "title", N_("Write a title of at least 8 letters, so that people know what it is.")
    if len(content.description.strip()) < DESCRIPTION_LENGTH[0]:
        yield (
            "description",
            N_("Describe the work in at least 40 letters: what you have, what you need, how you judge it."),
        )
    if not content.skills:
        yield "skills", N_("Choose at least one skill, so that the right people find it.")
    if content.pay_min_minor == 0:
        yield "pay_min", N_("Say what you pay.")
    if not content.is_remote and content.district is None:
        yield "district", N_("Choose the district, or say that it can be done from anywhere.")


def _dates(content: Content, at: datetime, before: Content | None) -> Iterable[tuple[str, str]]:
    closes, answer = content.closes_at, content.answer_by
    if before is not None and before.closes_at is not None and before.closes_at <= at:
        yield "closes_on", N_("Proposals have ended, so the dates can't move any more.")
        return
    if closes is None or closes <= at:
        yield "closes_on", N_("Choose the last day for proposals: today or later.")
        return
    if closes > at + LONGEST_OPEN:
        yield "closes_on", N_("Choose a last day within 90 days.")
    if answer is None or answer <= closes:
        yield "answer_on", N_("Choose until when everybody gets your answer: a day after the last day for proposals.")
    elif answer > closes + LONGEST_ANSWER:
        yield "answer_on", N_("Answer within 30 days after the last day for proposals.")
