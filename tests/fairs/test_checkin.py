"""Tickets at gates and rooms: once each, whatever phones and networks do."""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from marketplace.fairs import checkin, checkin_devices
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.checkin_rules import Reading, code_of, secret_of
from marketplace.fairs.day_models import Checkin
from marketplace.fairs.models import Fair, FairRoom
from marketplace.identity.rules import secret_hash
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Database, Session
from tests.cast import Cast, make_cast
from tests.fairs.scenes import Hall, make_hall, ticket


async def live_hall(db: Session, cast: Cast, **values: Any) -> Hall:
    """A fair that began an hour ago."""
    begin = clock.now().replace(microsecond=0) - timedelta(hours=1)
    times = {"starts_at": begin, "ends_at": begin + timedelta(hours=6), "live_at": begin}
    return await make_hall(db, cast, state="live", **{**times, **values})


def reading(scanned: str, direction: str = "in", **values: Any) -> Reading:
    made: dict[str, Any] = {"nonce": uuid4(), "scanned": scanned, "direction": direction, "read_at": clock.now()}
    return Reading(**(made | values))


async def read(db: Session, hall: Hall, *readings: Reading, room: FairRoom | None = None) -> list[str | None]:
    door = await checkin.door_of(db, hall.fair, room or hall.gate)
    return [each.refusal for each in await checkin.read(db, door, readings, at=clock.now())]


def test_a_ticket_is_read_from_its_address_and_a_code_however_it_is_typed() -> None:
    assert secret_of("https://hunar.example/fairs/tickets/abcDEF_-123?lang=ur#x") == "abcDEF_-123"
    assert secret_of("https://evil.example/<script>") == ""
    assert code_of(" c00-001 ") == "C00001"


async def test_in_and_out_with_reasons(db: Session, cast: Cast) -> None:
    """The same person twice is refused until a supervisor forces it; a room counts by itself."""
    hall = await live_hall(db, cast)
    hers, code = ticket(hall.fair, 1), hall.candidates[1].code
    assert await read(db, hall, reading(f"https://x.example/t/{hers}")) == [None]
    assert await read(db, hall, reading(hall.candidates[0].code)) == ["already_in"]
    assert await read(db, hall, reading(code, "out")) == ["not_in"]
    assert await read(db, hall, reading(hers), room=hall.room) == [None], "the room has not seen her yet"
    assert await read(db, hall, reading(hers, "out")) == [None]
    await db.refresh(hall.candidates[0])
    assert hall.candidates[0].left_at is not None
    assert not hall.candidates[0].is_inside
    assert await read(db, hall, reading("NOBODY")) == ["unknown"]
    other = await live_hall(db, cast, title_en="Other", slug="other")
    assert await read(db, hall, reading(ticket(other.fair, 1), is_forced=True)) == ["other_fair"]


async def test_seats_hours_and_women(db: Session, cast: Cast) -> None:
    hall = await live_hall(db, cast)
    gone, waits, woman = hall.candidates
    gone.state, waits.state, waits.waiting_at, woman.is_woman = "withdrawn", "waiting", clock.now(), True
    await db.flush()
    assert await read(db, hall, reading(gone.code), reading(waits.code)) == ["withdrawn", "no_seat"]
    assert await read(db, hall, reading(gone.code, is_forced=True)) == [None], "it has happened"
    hall.day.is_women_only, waits.state = True, "registered"
    await db.flush()
    assert await read(db, hall, reading(waits.code), reading(woman.code)) == ["women_only", None]
    late = clock.now() + timedelta(days=2)
    assert await read(db, hall, reading(waits.code, read_at=late)) == ["not_now"]


async def test_what_comes_late_is_put_in_order(db: Session, cast: Cast) -> None:
    """She was read out at ten; the reading in of nine arrives an hour later: she is out."""
    hall, now = await live_hall(db, cast), clock.now()
    code = hall.candidates[0].code
    at_nine, at_ten = now - timedelta(minutes=50), now - timedelta(minutes=5)
    past = {"is_forced": True, "was_offline": True}
    await read(db, hall, reading(code, "out", read_at=at_ten, **past))
    await read(db, hall, reading(code, "in", read_at=at_nine, **past))
    await db.refresh(hall.candidates[0])
    assert not hall.candidates[0].is_inside
    assert hall.candidates[0].checked_in_at == at_nine


