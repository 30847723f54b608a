"""How long each stage of a dispute lasts, what happens when it passes, and who may do what. Pure."""

from datetime import datetime, timedelta

from marketplace.contracts.disputes.models import DisputeState
from marketplace.contracts.rules import Side
from marketplace.kernel.errors import Conflict, Invalid, NotAllowed
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money

STAGE = "dispute_stage"
"""The kind of the one deadline that a dispute has at any time."""

ANSWER_IN = timedelta(days=4)
DECIDE_IN = timedelta(days=14)
"""From the opening: mediation and the first decision."""
APPEAL_IN = timedelta(days=3)
SECOND_IN = timedelta(days=5)
"""How long another moderator has for an appeal."""
LONGEST = DECIDE_IN + APPEAL_IN + SECOND_IN

LONGEST_TEXT = 10_000
MOST_FILES = 5
DISPUTABLE = ("funded", "delivered", "revision")

MOVES: dict[DisputeState, frozenset[DisputeState]] = {
    "open": frozenset({"mediation", "settled"}),
    "mediation": frozenset({"decided", "settled"}),
    "decided": frozenset({"appealed", "settled"}),
    "appealed": frozenset({"settled"}),
    "settled": frozenset(),
}


class DisputeMoveRefused(Conflict):
    message = N_("This dispute has gone on in the meantime. Please look at it again.")


class AlreadyDisputed(Conflict):
    message = N_("A dispute about this milestone is open already, or was settled.")


class NothingHeld(Conflict):
    message = N_("No money is held for this milestone, so there is nothing to divide.")


class OwnSplit(Conflict):
    message = N_("This is your own proposal: the other side has to answer it.")


class AppealOver(Conflict):
    message = N_("The days to appeal are over, or you gave up your appeal.")


class NotYourDispute(NotAllowed):
    message = N_("Another moderator has taken this dispute.")


class AnotherModerator(NotAllowed):
    message = N_("You decided the first time. An appeal is for another moderator.")


class OwnContract(NotAllowed):
    message = N_("You are on a side of this contract, so you can't decide about it.")


def check_move(state: str, to: DisputeState) -> None:
    """Raises: DisputeMoveRefused for a move that the table does not have."""
    if to not in MOVES[state]:  # pyright: ignore[reportArgumentType] - held to the words by the database
        raise DisputeMoveRefused


def other(side: Side) -> Side:
    """Who sits across."""
    return "freelancer" if side == "employer" else "employer"


def check_text(text: str, *, field: str = "text") -> None:
    """Raises: Invalid unless something is said, within the limit."""
    if not text.strip():
        raise Invalid.at(field, N_("Say in your own words what happened and what you want."))
    if len(text) > LONGEST_TEXT:
        raise Invalid.at(field, N_("Keep it under 10,000 letters; put the rest into a file."))


def check_files(count: int) -> None:
    """Raises: Invalid for too many files."""
    if count > MOST_FILES:
        raise Invalid.at("files", N_("At most 5 files at once. Put more into a ZIP."))


def due_at(state: DisputeState, *, opened_at: datetime, at: datetime) -> datetime:
    """Until when the stage that begins now lasts."""
    match state:
        case "open":
            return opened_at + ANSWER_IN
        case "mediation":
            return opened_at + DECIDE_IN
        case "decided":
            return at + APPEAL_IN
        case _:
            return at + SECOND_IN


def default_release(before: str, deliveries: int, left: Money) -> Money:
    """What the freelancer gets when no moderator decides in time.

    Nothing delivered: nothing. Delivered and not sent back: all. Sent back for a revision: half, rounded down.
    """
    if deliveries == 0:
        return Money(0, left.currency)
    return left if before == "delivered" else Money(left.amount_minor // 2, left.currency)
