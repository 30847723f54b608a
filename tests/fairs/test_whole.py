"""A whole fair by its files: loaded in a few statements, exported again byte for byte, or not at all."""

import random
import time
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from marketplace.demo.fairs_files import Size, files_of
from marketplace.fairs import whole_export, whole_files, whole_loading, whole_reading
from marketplace.fairs.booth_models import Booth, TableClosure
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import FairMessage
from marketplace.fairs.models import Fair
from marketplace.fairs.tickets import TicketKey, behind
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.queue import Services, drain
from marketplace.skills.models import Skill
from tests.cast import Cast
from tests.fairs.scenes import Hall, make_hall, wish
from tests.visitors import Browse

KEY = TicketKey(b"a key of the tests")


async def _some_fair(db: Session, cast: Cast) -> Hall:
    """With something in every column, a second day, and what a spreadsheet would take for a formula."""
    hall = await make_hall(db, cast, booths=3, candidates=3, slots=4)
    skill = (await db.scalars(select(Skill).order_by(Skill.slug).limit(1))).one()
    booth, (first, second, third) = hall.booths[1], hall.candidates
    booth.pay_from_minor, booth.pay_to_minor, booth.currency, booth.pay_period = 3_000_050, 5_000_000, "PKR", "month"
    booth.about, booth.note, booth.email = '=SUM(A1) "quoted",\r\nand a second line', "'=told", "hr@test.example"
    booth.must_skill_ids, booth.languages, booth.arrives_at = [skill.id], ["ur", "en"], hall.slots[1].starts_at
    hall.booths[2].state, hall.booths[2].wants_tables = "requested", 3
    first.name, first.email, first.centre, first.is_woman = "آمنہ بی بی", "amna@test.example", "-Centre", True
    first.arrives_at, first.leaves_at = hall.slots[0].starts_at, hall.slots[2].ends_at + timedelta(days=3)
    first.away = [[hall.slots[1].starts_at.isoformat(), hall.slots[1].ends_at.isoformat()]]
    first.pay_floor_minor, first.currency, first.pay_period, first.skill_ids = 12_050, "USD", "hour", [skill.id]
    second.phone, second.source = None, "walk_in"
    second.state, second.takes_sms, second.is_newcomer, second.companions = "confirmed", False, True, 1
    third.state, third.waiting_at = "withdrawn", None
    hall.fair.seats_taken -= 1
    for number in (1, 3):
        slot = hall.slots[number - 1]
        db.add(TableClosure(table_id=hall.tables[0].id, slot_id=slot.id, fair_id=hall.fair.id, reason="break"))
    await wish(db, first, booth, "must")
    await wish(db, first, hall.booths[0], "no", side="employer")
    await wish(db, third, booth)
    await db.flush()
    return hall


async def _empty(db: Session, cast: Cast) -> Fair:
    return (await make_hall(db, cast, booths=0, candidates=0, slots=4)).fair


async def test_what_was_exported_loads_and_is_exported_byte_for_byte(db: Session, cast: Cast) -> None:
    hall, fair = await _some_fair(db, cast), await _empty(db, cast)
    files = await whole_export.export(db, hall.fair)
    assert b"Candidate 3" not in files["candidates"], "who withdrew is no part of it"
    sent = whole_files.unpacked(whole_files.packed(files))
    counts = await whole_loading.load(db, KEY, fair, sent, by=cast.omar.id, at=clock.now())
    assert counts == {"employers": 3, "tables": 3, "candidates": 2, "wishes": 2}
    assert await whole_export.export(db, fair) == files
    assert (fair.seats_taken, fair.last_number) == (2, 2)
    amna = (
        await db.scalars(select(FairCandidate).where(FairCandidate.fair_id == fair.id, FairCandidate.number == 1))
    ).one()
    assert amna.name == "آمنہ بی بی" and amna.user_id is None
    assert (await behind(db, KEY.path(amna).removeprefix("/tickets/")))[1].id == fair.id
    with pytest.raises(whole_loading.NotEmpty):
        await whole_loading.load(db, KEY, fair, sent, by=cast.omar.id, at=clock.now())


BAD = {
    "employers": "name,state,pay_from,pay_to\nOne,approved,10,5\nTwo,maybe,,\nThree,,,\nthree,,,\n",
    "tables": "label,employer,breaks\nT1,Three,99\nT2,Nobody,\nT3,Three,1\n",
    "candidates": "number,name,phone,arrives\n1,A,0300 1234567,\n1,B,0300 1234568,\n3,C,0300 12,\n4,D,,\n"
    "5,E,0300 1234567,\n6,F,0300 1234569,9 10:00\n",
    "wishes": "candidate,employer,side,choice\n1,Three,candidate,must\n1,Three,candidate,no\n9,Three,candidate,no\n",
}


