"""What the two sides do in a dispute: open, answer, add to what they said, appeal, waive their appeal."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select

from marketplace.contracts import moves
from marketplace.contracts.disputes import notices, rules, settling
from marketplace.contracts.disputes.models import Dispute, DisputeState, Settlement, Statement, StatementFile
from marketplace.contracts.models import Contract, Milestone
from marketplace.contracts.rules import Side
from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.files.models import StoredFile
from marketplace.identity import audit
from marketplace.kernel.database import Session


async def open_dispute(
    db: Session,
    milestone: Milestone,
    *,
    side: Side,
    text: str,
    files: Sequence[StoredFile] = (),
    by: UUID,
    at: datetime,
) -> Dispute:
    """This side contests the milestone: its money stays held, the other side has four days to answer.

    Raises: Invalid without words, AlreadyDisputed, MilestoneMoveRefused when no money is held for it.
    """
    rules.check_text(text)
    contract = await moves.lock_reviewed(db, milestone)
    dispute = await begin(db, contract, milestone, side=side, by=by, at=at)
    await _say(db, dispute, side, text, files, by=by, at=at)
    await notices.opened(db, contract, milestone, dispute, at=at)
    return dispute


async def begin(
    db: Session, contract: Contract, milestone: Milestone, *, side: Side | None, by: UUID | None, at: datetime
) -> Dispute:
    """The dispute of a milestone that is locked. Without a side (the holding limit) a moderator looks at once."""
    if milestone.state == "disputed" or await _has_one(db, milestone):
        raise rules.AlreadyDisputed
    before = milestone.state
    await moves.move(db, contract, milestone, "disputed", by=by, at=at)
    dispute = Dispute(
        milestone_id=milestone.id, side=side, before=before, state="open" if side else "mediation", opened_at=at
    )
    db.add(dispute)
    await db.flush()
    await _start_stage(db, dispute, at=at)
    await audit.record(db, "dispute.opened", subject=("dispute", dispute.id), by=by, at=at, side=side)
    return dispute


async def say(
    db: Session,
    milestone: Milestone,
    *,
    side: Side,
    text: str,
    files: Sequence[StoredFile] = (),
    by: UUID,
    at: datetime,
) -> None:
    """Add to it until it is decided; the other side's first words are its answer, and the mediation begins.

    Raises: Invalid without words, DisputeMoveRefused.
    """
    rules.check_text(text)
    contract, dispute = await lock(db, milestone)
    if dispute.state not in ("open", "mediation"):
        raise rules.DisputeMoveRefused
    await _say(db, dispute, side, text, files, by=by, at=at)
    if dispute.state == "open" and side != dispute.side:
        dispute.answered_at = at
        await to_stage(db, dispute, "mediation", by=by, at=at)
        await notices.answered(db, contract, milestone, dispute, at=at)
    else:
        await notices.added(db, contract, milestone, dispute, side=side, at=at)


async def appeal(db: Session, milestone: Milestone, *, side: Side, text: str, by: UUID, at: datetime) -> None:
    """Ask for another moderator, once, within three days. Raises: Invalid without words, AppealOver."""
    rules.check_text(text)
    contract, dispute = await lock(db, milestone)
    settlement = await _appealable(db, dispute, side, at)
    settlement.appealed_by, settlement.appealed_at, settlement.appeal = side, at, text.strip()
    await to_stage(db, dispute, "appealed", by=by, at=at)
    await notices.appealed(db, contract, milestone, dispute, side=side, at=at)


async def waive(db: Session, milestone: Milestone, *, side: Side, by: UUID, at: datetime) -> None:
    """This side is content with the decision; when both are, the money moves now. Raises: AppealOver, HoldFrozen."""
    contract, dispute = await lock(db, milestone)
    settlement = await _appealable(db, dispute, side, at)
    if side == "employer":
        settlement.waived_by_employer_at = at
    else:
        settlement.waived_by_freelancer_at = at
    await db.flush()
    await audit.record(db, "dispute.waived", subject=("dispute", dispute.id), by=by, at=at, side=side)
    if settlement.waived_by_employer_at and settlement.waived_by_freelancer_at:
        await settling.put_in_force(db, contract, milestone, dispute, settlement, by=by, at=at)


async def lock(db: Session, milestone: Milestone) -> tuple[Contract, Dispute]:
    """As settling.lock, where there must be a dispute. Raises: DisputeMoveRefused."""
    contract, dispute = await settling.lock(db, milestone)
    if dispute is None:
        raise rules.DisputeMoveRefused
    return contract, dispute


async def to_stage(db: Session, dispute: Dispute, to: DisputeState, *, by: UUID | None, at: datetime) -> None:
    """The next stage, with its own time. Raises: DisputeMoveRefused."""
    rules.check_move(dispute.state, to)
    dispute.state = to
    await db.flush()
    await _start_stage(db, dispute, at=at)
    await audit.record(db, f"dispute.{to}", subject=("dispute", dispute.id), by=by, at=at)


async def _start_stage(db: Session, dispute: Dispute, *, at: datetime) -> None:
    until = rules.due_at(dispute.state, opened_at=dispute.opened_at, at=at)  # pyright: ignore[reportArgumentType]
    await deadlines.start(db, rules.STAGE, subject=("dispute", dispute.id), due_at=until)


async def _say(
    db: Session, dispute: Dispute, side: Side, text: str, files: Sequence[StoredFile], *, by: UUID, at: datetime
) -> None:
    rules.check_files(len(files))
    assert all(file.uploaded_by == by for file in files)
    statement = Statement(dispute_id=dispute.id, side=side, by_user_id=by, text=text.strip(), at=at)
    db.add(statement)
    await db.flush()
    if files:
        rows = [{"statement_id": statement.id, "file_id": file.id} for file in files]
        await db.execute(insert(StatementFile), rows)
    await audit.record(db, "dispute.said", subject=("dispute", dispute.id), by=by, at=at, side=side, files=len(files))


async def _appealable(db: Session, dispute: Dispute, side: Side, at: datetime) -> Settlement:
    """The decision that this side may still appeal against."""
    if dispute.state != "decided":
        raise rules.DisputeMoveRefused
    settlement = (await settling.settlements_of(db, dispute))[-1]
    waived = settlement.waived_by_employer_at if side == "employer" else settlement.waived_by_freelancer_at
    if waived is not None or settlement.appeal_until is None or at >= settlement.appeal_until:
        raise rules.AppealOver
    return settlement


async def _has_one(db: Session, milestone: Milestone) -> bool:
    return await db.scalar(select(Dispute.id).where(Dispute.milestone_id == milestone.id)) is not None
