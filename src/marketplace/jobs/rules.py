"""What an application may be and become, what it says, and what the employer says to it; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from marketplace.jobs.models import ApplicationState, Recommendation
from marketplace.kernel.errors import Conflict, Invalid, NotAllowed
from marketplace.kernel.i18n import N_
from marketplace.postings.rules import takes_proposals
from marketplace.postings.screening import Question, check_answers

KINDS = ("job", "internship")
"""Postings that people apply for."""

MOVES: dict[ApplicationState, frozenset[ApplicationState]] = {
    "submitted": frozenset({"screening", "interview", "offer", "rejected", "withdrawn"}),
    "screening": frozenset({"interview", "offer", "rejected", "withdrawn"}),
    "interview": frozenset({"offer", "hired", "rejected", "withdrawn"}),
    "offer": frozenset({"interview", "hired", "rejected", "withdrawn"}),
    "hired": frozenset(),
    "rejected": frozenset(),
    "withdrawn": frozenset(),
}

STAGES: tuple[ApplicationState, ...] = ("submitted", "screening", "interview", "offer", "hired", "rejected")
"""What the employer's board shows, in this order; never what was withdrawn."""
WAITING = ("submitted", "screening", "interview", "offer")
"""The employer owes an answer (in `offer` only while no offer waits for hers)."""
SHORTLISTED = ("interview", "offer", "hired")
"""The first move to one of these shows who she is."""
MOVABLE: tuple[ApplicationState, ...] = ("screening", "interview", "offer")
"""Stages that one click leads to; hiring and rejecting ask first."""
UNDO_TIME = timedelta(hours=24)

