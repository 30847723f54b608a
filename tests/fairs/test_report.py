"""The report of a tiny fair, every number counted by hand beside it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from marketplace.contracts import actions as contracts
from marketplace.contracts.models import Contract
from marketplace.fairs import offers, reporting, results
from marketplace.fairs.day_models import FollowUp, QueueEntry
from marketplace.fairs.plan_models import Meeting, TimetableChange
from marketplace.fairs.results import Card
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from tests.cast import Cast
from tests.contracts.scenes import funded
from tests.fairs.scenes import Hall, make_timetable, seat
from tests.fairs.test_checkin import live_hall
from tests.visitors import Browse


async def tiny(db: Session, cast: Cast) -> Hall:
    """Fourteen asked to come: twelve have a seat, one waits, one went away. Ten women of Layyah, two men of Multan;
    three are new to work; eight came."""
    hall, at = await live_hall(db, cast, candidates=14), clock.now()
    for candidate in hall.candidates[:12]:
        n = candidate.number
        candidate.is_woman, candidate.is_newcomer = n <= 10, n <= 3
        candidate.centre = "Layyah" if n <= 10 else "Multan"
        candidate.checked_in_at = at if n <= 8 else None
    hall.candidates[12].state, hall.candidates[12].waiting_at, hall.candidates[13].state = "waiting", at, "withdrawn"
    hall.candidates[0].user_id, hall.candidates[1].user_id = cast.ayesha.id, cast.hina.id
    plan = await make_timetable(db, hall.fair)
    plan.figures, plan.published_at = {"gap": 0.0123}, at
    met = ((0, 1), (0, 2), (0, 3), (1, 3), (1, 4), (0, 5), (1, 6))
    for slot, (booth, number) in enumerate(met):
        row: dict[str, Any] = {"fair_id": hall.fair.id, "booth_id": hall.booths[booth].id, "timetable_id": plan.id}
        row |= {"table_id": hall.tables[booth].id, "slot_id": hall.slots[slot % 6].id}
        row |= {"candidate_id": hall.candidates[number - 1].id, "created_at": at, "updated_at": at}
        if number == 6:
            row |= {"state": "no_show", "missed_by": "employer", "ended_at": at}
        await seat(db, Meeting(**row))
    moves: dict[str, Any] = {"kept": 5, "moved": [{}, {}], "new": [{}], "cancelled": []}
    change: dict[str, Any] = {"fair_id": hall.fair.id, "base_id": plan.id, "cause": "delay", "moves": moves}
    db.add(TimetableChange(**change, state="confirmed", proposed_at=at, decided_at=at))
    for n, minutes in enumerate((4, 10, 30)):
        entry: dict[str, Any] = {"fair_id": hall.fair.id, "booth_id": hall.booths[0].id, "number": n + 1}
        entry |= {"candidate_id": hall.candidates[6 + n].id, "joined_at": at - timedelta(minutes=minutes)}
        db.add(QueueEntry(**entry, state="called", called_at=at))
    await db.flush()
    return hall


async def told(db: Session, cast: Cast, hall: Hall) -> None:
    """AgriTrack offers the first two a gig, shortlists the third, the fifth never came; the other sees the third again
    and says of the fourth only that they met. Both offers are taken; one is paid."""
    how: dict[str, Any] = {"by": cast.bilal.id, "at": clock.now()}
    first, second, third, fourth, fifth, *_ = hall.candidates
    words = offers.Words(kind="gig", title="A logo", text="", pay=Money(120_00, "USD"), days=3)
    for candidate in (first, second):
        offer = await offers.make(db, hall.fair, hall.booths[0], candidate, words, **how)
        assert candidate.user_id is not None
        await offers.accept(db, offer, by=candidate.user_id, at=clock.now())
        asked: dict[str, Any] = {"fair_id": hall.fair.id, "candidate_id": candidate.id, "offer_id": offer.id}
        db.add(FollowUp(**asked, day=90, due_on=clock.now().date(), sent_at=clock.now()))
    said = {third.id: Card(result="shortlisted"), fifth.id: Card(result="no_show")}
    await results.judge_each(db, hall.fair, hall.booths[0], said, **how)
    said = {third.id: Card(result="second_interview"), fourth.id: Card(result="met")}
    await results.judge_each(db, hall.fair, hall.booths[1], said, **how)
    found = select(Contract).where(Contract.freelancer_id == cast.ayesha_profile.id)
    part = await funded(db, cast, (await db.scalars(found)).one())
    await contracts.deliver(db, part, text="Here.", by=cast.ayesha.id, at=clock.now())
    await contracts.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    hers = select(FollowUp).where(FollowUp.candidate_id == first.id)
    question = (await db.scalars(hers)).one()
    question.answer, question.answered_at = "working", clock.now()
    question.employer_answer, question.employer_at = "left", clock.now()
    await db.flush()


async def test_every_number_is_what_a_hand_counts(db: Session, cast: Cast, browse: Browse) -> None:
    hall = await tiny(db, cast)
    await told(db, cast, hall)
    await db.commit()
    report = reporting.as_csv(await reporting.report_of(db, hall.fair.id, at=clock.now())).decode().splitlines()
    assert report[1:9] == [
        # registered, came, met, shortlisted, offered, accepted, started, paid, there after 90 and 180 days
        "all,,12,8,4,3,2,2,1,1,0,1,0",
        "group,Women,10,8,4,3,2,2,1,1,0,1,0",
        "group,New to work,,,,,,,,,,,",  # three: fewer than ten are not shown
        "group,Walk-ins,,,,,,,,,,,",
        "centre,Layyah,10,8,4,3,2,2,1,1,0,1,0",
        "centre,Multan,,,,,,,,,,,",
        "employer,AgriTrack,,,3,3,2,2,1,1,0,1,0",
        "employer,Employer 2,,,2,1,0,0,0,0,0,0,0",
    ]
    figures = dict(line.removeprefix("figure,").split(",") for line in report[9:])
    assert figures == {
        **{"meetings": "7", "missed_by_candidate": "1", "missed_by_employer": "1", "wait_minutes": "10"},
        **{"plan_gap_percent": "1.23", "moved": "2", "answered": "5", "unanswered": "1"},
        **{"said": "0", "said_well": "0"},
        **{"day_90_asked": "2", "day_90_answered": "1", "day_90_by_employer_only": "0", "day_90_still_there": "1"},
        **{"day_90_disagree": "1", "day_180_asked": "0", "day_180_answered": "0", "day_180_by_employer_only": "0"},
        **{"day_180_still_there": "0", "day_180_disagree": "0"},
    }
    omar, bilal = await browse(cast.omar), await browse(cast.bilal)
    address = f"/fairs/{hall.fair.slug}/report"
    page = (await omar.get(address)).text
    for said in ("<dd>12</dd>", "<dd>7</dd>", "10 minutes", "1.23 %", "fewer than 10 people: not shown"):
        assert said in page, said
    assert (await bilal.get(address)).status_code == 404
    assert ids.short(hall.candidates[0].id) not in page, "nobody by herself"
