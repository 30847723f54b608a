"""What may follow what, who may do it, and when it must be done. Pure."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from marketplace.contracts.models import ContractState, MilestoneState
from marketplace.kernel.errors import Conflict, Invalid, NotAllowed
from marketplace.kernel.i18n import N_

Side = Literal["employer", "freelancer"]

EMPLOYER_ROLES = ("owner", "hiring", "finance")
"""Members who see the contracts of their organisation."""

CLEARING = timedelta(hours=24)
"""Transfers to recipient accounts become available a day later (Stripe, connect/service-agreement-types)."""

REVIEW_PERIOD = timedelta(days=14)
REVIEW = "milestone_review"
"""The kind of the deadline at which a delivery without an answer is released."""

FROZEN_LOOK_AGAIN = timedelta(days=1)
"""How long a due release waits while the payer's bank asks for the payment back."""

ORDER_PATIENCE = timedelta(days=3)
ORDER_UNPAID = "order_unpaid"
"""The kind of the deadline at which an order that nobody paid in lapses."""

DUE = "milestone_due"
"""The kind of the deadline at which a milestone without a delivery is late."""
HOLDING_WARNING = "holding_warning"
HOLDING_LIMIT = "holding_limit"
"""The kinds of the deadlines at which both are warned, and at which money that is still held is decided about."""

WARN_AFTER = timedelta(days=60)
FORCE_AFTER = timedelta(days=68)
"""A platform may hold for 90 days (Stripe, connect/manual-payouts); a dispute that begins now is over 22 days later."""
HOLDING = {HOLDING_WARNING: WARN_AFTER, HOLDING_LIMIT: FORCE_AFTER}
LONGEST_EXTENSION_DAYS = 60

MILESTONE_MOVES: dict[MilestoneState, frozenset[MilestoneState]] = {
    "planned": frozenset({"funding", "funded", "cancelled"}),
    "funding": frozenset({"funded", "planned", "cancelled"}),
    "funded": frozenset({"delivered", "disputed", "cancelled", "planned"}),
    "delivered": frozenset({"revision", "released", "disputed", "cancelled"}),
    "revision": frozenset({"delivered", "disputed", "cancelled"}),
    "disputed": frozenset({"settled"}),
    "released": frozenset(),
    "settled": frozenset(),
    "cancelled": frozenset(),
}
"""planned → funded: somebody paid on a page that had expired here but not at Stripe. The money counts.
funded → planned: its money was booked on a receipt and never came, and nothing was handed in yet."""
NEVER_CAME = "never_came"

CONTRACT_MOVES: dict[ContractState, frozenset[ContractState]] = {
    "offered": frozenset({"active", "cancelled"}),
    "active": frozenset({"completed", "cancelled"}),
    "completed": frozenset(),
    "cancelled": frozenset(),
}

OVER: frozenset[str] = frozenset({"released", "settled", "cancelled"})
HELD: frozenset[str] = frozenset({"funded", "delivered", "revision", "disputed"})
"""Milestones with money of the employer behind them."""

LIVING: frozenset[str] = frozenset({"funded", "delivered", "revision"})
"""Milestones whose money both sides may still move without a moderator."""

LONGEST_TEXT = 10_000
MOST_FILES = 5

MILESTONE_WORDS: dict[MilestoneState, str] = {
    "planned": N_("not funded yet"),
    "funding": N_("being paid in"),
    "funded": N_("funded"),
    "delivered": N_("delivered"),
    "revision": N_("sent back for a revision"),
    "released": N_("released"),
    "disputed": N_("disputed"),
    "settled": N_("settled"),
    "cancelled": N_("cancelled"),
}


class MilestoneMoveRefused(Conflict):
    message = N_("This has changed in the meantime: the milestone is already in another state. Please look again.")


class ContractOver(Conflict):
    message = N_("This contract is over; nothing can be changed in it.")


class NotFunded(Conflict):
    message = N_(
        "This milestone is not funded yet, so it can't be delivered: only funded work is protected. "
        "Ask the employer to fund it first."
    )


class WaitsForAnswer(Conflict):
    message = N_("Your delivery waits for an answer. You can deliver again when a revision is asked for.")


class NotYourSide(NotAllowed):
    message = N_("Only the other side of this contract can do that.")


