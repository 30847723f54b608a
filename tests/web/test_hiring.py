"""Interviews and offers on pages: from the employer's room to the candidate's and back, until she is hired."""

from datetime import datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select

from marketplace.jobs.models import Application, Interview, Offer
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import drain
from marketplace.postings.models import Posting
from marketplace.trust.blocks import block
from tests.cast import Cast
from tests.jobs.writing import applied, job
from tests.visitors import Browse, Browser


@pytest.fixture
def at() -> datetime:
    return clock.now()


@pytest.fixture
async def opening(db: Session, cast: Cast, at) -> Posting:
    made = await job(db, cast.agritrack.id, cast.bilal.id, at)
    await db.commit()
    return made


@pytest.fixture
async def hers(db: Session, cast: Cast, opening: Posting, at) -> Application:
    made = await applied(db, opening, cast.ayesha_profile, at)
    await db.commit()
    return made


def of(application: Application, rest: str = "") -> str:
    return f"/applications/{ids.short(application.id)}{rest}"


def local(at: datetime, days: int) -> str:
    """A time as a browser in Karachi (UTC+5) sends it."""
    return (at + timedelta(days=days, hours=5)).strftime("%Y-%m-%dT%H:%M")


def times(at: datetime, *days: int) -> dict[str, str]:
    return {f"time_{number}": local(at, day) for number, day in enumerate(days, 1)}


async def offered(browser: Browser, hers: Application, at: datetime) -> str:
    """The address of an interview that was offered on the page."""
    plan = {**times(at, 3, 4), "kind": "online", "minutes": "45", "place": "https://meet.example/agritrack"}
    answer = await browser.submit(of(hers, "/interview"), plan, shown_on=of(hers, "/interview"))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_an_interview_from_offer_to_calendar(browse: Browse, cast: Cast, db: Session, opening, hers, at) -> None:
    employer, candidate = await browse(cast.bilal), await browse(cast.ayesha)
    shown = (await employer.get(of(hers))).text
    assert f'href="{of(hers, "/interview")}"' in shown and "Ayesha" not in shown
    here = await offered(employer, hers, at)
    assert "Ayesha Khan picks one of your times" in (await employer.get(here)).text
    assert (await employer.get(of(hers, "/interview"))).headers["location"] == here, "one is open at a time"

    asked = (await candidate.get(here)).text
    assert "Pick a time" in asked and "45 minutes" in asked
    for page in ("/", "/interviews", of(hers)):
        assert here in (await candidate.get(page)).text, page
        assert here in (await employer.get(page)).text, page
    assert (await candidate.get(f"{here}/calendar")).status_code == 404
    interview = (await db.execute(select(Interview))).scalar_one()
    for refused in ("", "tomorrow", at.isoformat(), "2030-01-01T10:00"):
        assert (await candidate.submit(f"{here}/pick", {"starts_at": refused}, shown_on=here)).status_code == 422
    for _ in range(2):
        taken = {"starts_at": interview.options[1].isoformat()}
        assert (await candidate.submit(f"{here}/pick", taken, shown_on=here)).status_code == 303
    await db.refresh(interview)
    assert (interview.state, interview.sequence) == ("agreed", 1)

    answer = await candidate.get(f"{here}/calendar")
    assert answer.headers["content-type"].startswith("text/calendar")
    [event] = Calendar.from_ical(answer.content).walk("VEVENT")
    assert event["DTSTART"].dt == interview.options[1]
    assert "no-reply@" in event["ORGANIZER"] and here in event["URL"]


async def test_she_asks_for_other_times_he_calls_it_off(
    browse: Browse, cast: Cast, db: Session, opening, hers, at
) -> None:
    employer, candidate = await browse(cast.bilal), await browse(cast.ayesha)
    here = await offered(employer, hers, at)
    refused = await candidate.submit(f"{here}/times", times(at, 90), shown_on=f"{here}/times")
    assert refused.status_code == 422 and "within 60 days" in refused.text
    assert (await candidate.submit(f"{here}/times", times(at, 6), shown_on=f"{here}/times")).status_code == 303
    assert "Pick a time" in (await employer.get(here)).text
    assert "Say no to this interview" in (await employer.get(f"{here}/end")).text, "he was asked"
    assert "Call off this interview" in (await candidate.get(f"{here}/end")).text
    for _ in range(2):
        said = {"reason": "The team is at the fair."}
        assert (await employer.submit(f"{here}/end", said, shown_on=of(hers))).status_code == 303
    interview = (await db.execute(select(Interview))).scalar_one()
    await db.refresh(interview)
    assert interview.state == "declined"
    assert "The team is at the fair." in (await candidate.get(here)).text
    for step in ("times", "end"):
        assert (await candidate.get(f"{here}/{step}")).headers["location"] == here


