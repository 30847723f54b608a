"""What an offer may say and become; pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from marketplace.jobs.models import OfferState, SalaryPeriod
from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.postings import terms
from marketplace.postings.models import PayKind

MOVES: dict[OfferState, frozenset[OfferState]] = {
    "sent": frozenset({"accepted", "declined", "withdrawn", "expired"}),
    "accepted": frozenset(),
    "declined": frozenset(),
    "withdrawn": frozenset(),
    "expired": frozenset(),
}
PERIODS: dict[SalaryPeriod, str] = {"month": N_("a month"), "year": N_("a year"), "hour": N_("an hour")}
_PAY_KINDS: dict[SalaryPeriod, PayKind] = {"month": "monthly", "year": "yearly", "hour": "hourly"}
TEXT_LENGTH = (20, 5_000)
LONGEST_REASON = 500
LONGEST_ANSWER = timedelta(days=30)
FARTHEST_START = timedelta(days=366)


class OfferMoveRefused(Conflict):
    message = N_("This offer has been answered, withdrawn or has run out meanwhile.")


class OfferWaits(Conflict):
    message = N_("An offer to this candidate waits for an answer. Withdraw it before you send another.")


class NoOfferNow(Conflict):
    message = N_("This application is decided, so no offer can be sent.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an offer says; `answer_by` is when it runs out."""

    salary: Money | None
    period: SalaryPeriod
    starts_on: date | None
    text: str
    answer_by: datetime | None


def check_words(words: Words, at: datetime, *, hours: int, is_internship: bool) -> None:
    """Raises: Invalid with all faults at their fields; a stipend has its least as in a posting."""
    faults: dict[str, list[str]] = {}
    pay = terms.bad_pay(
        _PAY_KINDS[words.period], words.salary or Money(0, "PKR"), hours=hours, is_internship=is_internship
    )
    values: dict[str, str] = {}
    if pay is not None:
        field, message, values = pay
        faults[{"pay_min": "salary", "pay_kind": "period"}[field]] = [message]
    if words.starts_on is None or not at.date() <= words.starts_on <= (at + FARTHEST_START).date():
        faults["starts_on"] = [N_("Choose the first day: today or later, within a year.")]
    if not TEXT_LENGTH[0] <= len(words.text.strip()) <= TEXT_LENGTH[1]:
        faults["text"] = [N_("Write what you offer in 20 to 5,000 letters: the work, the hours, what comes with it.")]
    if words.answer_by is None or not at < words.answer_by <= at + LONGEST_ANSWER:
        faults["answer_on"] = [N_("Choose until when you need an answer: within 30 days.")]
    if faults:
        raise Invalid(faults, **values)


def check_move(state: str, to: OfferState, answer_by: datetime, at: datetime) -> None:
    """Raises: OfferMoveRefused, also for an answer after the last day."""
    is_late = to in ("accepted", "declined") and answer_by <= at
    if to not in MOVES[cast(OfferState, state)] or is_late:
        raise OfferMoveRefused


def check_reason(reason: str) -> None:
    """Raises: Invalid."""
    if len(reason) > LONGEST_REASON:
        raise Invalid.at("reason", N_("Keep the reason under 500 letters."))
