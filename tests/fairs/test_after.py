"""After a fair: nobody left without an answer, offers run out, who is still there is asked once and counted truly."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from marketplace.engines.notify.models import Mail, TextMessage
from marketplace.fairs import answering, follow_ups, offers, organising, reporting, results
from marketplace.fairs.day_models import FairOffer, FairScorecard, FollowUp
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.results import Card
from marketplace.fairs.tickets import TicketKey
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.kernel.queue import Services, drain
from marketplace.messages.models import Notice
from tests.cast import Cast
from tests.fairs.scenes import Hall, add_candidates, make_timetable, seat
from tests.fairs.test_checkin import live_hall
from tests.visitors import Browse

KEY = TicketKey(b"key")


async def after_hall(db: Session, cast: Cast) -> Hall:
    """Two candidates met AgriTrack, which said nothing; the third never came to her meeting."""
    hall = await live_hall(db, cast, results_due_days=7)
    plan, at = await make_timetable(db, hall.fair), clock.now()
    for n, candidate in enumerate(hall.candidates):
        where: dict[str, Any] = {"booth_id": hall.booths[0].id, "table_id": hall.tables[0].id}
        where |= {"slot_id": hall.slots[n].id, "candidate_id": candidate.id, "timetable_id": plan.id}
        state = {"state": "done", "ended_at": at} if n < 2 else {}
        await seat(db, Meeting(fair_id=hall.fair.id, created_at=at, updated_at=at, **where, **state))
    hall.fair.state = "closed"
    await db.flush()
    return hall


async def told(db: Session, message: str) -> int:
    return len((await db.scalars(select(Notice.id).where(Notice.message == message))).all())


async def test_employers_are_reminded_thrice_then_candidates_hear_the_truth(
    db: Session, cast: Cast, services: Services
) -> None:
    hall = await after_hall(db, cast)
    due = answering.due_at(hall.fair)
    for days, count in ((-3, 0), (-2, 1), (-1, 1), (0, 2), (1, 2), (3, 3)):
        for _ in range(2):
            await answering.sweep(db, at=due + timedelta(days=days))
        assert await told(db, "fair_results_due") == count, days
    await results.judge(
        db, hall.fair, hall.booths[0], hall.candidates[0], Card(result="not_this_time"), by=cast.bilal.id, at=due
    )
    for _ in range(2):
        await answering.sweep(db, at=due + timedelta(days=4))
    await db.commit()
    await drain(services)
    sent = (await db.scalars(select(TextMessage).where(TextMessage.message == "fair_unanswered"))).all()
    assert [each.to for each in sent] == [hall.candidates[1].phone], "nobody who had an answer or never came"
    [answer] = await results.answers_of(db, hall.candidates[1], hall.fair)
    assert answer.unanswered_at == due + timedelta(days=4)
    await results.judge(
        db, hall.fair, hall.booths[0], hall.candidates[1], Card(result="shortlisted"), by=cast.bilal.id, at=due
    )
    [answer] = await results.answers_of(db, hall.candidates[1], hall.fair)
    assert (answer.result, answer.unanswered_at) == ("shortlisted", None), "late is better than never"


async def test_an_employer_answers_all_who_wait_from_a_phone(db: Session, cast: Cast, browse: Browse) -> None:
    hall = await after_hall(db, cast)
    await db.commit()
    bilal = await browse(cast.bilal)
    address = f"/fairs/{hall.fair.slug}/booths/{ids.short(hall.booths[0].id)}/answers"
    assert "2 candidates wait" in (await bilal.get(address)).text
    await bilal.submit(address, {"code": "C00001", "result": "second_interview"}, shown_on=address)
    nobody = await bilal.submit(address, {"result": "shortlisted"}, shown_on=address)
    assert nobody.status_code == 404, "an answer without a code is nobody's"
    await bilal.submit(address, {"everybody": "1", "word": "Thank you."}, shown_on=address)
    assert "Nobody waits" in (await bilal.get(address)).text
    cards = await db.execute(select(FairScorecard.result, FairScorecard.word).order_by(FairScorecard.id))
    assert [tuple(row) for row in cards] == [("second_interview", ""), ("not_this_time", "Thank you.")]


async def test_a_fair_that_is_over_closes_by_itself_when_nobody_is_left(db: Session, cast: Cast) -> None:
    """Twelve hours after its end, once; until then late results and check-outs find it on."""
    fair = (await live_hall(db, cast)).fair
    assert fair.ends_at is not None
    await organising.close_over(db, at=fair.ends_at + timedelta(hours=11))
    assert fair.state == "live"
    for _ in range(2):
        await organising.close_over(db, at=fair.ends_at + timedelta(hours=13))
    await db.refresh(fair)
    assert (fair.state, fair.closed_at) == ("closed", fair.ends_at + timedelta(hours=13))


async def offered(db: Session, cast: Cast, hall: Hall) -> FairOffer:
    words = offers.Words(kind="gig", title="A logo", text="", pay=Money(50_00, "USD"), days=3)
    about: dict[str, Any] = {"by": cast.bilal.id, "at": clock.now()}
    return await offers.make(db, hall.fair, hall.booths[0], hall.candidates[0], words, **about)


async def test_an_offer_runs_out_once_and_both_hear_it(db: Session, cast: Cast) -> None:
    hall = await after_hall(db, cast)
    hall.candidates[0].user_id = cast.ayesha.id
    offer = await offered(db, cast, hall)
    await offers.expire(db, at=offer.answer_by - timedelta(seconds=1))
    assert offer.state == "sent"
    for _ in range(2):
        await offers.expire(db, at=offer.answer_by)
    assert offer.state == "expired"
    assert await told(db, "fair_offer_expired") == 2
    with pytest.raises(offers.OfferOver):
        await offers.accept(db, offer, by=cast.ayesha.id, at=offer.answer_by)


async def begun(db: Session, cast: Cast, hall: Hall) -> datetime:
    """An offer to a candidate with only a phone, accepted; returns when."""
    offer = await offered(db, cast, hall)
    offer.state, offer.decided_at = "accepted", clock.now()
    hall.candidates[0].locale = "ur"
    await db.flush()
    return offer.decided_at


async def test_she_is_asked_on_each_day_reminded_once_and_not_after_she_left(db: Session, cast: Cast) -> None:
    hall = await after_hall(db, cast)
    start = await begun(db, cast, hall)

    async def texts(days: int) -> int:
        for _ in range(2):
            await follow_ups.sweep(db, KEY, at=start + timedelta(days=days))
        sent = select(TextMessage.locale).where(TextMessage.message == "fair_follow_up")
        found = (await db.scalars(sent)).all()
        assert set(found) <= {"ur"}
        return len(found)

    assert [await texts(days) for days in (29, 30, 36, 38, 60, 91)] == [0, 1, 1, 2, 2, 3]
    [_, second, _] = (await db.scalars(select(FollowUp).order_by(FollowUp.day))).all()
    question = await follow_ups.behind(db, follow_ups.secret_of(KEY, second.id))
    await follow_ups.answer(db, question, "left", word="", at=start + timedelta(days=91))
    assert [await texts(days) for days in (100, 181, 200)] == [3, 3, 3]
    with pytest.raises(follow_ups.QuestionOver):
        await follow_ups.answer(db, question, "working", word="", at=start + timedelta(days=151))


async def test_one_tap_without_a_password_and_two_sources_in_the_report(
    db: Session, cast: Cast, browse: Browse, services: Services
) -> None:
    """Her answer counts; where she is silent the employer's; where they differ the report says so."""
    hall = await after_hall(db, cast)
    await begun(db, cast, hall)
    key = services[TicketKey]
    await follow_ups.sweep(db, key, at=clock.now())
    asked = (await db.scalars(select(FollowUp).where(FollowUp.day == 90))).one()
    await db.execute(update(FollowUp).values(due_on=clock.now().date(), sent_at=clock.now()))
    await db.commit()
    visitor, bilal = await browse(), await browse(cast.bilal)
    address = f"/follow-ups/{follow_ups.secret_of(key, asked.id)}"
    shown = await visitor.get(address)
    assert 'dir="rtl"' in shown.text and shown.headers["referrer-policy"] == "no-referrer"
    assert (await visitor.get(f"{address[:-1]}.")).status_code == 404
    people = f"/fairs/{hall.fair.slug}/booths/{ids.short(hall.booths[0].id)}"
    confirm = f"{people}/people/{ids.short(asked.id)}"
    assert (await bilal.submit(confirm, {"answer": "working"}, shown_on=f"{people}/answers")).status_code == 303
    report = await reporting.report_of(db, hall.fair.id, at=clock.now())
    assert report.total["there_90"] == 1, "she is silent: her employer's word"
    assert (await visitor.submit(address, {"answer": "left", "word": "شکریہ"}, shown_on=address)).status_code == 303
    report = await reporting.report_of(db, hall.fair.id, at=clock.now())
    known = report.known[0]
    assert (report.total["there_90"], known.answered, known.disagree, known.span) == (0, 1, 1, None)
    assert b"figure,day_90_disagree,1\n" in reporting.as_csv(report)


