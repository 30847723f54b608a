"""Write, show, reply, hide. Every one of them takes the contract's row first: of two at once one waits."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select

from marketplace.contracts.models import Contract, Milestone
from marketplace.contracts.reviews import notices, rules
from marketplace.contracts.reviews.models import Review, ReviewReply, ReviewSide
from marketplace.contracts.reviews.rules import Words
from marketplace.engines.deadlines import actions as deadlines
from marketplace.escrow.models import Release
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session


async def open_window(db: Session, contract: Contract) -> None:
    """The contract is over: both sides have until the deadline. Without money nobody has anything to review."""
    assert contract.ended_at is not None
    if not await is_paid(db, contract.id):
        return
    until, subject = contract.ended_at + rules.WINDOW, ("contract", contract.id)
    await deadlines.start(db, rules.END, subject=subject, due_at=until)
    await deadlines.start(db, rules.REMIND, subject=subject, due_at=until - rules.REMINDER)


async def write_review(
    db: Session, contract: Contract, words: Words, *, side: ReviewSide, by: UUID, at: datetime
) -> Review:
    """Say how it was, or say it anew while it is still blind. Once both have written, both are shown at once.

    Raises: Invalid; NothingPaid, WindowOver, AlreadyShown.
    """
    rules.check_words(side, words)
    await _lock(db, contract)
    until = await window_end(db, contract.id)
    paid = await is_paid(db, contract.id)
    rules.check_open(is_paid=paid, ended_at=contract.ended_at, until=until, at=at)
    written = {review.side: review for review in await _all(db, contract.id)}
    review = written.get(side) or _blank(contract, side, by=by, at=at)
    if review.shown_at is not None:
        raise rules.AlreadyShown
    review.scores, review.text = dict(words.scores), words.text.strip()
    review.private_note, review.updated_at = words.private_note.strip(), at
    db.add(review)
    await db.flush()
    await audit.record(db, "review.written", subject=("review", review.id), by=by, at=at)
    if notices.other(side) in written:
        await _show(db, contract, at=at)
    return review


async def show_all(db: Session, contract: Contract, *, at: datetime) -> None:
    """The window is over: whatever was written can be read from now on."""
    await _lock(db, contract)
    await _show(db, contract, at=at)


async def remind(db: Session, contract: Contract, *, until: datetime, at: datetime) -> None:
    """Tell each side that has written nothing until when it may."""
    written = {review.side for review in await _all(db, contract.id)}
    for side in rules.CRITERIA:
        if side not in written:
            await notices.remind(db, contract, side=side, until=until, at=at)


async def reply(db: Session, contract: Contract, text: str, *, side: ReviewSide, by: UUID, at: datetime) -> None:
    """Answer, once, what the other side wrote. Raises: Invalid; NotShown, RepliedAlready."""
    rules.check_reply(text)
    await _lock(db, contract)
    theirs = next((each for each in await _all(db, contract.id) if each.side != side), None)
    if theirs is None or theirs.shown_at is None or theirs.hidden_at is not None:
        raise rules.NotShown
    if await db.get(ReviewReply, theirs.id) is not None:
        raise rules.RepliedAlready
    db.add(ReviewReply(review_id=theirs.id, by_user_id=by, text=text.strip(), written_at=at))
    await db.flush()
    await audit.record(db, "review.replied", subject=("review", theirs.id), by=by, at=at)
    await notices.replied(db, contract, by=side, at=at)


async def hide(db: Session, review_id: UUID, *, by: UUID, why: str, at: datetime) -> None:
    """A moderator decided: it is read and counted no more. Twice is the same as once."""
    review = await db.get(Review, review_id, with_for_update=True, populate_existing=True)
    if review is None or review.shown_at is None or review.hidden_at is not None:
        return
    review.hidden_at = at
    await db.flush()
    await audit.record(db, "review.hidden", subject=("review", review_id), by=by, at=at, why=why)


async def is_paid(db: AnySession, contract_id: UUID) -> bool:
    """Whether money of this contract went to the freelancer."""
    released = exists().where(Milestone.contract_id == contract_id, Release.hold_id == Milestone.hold_id)
    return bool(await db.scalar(select(released)))


async def window_end(db: AnySession, contract_id: UUID) -> datetime | None:
    """Until when reviews can be written; None before the contract's end."""
    deadline = (await deadlines.of(db, ("contract", contract_id))).get(rules.END)
    return deadline.due_at if deadline else None


async def _show(db: Session, contract: Contract, *, at: datetime) -> None:
    for review in await _all(db, contract.id):
        if review.shown_at is None:
            review.shown_at = at
            await db.flush()
            await audit.record(db, "review.shown", subject=("review", review.id), by=None, at=at)
            await notices.shown(db, contract, by="employer" if review.side == "employer" else "freelancer", at=at)


async def _lock(db: Session, contract: Contract) -> None:
    await db.refresh(contract, with_for_update=True)


async def _all(db: Session, contract_id: UUID) -> list[Review]:
    both = select(Review).where(Review.contract_id == contract_id).order_by(Review.side)
    return list((await db.execute(both.execution_options(populate_existing=True))).scalars())


def _blank(contract: Contract, side: ReviewSide, *, by: UUID, at: datetime) -> Review:
    return Review(
        contract_id=contract.id,
        side=side,
        organisation_id=contract.organisation_id,
        freelancer_id=contract.freelancer_id,
        by_user_id=by,
        written_at=at,
    )
