"""Fairs as pages: an organiser's way from nothing to open registration."""

from sqlalchemy import func, select

from marketplace.engines.notify.models import Mail, TextMessage
from marketplace.fairs.models import Fair, FairSlot
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, drain
from tests.cast import Cast
from tests.fairs.scenes import make_hall, opening, ticket
from tests.visitors import Browse

FORM = {
    **{
        "title_en": "Spring Fair",
        "place": "venue",
        "venue": "Hall 1, Multan",
        "mode": "both",
        "time_zone": "Asia/Karachi",
    },
    **{"opens": "09:00", "closes": "13:00", "slot_minutes": "20", "breaks": "11:00-11:20", "prayers": "12:40-13:00"},
    **{"women_hours": "09:00-10:00", "rooms": "Hall A | ground\nHall B | first floor", "gates": "Gate 1"},
    **{"capacity": "120", "max_companions": "1", "max_meetings": "6", "min_meetings": "1", "longest_run": "3"},
    **{"spares_walks": "y", "keeps_reserve": "y", "objective": "coverage", "grace_minutes": "5"},
    **{"results_due_days": "7"},
}


async def test_a_stranger_makes_a_fair_and_opens_it(browse: Browse, db: Session, cast: Cast) -> None:
    omar, visitor = await browse(cast.omar), await browse()
    sent = FORM | {"first_on": opening().date().isoformat()}
    shown = await omar.submit("/fairs", sent | {"show": "grid"}, shown_on="/fairs/new")
    assert shown.status_code == 200 and "10 slots for meetings" in shown.text and "09:20" in shown.text
    refused = await omar.submit("/fairs", sent | {"breaks": "at noon"}, shown_on="/fairs/new")
    assert refused.status_code == 422 and "Hall 1, Multan" in refused.text and "13:00-14:00" in refused.text
    made = await omar.submit("/fairs", sent, shown_on="/fairs/new")
    own = made.headers["location"]
    address = own.removesuffix("/organise")
    assert (await visitor.get(address)).status_code == 404, "a draft is nobody else's"
    assert "Open registration" in (await omar.get(own)).text
    assert (await omar.submit(f"{own}/state", {"to": "open"}, shown_on=own)).status_code == 303
    assert "Spring Fair" in (await visitor.get("/fairs")).text
    public = (await visitor.get(address)).text
    assert "Hall 1, Multan" in public and "Organise it" not in public
    again = await omar.get(f"/fairs/new?from={address.rsplit('/', 1)[1]}")
    assert "Hall B | first floor" in again.text and opening().date().isoformat() not in again.text
    assert "Spring Fair" in (await omar.get("/")).text and "Spring Fair" in (await omar.get("/fairs/mine")).text
    edited = await omar.submit(f"{own}/edit", sent | {"slot_minutes": "30"}, shown_on=f"{own}/edit")
    assert edited.status_code == 303
    meetings = select(func.count()).select_from(FairSlot).where(FairSlot.kind == "meeting")
    assert (await db.scalars(meetings)).one() == 6