async def test_a_first_salary_counts_by_her_own_word_only(
    db: Session, cast: Cast, browse: Browse, services: Services
) -> None:
    """A job's pay does not go through the site: her yes counts, her employer's alone does not; a gig is not asked."""
    hall = await after_hall(db, cast)
    await begun(db, cast, hall)
    key = services[TicketKey]
    await follow_ups.sweep(db, key, at=clock.now())
    asked = (await db.scalars(select(FollowUp).where(FollowUp.day == 30))).one()
    address = f"/follow-ups/{follow_ups.secret_of(key, asked.id)}"
    await db.execute(update(FollowUp).values(due_on=clock.now().date()))
    question = await follow_ups.behind(db, follow_ups.secret_of(key, asked.id))
    question.offer.kind = "gig"
    with pytest.raises(NotFound):
        await follow_ups.say_paid(db, question, was_paid=True, at=clock.now())
    question.offer.kind = "job"
    await db.commit()
    visitor, bilal = await browse(), await browse(cast.bilal)
    people = f"/fairs/{hall.fair.slug}/booths/{ids.short(hall.booths[0].id)}"
    confirm = f"{people}/people/{ids.short(asked.id)}"
    assert (await bilal.submit(confirm, {"paid": "1"}, shown_on=f"{people}/answers")).status_code == 303
    for paid, counted in (("no", 0), ("yes", 1)):
        assert (await visitor.submit(address, {"paid": paid}, shown_on=address)).status_code == 303
        total = (await reporting.report_of(db, hall.fair.id, at=clock.now())).total
        assert (total["salary"], total["paid"]) == (counted, 0)


