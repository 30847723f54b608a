"""From a badge to a funded contract: result, scorecard, offer on the spot, accepted with her account, paid."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.contracts import actions as contracts
from marketplace.contracts.models import Contract
from marketplace.fairs import offers, reporting, results
from marketplace.fairs.booth_models import BoothPosting
from marketplace.fairs.day_models import FairOffer
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.results import Card
from marketplace.jobs.models import Application
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from tests.cast import Cast
from tests.contracts.scenes import funded, milestone
from tests.fairs.scenes import Hall, make_timetable, seat
from tests.fairs.test_checkin import live_hall
from tests.jobs.writing import job


async def hall_with_ayesha(db: Session, cast: Cast) -> Hall:
    """The first candidate is Ayesha, with her account; she meets AgriTrack in the first slot."""
    hall = await live_hall(db, cast)
    hall.candidates[0].user_id, hall.candidates[0].name = cast.ayesha.id, "Ayesha Khan"
    at, plan = clock.now(), await make_timetable(db, hall.fair)
    where: dict[str, Any] = {"booth_id": hall.booths[0].id, "table_id": hall.tables[0].id, "slot_id": hall.slots[0].id}
    times = {"created_at": at, "updated_at": at}
    who = {"timetable_id": plan.id, "candidate_id": hall.candidates[0].id}
    await seat(db, Meeting(fair_id=hall.fair.id, **who, **where, **times))
    return hall


async def test_from_a_badge_to_released_money(db: Session, cast: Cast, browse: Any) -> None:
    """Bilal reads a badge, judges, offers a gig; Ayesha accepts; the money goes its usual way."""
    hall = await hall_with_ayesha(db, cast)
    await db.commit()
    bilal, ayesha = await browse(cast.bilal), await browse(cast.ayesha)
    slug, booth = hall.fair.slug, ids.short(hall.booths[0].id)
    badge = f"/fairs/{slug}/booths/{booth}/badges/C00001"
    read = await bilal.get(f"/fairs/{slug}/badges/c-00001")
    assert read.headers["location"] == badge
    said = {"result": "shortlisted", "skill": "5", "word": "Please send your portfolio.", "note": "Quick."}
    assert (await bilal.submit(badge, said, shown_on=badge)).status_code == 303
    day = (await bilal.get(f"/fairs/{slug}/booths/{booth}/day")).text
    assert "Shortlisted" in day
    offer = {"kind": "gig", "title": "A logo", "pay": "120", "currency": "USD", "days": "5", "text": "For our app."}
    made = await bilal.submit(f"{badge}/offer", offer, shown_on=f"{badge}/offer")
    where = made.headers["location"]
    assert "Accept the offer" in (await ayesha.get(where)).text
    accepted = await ayesha.submit(f"{where}/accept", shown_on=where)
    contract = (await db.scalars(select(Contract))).one()
    assert accepted.headers["location"] == f"/contracts/{ids.short(contract.id)}"
    assert (await ayesha.submit(f"{where}/accept", shown_on=where)).status_code == 409, "once"
    part = await funded(db, cast, contract)
    assert part.state == "funded"
    await contracts.deliver(db, part, text="Here.", by=cast.ayesha.id, at=clock.now())
    await contracts.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    assert (await milestone(db, contract)).state == "released"
    report = await reporting.report_of(db, hall.fair.id, at=clock.now())
    wanted = {"met": 1, "shortlisted": 1, "offered": 1, "accepted": 1, "started": 1, "paid": 1, "there_90": 0}
    assert wanted.items() <= report.total.items()
    assert b"employer,AgriTrack,,,1,1,1,1,1,1,0,0,0\n" in reporting.as_csv(report)
    omar = await browse(cast.omar)
    assert (await omar.get(f"/fairs/{slug}/report")).status_code == 200


async def test_a_result_ends_the_meeting_and_is_her_answer(db: Session, cast: Cast) -> None:
    """Met alone leaves her waiting until the day results are due; scores and note are never hers to read."""
    hall = await hall_with_ayesha(db, cast)
    fair, booth, her = hall.fair, hall.booths[0], hall.candidates[0]
    at = clock.now()
    await results.judge(db, fair, booth, her, Card(result="met", note="private"), by=cast.bilal.id, at=at)
    meeting = (await db.scalars(select(Meeting))).one()
    assert (meeting.state, meeting.ended_at) == ("done", at)
    [answer] = await results.answers_of(db, her, fair)
    assert fair.ends_at is not None
    assert answer.due_at == fair.ends_at + timedelta(days=7)
    assert "private" not in repr(answer)
    await results.judge(db, fair, booth, her, Card(result="no_show"), by=cast.bilal.id, at=at)
    assert (meeting.state, meeting.missed_by) == ("no_show", "candidate"), "a wrong tap is put right"
    [answer] = await results.answers_of(db, her, fair)
    assert answer.due_at is None


async def test_a_phone_only_candidate_claims_first_and_only_she_accepts(db: Session, cast: Cast) -> None:
    hall = await live_hall(db, cast)
    words = offers.Words(kind="gig", title="A logo", text="", pay=Money(50_00, "USD"), days=3)
    offer = await offers.make(
        db, hall.fair, hall.booths[0], hall.candidates[1], words, by=cast.bilal.id, at=clock.now()
    )
    with pytest.raises(NotFound):
        await offers.accept(db, offer, by=cast.ayesha.id, at=clock.now())
    hall.candidates[1].user_id = cast.hina.id
    await offers.accept(db, offer, by=cast.hina.id, at=clock.now())
    assert offer.contract_id is not None
    with pytest.raises(offers.OfferOver):
        await offers.withdraw(db, offer, by=cast.bilal.id, at=clock.now())


async def test_a_job_on_the_spot_is_a_hired_application(db: Session, cast: Cast) -> None:
    hall, at = await hall_with_ayesha(db, cast), clock.now()
    posting = await job(db, cast.agritrack.id, cast.bilal.id, at)
    db.add(BoothPosting(booth_id=hall.booths[0].id, posting_id=posting.id, added_by=cast.bilal.id, added_at=at))
    await db.flush()
    words = offers.Words(
        kind="job",
        title="Developer",
        text="Full time in Multan, five days a week.",
        pay=Money(150_000_00, "PKR"),
        starts_on=(at + timedelta(days=10)).date(),
        posting_id=posting.id,
    )
    offer = await offers.make(db, hall.fair, hall.booths[0], hall.candidates[0], words, by=cast.bilal.id, at=at)
    await offers.accept(db, offer, by=cast.ayesha.id, at=at)
    application = (await db.scalars(select(Application))).one()
    assert application.state == "hired"
    assert (await db.scalars(select(FairOffer.job_offer_id))).one() is not None