async def test_500_readings_of_three_phones_without_a_network_none_lost_none_doubled(
    cloned_database: Database,
) -> None:
    """Three phones send what they read at once, in parts, each part up to three times, as bad networks do."""
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        hall = await live_hall(db, cast, candidates=250, capacity=250)
        told: dict[str, Any] = {"name": "", "by": cast.omar.id, "at": clock.now()}
        phones = [(await checkin_devices.add_device(db, hall.fair, hall.gate.id, **told))[0].id for _ in range(3)]
    chance = random.Random(7)
    begin = clock.now() - timedelta(minutes=40)
    queues: list[list[Reading]] = [[], [], []]
    for n in range(500):
        candidate, direction = hall.candidates[n % 250], "in" if n < 250 else "out"
        at = begin + timedelta(seconds=n)
        one = reading(candidate.code, direction, read_at=at, is_forced=True, was_offline=True)
        queues[chance.randrange(3)].append(one)

    async def phone(device_id: UUID, queue: list[Reading]) -> None:
        parts = [queue[i : i + 25] for i in range(0, len(queue), 25)]
        for part in chance.sample([*parts, *parts, *parts], k=3 * len(parts)):
            await _send(cloned_database, hall, device_id, part)

    await asyncio.gather(*(phone(id, queue) for id, queue in zip(phones, queues, strict=True)))
    async with cloned_database.read() as db:
        kept = (await db.scalars(select(func.count(Checkin.id)))).one()
        nonces = set((await db.scalars(select(Checkin.nonce))).all())
        refused = (await db.scalars(select(func.count()).where(Checkin.refusal.is_not(None)))).one()
        inside = (await db.scalars(select(func.count()).where(FairCandidate.is_inside))).one()
    assert kept == 500
    assert nonces == {each.nonce for queue in queues for each in queue}
    assert (refused, inside) == (0, 0)


async def _send(database: Database, hall: Hall, device_id: UUID, part: list[Reading]) -> None:
    async with database.write.begin() as db:
        fair, room = await db.get_one(Fair, hall.fair.id), await db.get_one(FairRoom, hall.gate.id)
        door = await checkin.door_of(db, fair, room)
        passed = await checkin.read(db, door, part, device_id=device_id, at=clock.now())
    assert [each.nonce for each in passed] == [each.nonce for each in part]


def offline(code: str, at: datetime) -> dict[str, Any]:
    past = {"read_at": at.isoformat(), "offline": True, "force": True}
    return {"nonce": str(uuid4()), "scanned": code, "direction": "in", **past}


@pytest.mark.parametrize("path", ["/gate/read", "/gate/worker.js", "/gate/manifest.webmanifest"])
async def test_the_gate_can_be_kept_on_a_phone(client: Any, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert "no-store" not in answer.headers["cache-control"]
    if path == "/gate/read":
        assert "camera=(self)" in answer.headers["permissions-policy"]


async def test_a_phone_has_a_secret_of_its_own_and_a_signed_list(db: Session, cast: Cast, browse: Any) -> None:
    """Its list is signed by its secret; it tells readings; taken away, it is nobody."""
    hall = await live_hall(db, cast)
    await db.commit()
    omar, phone = await browse(cast.omar), await browse()
    base = f"/fairs/{hall.fair.slug}/day"
    data = {"name": "Saad", "room": ids.short(hall.gate.id)}
    shown = await omar.submit(f"{base}/devices", data, shown_on=base)
    secret = shown.text.split("/gate/read#")[1].split('"')[0]
    headers = {"authorization": f"Device {secret}"}
    got = (await phone.get("/gate/snapshot", headers=headers)).json()
    assert got["signature"] == checkin_devices.signature(secret_hash(secret), got["snapshot"].encode())
    assert hall.candidates[0].code in got["snapshot"]
    assert "+92" not in got["snapshot"], "no phone number leaves the house"
    sent = {"readings": [offline(hall.candidates[0].code, clock.now()), offline("NOBODY", clock.now())]}
    for _ in range(2):
        said = (await phone.post("/gate/readings", json=sent, headers=headers)).json()["results"]
        assert [each["reason"] for each in said] == [None, "unknown"]
    assert (await db.scalars(select(func.count(Checkin.id)))).one() == 2
    assert "1 candidate is inside" in (await omar.get(base)).text
    device = (await db.scalars(select(Checkin.device_id).limit(1))).one()
    await omar.submit(f"{base}/devices/{ids.short(device)}/revoke", shown_on=base)
    assert (await phone.get("/gate/snapshot", headers=headers)).status_code == 404


async def test_a_steward_reads_without_a_script(db: Session, cast: Cast, browse: Any) -> None:
    hall = await live_hall(db, cast)
    await db.commit()
    omar = await browse(cast.omar)
    door = f"/fairs/{hall.fair.slug}/day/doors/{ids.short(hall.gate.id)}"
    typed = {"direction": "in", "scanned": "c00001", "companions": "1"}
    assert "1 · Candidate 1 is in" in (await omar.submit(door, typed, shown_on=door)).text
    again = await omar.submit(door, typed, shown_on=door)
    assert "inside already" in again.text
    assert "box below ticked" in again.text
    bilal = await browse(cast.bilal)
    assert (await bilal.get(door)).status_code == 404