def test_a_damaged_zip_is_refused_in_words() -> None:
    """Whatever bytes are hit: the files, or what a person can read; never an error of ours."""
    chance, good = random.Random(6), whole_files.packed({name: text.encode() * 20 for name, text in BAD.items()})
    refused = 0
    for _ in range(3_000):
        torn = bytearray(good[: chance.randrange(1, len(good))] if chance.random() < 0.2 else good)
        for _ in range(chance.choice([1, 2, 5])):
            torn[chance.randrange(len(torn))] = chance.randrange(256)
        try:
            whole_files.unpacked(bytes(torn))
        except Invalid:
            refused += 1
    assert 1_000 < refused < 3_000


async def test_one_bad_line_loads_nothing_and_all_are_named(db: Session, cast: Cast) -> None:
    fair = await _empty(db, cast)
    files = {name: text.encode() for name, text in BAD.items()}
    with pytest.raises(whole_reading.BadFiles) as refused:
        await whole_loading.load(db, KEY, fair, files, by=cast.omar.id, at=clock.now())
    assert [(bad.file, bad.line, bad.column) for bad in refused.value.bad] == [
        *(("employers", 2, "pay_to"), ("employers", 3, "state"), ("employers", 5, "name")),
        *(("tables", 2, "breaks"), ("tables", 3, "employer")),
        *(("candidates", 3, "number"), ("candidates", 4, "phone"), ("candidates", 5, "phone")),
        *(("candidates", 6, "phone"), ("candidates", 7, "arrives")),
        *(("wishes", 3, "candidate"), ("wishes", 4, "candidate")),
    ]
    for table in (Booth, FairCandidate):
        assert await db.scalar(select(func.count()).where(table.fair_id == fair.id)) == 0


async def test_more_people_than_seats_wait(db: Session, cast: Cast) -> None:
    fair = (await make_hall(db, cast, booths=0, candidates=0, capacity=1)).fair
    lines = "number,name,phone\n7,A,0300 1234567\n8,B,0300 1234568\n"
    await whole_loading.load(db, KEY, fair, {"candidates": lines.encode()}, by=cast.omar.id, at=clock.now())
    found = select(FairCandidate.number, FairCandidate.state).where(FairCandidate.fair_id == fair.id)
    assert sorted(tuple(row) for row in await db.execute(found)) == [(7, "registered"), (8, "waiting")]
    assert (fair.seats_taken, fair.last_number) == (1, 8)


@pytest.mark.slow
async def test_sixty_employers_and_a_thousand_candidates_load_in_seconds(db: Session, cast: Cast, statements) -> None:
    fair, other = [(await make_hall(db, cast, booths=0, candidates=0, slots=16, capacity=1_200)).fair for _ in range(2)]
    files = files_of(Size(employers=60, candidates=1_000, slots=range(1, 17)))
    began, before = time.perf_counter(), len(statements)
    counts = await whole_loading.load(db, KEY, fair, files, by=cast.omar.id, at=clock.now())
    seconds, used = time.perf_counter() - began, len(statements) - before
    print(f"{counts} in {seconds:.1f} s, {used} statements")
    assert (counts["employers"], counts["candidates"]) == (60, 1_000) and counts["wishes"] >= 15_000
    assert used < 40, "no statement for each row"
    assert seconds < 30, f"{seconds:.1f} s"
    written = await whole_export.export(db, fair)
    await whole_loading.load(db, KEY, other, written, by=cast.omar.id, at=clock.now())
    assert await whole_export.export(db, other) == written


async def test_an_organiser_takes_a_fair_out_and_loads_it_into_another(
    browse: Browse, db: Session, cast: Cast, services: Services
) -> None:
    hall, fair = await _some_fair(db, cast), await _empty(db, cast)
    await db.commit()
    omar, files = await browse(cast.omar), f"/fairs/{fair.slug}/organise/files"
    taken = await omar.get(f"/fairs/{hall.fair.slug}/organise/files/zip")
    assert taken.headers["content-type"] == "application/zip"

    async def send(content: bytes) -> httpx.Response:
        hidden = await omar.hidden(files) | {"sends_tickets": "y"}
        return await omar.post(files, data=hidden, files={"file": ("fair.zip", content, "application/zip")})

    refused = await send(whole_files.packed({name: text.encode() for name, text in BAD.items()}))
    assert refused.status_code == 422 and "wishes.csv" in refused.text and "line 7" in refused.text
    assert (await send(b"no zip")).status_code == 422
    assert (await send(taken.content)).status_code == 303
    assert (await omar.get(f"{files}/zip")).content == taken.content
    await drain(services)
    told = select(func.count()).select_from(FairMessage).where(FairMessage.fair_id == fair.id)
    assert (await db.scalars(told)).one() == 2
    assert "neither employers nor candidates" in (await omar.get(files)).text
