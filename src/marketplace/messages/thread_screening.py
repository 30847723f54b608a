"""What the rules of trust/ say about a message: its writer reads it before sending, the other side beneath the text.

A warning never refuses and never deletes. Once money was held for the work, phone numbers are everyday.
"""

import hashlib
from dataclasses import dataclass

from marketplace.messages.thread_subjects import ThreadSubject
from marketplace.trust.screening import screen

CONTACTS = frozenset({"phone", "email", "messenger", "messenger_in_message", "disguised"})
"""Rules about leaving the site."""


@dataclass(frozen=True, slots=True)
class Lure:
    """A rule that fires: what the reader is told, how the writer mends it (msgids), on which words."""

    rule: str
    said: str
    mend: str
    excerpt: str


def warnings(text: str, subject: ThreadSubject) -> list[Lure]:
    """What fires on this text in this thread, each rule once."""
    hidden = CONTACTS if subject.may_share_contact else frozenset[str]()
    found = screen(text, place="message")
    return [Lure(each.rule, each.said, each.mend, each.excerpt) for each in found if each.rule not in hidden]


def kept(found: list[Lure]) -> list[dict[str, str]]:
    """As the message's row keeps them."""
    return [{"rule": each.rule, "said": each.said, "excerpt": each.excerpt} for each in found]


def mark_of(text: str) -> str:
    """Stands for a text that its writer was warned about: sent again unchanged, it goes out."""
    return hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:32]