async def test_a_refused_plan_loses_nothing(browse: Browse, cast: Cast, db: Session, opening, hers, at) -> None:
    employer = await browse(cast.bilal)
    plan = {**times(at, 3), "kind": "phone", "minutes": "5", "place": "", "note": "Bring your phone."}
    answer = await employer.submit(of(hers, "/interview"), plan, shown_on=of(hers, "/interview"))
    assert answer.status_code == 422
    for said in ("between 15 and 240", "Say where", "Bring your phone.", local(at, 3)):
        assert said in answer.text
    await db.refresh(hers)
    assert (hers.state, hers.shortlisted_at) == ("submitted", None)


def offer(at: datetime, **changes: str) -> dict[str, str]:
    said = {
        **{"salary": "70,000", "currency": "PKR", "period": "month", "starts_on": local(at, 20)[:10]},
        **{"text": "You build pages for growers with us, five days a week.", "answer_on": local(at, 5)[:10]},
    }
    return {**said, **changes}


async def sent(browser: Browser, hers: Application, at: datetime, **changes: str) -> str:
    answer = await browser.submit(of(hers, "/offer"), offer(at, **changes), shown_on=of(hers, "/offer"))
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def test_an_offer_accepted_hires_and_answers_the_rest(
    browse: Browse, cast: Cast, db: Session, services, opening, hers, at
) -> None:
    his = await applied(db, opening, cast.hina_profile, at)
    await db.commit()
    employer, candidate = await browse(cast.bilal), await browse(cast.ayesha)
    form = (await employer.get(of(hers, "/offer"))).text
    assert 'value="60000"' in form, "what the posting promised"
    here = await sent(employer, hers, at)
    assert (await employer.get(of(hers, "/offer"))).headers["location"] == here, "one waits at a time"
    for page in ("/", of(hers)):
        assert here in (await candidate.get(page)).text, page
    assert "PKR 70,000" in (await candidate.get(here)).text
    assert (await employer.get(f"{here}/accept")).status_code == 404
    assert (await candidate.get(f"{here}/withdraw")).status_code == 404
    for _ in range(2):
        answer = await candidate.submit(f"{here}/accept", shown_on=f"{here}/accept" if not _ else here)
        assert answer.headers["location"] == here
    await drain(services)
    for each in (hers, his, opening):
        await db.refresh(each)
    assert (hers.state, his.state, his.reject_reason, opening.state) == ("hired", "rejected", "filled", "filled")
    assert "You are hired" in (await candidate.get(here)).text
    assert "accepted and is hired" in (await employer.get(here)).text


async def test_an_offer_is_declined_and_another_withdrawn(
    browse: Browse, cast: Cast, db: Session, opening, hers, at
) -> None:
    employer, candidate = await browse(cast.bilal), await browse(cast.ayesha)
    first = await sent(employer, hers, at)
    said = {"reason": "It is too far."}
    assert (await candidate.submit(f"{first}/decline", said, shown_on=f"{first}/decline")).status_code == 303
    assert "It is too far." in (await employer.get(first)).text
    second = await sent(employer, hers, at)
    assert (await employer.submit(f"{second}/withdraw", shown_on=f"{second}/withdraw")).status_code == 303
    assert "withdrawn" in (await candidate.get(second)).text
    assert (await candidate.get(f"{second}/accept")).headers["location"] == second
    assert (await candidate.submit(f"{second}/accept", shown_on=of(hers))).status_code == 409
    states = (await db.execute(select(Offer.state).order_by(Offer.id))).scalars().all()
    assert states == ["declined", "withdrawn"]


async def test_an_offer_that_says_too_little_is_refused(
    browse: Browse, cast: Cast, db: Session, opening, hers, at
) -> None:
    employer = await browse(cast.bilal)
    poor = offer(at, text="Come.", starts_on="", answer_on=local(at, 60)[:10])
    answer = await employer.submit(of(hers, "/offer"), poor, shown_on=of(hers, "/offer"))
    assert answer.status_code == 422
    for said in ("Choose the first day", "20 to 5,000 letters", "within 30 days"):
        assert said in answer.text, said
    await db.refresh(hers)
    assert (hers.state, hers.shortlisted_at) == ("submitted", None)


async def test_who_is_blocked_finds_neither(browse: Browse, cast: Cast, db: Session, opening, hers, at) -> None:
    employer, candidate = await browse(cast.bilal), await browse(cast.ayesha)
    interview, sent_offer = await offered(employer, hers, at), await sent(employer, hers, at)
    await block(db, by=cast.ayesha.id, other=cast.bilal.id, at=at)
    await db.commit()
    for page in (interview, sent_offer, f"{interview}/calendar"):
        assert (await employer.get(page)).status_code == 404, page
    assert interview not in (await employer.get("/interviews")).text
    assert (await candidate.get(sent_offer)).status_code == 200, "she can still say no"