async def test_moving_the_date_keeps_registrations_and_asks_again(
    browse: Browse, db: Session, cast: Cast, services: Services
) -> None:
    hall = await make_hall(db, cast, candidates=2)
    hall.candidates[0].email = "first@test.example"
    await db.commit()
    omar = await browse(cast.omar)
    own = f"/fairs/{hall.fair.slug}/organise"
    later = hall.day.on.replace(year=hall.day.on.year + 1)
    assert (await omar.submit(f"{own}/date", {"first_on": "2020-01-01"}, shown_on=own)).status_code == 409
    assert (await omar.submit(f"{own}/date", {"first_on": later.isoformat()}, shown_on=own)).status_code == 303
    assert "2 candidates were asked" in (await omar.get(own)).text
    fair = await db.get_one(Fair, hall.fair.id, populate_existing=True)
    assert fair.starts_at and fair.starts_at.date() == later and fair.seats_taken == 2
    slot = await db.get_one(FairSlot, hall.slots[0].id, populate_existing=True)
    assert slot.starts_at == fair.starts_at
    await drain(services)
    to = [
        (await db.scalars(select(table.to).where(table.message == "fair_moved"))).all() for table in (Mail, TextMessage)
    ]
    phones, mails = ["+923000000001", "+923000000002"], ["bilal@test.example", "first@test.example"]
    assert sorted([*to[0], *to[1]]) == [*phones, *mails], "who has a number is told by SMS too"
    texts = (await db.scalars(select(TextMessage.body).where(TextMessage.message == "fair_moved"))).all()
    assert all("/tickets/" in body for body in texts), "with the link of her ticket"
    visitor, bilal, booth = await browse(), await browse(cast.bilal), f"/fairs/{fair.slug}/booth"
    hers = f"/tickets/{ticket(fair, 1)}"
    assert "Does this day suit you?" in (await visitor.get(hers)).text, "asked without an account"
    await visitor.submit(f"{hers}/confirm", shown_on=hers)
    await bilal.submit(f"{booth}/comes", shown_on=booth)
    assert "suit you?" not in (await visitor.get(hers)).text + (await bilal.get(booth)).text
    left = (await omar.get(own)).text
    assert "1 candidate was asked" in left and "1 employer was asked" in left, "those who have not answered"


async def test_employers_are_answered_and_get_tables_with_breaks(browse: Browse, db: Session, cast: Cast) -> None:
    hall = await make_hall(db, cast, booths=1, candidates=2, slots=3)
    hall.booths[0].state, hall.booths[0].note = "requested", "We hire ten"
    hall.candidates[1].state, hall.candidates[1].waiting_at = "waiting", hall.fair.created_at
    await db.commit()
    omar = await browse(cast.omar)
    own = f"/fairs/{hall.fair.slug}/organise"
    booth = f"{own}/booths/{ids.short(hall.booths[0].id)}"
    assert "AgriTrack" not in (await omar.get(f"/fairs/{hall.fair.slug}")).text.split("<main")[1]
    assert "We hire ten" in (await omar.get(booth)).text
    assert (await omar.submit(f"{booth}/decision", {"to": "approved"}, shown_on=booth)).status_code == 303
    assert (await omar.submit(f"{booth}/decision", {"to": "approved"}, shown_on=booth)).status_code == 409
    told = select(Mail.to).where(Mail.message == "fair_booth_approved")
    assert (await db.scalars(told)).all() == ["bilal@test.example"]
    assert "AgriTrack" in (await omar.get(f"/fairs/{hall.fair.slug}")).text.split("<main")[1]
    room = {"count": "2", "room": ids.short(hall.room.id)}
    assert (await omar.submit(f"{booth}/tables", room, shown_on=booth)).status_code == 303
    assert "T3" in (await omar.get(booth)).text, "labels go on"
    cell = f"{ids.short(hall.tables[0].id)}:{ids.short(hall.slots[1].id)}"
    assert (await omar.submit(f"{booth}/breaks", {"closed": cell}, shown_on=booth)).status_code == 303
    assert f'value="{cell}" checked' in (await omar.get(booth)).text
    gone = {"remove": ids.short(hall.tables[0].id)}
    assert (await omar.submit(f"{booth}/breaks", gone, shown_on=booth)).status_code == 303
    assert cell not in (await omar.get(booth)).text
    added = await omar.submit(f"{own}/booths", {"name": "RuralPay", "email": ""}, shown_on=f"{own}/booths")
    assert added.status_code == 303
    twice = await omar.submit(f"{own}/booths", {"name": "ruralpay"}, shown_on=f"{own}/booths")
    assert twice.status_code == 422 and "already" in twice.text
    waiting = (await omar.get(f"{own}/candidates?state=waiting")).text
    assert "Candidate 2" in waiting and "Candidate 1<" not in waiting
    assert "Candidate 1<" in (await omar.get(f"{own}/candidates?q=didate+1")).text