async def test_small_groups_are_not_shown_and_small_fairs_not_published(
    db: Session, cast: Cast, browse: Browse
) -> None:
    hall = await after_hall(db, cast)
    for candidate in hall.candidates:
        candidate.centre, candidate.is_woman = "Layyah", True
    await db.commit()
    report = await reporting.report_of(db, hall.fair.id, at=clock.now())
    assert report.total["registered"] == 3
    assert {row.name: row.steps for row in report.centres} == {"Layyah": None}
    assert b"centre,Layyah,,,,,,,,,,,\n" in reporting.as_csv(report)
    omar, visitor = await browse(cast.omar), await browse()
    assert "not shown" in (await omar.get(f"/fairs/{hall.fair.slug}/report")).text
    public = f"/fairs/{hall.fair.slug}"
    assert (await visitor.get(f"{public}/outcome")).status_code == 404
    ended = clock.now() - timedelta(days=60)
    hall.fair.state, hall.fair.starts_at, hall.fair.ends_at = "closed", ended - timedelta(hours=8), ended
    await add_candidates(db, hall.fair, 10, checked_in_at=clock.now() - timedelta(days=61))
    await db.commit()
    assert f'href="{public}/outcome"' in (await visitor.get(public)).text
    assert "Checked in" in (await visitor.get(f"{public}/outcome")).text


def test_wilson() -> None:
    """By hand: 8 of 10 lies between 49.0 and 94.3 percent, none of 40 between 0 and 8.8."""
    assert reporting.wilson(8, 10) == (49, 95)
    assert reporting.wilson(0, 40) == (0, 9)
    assert reporting.wilson(9, 9) is None


async def test_mails_go_out_in_full(db: Session, cast: Cast, services: Services) -> None:
    """A candidate with an address is asked by mail, with the link of her question."""
    clock.advance(timedelta(hours=(20 - clock.now().hour) % 24))  # in Karachi the next day has begun
    hall = await after_hall(db, cast)
    hall.candidates[0].email = "her@test.example"
    start = await begun(db, cast, hall)
    await follow_ups.sweep(db, KEY, at=start + timedelta(days=30))
    mail = (await db.scalars(select(Mail).where(Mail.message == "fair_follow_up"))).one()
    asked = (await db.scalars(select(FollowUp).where(FollowUp.day == 30))).one()
    assert mail.values["link"] == f"/follow-ups/{follow_ups.secret_of(KEY, asked.id)}"