class RevisionsUsed(Conflict):
    message = N_(
        "This order includes %(count)s revisions, and all are used. Accept the delivery if it is what was ordered, "
        "or order the further work as a new order of the service."
    )


class OrderWaits(Conflict):
    message = N_(
        "You have another order of this service that is not paid in yet. Pay it or cancel it under Contracts first."
    )


class OwnService(NotAllowed):
    message = N_("This service is your own, so you can't order it.")


class SellerAway(Conflict):
    message = N_("She is away until %(day)s. You can order from the day after: the delivery time begins with payment.")


class HeldWork(Conflict):
    message = N_(
        "Money is held for work that is under way. Let it be delivered and accept it, or ask the freelancer to "
        "cancel. You can cancel by yourself when a due date has passed with nothing delivered."
    )


class DeliveryWaits(Conflict):
    message = N_("A delivery waits for an answer. Accept it or ask for a revision first.")


class Disputed(Conflict):
    message = N_("A dispute is open. It has to be settled first.")


def check_milestone_move(state: str, to: MilestoneState) -> None:
    """Raises: NotFunded, WaitsForAnswer or MilestoneMoveRefused for a move that the table does not have."""
    if to in MILESTONE_MOVES[state]:  # pyright: ignore[reportArgumentType] - held to the words by the database
        return
    if to == "delivered" and state in ("planned", "funding"):
        raise NotFunded
    if to == "delivered" and state == "delivered":
        raise WaitsForAnswer
    raise MilestoneMoveRefused


def check_contract_move(state: str, to: ContractState) -> None:
    """Raises: ContractOver for a move that the table does not have."""
    if to not in CONTRACT_MOVES[state]:  # pyright: ignore[reportArgumentType] - held to the words by the database
        raise ContractOver


def check_delivery(text: str, files: int) -> None:
    """Raises: Invalid unless there is something to look at, within the limits."""
    if not text.strip() and not files:
        raise Invalid.at("text", N_("Write what you deliver, or add a file."))
    if len(text) > LONGEST_TEXT:
        raise Invalid.at("text", N_("Keep it under 10,000 letters; put the rest into a file."))
    if files > MOST_FILES:
        raise Invalid.at("files", N_("At most 5 files with one delivery. Put more into a ZIP."))


def check_missing(text: str) -> None:
    """Raises: Invalid unless the employer says what is missing."""
    if not text.strip():
        raise Invalid.at("missing", N_("Say what is missing, so that it can be done."))
    if len(text) > LONGEST_TEXT:
        raise Invalid.at("missing", N_("Keep it under 10,000 letters."))


def check_revisions(included: int | None, used: int) -> None:
    """Raises: RevisionsUsed when an order includes no further one (None: as many as both want)."""
    if included is not None and used >= included:
        raise RevisionsUsed(count=included)


def check_cancel(side: Side, milestones: Iterable[tuple[str, datetime | None]], *, at: datetime) -> None:
    """Whether this side may end a contract alone; `milestones` are (state, due_at).

    She may give money back at any time before she delivers. The employer may not take back money for work that is
    under way, unless a due date has passed with nothing delivered.
    Raises: Disputed, DeliveryWaits, HeldWork.
    """
    milestones = list(milestones)
    states = {state for state, _ in milestones}
    if "disputed" in states:
        raise Disputed
    if "delivered" in states:
        raise DeliveryWaits
    if side == "freelancer":
        return
    for state, due_at in milestones:
        if state == "revision" or (state == "funded" and (due_at is None or due_at > at)):
            raise HeldWork


def forced_end(state: str, deliveries: int) -> Literal["refund", "release", "dispute"]:
    """What happens with money that is held for too long: shown to both from the first day.

    Nothing delivered: it goes back. A delivery waits: it is released. Sent back for a revision: a moderator decides.
    """
    if not deliveries:
        return "refund"
    return "release" if state == "delivered" else "dispute"


def next_contract_state(milestones: Iterable[str]) -> ContractState:
    """active while something is left to do; completed where money was released or a dispute settled; else cancelled."""
    states = set(milestones)
    if not states <= OVER:
        return "active"
    return "completed" if states & {"released", "settled"} else "cancelled"


def terms_hash(terms: dict[str, Any]) -> str:
    """SHA-256 of the terms as canonical JSON (sorted keys, no blanks, UTF-8)."""
    text = json.dumps(terms, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
