"""Who may review when, and what a review must say. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.contracts.reviews.models import ReviewSide
from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import N_

WINDOW = timedelta(days=14)
"""How long after a contract's end reviews can be written; then all are shown."""
REMINDER = timedelta(days=3)
"""How long before the end of the window the side that has not written is reminded."""
END = "reviews_end"
REMIND = "reviews_reminder"
"""The kinds of the two deadlines of a contract."""

LONGEST_TEXT = 2_000
LONGEST_NOTE = 1_000
LONGEST_REPLY = 1_000
BEST = 5

CRITERIA: dict[ReviewSide, dict[str, str]] = {
    "employer": {
        "quality": N_("The work was what was agreed"),
        "communication": N_("Answers came soon and were clear"),
        "time": N_("It was delivered in time"),
    },
    "freelancer": {
        "clarity": N_("It was clear what was wanted"),
        "communication": N_("Answers came soon and were clear"),
        "fairness": N_("Work was accepted and sent back fairly"),
    },
}
"""By the side that writes: what it is asked, each from 1 to 5."""

SHORT_CRITERIA = {
    "quality": N_("Quality"),
    "communication": N_("Communication"),
    "time": N_("On time"),
    "clarity": N_("Clear task"),
    "fairness": N_("Fairness"),
}


class NothingPaid(Conflict):
    message = N_("Reviews open as soon as money of this contract has been released.")


class WindowOver(Conflict):
    message = N_("The time to review this contract is over.")


class AlreadyShown(Conflict):
    message = N_("Your review is shown already, so it stays as it is.")


class NotShown(Conflict):
    message = N_("There is no review to reply to.")


class RepliedAlready(Conflict):
    message = N_("There is a reply already. It can be given once.")


@dataclass(frozen=True, slots=True)
class Words:
    """What one side says of the other; `scores` by criterion."""

    scores: Mapping[str, int]
    text: str
    private_note: str = ""


def check_words(side: ReviewSide, words: Words) -> None:
    """Raises: Invalid unless every criterion has a score from 1 to 5 and the texts are within their limits."""
    for name in CRITERIA[side]:
        if not 1 <= words.scores.get(name, 0) <= BEST:
            raise Invalid.at(name, N_("Choose from 1 to 5."))
    if words.scores.keys() != CRITERIA[side].keys():
        raise Invalid.at("", N_("Please check what you wrote."))
    if not words.text.strip():
        raise Invalid.at("text", N_("Write a sentence or two: what should the next one know?"))
    if len(words.text) > LONGEST_TEXT:
        raise Invalid.at("text", N_("Keep it under 2,000 letters."))
    if len(words.private_note) > LONGEST_NOTE:
        raise Invalid.at("private_note", N_("Keep it under 1,000 letters."))


def check_reply(text: str) -> None:
    """Raises: Invalid unless the reply says something, within its limit."""
    if not text.strip():
        raise Invalid.at("text", N_("Write your reply."))
    if len(text) > LONGEST_REPLY:
        raise Invalid.at("text", N_("Keep it under 1,000 letters."))


def check_open(*, is_paid: bool, ended_at: datetime | None, until: datetime | None, at: datetime) -> None:
    """`until` is the end of the window; a contract under way has none. Raises: NothingPaid, WindowOver."""
    if not is_paid:
        raise NothingPaid
    if ended_at is not None and (until is None or until <= at):
        raise WindowOver
