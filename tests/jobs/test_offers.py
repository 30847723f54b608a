"""An offer is sent, accepted, declined, withdrawn or runs out; accepting hires."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.deadlines.tasks import pass_
from marketplace.jobs import stages
from marketplace.jobs.models import Application, Offer
from marketplace.jobs.offers import actions, queries, rules
from marketplace.jobs.offers.rules import Words
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.money import Money
from marketplace.messages.models import Notice
from marketplace.postings.models import Employment, Posting
from tests.cast import Cast, make_cast
from tests.jobs.writing import applied, job


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
async def application(db: Session, cast: Cast, at) -> Application:
    return await applied(db, await job(db, cast.agritrack.id, cast.bilal.id, at), cast.ayesha_profile, at)


def words(at: datetime, **changes: Any) -> Words:
    said = Words(
        salary=Money(70_000_00, "PKR"),
        period="month",
        starts_on=at.date() + timedelta(days=20),
        text="You build pages for growers with us, five days a week.",
        answer_by=at + timedelta(days=5),
    )
    return replace(said, **changes)


async def sent(db: Session, cast: Cast, application: Application, at: datetime, **changes: Any) -> Offer:
    return await actions.send(db, application, words(at, **changes), by=cast.bilal.id, at=at)


async def told(db: Session, user) -> list[str]:
    rows = select(Notice.message).where(Notice.user_id == user.id, Notice.message.like("offer_%")).order_by(Notice.id)
    return list((await db.execute(rows)).scalars())


def test_what_an_offer_must_say(at) -> None:
    def faults(*, is_internship: bool = False, **changes: Any) -> set[str]:
        try:
            rules.check_words(words(at, **changes), at, hours=40, is_internship=is_internship)
        except Invalid as error:
            return set(error.fields)
        return set()

    assert faults() == faults(is_internship=True) == set()
    for field, changes in (
        ("salary", {"salary": None}),
        ("starts_on", {"starts_on": None}),
        ("starts_on", {"starts_on": at.date() - timedelta(days=1)}),
        ("text", {"text": "Come."}),
        ("answer_on", {"answer_by": at}),
        ("answer_on", {"answer_by": at + timedelta(days=31)}),
    ):
        assert faults(**changes) == {field}, changes
    assert faults(is_internship=True, salary=Money(5_000_00, "PKR")) == {"salary"}
    assert faults(is_internship=True, period="hour") == {"period"}


async def test_accepting_hires_and_fills_the_last_opening(db: Session, cast: Cast, application, at) -> None:
    offer = await sent(db, cast, application, at)
    assert application.state == "offer" and application.shortlisted_at == at
    assert await told(db, cast.ayesha) == ["offer_sent"]
    await actions.accept(db, offer, by=cast.ayesha.id, at=at)
    posting = await db.get_one(Posting, application.posting_id)
    assert (offer.state, application.state, posting.state) == ("accepted", "hired", "filled")
    assert await told(db, cast.bilal) == ["offer_accepted"]


async def test_with_more_openings_the_posting_stays_open(db: Session, cast: Cast, application, at) -> None:
    (await db.get_one(Employment, application.posting_id)).openings = 2
    await db.flush()
    await actions.accept(db, await sent(db, cast, application, at), by=cast.ayesha.id, at=at)
    posting = await db.get_one(Posting, application.posting_id)
    assert posting.state == "open"
    other = await applied(db, posting, cast.hina_profile, at)
    await actions.accept(db, await sent(db, cast, other, at), by=cast.hina.id, at=at)
    assert posting.state == "filled"


async def test_declining_leaves_the_application_with_the_employer(db: Session, cast: Cast, application, at) -> None:
    offer = await sent(db, cast, application, at)
    with pytest.raises(Invalid):
        await actions.decline(db, offer, reason="x" * 501, by=cast.ayesha.id, at=at)
    await actions.decline(db, offer, reason="It is too far.", by=cast.ayesha.id, at=at)
    assert (offer.state, offer.decline_reason, application.state) == ("declined", "It is too far.", "offer")
    assert await told(db, cast.bilal) == ["offer_declined"]
    await sent(db, cast, application, at)


async def test_one_offer_waits_at_a_time_and_is_answered_once(db: Session, cast: Cast, application, at) -> None:
    offer = await sent(db, cast, application, at)
    with pytest.raises(rules.OfferWaits):
        await sent(db, cast, application, at)
    await actions.withdraw(db, offer, by=cast.bilal.id, at=at)
    assert await told(db, cast.ayesha) == ["offer_sent", "offer_withdrawn"]
    for again in (
        actions.accept(db, offer, by=cast.ayesha.id, at=at),
        actions.decline(db, offer, reason="", by=cast.ayesha.id, at=at),
        actions.withdraw(db, offer, by=cast.bilal.id, at=at),
    ):
        with pytest.raises(rules.OfferMoveRefused):
            await again
    assert application.state == "offer"


async def test_an_offer_runs_out(db: Session, cast: Cast, application, at) -> None:
    offer = await sent(db, cast, application, at)
    deadline = (await deadlines.of(db, ("job_offer", offer.id)))[actions.ANSWER]
    late = at + timedelta(days=5)
    with pytest.raises(rules.OfferMoveRefused):
        await actions.accept(db, offer, by=cast.ayesha.id, at=late)
    clock.advance(timedelta(days=5))
    await pass_(db, deadline_id=deadline.id)
    await db.refresh(offer)
    assert (offer.state, application.state) == ("expired", "offer")
    assert (await told(db, cast.ayesha))[-1] == (await told(db, cast.bilal))[-1] == "offer_expired"


async def test_deciding_otherwise_takes_the_offer_back(db: Session, cast: Cast, application, at) -> None:
    offer = await sent(db, cast, application, at)
    await stages.reject(db, application, reason="interview", by=cast.bilal.id, at=at)
    await db.refresh(offer)
    assert offer.state == "withdrawn"
    with pytest.raises(rules.NoOfferNow):
        await sent(db, cast, application, at)


async def test_only_its_two_sides_see_it(db: Session, cast: Cast, application, at) -> None:
    offer = await sent(db, cast, application, at)
    for reader, side in ((cast.ayesha, "candidate"), (cast.bilal, "employer")):
        assert (await queries.offer_for(db, offer.id, reader=reader.id))[1].side == side
    for stranger in (cast.hina, cast.omar, cast.sana):
        with pytest.raises(NotFound):
            await queries.offer_for(db, offer.id, reader=stranger.id)


@pytest.mark.slow
async def test_accepting_and_withdrawing_at_once_leave_one_answer(cloned_database: Database) -> None:
    at = clock.now()
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        application = await applied(db, await job(db, cast.agritrack.id, cast.bilal.id, at), cast.ayesha_profile, at)
        offer_id = (await sent(db, cast, application, at)).id

    async def answer(number: int) -> str:
        async with cloned_database.write.begin() as db:
            offer = await db.get_one(Offer, offer_id)
            try:
                if number % 2:
                    await actions.accept(db, offer, by=cast.ayesha.id, at=at)
                else:
                    await actions.withdraw(db, offer, by=cast.bilal.id, at=at)
            except rules.OfferMoveRefused:
                return "refused"
            return "done"

    answers = await asyncio.gather(*(answer(number) for number in range(10)))
    assert sorted(set(answers)) == ["done", "refused"] and answers.count("done") == 1
    async with cloned_database.write.begin() as db:
        offer = await db.get_one(Offer, offer_id)
        state = (await db.get_one(Application, offer.application_id)).state
    assert (offer.state, state) in (("accepted", "hired"), ("withdrawn", "offer"))
