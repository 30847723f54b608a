"""Reasons, deadlines, who may decide, which decision fits which case; pure."""

from datetime import timedelta

from marketplace.kernel.errors import Conflict, NotAllowed
from marketplace.kernel.i18n import N_
from marketplace.trust.models import AppealState, CaseState, Decision, Urgency

URGENCIES: dict[Urgency, timedelta] = {
    "safety": timedelta(hours=24),
    "scam": timedelta(hours=72),
    "other": timedelta(days=7),
}
"""Within which time somebody has to decide."""
URGENCY_ORDER: tuple[Urgency, ...] = ("safety", "scam", "other")

REASONS: dict[str, tuple[Urgency, str]] = {
    "harassment": ("safety", N_("Harassment, threats or pressure")),
    "sexual": ("safety", N_("Sexual remarks or pictures")),
    "danger": ("safety", N_("Somebody may be in danger")),
    "child": ("safety", N_("A child is involved")),
    "fee": ("scam", N_("Asks for a fee or a deposit")),
    "scam": ("scam", N_("Looks like a scam")),
    "contact": ("scam", N_("Wants to leave this site: phone, WhatsApp, Telegram")),
    "identity": ("scam", N_("Pretends to be somebody else, or asks for identity papers")),
    "unpaid": ("other", N_("Unpaid work or a free test")),
    "hate": ("safety", N_("Hate against a group of people")),
    "copied": ("other", N_("Copied from somebody else")),
    "untrue": ("other", N_("Not true, or nothing to do with the work")),
    "other": ("other", N_("Something else")),
}
"""Why somebody reports something: how urgent that is, and how it reads."""

MACHINE_REASONS: dict[str, tuple[Urgency, str]] = {
    "first_posting": ("scam", N_("The first posting of a new employer")),
    "rule": ("scam", N_("A rule holds it")),
    "check": ("other", N_("Something to verify")),
    "mediation": ("safety", N_("Somebody in a mediated conversation asks for help")),
}
"""Why a case is opened without a report."""

_ALL_REASONS: dict[str, tuple[Urgency, str]] = REASONS | MACHINE_REASONS
_UNKNOWN: tuple[Urgency, str] = REASONS["other"]

KINDS: dict[str, str] = {
    "report": N_("Report"),
    "posting": N_("Posting to check"),
    "signal": N_("Flagged by a rule"),
    "check": N_("Document to verify"),
    "mediation": N_("Conversation to mediate"),
}
"""What a case is."""

SUBJECTS: dict[str, str] = {
    "posting": N_("Posting"),
    "service": N_("Service"),
    "profile": N_("Profile"),
    "portfolio": N_("Piece of work"),
    "organisation": N_("Organisation"),
    "application": N_("Application"),
    "review": N_("Review"),
    "message": N_("Message"),
    "thread": N_("Conversation"),
    "programme": N_("Programme"),
    "certificate": N_("Certificate"),
}
"""What a case can be about."""

LINES: dict[str, str] = {
    "case.opened": N_("Opened"),
    "case.reported": N_("Reported"),
    "case.pressed": N_("Became more urgent"),
    "case.edited": N_("The text was changed"),
    "case.taken": N_("Taken"),
    "case.decided": N_("Decided"),
    "moderation.read": N_("Private text read"),
}
"""How the history of a case reads."""

CASE_MOVES: dict[CaseState, frozenset[CaseState]] = {"open": frozenset({"decided"}), "decided": frozenset()}
APPEAL_MOVES: dict[AppealState, frozenset[AppealState]] = {
    "open": frozenset({"upheld", "lifted"}),
    "upheld": frozenset(),
    "lifted": frozenset(),
}

DECISIONS: dict[Decision, str] = {
    "none": N_("No action"),
    "warn": N_("Warn"),
    "remove": N_("Remove it"),
    "return": N_("Give it back to be changed"),
    "publish": N_("Publish it"),
    "restrict": N_("Restrict the person"),
}

OUTCOMES: dict[str, str] = {
    "none": N_("We looked at it and leave it as it is."),
    "warn": N_("We looked at it. It breaks our rules; please do not do that again."),
    "remove": N_("It breaks our rules, so it was removed."),
    "return": N_("Please change it and publish it again."),
    "publish": N_("It is published now."),
    "restrict": N_("It breaks our rules, so your account is limited for a while."),
}
"""What the person concerned reads of a decision."""

WHATS: dict[str, str] = {
    "message": N_("write messages"),
    "post": N_("publish postings and services"),
    "apply": N_("propose and apply"),
    "sign_in": N_("use the site, except for money, data and appeals"),
}
"""What can be restricted, as it reads after "can't"."""

APPEAL_TIME = timedelta(days=7)
"""Within which another moderator looks again."""


class CaseMoveRefused(Conflict):
    message = N_("This case has been decided already.")


class AppealMoveRefused(Conflict):
    message = N_("This appeal has been decided already.")


class OwnMatter(NotAllowed):
    message = N_("This is about you or your organisation, so another moderator decides.")


class DecisionRefused(Conflict):
    message = N_("That decision does not fit this case.")


def urgency_of(reason: str) -> Urgency:
    """How urgent a reason is; an unknown one is not."""
    return _ALL_REASONS.get(reason, _UNKNOWN)[0]


def reason_words(reason: str) -> str:
    """How a reason reads (a msgid)."""
    return _ALL_REASONS.get(reason, _UNKNOWN)[1]


def is_more_urgent(reason: str, than: str) -> bool:
    """Whether the one reason has less time than an urgency."""
    return URGENCY_ORDER.index(urgency_of(reason)) < [str(each) for each in URGENCY_ORDER].index(than)


def choices(kind: str, *, has_person: bool) -> tuple[Decision, ...]:
    """Which decisions a moderator may choose from."""
    if kind == "posting":
        return ("publish", "return", "remove", "restrict")
    return ("none", "warn", "remove", "restrict") if has_person else ("none", "remove")


def check_case_move(state: CaseState, to: CaseState) -> None:
    """Raises: CaseMoveRefused for a change that the table does not have."""
    if to not in CASE_MOVES[state]:
        raise CaseMoveRefused


def check_appeal_move(state: AppealState, to: AppealState) -> None:
    """Raises: AppealMoveRefused for a change that the table does not have."""
    if to not in APPEAL_MOVES[state]:
        raise AppealMoveRefused
