"""Nobody is left without an answer."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.engines.deadlines.tasks import sweep
from marketplace.identity import audit
from marketplace.jobs import answering, queries, rules, stages
from marketplace.jobs.models import Application, Offer
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.queue import drain
from marketplace.messages.models import Notice
from marketplace.postings import actions as postings
from marketplace.postings import gates
from marketplace.postings.models import Posting
from tests.cast import Cast
from tests.jobs.writing import applied, job


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
async def opening(db: Session, cast: Cast, at) -> Posting:
    return await job(db, cast.agritrack.id, cast.bilal.id, at)


async def told(db: Session, user) -> list[str]:
    notices = select(Notice.message).where(Notice.user_id == user.id).order_by(Notice.id)
    return list((await db.execute(notices)).scalars())


async def both(db: Session, cast: Cast, opening: Posting, at) -> tuple[Application, Application]:
    return (
        await applied(db, opening, cast.ayesha_profile, at),
        await applied(db, opening, cast.hina_profile, at),
    )


async def offered(db: Session, application: Application, by, at) -> Offer:
    await stages.move(db, application, "offer", by=by, at=at)
    offer = Offer(
        application_id=application.id,
        state="sent",
        salary_minor=80_000_00,
        currency="PKR",
        period="month",
        starts_on=at.date(),
        text="Come.",
        answer_by=at + timedelta(days=3),
        created_by=by,
        created_at=at,
    )
    db.add(offer)
    await db.flush()
    return offer


async def run(db: Session, services) -> None:
    await db.commit()
    await drain(services)


async def test_closing_answers_everybody_kindly(db: Session, cast: Cast, opening, at, services) -> None:
    hers, other = await both(db, cast, opening, at)
    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    await postings.close(db, opening, by=cast.bilal.id, at=at)
    assert len(await queries.unanswered_after_close(db, at=at)) == 2
    await run(db, services)

    assert await queries.unanswered_after_close(db, at=at) == []
    for application in (hers, other):
        await db.refresh(application)
        assert (application.state, application.is_auto_answered, application.reject_reason) == (
            "rejected",
            True,
            "closed",
        )
        last = (await audit.lines_of(db, ("application", application.id)))[-1]
        assert (last.action, last.by_user_id) == ("application.rejected", None)
    assert (await told(db, cast.hina))[-1] == "application_auto_answered"
    assert await queries.queues(db, cast.agritrack.id) == [], "who closes owes no reason"


async def test_hiring_fills_and_tells_the_others(db: Session, cast: Cast, opening, at, services) -> None:
    hers, other = await both(db, cast, opening, at)
    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    await stages.hire(db, hers, fills=True, by=cast.bilal.id, at=at)
    await run(db, services)
    await db.refresh(other)
    await db.refresh(opening)
    assert (opening.state, other.state, other.reject_reason) == ("filled", "rejected", "filled")
    assert (await told(db, cast.ayesha))[-1] == "hired"
    assert await queries.unanswered_after_close(db, at=at) == []


async def test_hiring_one_of_several_leaves_it_open(db: Session, cast: Cast, opening, at, services) -> None:
    hers, other = await both(db, cast, opening, at)
    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    await stages.hire(db, hers, fills=False, by=cast.bilal.id, at=at)
    await run(db, services)
    await db.refresh(other)
    assert (opening.state, other.state) == ("open", "submitted")


async def test_time_answers_and_the_next_posting_waits(db: Session, cast: Cast, opening, at, services) -> None:
    hers, other = await both(db, cast, opening, at)
    next_one = await job(db, cast.agritrack.id, cast.bilal.id, at, state="draft")
    gig = await job(db, cast.agritrack.id, cast.bilal.id, at, state="draft", kind="gig", currency="USD")
    await gates.pass_all(db, next_one, at)
    await postings.expire(db, opening, at=at)
    await run(db, services)

    assert await queries.unanswered_after_close(db, at=at) == []
    assert "applications_unanswered" in await told(db, cast.bilal)
    (queue,) = await queries.queues(db, cast.agritrack.id)
    assert (queue.slug, queue.count) == (opening.slug, 2)
    with pytest.raises(rules.QueueFirst) as refused:
        await gates.pass_all(db, next_one, at)
    assert f"/jobs/{opening.slug}/applications" in str(refused.value)
    await gates.pass_all(db, gig, at)

    with pytest.raises(Invalid):
        await answering.give_reason(db, opening, None, why=("", ""), by=cast.bilal.id, at=at)
    assert await answering.give_reason(db, opening, [hers.id], why=("skills", ""), by=cast.bilal.id, at=at) == 1
    with pytest.raises(rules.QueueFirst):
        await gates.pass_all(db, next_one, at)
    assert await answering.give_reason(db, opening, None, why=("time", ""), by=cast.bilal.id, at=at) == 1
    await gates.pass_all(db, next_one, at)
    await db.refresh(other)
    assert (other.state, other.reject_reason, other.is_auto_answered) == ("rejected", "time", True)
    assert (await told(db, cast.hina))[-1] == "application_rejected"


async def test_batches_come_again_and_twice_is_once(
    db: Session, cast: Cast, opening, at, services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "BATCH", 1)
    await both(db, cast, opening, at)
    await postings.close(db, opening, by=cast.bilal.id, at=at)
    await answering.answer_rest(db, opening.id, at=at)
    assert len(await queries.unanswered_after_close(db, at=at)) == 1
    await run(db, services)
    await answering.answer_rest(db, opening.id, at=at)
    assert await queries.unanswered_after_close(db, at=at) == []
    for person in (cast.ayesha, cast.hina):
        assert (await told(db, person)).count("application_auto_answered") == 1


async def test_whoever_has_an_offer_is_answered_until_it_lapses(db: Session, cast: Cast, opening, at, services) -> None:
    hers, _ = await both(db, cast, opening, at)
    offer = await offered(db, hers, cast.bilal.id, at)
    await postings.close(db, opening, by=cast.bilal.id, at=at)
    await run(db, services)
    await db.refresh(hers)
    assert hers.state == "offer"
    await db.refresh(offer)
    offer.state = "expired"
    await db.flush()
    assert await queries.unanswered_after_close(db, at=at) == [hers.id]
    (posting_id,) = await queries.ended_with_waiting(db)
    await answering.answer_rest(db, posting_id, at=at)
    assert await queries.unanswered_after_close(db, at=at) == []


async def test_the_deadlines_do_it_by_themselves(db: Session, cast: Cast, opening, at, services) -> None:
    quiet = await job(db, cast.agritrack.id, cast.bilal.id, at)
    await both(db, cast, opening, at)
    await db.commit()
    clock.advance(timedelta(days=15))
    await sweep(db)
    await run(db, services)
    await db.refresh(opening)
    await db.refresh(quiet)
    assert (opening.state, quiet.state) == ("open", "expired"), "nobody waits: it is over; somebody does: it is not yet"
    assert "application_answers_due" in await told(db, cast.bilal)
    clock.advance(timedelta(days=7))
    await sweep(db)
    await run(db, services)
    await db.refresh(opening)
    assert opening.state == "expired"
    assert await queries.unanswered_after_close(db, at=clock.now()) == []
