"""A confirmed re-plan taken back while nothing has happened since: the same difference the other way round."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.fairs import replanning
from marketplace.fairs.booth_models import FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair, FairSlot
from marketplace.fairs.plan_models import Meeting, Timetable, TimetableChange
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Conflict
from marketplace.kernel.i18n import N_


class NotUndone(Conflict):
    message = N_("Something has happened since: it can't be taken back. Work out a new change.")


async def undo(db: Session, fair: Fair, change: TimetableChange, *, by: UUID, at: datetime) -> Timetable:
    """A new version like the one before the change; those touched are told again.

    Raises: NotUndone when it was never confirmed, another version became live, a slot of it has begun, or a meeting of
    it was called.
    """
    await db.execute(select(Fair.id).where(Fair.id == fair.id).with_for_update())
    await db.refresh(change, with_for_update=True)
    live = await replanning.live_timetable(db, fair.id)
    if change.state != "confirmed" or live.id != change.timetable_id:
        raise NotUndone
    back = TimetableChange(
        fair_id=fair.id,
        base_id=live.id,
        undoes_id=change.id,
        cause="undo",
        moves=await _reversed(db, fair, change),
        proposed_by=by,
        proposed_at=at,
    )
    db.add(back)
    change.state = "undone"
    await db.flush()
    await _take_back(db, fair, change, at=at)
    return await replanning.confirm(db, fair, back, by=by, at=at)


async def _reversed(db: Session, fair: Fair, change: TimetableChange) -> dict[str, Any]:
    """What was new goes, what was called off stands again, what moved goes back."""
    moves = change.moves
    made = {(row.candidate_id, row.booth_id): row for row in await _made_by(db, fair, change)}
    gone: list[dict[str, Any]] = []
    for each in moves["new"]:
        row = made.get((ids.parse(each["candidate"]), ids.parse(each["booth"])))
        if row is None:
            raise NotUndone
        gone.append({**each, "meeting": ids.short(row.id)})
    moved = [
        {**each, "table": each["from_table"], "slot": each["from_slot"], "from_table": each["table"]}
        | {"from_slot": each["slot"]}
        for each in moves["moved"]
    ]
    touched = [ids.parse(each["meeting"]) for each in gone + moved]
    changed = select(Meeting.id).where(Meeting.id.in_(touched), Meeting.state != "planned")
    if await db.scalar(changed.limit(1)) is not None:
        raise NotUndone
    return {**moves, "moved": moved, "new": moves["cancelled"], "cancelled": gone}


async def _made_by(db: Session, fair: Fair, change: TimetableChange) -> list[Meeting]:
    own = Meeting.fair_id == fair.id, Meeting.timetable_id == change.timetable_id, Meeting.state == "planned"
    return list((await db.scalars(select(Meeting).where(*own).with_for_update())).all())


async def _take_back(db: Session, fair: Fair, change: TimetableChange, *, at: datetime) -> None:
    """Tables, slots and candidates are again what they were."""
    values = change.values
    if change.cause == "table_closed":
        table = await db.get_one(FairTable, UUID(values["table"]))
        table.closed_at = None
    if change.cause == "delay":
        by = timedelta(minutes=values["minutes"])
        assert change.decided_at is not None
        later = FairSlot.fair_id == fair.id, FairSlot.starts_at > change.decided_at + by
        for slot in (await db.scalars(select(FairSlot).where(*later).order_by(FairSlot.number))).all():
            if slot.starts_at - by <= at:
                raise NotUndone
            slot.starts_at, slot.ends_at = slot.starts_at - by, slot.ends_at - by
            slot.delayed_minutes -= values["minutes"]
    if change.cause in ("no_show", "withdrawal", "late"):
        hers = select(FairCandidate).where(FairCandidate.id.in_([UUID(id) for id in values["candidates"]]))
        for candidate in (await db.scalars(hers.order_by(FairCandidate.id))).all():
            candidate.away = [span for span in candidate.away if datetime.fromisoformat(span[0]) != change.decided_at]
    await db.flush()
