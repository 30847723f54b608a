"""A split that one side proposes and the other accepts: ends a milestone, or its dispute, at once."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.contracts import moves
from marketplace.contracts import rules as contract_rules
from marketplace.contracts.disputes import notices, rules, settling
from marketplace.contracts.disputes.models import Dispute, Split
from marketplace.contracts.models import Contract, Milestone
from marketplace.contracts.rules import Side
from marketplace.escrow import splitting
from marketplace.escrow.rules import check_share
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money


async def propose(
    db: Session, milestone: Milestone, release: Money, *, text: str, side: Side, by: UUID, at: datetime
) -> Split:
    """This side would have it so: `release` to the freelancer (before the fee), the rest back. Its older one lapses.

    Where both have proposed the same, it is agreed at once.
    Raises: NothingHeld, MilestoneMoveRefused, Invalid for more than is held or, without a dispute, for all of it.
    """
    contract, dispute = await settling.lock(db, milestone)
    left = await _check(db, milestone, dispute, release)
    if len(text) > rules.LONGEST_TEXT:
        raise Invalid.at("text", N_("Keep it under 10,000 letters."))
    await _end(db, await _open(db, milestone, side), "replaced", at)
    split = Split(
        milestone_id=milestone.id,
        side=side,
        by_user_id=by,
        release_minor=release.amount_minor,
        currency=release.currency,
        text=text.strip(),
        state="open",
        made_at=at,
    )
    db.add(split)
    await db.flush()
    amounts = {"release_minor": release.amount_minor, "refund_minor": (left - release).amount_minor}
    about: dict[str, Any] = {
        "number": milestone.number,
        "milestone": milestone.title,
        "currency": release.currency,
        **amounts,
    }
    await moves.note(db, contract, "milestone.split_proposed", by=by, at=at, **about)
    theirs = await _open(db, milestone, rules.other(side))
    if theirs is not None and theirs.release_minor == split.release_minor:
        await _agree(db, contract, milestone, dispute, theirs, by=by, at=at)
    else:
        await notices.split_proposed(db, contract, milestone, release, left - release, side=side, at=at)
    return split


async def accept(db: Session, milestone: Milestone, split_id: UUID, *, side: Side, by: UUID, at: datetime) -> None:
    """Take what the other side proposed: it is settled at once.

    Raises: OwnSplit, DisputeMoveRefused when it is not open any more, HoldFrozen.
    """
    contract, dispute = await settling.lock(db, milestone)
    split = await _answerable(db, milestone, split_id, side)
    await _check(db, milestone, dispute, Money(split.release_minor, split.currency))
    await _agree(db, contract, milestone, dispute, split, by=by, at=at)


async def decline(db: Session, milestone: Milestone, split_id: UUID, *, side: Side, by: UUID, at: datetime) -> None:
    """Say no to it. Raises: OwnSplit, DisputeMoveRefused."""
    contract, _dispute = await settling.lock(db, milestone)
    split = await _answerable(db, milestone, split_id, side)
    await _end(db, split, "declined", at)
    about: dict[str, Any] = {"number": milestone.number, "milestone": milestone.title}
    await moves.note(db, contract, "milestone.split_declined", by=by, at=at, **about)
    await notices.split_declined(db, contract, milestone, side=side, at=at)


async def withdraw(db: Session, milestone: Milestone, split_id: UUID, *, side: Side, at: datetime) -> None:
    """Take one's own proposal back. Raises: DisputeMoveRefused."""
    await settling.lock(db, milestone)
    split = await db.get(Split, split_id, populate_existing=True)
    if split is None or split.milestone_id != milestone.id or split.state != "open" or split.side != side:
        raise rules.DisputeMoveRefused
    await _end(db, split, "withdrawn", at)


async def _check(db: Session, milestone: Milestone, dispute: Dispute | None, release: Money) -> Money:
    """What is left, when this split of it can be proposed and accepted now."""
    if milestone.state not in contract_rules.HELD:
        raise contract_rules.MilestoneMoveRefused
    if dispute is not None and dispute.state not in ("open", "mediation"):
        raise rules.DisputeMoveRefused
    left = await moves.left_of(db, milestone)
    if not left:
        raise rules.NothingHeld
    check_share(left, release)
    if dispute is None and release == left:
        raise Invalid.at("amount", N_("To give all of it to the freelancer, accept the delivery."))
    return left


async def _agree(
    db: Session,
    contract: Contract,
    milestone: Milestone,
    dispute: Dispute | None,
    split: Split,
    *,
    by: UUID,
    at: datetime,
) -> None:
    release = Money(split.release_minor, split.currency)
    await _end(db, split, "accepted", at)
    if dispute is not None:
        await settling.agreed(db, contract, milestone, dispute, release, by=by, at=at)
        return
    left = await moves.left_of(db, milestone)
    about: dict[str, Any] = {"currency": release.currency, "release_minor": release.amount_minor}
    about |= {"refund_minor": (left - release).amount_minor}
    await moves.move(db, contract, milestone, "cancelled", by=by, at=at, why="agreed", **about)
    hold = await moves.held(db, milestone)
    await splitting.split(db, hold, release, settlement_id=split.id, by=by, at=at)
    await settling.close_splits(db, milestone, at=at)
    await notices.ended_by_both(db, contract, milestone, release, left - release, at=at)
    await moves.finish(db, contract, by=by, at=at)


async def _answerable(db: Session, milestone: Milestone, split_id: UUID, side: Side) -> Split:
    split = await db.get(Split, split_id, populate_existing=True)
    if split is None or split.milestone_id != milestone.id or split.state != "open":
        raise rules.DisputeMoveRefused
    if split.side == side:
        raise rules.OwnSplit
    return split


async def _open(db: Session, milestone: Milestone, side: Side) -> Split | None:
    query = select(Split).where(Split.milestone_id == milestone.id, Split.side == side, Split.state == "open")
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def _end(db: Session, split: Split | None, state: str, at: datetime) -> None:
    if split is not None:
        split.state, split.ended_at = state, at
        await db.flush()
