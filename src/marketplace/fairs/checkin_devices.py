"""Phones that read tickets: each with a secret of its own, a room, and a signed list to work without a network.

The secret stands in the address the phone is opened with, behind the #, and is kept here as its SHA-256 only. The list
is signed with that hash as the key: the phone makes the same from its secret, nobody else can.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import func, select

from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import Checkin
from marketplace.fairs.models import Fair, FairRoom, GateDevice
from marketplace.fairs.rules import SEATED
from marketplace.identity import audit
from marketplace.identity.rules import new_secret, secret_hash
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.kernel.i18n import N_

MOST_DEVICES = 100


class TooManyDevices(NotAllowed):
    message = N_("A fair has at most 100 phones. Take away one that is not used.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRow:
    """A phone in the list: where it is, when it was heard last, how much it has read."""

    id: UUID
    name: str
    room: str
    heard_at: datetime | None
    snapshot_at: datetime | None
    readings: int


async def add_device(
    db: Session, fair: Fair, room_id: UUID, *, name: str, by: UUID, at: datetime
) -> tuple[GateDevice, str]:
    """A phone for a gate or room, and its secret: shown once. Raises: NotFound, TooManyDevices."""
    room = await db.get(FairRoom, room_id)
    if room is None or room.fair_id != fair.id:
        raise NotFound
    live = select(func.count()).where(GateDevice.fair_id == fair.id, GateDevice.revoked_at.is_(None))
    if (await db.scalars(live)).one() >= MOST_DEVICES:
        raise TooManyDevices
    secret = new_secret()
    row = {"fair_id": fair.id, "room_id": room.id, "by_user_id": by, "name": name.strip()[:60] or room.name}
    device = GateDevice(**row, secret_hash=secret_hash(secret), created_at=at)
    db.add(device)
    await db.flush()
    await audit.record(db, "gate_device.added", subject=("fair", fair.id), by=by, at=at, name=device.name)
    return device, secret


async def revoke_device(db: Session, fair: Fair, device_id: UUID, *, by: UUID, at: datetime) -> None:
    """It reads nothing any more. Raises: NotFound."""
    device = await db.get(GateDevice, device_id, with_for_update=True)
    if device is None or device.fair_id != fair.id:
        raise NotFound
    if device.revoked_at is None:
        device.revoked_at = at
        await db.flush()
        await audit.record(db, "gate_device.revoked", subject=("fair", fair.id), by=by, at=at, name=device.name)


async def device_of(db: AnySession, secret: str, *, lock: bool = False) -> tuple[GateDevice, Fair, FairRoom]:
    """The phone with this secret, where it stands; `lock`: its messages go one by one. Raises: NotFound."""
    found = (
        select(GateDevice, Fair, FairRoom)
        .join(Fair, Fair.id == GateDevice.fair_id)
        .join(FairRoom, FairRoom.id == GateDevice.room_id)
        .where(GateDevice.secret_hash == secret_hash(secret), GateDevice.revoked_at.is_(None))
    )
    row = (await db.execute(found.with_for_update(of=GateDevice) if lock else found)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]


async def devices_of(db: AnySession, fair_id: UUID) -> list[DeviceRow]:
    """Its phones, the newest first."""
    readings = select(func.count()).where(Checkin.device_id == GateDevice.id).correlate(GateDevice).scalar_subquery()
    found = (
        select(
            *(GateDevice.id, GateDevice.name, FairRoom.name.label("room")),
            *(GateDevice.seen_at.label("heard_at"), GateDevice.snapshot_at, readings.label("readings")),
        )
        .join(FairRoom, FairRoom.id == GateDevice.room_id)
        .where(GateDevice.fair_id == fair_id, GateDevice.revoked_at.is_(None))
        .order_by(GateDevice.id.desc())
    )
    return [DeviceRow(**row) for row in (await db.execute(found)).mappings()]


async def snapshot_of(
    db: AnySession, device: GateDevice, fair: Fair, room: FairRoom, *, at: datetime
) -> tuple[str, str]:
    """The list for work without a network, as JSON text, and its signature. Names are cut to the first word.

    Rows are [code, SHA-256 of the ticket (hex), number, first name, holds a seat, is inside].
    """
    wanted = (FairCandidate.code, FairCandidate.ticket_hash, FairCandidate.number, FairCandidate.name)
    found = select(*wanted, FairCandidate.state, FairCandidate.is_inside).where(FairCandidate.fair_id == fair.id)
    people = [
        [row.code, row.ticket_hash.hex(), row.number, row.name.split(" ", 1)[0], row.state in SEATED, row.is_inside]
        for row in await db.execute(found.order_by(FairCandidate.number))
    ]
    content: dict[str, Any] = {
        "fair": ids.short(fair.id),
        "title": fair.title_en,
        "title_ur": fair.title_ur,
        "state": fair.state,
        "room": room.name,
        "kind": room.kind,
        "device": device.name,
        "made_at": at,
        "people": people,
    }
    text = msgspec.json.encode(content)
    return text.decode(), signature(device.secret_hash, text)


def signature(key: bytes, text: bytes) -> str:
    """HMAC-SHA-256 as hex."""
    return hmac.new(key, text, sha256).hexdigest()
