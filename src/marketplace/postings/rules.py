"""What a posting may be and become; pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.kernel.errors import Conflict, Invalid, NotAllowed
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import CURRENCIES, MAX_MINOR, Money
from marketplace.postings import screening, terms
from marketplace.postings.models import Level, PayKind, PostingKind, PostingState, WomenFriendly
from marketplace.postings.screening import Question
from marketplace.postings.terms import Terms

MOVES: dict[PostingState, frozenset[PostingState]] = {
    "draft": frozenset({"open", "pending_review", "removed"}),
    "pending_review": frozenset({"open", "draft", "removed"}),
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

GIGS: tuple[PostingKind, ...] = ("gig",)
JOBS: tuple[PostingKind, ...] = ("job", "internship")
"""Employment: answered by applications, paid by the employer, no money moves here."""


TITLE_LENGTH = (8, 120)
DESCRIPTION_LENGTH = (40, 20_000)
MOST_SKILLS = 10
MOST_QUESTIONS = 5
QUESTION_LENGTH = 300
LONGEST_OPEN = timedelta(days=90)
LONGEST_ANSWER = timedelta(days=30)
REMINDED_BEFORE = timedelta(days=3)
"""How long before the last day the employer is told that it comes."""
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
    """What the employer writes; `skills` are slugs. A draft may miss all but a title: 0 and None are not said yet.

    A gig asks `questions` and may say a `level`; a job or internship has `terms` and asks `screening` questions.
    `women_friendly` is what the employer promises to women.
    """

    title: str
    kind: PostingKind = "gig"
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
    level: Level | None = None
    women_friendly: tuple[WomenFriendly, ...] = ()
    questions: tuple[str, ...] = ()
    terms: Terms | None = None
    screening: tuple[Question, ...] = ()
    closes_at: datetime | None = None
    answer_by: datetime | None = None

    @property
    def pay_min(self) -> Money:
        return Money(self.pay_min_minor, self.currency)


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
    _raise(_gathered(_limits(content)))


def check_publishable(content: Content, at: datetime, *, before: Content | None = None) -> None:
    """What everybody may read: complete, within the limits, with dates that give people time.

    `before` is what was published already: dates that stay as they were are not counted from now.

    Raises: Invalid with all faults at their fields.
    """
    faults = _gathered(_limits(content))
    values: dict[str, str] = {}
    if content.pay_min_minor >= 0 and (pay := _bad_pay(content)) is not None:
        field, message, values = pay
        faults.setdefault(field, []).append(message)
    _gathered(_missing(content), faults)
    is_same = before is not None and (before.closes_at, before.answer_by) == (content.closes_at, content.answer_by)
    if not is_same:
        _gathered(_dates(content, at, before), faults)
        if content.terms is not None:
            _gathered(terms.bad_start(content.terms, at.date()), faults)
    _raise(faults, values)


def check_kind(before: PostingKind, after: PostingKind, state: str) -> None:
    """A draft may turn from a job into an internship and back; what was published stays what it is. Raises: Invalid."""
    if before != after and (state != "draft" or {before, after} != set(JOBS)):
        raise Invalid.at("kind", N_("What it is can't change any more. Start a new one from a copy."))


def _raise(faults: dict[str, list[str]], values: dict[str, str] | None = None) -> None:
    if faults:
        raise Invalid(faults, **(values or {}))


def _gathered(found: Iterable[tuple[str, str]], faults: dict[str, list[str]] | None = None) -> dict[str, list[str]]:
    faults = {} if faults is None else faults
    for field, message in found:
        faults.setdefault(field, []).append(message)
    return faults


def _limits(content: Content) -> Iterable[tuple[str, str]]:
    if not content.title.strip():
        yield "title", N_("Write a title: what is to be done?")
    if len(content.title) > TITLE_LENGTH[1]:
        yield "title", N_("Keep the title under 120 letters.")
    if len(content.description) > DESCRIPTION_LENGTH[1]:
        yield "description", N_("Keep the description under 20,000 letters.")
    if len(content.skills) > MOST_SKILLS:
        yield "skills", N_("Choose at most 10 skills.")
    if not 0 <= content.pay_min_minor <= MAX_MINOR:
        yield "pay_min", N_("Write an amount above zero.")
    if not content.pay_min_minor <= content.pay_max_minor <= MAX_MINOR:
        yield "pay_max", N_("The upper amount is not below the lower one.")
    yield from _gig_limits(content) if content.terms is None else _job_limits(content, content.terms)


def _gig_limits(content: Content) -> Iterable[tuple[str, str]]:
    assert content.kind in GIGS and not content.screening
    if len(content.questions) > MOST_QUESTIONS or any(len(q) > QUESTION_LENGTH for q in content.questions):
        yield "questions", N_("Ask at most 5 questions, each under 300 letters.")
    if not terms.GIG_FRIENDLY_WORDS.keys() >= set(content.women_friendly):
        yield "women_friendly", N_("Promise women only what can be ticked here.")
    if content.currency not in CURRENCIES:
        yield "currency", N_("Contracts are in US dollars or Pakistani rupees.")


def _job_limits(content: Content, said: Terms) -> Iterable[tuple[str, str]]:
    assert content.kind in JOBS and not content.questions and content.level is None
    if content.currency not in terms.CURRENCIES:
        yield "currency", N_("Salaries are in rupees or US dollars.")
    if content.pay_kind not in terms.PAY_KINDS:
        yield "pay_kind", N_("Say what you pay a month, a year or an hour.")
    for message in screening.faults(content.screening):
        yield "screening", message
    yield from terms.limits(said)


def _bad_pay(content: Content) -> tuple[str, str, dict[str, str]] | None:
    if content.terms is None:
        return None if content.pay_min_minor else ("pay_min", N_("Say what you pay."), {})
    is_internship, hours = content.kind == "internship", content.terms.hours_a_week
    if content.currency not in terms.CURRENCIES:
        return None
    return terms.bad_pay(content.pay_kind, content.pay_min, hours=hours, is_internship=is_internship)


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
    if not content.is_remote and content.district is None:
        yield "district", N_("Choose the district, or say that it can be done from anywhere.")
    if content.terms is not None:
        yield from terms.missing(content.terms, is_internship=content.kind == "internship")


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
