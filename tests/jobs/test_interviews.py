"""An interview is offered, picked, moved, called off, remembered; and it is a calendar file."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar
from sqlalchemy import select

from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.deadlines.tasks import pass_
from marketplace.identity import audit
from marketplace.identity.models import Membership
from marketplace.jobs import stages
from marketplace.jobs.interviews import actions, queries, rules
from marketplace.jobs.interviews.calendar import calendar
from marketplace.jobs.interviews.rules import Plan
from marketplace.jobs.models import Application, Interview
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.messages.models import Notice
from tests.cast import Cast
from tests.jobs.writing import applied, job


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
async def application(db: Session, cast: Cast, at) -> Application:
    return await applied(db, await job(db, cast.agritrack.id, cast.bilal.id, at), cast.ayesha_profile, at)


def plan(at: datetime, **changes: Any) -> Plan:
    options = [at + timedelta(days=3), at + timedelta(days=4)]
    said = {"kind": "online", "options": options, "minutes": 30, "place": "https://meet.example/agritrack"}
    return Plan(**{**said, **changes})


async def told(db: Session, user) -> list[str]:
    kinds = Notice.message.like("interview_%")
    rows = select(Notice.message).where(Notice.user_id == user.id, kinds).order_by(Notice.id)
    return list((await db.execute(rows)).scalars())


async def offered(db: Session, cast: Cast, application: Application, at: datetime) -> Interview:
    return await actions.propose(db, application, plan(at), by=cast.bilal.id, at=at)


def hers(cast: Cast, at: datetime) -> dict[str, Any]:
    return {"side": "candidate", "by": cast.ayesha.id, "at": at}


def his(cast: Cast, at: datetime) -> dict[str, Any]:
    return {"side": "employer", "by": cast.bilal.id, "at": at}


def test_what_can_be_offered(at) -> None:
    rules.check_plan(plan(at), at)
    for field, changes in (
        ("time_1", {"options": []}),
        ("time_1", {"options": [at + timedelta(days=day) for day in range(1, 7)]}),
        ("time_1", {"options": [at + timedelta(days=1)] * 2}),
        ("time_1", {"options": [at]}),
        ("time_1", {"options": [at + timedelta(days=61)]}),
        ("minutes", {"minutes": 14}),
        ("minutes", {"minutes": 241}),
        ("place", {"place": " "}),
        ("place", {"place": "x" * 301}),
        ("note", {"note": "x" * 1_001}),
    ):
        with pytest.raises(Invalid) as refused:
            rules.check_plan(plan(at, **changes), at)
        assert set(refused.value.fields) == {field}, changes


async def test_offering_shows_who_she_is_and_she_picks(db: Session, cast: Cast, application, at) -> None:
    interview = await offered(db, cast, application, at)
    assert (application.state, application.shortlisted_at) == ("interview", at)
    assert await told(db, cast.ayesha) == ["interview_proposed"] and await told(db, cast.bilal) == []

    await actions.pick(db, interview, interview.options[1], **hers(cast, at))
    assert (interview.state, interview.starts_at, interview.sequence) == ("agreed", at + timedelta(days=4), 1)
    assert await told(db, cast.ayesha) == ["interview_proposed", "interview_agreed"]
    assert await told(db, cast.bilal) == ["interview_agreed"]
    lines = [line.action for line in await audit.lines_of(db, ("interview", interview.id))]
    assert lines == ["interview.proposed", "interview.agreed"]


async def test_only_the_side_that_was_asked_picks_an_offered_time(db: Session, cast: Cast, application, at) -> None:
    interview = await offered(db, cast, application, at)
    for step in (
        actions.pick(db, interview, interview.options[0], **his(cast, at)),
        actions.decline(db, interview, **his(cast, at)),
    ):
        with pytest.raises(rules.NotYourTurn):
            await step
    for when, now in ((at + timedelta(days=5), at), (interview.options[0], at + timedelta(days=3, hours=1))):
        with pytest.raises(Invalid):
            await actions.pick(db, interview, when, **hers(cast, now))
    assert interview.state == "proposed"


async def test_she_offers_other_times_and_he_picks(db: Session, cast: Cast, application, at) -> None:
    interview = await offered(db, cast, application, at)
    await actions.pick(db, interview, interview.options[0], **hers(cast, at))
    others = [at + timedelta(days=6)]
    await actions.offer_others(db, interview, others, **hers(cast, at))
    assert (interview.state, interview.starts_at, interview.offered_by) == ("proposed", None, "candidate")
    with pytest.raises(rules.NotYourTurn):
        await actions.pick(db, interview, others[0], **hers(cast, at))
    await actions.pick(db, interview, others[0], **his(cast, at))
    assert (interview.state, interview.sequence) == ("agreed", 3)
    assert (await told(db, cast.bilal))[-2:] == ["interview_proposed", "interview_agreed"]


async def test_what_is_over_can_not_be_moved(db: Session, cast: Cast, application, at) -> None:
    interview = await offered(db, cast, application, at)
    await actions.pick(db, interview, interview.options[0], **hers(cast, at))
    later = at + timedelta(days=3, minutes=1)
    for step in (actions.cancel, actions.decline):
        with pytest.raises(rules.InterviewMoveRefused):
            await step(db, interview, **hers(cast, later))
    await actions.cancel(db, interview, **his(cast, at), why="I am ill.")
    for ended in (interview, await _declined(db, cast, application, at)):
        for refused in (
            actions.pick(db, ended, ended.options[0], **hers(cast, at)),
            actions.offer_others(db, ended, [at + timedelta(days=1)], **his(cast, at)),
            actions.cancel(db, ended, **his(cast, at)),
        ):
            with pytest.raises(rules.InterviewMoveRefused):
                await refused
    notice = select(Notice).where(Notice.user_id == cast.ayesha.id, Notice.message == "interview_cancelled")
    assert (await db.execute(notice)).scalar_one().values["reason"] == "I am ill."


async def _declined(db: Session, cast: Cast, application: Application, at: datetime) -> Interview:
    other = await offered(db, cast, application, at)
    await actions.decline(db, other, **hers(cast, at), why="I have found work.")
    return other


async def test_one_interview_is_open_at_a_time(db: Session, cast: Cast, application, at) -> None:
    interview = await offered(db, cast, application, at)
    with pytest.raises(rules.InterviewWaits):
        await offered(db, cast, application, at)
    await actions.pick(db, interview, interview.options[0], **hers(cast, at))
    later = at + timedelta(days=3, hours=1)
    await actions.propose(db, application, plan(later), by=cast.bilal.id, at=later)


async def test_a_decided_application_has_no_interviews(db: Session, cast: Cast, application, at) -> None:
    interview = await offered(db, cast, application, at)
    await actions.pick(db, interview, interview.options[0], **hers(cast, at))
    await stages.reject(db, application, reason="interview", by=cast.bilal.id, at=at)
    await db.refresh(interview)
    assert interview.state == "cancelled"
    assert "interview_cancelled" not in await told(db, cast.ayesha)
    with pytest.raises(rules.NoInterviewNow):
        await offered(db, cast, application, at)
    with pytest.raises(rules.NoInterviewNow):
        await actions.offer_others(db, interview, [at + timedelta(days=2)], **hers(cast, at))


async def test_both_are_reminded_a_day_before(db: Session, cast: Cast, application, at) -> None:
    interview = await offered(db, cast, application, at)
    await actions.pick(db, interview, interview.options[0], **hers(cast, at))
    reminder = (await deadlines.of(db, ("interview", interview.id)))[actions.TOMORROW]
    assert reminder.due_at == at + timedelta(days=2)
    clock.advance(timedelta(days=2))
    await pass_(db, deadline_id=reminder.id)
    assert (await told(db, cast.ayesha))[-1] == (await told(db, cast.bilal))[-1] == "interview_tomorrow"


async def test_nobody_is_reminded_of_what_was_moved_or_called_off(db: Session, cast: Cast, application, at) -> None:
    interview = await offered(db, cast, application, at)
    await actions.pick(db, interview, interview.options[0], **hers(cast, at))
    await actions.offer_others(db, interview, [at + timedelta(days=9)], **his(cast, at))
    reminder = (await deadlines.of(db, ("interview", interview.id)))[actions.TOMORROW]
    clock.advance(timedelta(days=2))
    await pass_(db, deadline_id=reminder.id)
    assert "interview_tomorrow" not in await told(db, cast.ayesha)


async def test_only_its_two_sides_see_it(db: Session, cast: Cast, application, at) -> None:
    interview = await offered(db, cast, application, at)
    db.add(Membership(user_id=cast.hina.id, organisation_id=cast.agritrack.id, role="finance", created_at=at))
    await db.flush()
    for reader, side in ((cast.ayesha, "candidate"), (cast.bilal, "employer")):
        assert (await queries.interview_for(db, interview.id, reader=reader.id))[1].side == side
        assert [each.id for each in await queries.coming(db, reader.id, at=at)] == [interview.id]
    for stranger in (cast.hina, cast.omar, cast.sana):
        with pytest.raises(NotFound):
            await queries.interview_for(db, interview.id, reader=stranger.id)
        assert await queries.coming(db, stranger.id, at=at) == []


async def test_the_calendar_file_keeps_its_uid_and_counts_up(db: Session, cast: Cast, application, at) -> None:
    interview = await offered(db, cast, application, at)
    where = {"base_url": "https://hunar.example", "organizer": "hello@hunar.example"}
    _, said = await queries.interview_for(db, interview.id, reader=cast.ayesha.id)
    with pytest.raises(NotFound):
        calendar(interview, said, **where)
    await actions.pick(db, interview, interview.options[0], **hers(cast, at))
    read: Any = Calendar.from_ical(calendar(interview, said, **where))
    [event] = read.walk("VEVENT")
    assert (read["METHOD"], event["SEQUENCE"], event["STATUS"]) == ("PUBLISH", 1, "CONFIRMED")
    assert event["DTSTART"].dt == interview.starts_at.replace(microsecond=0)
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(minutes=30)
    assert event["DTSTART"].to_ical().endswith(b"Z")
    await actions.cancel(db, interview, **his(cast, at))
    off: Any = Calendar.from_ical(calendar(interview, said, **where))
    [gone] = off.walk("VEVENT")
    assert (off["METHOD"], gone["SEQUENCE"], gone["STATUS"]) == ("CANCEL", 2, "CANCELLED")
    assert gone["UID"] == event["UID"] and "hunar.example" in event["UID"]
