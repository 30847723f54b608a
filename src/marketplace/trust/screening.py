"""Contact lures and fee scams in a text, in English, Urdu and Roman Urdu: what rule, where, what it says; pure.

The rules are data (rules.toml); phone numbers are found by phones.py, disguised words ("w h a t s a p p", "t3legram")
by undoing the disguise. A signal warns or holds, it never deletes and never accuses: a person decides.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from marketplace.engines.search.folding import fold
from marketplace.kernel.i18n import N_
from marketplace.trust.models import Severity
from marketplace.trust.phones import find_phone

Place = Literal["posting", "message", "profile", "review"]

SAID: dict[str, tuple[str, str]] = {
    "fee": (
        N_("This asks for a fee. Nobody has to pay to get work here."),
        N_("Take the fee out. Whoever works for you is paid, and never pays."),
    ),
    "deposit": (
        N_("This asks for a deposit or an advance. Money goes only through this site, from the employer."),
        N_("Take the deposit or advance out. You fund the milestone here, before the work begins."),
    ),
    "code": (
        N_("This asks for a code or a password. Never give one to anybody, not to us either."),
        N_("Take out that you need a code or a password."),
    ),
    "identity": (
        N_("This asks for identity or bank papers. No employer needs them to give you work here."),
        N_("Take out that you need a CNIC, a passport or a card. We check identities ourselves."),
    ),
    "crypto": (
        N_("This is about crypto money or an investment, as in many scams."),
        N_("Say what the work is and what you pay through this site; leave investments out."),
    ),
    "too_good": (
        N_("This promises very much for very little. Such offers are mostly scams."),
        N_("Say what is to be done and what you pay for it, without promises of income."),
    ),
    "packets": (
        N_("This reads like the typing and packing offers by which many have lost a fee."),
        N_("Say which company needs the work, what exactly is to be done, and how you judge it."),
    ),
    "app": (
        N_("This wants you to open a link or install an app. Do that only if you know why."),
        N_("Take the link or app out, or put what it says into the text."),
    ),
    "purchase": (
        N_("This wants you to buy something or to pass money on. That is a common scam."),
        N_("Take the purchase out. What the work needs is paid by you."),
    ),
    "abroad": (
        N_("This promises a visa or a job abroad. Check it with the Bureau of Emigration first."),
        N_("Take the visa out, or add the licence number of the overseas employment promoter."),
    ),
    "messenger": (
        N_("This wants to go on elsewhere. Outside this site nobody can help you if you are not paid."),
        N_("Take the messenger out. People reach you here, by a proposal or an application."),
    ),
    "messenger_in_message": (
        N_("This wants to go on elsewhere. Outside this site nobody can help you if you are not paid."),
        N_("Stay here until the first milestone is funded."),
    ),
    "phone": (
        N_("There is a phone number in this. Stay here until the first milestone is funded."),
        N_("Take the phone number out. People reach you here."),
    ),
    "email": (
        N_("There is an e-mail address in this. Stay here until the first milestone is funded."),
        N_("Take the address out. People reach you here."),
    ),
    "disguised": (
        N_("A word is disguised in this, as in messages that want to get round a check."),
        N_("Write the word plainly, or leave it out."),
    ),
    "account": (
        N_("This wants your account, card or SIM. Whoever lends them answers for what others do with them."),
        N_("Take it out. Nobody hands over an account, a card or a SIM to get work."),
    ),
    "free_work": (
        N_("This asks for work without pay. A test is small and paid, or it is none."),
        N_("Say what you pay for the test, or leave it out and look at finished work."),
    ),
    "photo": (
        N_("This asks for your picture or a private meeting. You need not answer; you can block and report."),
        N_("Leave out what has nothing to do with the work."),
    ),
}
"""For each rule: what whoever reads the text should know, and how its writer mends it."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A rule that fired: the folded words on which it did, what it says to the reader, how the writer mends it."""

    rule: str
    severity: Severity
    excerpt: str
    said: str
    mend: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of rules.toml."""

    id: str
    severity: Severity
    places: frozenset[str]
    patterns: re.Pattern[str]
    unless: re.Pattern[str] | None


LONGEST = 25_000
"""Letters of a text that are looked at; no place takes more."""
_AROUND = 40
_EXCERPT = 90
_SPACED = re.compile(r"(?<!\w)(?:[a-z0-9@$][\s.\-_*|]+){4,}[a-z0-9@$](?!\w)")
_LEET = str.maketrans("0134578@$!", "oieastbasi")
_DISGUISED = re.compile(
    r"what?s?app|wa?tsa?pp?|whatsap|telegram|gmail|hotmail|skype|instagram|facebook|paypal|easypaisa|jazzcash|viber|wechat"
)


def screen(text: str, *, place: Place) -> list[Signal]:
    """Every rule that fires on a text of this place, each once, those that hold first."""
    folded = " ".join(fold(text[:LONGEST]).split())
    found = [_signal(rule.id, rule.severity, folded, span) for rule in rules() if (span := _fires(rule, place, folded))]
    if (span := find_phone(folded)) is not None:
        found.append(_signal("phone", "warn", folded, span))
    found += [_disguised(word, place) for word in list(_undisguised(folded))[:1]]
    return sorted(found, key=lambda signal: signal.severity != "hold")


@cache
def rules() -> tuple[Rule, ...]:
    """All rules of rules.toml."""
    content = tomllib.loads(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))
    return tuple(_rule(each) for each in content["rule"])


def _rule(entry: dict[str, Any]) -> Rule:
    unless = "|".join(f"(?:{each})" for each in entry["unless"])
    return Rule(
        id=entry["id"],
        severity=entry["severity"],
        places=frozenset(entry["places"]),
        patterns=re.compile("|".join(f"(?:{each})" for each in entry["patterns"])),
        unless=re.compile(unless) if unless else None,
    )


def _fires(rule: Rule, place: Place, folded: str) -> tuple[int, int] | None:
    if place not in rule.places:
        return None
    for match in rule.patterns.finditer(folded):
        start, end = match.span()
        if rule.unless is None or not rule.unless.search(folded, max(0, start - _AROUND), end):
            return start, end
    return None


def _signal(rule: str, severity: Severity, folded: str, span: tuple[int, int]) -> Signal:
    start, end = span
    said, mend = SAID[rule]
    return Signal(rule, severity, folded[start : min(end, start + _EXCERPT)], said, mend)


def _disguised(word: str, place: Place) -> Signal:
    said, mend = SAID["disguised"]
    return Signal("disguised", "hold" if place == "posting" else "warn", word[:_EXCERPT], said, mend)


def _undisguised(folded: str) -> Iterator[str]:
    """What was written so that a plain search for messengers does not find it."""
    for match in _SPACED.finditer(folded):
        joined = re.sub(r"[\s.\-_*|]+", "", match.group()).translate(_LEET)
        if _DISGUISED.search(joined):
            yield match.group()
    for match in re.finditer(r"[a-z0-9@$!]{5,20}", folded):
        word = match.group()
        if not word.isalpha() and _DISGUISED.fullmatch(word.translate(_LEET).rstrip("i")):
            yield word
