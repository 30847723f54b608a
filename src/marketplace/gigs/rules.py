"""What a proposal may be and become, and what of it the employer sees before the shortlist; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from marketplace.escrow.rules import FeePreview, FeeTerms, fee_preview
from marketplace.gigs.models import ProposalState
from marketplace.kernel.errors import Conflict, Invalid, NotAllowed
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import MAX_MINOR, Money

MOVES: dict[ProposalState, frozenset[ProposalState]] = {
    "draft": frozenset({"submitted", "withdrawn", "expired"}),
    "submitted": frozenset({"shortlisted", "accepted", "declined", "withdrawn", "expired"}),
    "shortlisted": frozenset({"accepted", "declined", "withdrawn", "expired"}),
    "accepted": frozenset(),
    "declined": frozenset(),
    "withdrawn": frozenset(),
    "expired": frozenset(),
}

LIVING = ("draft", "submitted", "shortlisted", "accepted")
WAITING = ("submitted", "shortlisted")
"""The employer owes an answer."""
EDITABLE = ("draft", "submitted", "shortlisted")
SEEN_BY_EMPLOYER = ("submitted", "shortlisted", "accepted", "declined", "expired")
"""Never a draft and never what was withdrawn."""
DECLINE_REASONS = {
    "price": N_("The price does not fit."),
    "skills": N_("The skills do not fit this work."),
    "time": N_("The time does not fit."),
    "questions": N_("The questions were not answered."),
    "unclear": N_("It was not clear what would be delivered."),
    "other": N_("Another reason, in the note."),
    "other_chosen": N_("Somebody else was chosen."),
    "gig_closed": N_("The gig was closed before anybody was chosen."),
}
"""Why a proposal was declined; the last two are said by the system when a gig ends."""
CHOOSABLE_REASONS = ("price", "skills", "time", "questions", "unclear", "other")

COVER_LENGTH = (40, 5_000)
LONGEST_ANSWER = 2_000
MOST_MILESTONES = 20
LONGEST_TITLE = 120
MOST_DAYS = 365
LONGEST_NOTE = 500


class ProposalMoveRefused(Conflict):
    message = N_("This proposal is %(state)s now, so it can't become %(to)s.")


class AlreadyProposed(Conflict):
    message = N_("You have a proposal for this gig already. You can change that one.")


class OwnGig(NotAllowed):
    message = N_("This gig is your own organisation's, so you can't propose to it.")


class ProfileNeeded(Conflict):
    message = N_("Write the headline of your profile first: it is what the employer reads beside your proposal.")


class ProposalChanged(Conflict):
    message = N_("The proposal was changed since you read it. Please read it again before you accept.")


class NotEditable(Conflict):
    message = N_("This proposal is %(state)s now and can't be changed.")


STATE_WORDS: dict[ProposalState, str] = {
    "draft": N_("a draft"),
    "submitted": N_("sent"),
    "shortlisted": N_("shortlisted"),
    "accepted": N_("accepted"),
    "declined": N_("declined"),
    "withdrawn": N_("withdrawn"),
    "expired": N_("expired"),
}
"""How a state reads inside a sentence."""


@dataclass(frozen=True, slots=True)
class Part:
    """A milestone as offered."""

    title: str
    amount_minor: int
    days: int

    def amount(self, currency: str) -> Money:
        return Money(self.amount_minor, currency)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a freelancer writes: `answers` in the order of the gig's questions."""

    cover: str
    answers: tuple[str, ...] = ()
    milestones: tuple[Part, ...] = ()

    @property
    def total_minor(self) -> int:
        return sum(part.amount_minor for part in self.milestones)

    @property
    def days(self) -> int:
        return sum(part.days for part in self.milestones)


@dataclass(frozen=True, slots=True)
class Preview:
    """What she would get, in all and by milestone; the whole is the sum of its rounded parts, as in the ledger."""

    whole: FeePreview
    parts: tuple[FeePreview, ...]


def preview(amounts: Sequence[Money], fee: FeeTerms) -> Preview:
    """The fee is taken at each release, so it is rounded in every milestone. `amounts` is not empty."""
    parts = tuple(fee_preview(amount, fee) for amount in amounts)
    nothing = Money(0, amounts[0].currency)
    gross, taken = (sum((getattr(part, name) for part in parts), nothing) for name in ("gross", "fee"))
    return Preview(FeePreview(gross, taken, gross - taken), parts)


def check_move(state: ProposalState, to: ProposalState) -> None:
    """Raises: ProposalMoveRefused for a change that the table does not have."""
    if to not in MOVES[state]:
        raise ProposalMoveRefused(state=STATE_WORDS[state], to=STATE_WORDS[to])


def check_draft(offer: Offer) -> None:
    """What even a draft has to keep to. Raises: Invalid with all faults at their fields."""
    _raise(_limits(offer))


def check_offer(offer: Offer, questions: Sequence[str]) -> None:
    """What can be sent: complete and within the limits. Raises: Invalid with all faults at their fields."""
    faults = _limits(offer)
    if len(offer.cover.strip()) < COVER_LENGTH[0]:
        faults["cover"] = [N_("Write at least 40 letters: how you would do it, and why you.")]
    if not offer.milestones:
        faults["milestones"] = [N_("Add at least one milestone: what you deliver, for how much, in how many days.")]
    for number in range(len(questions)):
        if number >= len(offer.answers) or not offer.answers[number].strip():
            faults.setdefault(f"answers-{number}", []).append(N_("Please answer this question."))
    _raise(faults)


def check_decline(reason: str, note: str) -> None:
    """Raises: Invalid unless it is one of the reasons an employer may give, with a note where that is the reason."""
    if reason not in CHOOSABLE_REASONS:
        raise Invalid.at("reason", N_("Choose a reason; it helps the next proposal."))
    if reason == "other" and not note.strip():
        raise Invalid.at("note", N_("Write the reason in a sentence."))
    if len(note) > LONGEST_NOTE:
        raise Invalid.at("note", N_("Keep the note under 500 letters."))


def _limits(offer: Offer) -> dict[str, list[str]]:
    faults: dict[str, list[str]] = {}
    if len(offer.cover) > COVER_LENGTH[1]:
        faults["cover"] = [N_("Keep it under 5,000 letters.")]
    for number, answer in enumerate(offer.answers):
        if len(answer) > LONGEST_ANSWER:
            faults[f"answers-{number}"] = [N_("Keep the answer under 2,000 letters.")]
    if len(offer.milestones) > MOST_MILESTONES:
        faults["milestones"] = [N_("Offer at most 20 milestones.")]
    for number, part in enumerate(islice(offer.milestones, MOST_MILESTONES)):
        faults |= {f"milestones-{number}-{field}": [message] for field, message in _part_faults(part).items()}
    return faults


def _part_faults(part: Part) -> dict[str, str]:
    wrong = {
        "title": (not 0 < len(part.title.strip()) <= LONGEST_TITLE, N_("Say in a few words what you deliver.")),
        "amount": (not 0 < part.amount_minor <= MAX_MINOR, N_("Write an amount above zero.")),
        "days": (not 1 <= part.days <= MOST_DAYS, N_("Write how many days it takes: 1 to 365.")),
    }
    return {field: message for field, (is_wrong, message) in wrong.items() if is_wrong}


def _raise(faults: dict[str, list[str]]) -> None:
    if faults:
        raise Invalid(faults)
