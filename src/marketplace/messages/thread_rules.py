"""What may be written, how often, and how a saved reply is filled in; pure."""

import re
from collections.abc import Mapping
from typing import ClassVar

from marketplace.kernel.errors import Conflict, DomainError, Invalid, NotAllowed
from marketplace.kernel.i18n import N_

LONGEST_TEXT = 10_000
MOST_FILES = 5
EXCERPT = 200
"""Letters of a message that a mail shows."""

FIRST_MESSAGES = 1
"""How many messages a stranger may write before the other side answers."""
LONGEST_FIRST = 500
NEW_A_DAY = 20
"""How many conversations with strangers somebody may begin in 24 hours."""
MOST_A_DAY = 300
"""How many messages somebody may write in 24 hours."""

MOST_TEMPLATES = 30
LONGEST_TEMPLATE = 4_000
LONGEST_TITLE = 80
_LINK = re.compile(
    r"(?:https?://|www\.)\S|\b[\w-]+\.(?:com|net|org|pk|io|dev|me|co|app|site|page|xyz|info|link|ly)\b(?:/\S*)?",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\{(\w{1,20})\}")


class ThreadClosed(Conflict):
    message = N_("Nobody can write here any more. What was written stays readable.")


class WaitForAnswer(Conflict):
    message = N_(
        "You have written. You can write again when the other side has answered, or when you are on the shortlist."
    )


class TooManyToday(DomainError):
    status: ClassVar[int] = 429
    message = N_("You have reached the limit of %(most)s for 24 hours. Please go on tomorrow.")


class NotConfirmed(NotAllowed):
    message = N_("Confirm your e-mail address or phone first: then you can write messages.")


def check_text(text: str, files: int) -> None:
    """Raises: Invalid for an empty or too long message, or too many files."""
    if not text.strip() and not files:
        raise Invalid.at("text", N_("Write something, or add a file."))
    if len(text) > LONGEST_TEXT:
        raise Invalid.at("text", N_("At most %(most)s letters, please."), most=f"{LONGEST_TEXT:,}")
    if files > MOST_FILES:
        raise Invalid.at("files", N_("At most %(most)s files in one message."), most=MOST_FILES)


def check_first(text: str, files: int, *, written: int, is_answered: bool) -> None:
    """What strangers may write: one short message without links until the other side answers.

    `written` counts her messages in the thread. Raises: WaitForAnswer, Invalid.
    """
    if files:
        raise Invalid.at("files", N_("Files can be sent once you are on the shortlist."))
    if has_link(text):
        raise Invalid.at("text", N_("Links can be sent once you are on the shortlist. Please take them out."))
    if is_answered:
        return
    if written >= FIRST_MESSAGES:
        raise WaitForAnswer
    if len(text) > LONGEST_FIRST:
        raise Invalid.at(
            "text", N_("A first message has at most %(most)s letters; these are %(length)s."),
            most=LONGEST_FIRST, length=len(text),
        )  # fmt: skip


def check_mediated(text: str, files: int) -> None:
    """One of the two blocked the other while a contract runs: words only. Raises: Invalid."""
    if files:
        raise Invalid.at("files", N_("No files here: this conversation is mediated. Deliver files in the contract."))
    if has_link(text):
        raise Invalid.at("text", N_("No links here: this conversation is mediated. Please take them out."))


def has_link(text: str) -> bool:
    """Whether there is an address of the web in it."""
    return _LINK.search(text) is not None


def check_template(title: str, text: str) -> None:
    """Raises: Invalid."""
    wrong = {
        "title": [N_("Give it a name.")] if not title.strip() else [],
        "text": [N_("Write the reply.")] if not text.strip() else [],
    }
    if unknown := sorted({*_PLACEHOLDER.findall(text)} - {"name", "posting"}):
        wrong["text"].append(N_("There is no {%(word)s}. Use {name} and {posting}."))
        raise Invalid({field: said for field, said in wrong.items() if said}, word=unknown[0])
    if faults := {field: said for field, said in wrong.items() if said}:
        raise Invalid(faults)


def filled(text: str, values: Mapping[str, str]) -> str:
    """A saved reply with {name} and {posting} filled in; other braces stay."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def excerpt(text: str, length: int = EXCERPT) -> str:
    """The beginning on one line, cut between words."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[:length].rsplit(" ", 1)[0] + "…"
