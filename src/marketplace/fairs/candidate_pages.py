"""What a candidate reads on her own page: her meetings, what changed, and what the fair asks of her."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import FairMessage
from marketplace.fairs.models import Fair, FairRoom, FairSlot
from marketplace.fairs.plan_models import Meeting, Timetable
from marketplace.fairs.registering import LIVING
from marketplace.fairs.rules import LIVE_TIMETABLES
from marketplace.kernel.database import AnySession


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMeeting:
    """One meeting of hers; a cancelled one stays in sight, so that a change is seen as one."""

    id: UUID
    employer: str
    booth: str
    table: str
    room: str | None
    room_ur: str | None
    url: str | None
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    delayed_minutes: int | None
    candidate_rating: int | None
    candidate_word: str

    def room_in(self, locale: str) -> str:
        """The room's name in the reader's language."""
        return (self.room_ur if locale == "ur" else "") or self.room or ""


@dataclass(frozen=True, slots=True)
class OwnPage:
    """Her timetable, whether it may still change, and the messages she was sent about this fair."""

    meetings: list[OwnMeeting]
    timetable_state: str | None
    objections_until: datetime | None
    messages: list[tuple[str, datetime]]


async def own_page(db: AnySession, candidate: FairCandidate) -> OwnPage:
    """All of it."""
    shown = await shown_timetable(db, candidate.fair_id)
    told = select(FairMessage.message, FairMessage.at).where(FairMessage.candidate_id == candidate.id)
    messages = (await db.execute(told.order_by(FairMessage.at.desc(), FairMessage.id.desc()).limit(10))).all()
    return OwnPage(
        await meetings_of(db, candidate.id),
        shown.state if shown else None,
        shown.objections_until if shown else None,
        [(message, at) for message, at in messages],
    )


async def shown_timetable(db: AnySession, fair_id: UUID) -> Any:
    """The state of the timetable that both sides see, and until when they may object; None while there is none."""
    live = select(Timetable.state, Timetable.objections_until).where(Timetable.fair_id == fair_id)
    return (await db.execute(live.where(Timetable.state.in_(LIVE_TIMETABLES)))).one_or_none()


async def meetings_of(db: AnySession, candidate_id: UUID) -> list[OwnMeeting]:
    """Hers, in the order of the day; those of the queue of an open hall last."""
    columns = (
        *(Meeting.id, Booth.name.label("employer"), Booth.label.label("booth"), FairTable.label.label("table")),
        *(FairRoom.name.label("room"), FairRoom.name_ur.label("room_ur"), FairRoom.url, Meeting.state),
        *(FairSlot.starts_at, FairSlot.ends_at, FairSlot.delayed_minutes),
        *(Meeting.candidate_rating, Meeting.candidate_word),
    )
    found = (
        select(*columns)
        .join(Booth, Booth.id == Meeting.booth_id)
        .join(FairTable, FairTable.id == Meeting.table_id)
        .outerjoin(FairRoom, FairRoom.id == FairTable.room_id)
        .outerjoin(FairSlot, FairSlot.id == Meeting.slot_id)
        .where(Meeting.candidate_id == candidate_id)
        .order_by(FairSlot.starts_at.nulls_last(), Meeting.id)
    )
    return [OwnMeeting(**row) for row in (await db.execute(found)).mappings()]


def asks_again(candidate: FairCandidate, fair: Fair) -> bool:
    """Whether the fair moved since she said when she can come."""
    return candidate.state in LIVING and candidate.availability_for < fair.dates_version


async def has_women_hours(db: AnySession, fair_id: UUID) -> bool:
    """Whether some slots are for women only: then, and only then, it is asked."""
    found = select(FairSlot.id).where(FairSlot.fair_id == fair_id, FairSlot.is_women_only).limit(1)
    return await db.scalar(found) is not None