COVER_LENGTH = (40, 5_000)
LONGEST_HEADLINE = 100
LONGEST_NOTE = 500
LONGEST_PRIVATE_NOTE = 2_000
MOST_COMPARED = 4
MOST_AT_ONCE = 200
CV_TYPES = ("application/pdf", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")

CRITERIA = (N_("Skills for this work"), N_("Communication"), N_("Learns and solves problems"), N_("Reliability"))
"""What colleagues score when the posting says nothing else."""
MOST_CRITERIA = 8
LONGEST_CRITERION = 60
RECOMMENDATIONS: dict[Recommendation, str] = {
    "strong_yes": N_("Yes, by all means"),
    "yes": N_("Yes"),
    "no": N_("No"),
    "strong_no": N_("No, under no circumstances"),
}

REJECT_REASONS = {
    "skills": N_("Other applications showed more of the skills this work needs."),
    "experience": N_("We look for somebody with more experience in this."),
    "place": N_("The place or the way of working does not fit."),
    "time": N_("The start or the hours do not fit."),
    "language": N_("The work needs more of a language."),
    "interview": N_("After the interview we decided for somebody else."),
    "other": N_("Another reason, in the note."),
    "filled": N_("Somebody else was chosen."),
    "closed": N_("The posting was closed before anybody was chosen."),
    "no_answer": N_("The employer did not answer in time."),
    "removed": N_("A moderator took the application out, because it breaks the rules of this place."),
}
"""Why an application was not taken, as the candidate reads it; the last four are said by the system."""
CHOOSABLE_REASONS = ("skills", "experience", "place", "time", "language", "interview", "other")
NO_ANSWER = "no_answer"


class ApplicationMoveRefused(Conflict):
    message = N_("This application is %(state)s now, so it can't become %(to)s.")


class AlreadyApplied(Conflict):
    message = N_("You have applied here already. One application per posting is enough: it can't be missed.")


class OwnPosting(NotAllowed):
    message = N_("This posting is your own organisation's, so you can't apply to it.")


class PostingTakesNone(Conflict):
    message = N_("This posting no longer takes applications.")


class WomenOnly(Conflict):
    message = N_(
        "This posting asks for women only. If you are one, say so in your account: nobody else reads it there."
    )


class NothingToUndo(Conflict):
    message = N_("The last move can't be undone any more: it was the candidate's, or it is more than a day old.")


class QueueFirst(Conflict):
    message = N_(
        "%(count)s people who applied for “%(title)s” got no answer in time. Give them a reason first: %(link)s"
    )


STATE_WORDS: dict[ApplicationState, str] = {
    "submitted": N_("sent"),
    "screening": N_("being read"),
    "interview": N_("at the interview"),
    "offer": N_("at the offer"),
    "hired": N_("hired"),
    "rejected": N_("not taken"),
    "withdrawn": N_("withdrawn"),
}
"""How a state reads inside a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a candidate writes: `answers` in the order of the questions, "" where she gave none."""

    headline: str = ""
    cover: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One colleague's judgement: a score from 1 to 5 for each criterion."""

    scores: dict[str, int]
    recommendation: str
    comment: str = ""

    @property
    def average(self) -> float:
        return sum(self.scores.values()) / len(self.scores)


def check_move(state: ApplicationState, to: ApplicationState) -> None:
    """Raises: ApplicationMoveRefused for a change that the table does not have."""
    if to not in MOVES[state]:
        raise ApplicationMoveRefused(state=STATE_WORDS[state], to=STATE_WORDS[to])


def takes_applications(kind: str, state: str, closes_at: datetime | None, at: datetime) -> bool:
    """Whether somebody may apply now: a job or internship that is open, before its deadline."""
    return kind in KINDS and takes_proposals(state, closes_at, at)


def check_entry(entry: Entry, questions: Sequence[Question]) -> None:
    """What can be sent: complete and within the limits. Raises: Invalid with all faults at their fields."""
    faults: dict[str, list[str]] = {}
    if not 0 < len(entry.headline.strip()) <= LONGEST_HEADLINE:
        faults["headline"] = [N_("Say in one line what you do, in at most 100 letters.")]
    if not COVER_LENGTH[0] <= len(entry.cover.strip()) <= COVER_LENGTH[1]:
        faults["cover"] = [N_("Write 40 to 5,000 letters: why this work, and why you.")]
    for number, message in check_answers(questions, entry.answers).items():
        faults[f"answers-{number}"] = [message]
    if faults:
        raise Invalid(faults)


def check_reject(reason: str, note: str) -> None:
    """Raises: Invalid unless it is one of the reasons an employer may give, with a note where that is the reason."""
    if reason not in CHOOSABLE_REASONS:
        raise Invalid.at("reason", N_("Choose a reason: the candidate reads it."))
    if reason == "other" and not note.strip():
        raise Invalid.at("note", N_("Write the reason in a sentence."))
    if len(note) > LONGEST_NOTE:
        raise Invalid.at("note", N_("Keep the note under 500 letters."))


def check_card(card: Card, criteria: Sequence[str]) -> None:
    """Raises: Invalid unless every criterion has a score from 1 to 5 and there is a recommendation."""
    faults: dict[str, list[str]] = {}
    for number, criterion in enumerate(criteria):
        if card.scores.get(criterion) not in range(1, 6):
            faults[f"scores-{number}"] = [N_("Give a score from 1 to 5.")]
    if card.recommendation not in RECOMMENDATIONS:
        faults["recommendation"] = [N_("Say what you recommend.")]
    if len(card.comment) > LONGEST_PRIVATE_NOTE:
        faults["comment"] = [N_("Keep the comment under 2,000 letters.")]
    if faults:
        raise Invalid(faults)


def check_criteria(criteria: Sequence[str]) -> None:
    """Raises: Invalid unless there are 1 to 8 different ones, each short."""
    if not 1 <= len(criteria) <= MOST_CRITERIA or len({each.casefold() for each in criteria}) != len(criteria):
        raise Invalid.at("criteria", N_("Write 1 to 8 different criteria, one a line."))
    if any(len(each) > LONGEST_CRITERION for each in criteria):
        raise Invalid.at("criteria", N_("Keep each criterion under 60 letters."))
