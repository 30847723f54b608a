"""Numbers of the day: how many came, how many are inside, by gate and room; readings that want a look."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import Checkin
from marketplace.fairs.models import Fair, FairRoom
from marketplace.fairs.rules import SEATED
from marketplace.kernel.database import AnySession


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorCount:
    """One gate or room: readings in and out, those refused, forced, and read without a network."""

    room_id: UUID
    name: str
    kind: str
    went_in: int
    went_out: int
    refused: int
    forced: int
    offline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCounts:
    """The whole fair: seats held, who came, who is inside with how many companions."""

    seated: int
    came: int
    inside: int
    companions: int
    doors: list[DoorCount]


async def counts_of(db: AnySession, fair: Fair) -> DayCounts:
    """By candidates where it can be, by readings for each door."""
    seated = FairCandidate.state.in_(SEATED)
    people = select(
        func.count().filter(seated).label("seated"),
        func.count().filter(FairCandidate.checked_in_at.is_not(None)).label("came"),
        func.count().filter(FairCandidate.is_inside).label("inside"),
    ).where(FairCandidate.fair_id == fair.id)
    row = (await db.execute(people)).one()
    doors = await _doors(db, fair.id)
    with_her = select(func.coalesce(func.sum(Checkin.companions), 0)).where(
        Checkin.fair_id == fair.id, Checkin.refusal.is_(None), Checkin.direction == "in"
    )
    gates = with_her.join(FairRoom, FairRoom.id == Checkin.room_id).where(FairRoom.kind == "gate")
    companions = (await db.scalars(gates)).one()
    return DayCounts(seated=row.seated, came=row.came, inside=row.inside, companions=companions, doors=doors)


async def _doors(db: AnySession, fair_id: UUID) -> list[DoorCount]:
    passed = Checkin.refusal.is_(None)
    columns = (
        *(FairRoom.id.label("room_id"), FairRoom.name, FairRoom.kind),
        func.count().filter(passed, Checkin.direction == "in").label("went_in"),
        func.count().filter(passed, Checkin.direction == "out").label("went_out"),
        func.count().filter(Checkin.refusal.is_not(None)).label("refused"),
        func.count().filter(Checkin.is_forced).label("forced"),
        func.count().filter(Checkin.was_offline).label("offline"),
    )
    found = select(*columns).outerjoin(Checkin, Checkin.room_id == FairRoom.id)
    own = found.where(FairRoom.fair_id == fair_id, FairRoom.kind != "online").group_by(FairRoom.id)
    ordered = own.order_by(FairRoom.kind != "gate", FairRoom.position, FairRoom.id)
    return [DoorCount(**each) for each in (await db.execute(ordered)).mappings()]
