"""An employer writes a job or internship on pages, and people find it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.postings import actions, queries
from marketplace.postings.models import Posting
from marketplace.postings.screening import Question
from tests.cast import Cast
from tests.postings.writing import draft_job, opened, opened_job
from tests.visitors import Browse, Browser


def written(**changes: Any) -> dict[str, Any]:
    """The form of a whole job as a browser sends it."""
    today = clock.now().date()
    return {
        "kind": "job",
        "title": "Teacher of web design",
        "description": "You teach twenty learners how to build pages that load on a cheap phone.",
        "skills": ["css", "HTML"],
        "type": "full_time",
        "level": "junior",
        "hours_a_week": "40",
        "months": "",
        "openings": "2",
        "pay_kind": "monthly",
        "pay_min": "80,000",
        "pay_max": "120,000",
        "currency": "PKR",
        "district": "multan",
        "place": "Dhanote IT Park",
        "language": "en",
        "starts_on": (today + timedelta(days=40)).isoformat(),
        "closes_on": (today + timedelta(days=10)).isoformat(),
        "answer_on": (today + timedelta(days=15)).isoformat(),
        "screening-0-text": "Have you taught before?",
        "screening-0-kind": "yes_no",
        "screening-0-hoped": "yes",
        "screening-1-text": "Which shift?",
        "screening-1-kind": "choice",
        "screening-1-choices": "Day | Night",
        "screening-1-is_optional": "y",
        "organisation": "agritrack",
        **changes,
    }


@pytest.fixture
def at():
    return clock.now()


async def only_posting(db: Session) -> Posting:
    return (await db.execute(select(Posting).execution_options(populate_existing=True))).scalar_one()


async def test_an_employer_writes_saves_and_publishes(browse: Browse, client: Browser, cast: Cast, db: Session) -> None:
    his = await browse(cast.bilal)
    saved = await his.submit("/jobs", written(step="save"), shown_on="/jobs/new")
    posting = await only_posting(db)
    assert (saved.headers["location"], posting.state) == (f"/jobs/{posting.slug}", "draft")
    assert (await client.get(f"/jobs/{posting.slug}")).status_code == 404
    assert "This is a draft." in (await his.get(f"/jobs/{posting.slug}")).text
    await his.submit(f"/jobs/{posting.slug}/publish", shown_on=f"/jobs/{posting.slug}")
    posting = await only_posting(db)
    assert (posting.state, posting.organisation_id) == ("open", cast.agritrack.id)

    content = await queries.content_of(db, posting)
    assert content.screening == (
        Question(text="Have you taught before?", kind="yes_no", hoped="yes"),
        Question(text="Which shift?", kind="choice", choices=("Day", "Night"), is_required=False),
    )
    shown = (await client.get(f"/jobs/{posting.slug}")).text
    for said in ("PKR 80,000 – 120,000", "a month", "Dhanote IT Park", "Junior", "Have you taught before?", "Apply"):
        assert said in shown, said
    assert "hoped" not in shown


async def test_an_internship_is_paid(browse: Browse, cast: Cast, db: Session) -> None:
    his = await browse(cast.bilal)
    form = written(step="publish", kind="internship", months="3", pay_min="", pay_max="")
    refused = await his.submit("/jobs", form, shown_on="/jobs/new")
    assert refused.status_code == 422 and "Unpaid internships are not posted here." in refused.text
    low = await his.submit("/jobs", {**form, "pay_min": "5,000"}, shown_on="/jobs/new")
    assert "at least PKR 20,000 a month" in low.text and "Teacher of web design" in low.text
    assert (await his.submit("/jobs", {**form, "pay_min": "25000"}, shown_on="/jobs/new")).status_code == 303
    posting = await only_posting(db)
    assert (posting.kind, posting.state) == ("internship", "open")
    assert "Stipend" in (await his.get(f"/jobs/{posting.slug}")).text


async def test_a_refused_form_loses_nothing(browse: Browse, cast: Cast, db: Session) -> None:
    his = await browse(cast.bilal)
    for field, value, said in (
        ("title", "", "Please fill this in."),
        ("hours_a_week", "90", "between 1 and 60 hours"),
        ("hours_a_week", "many", "Not a valid integer value."),
        ("openings", "", "between 1 and 500"),
        ("starts_on", "2020-01-01", "still to come"),
        ("currency", "EUR", "Not a valid choice"),
        ("district", "", "Choose the district"),
        ("is_women_only", "y", "Say why only women can apply"),
        ("screening-0-hoped", "maybe", "What you hope for has to be an answer"),
        ("screening-1-choices", "Day", "Give 2 to 10 different answers"),
    ):
        refused = await his.submit("/jobs", written(step="publish", **{field: value}), shown_on="/jobs/new")
        assert refused.status_code == 422 and said in refused.text, (field, value)
        assert "You teach twenty learners" in refused.text and "Which shift?" in refused.text
    assert (await db.execute(select(Posting))).first() is None


async def test_questions_come_and_go_without_a_script(browse: Browse, cast: Cast, db: Session) -> None:
    his = await browse(cast.bilal)
    more = await his.submit("/jobs", written(step="add"), shown_on="/jobs/new")
    assert more.status_code == 200 and 'name="screening-2-text"' in more.text
    fewer = await his.submit("/jobs", written(step="remove-0"), shown_on="/jobs/new")
    assert "Which shift?" in fewer.text and "Have you taught before?" not in fewer.text
    many = {f"screening-{n}-text": f"Question {n}?" for n in range(30)}
    refused = await his.submit("/jobs", {**written(step="publish"), **many}, shown_on="/jobs/new")
    assert refused.status_code == 422
    assert (await db.execute(select(Posting))).first() is None


async def test_a_job_is_changed_copied_and_posted_again(browse: Browse, cast: Cast, db: Session, at) -> None:
    posting = await opened_job(db, cast.agritrack.id, cast.bilal.id, at)
    await db.commit()
    his, page = await browse(cast.bilal), f"/jobs/{posting.slug}"
    shown = (await his.get(f"{page}/edit")).text
    assert "Have you taught before?" in shown and 'value="80000"' in shown
    changed = await his.submit(page, written(step="save", openings="5"), shown_on=f"{page}/edit")
    assert changed.headers["location"] == page
    terms = await queries.terms_of(db, posting.id)
    assert terms.openings == 5
    other_kind = await his.submit(page, written(step="save", kind="internship", months="3"), shown_on=f"{page}/edit")
    assert other_kind.status_code == 422
    for step in ("pause", "resume", "close"):
        assert (await his.get(f"{page}/{step}")).status_code == 200
        assert (await his.submit(f"{page}/{step}", shown_on="/jobs/new")).headers["location"] == page
    assert "Post it again from a copy" in (await his.get(page)).text
    copied = await his.submit(f"{page}/copy", shown_on=page)
    assert copied.headers["location"].endswith("/edit")
    assert "Have you taught before?" in (await his.get(copied.headers["location"])).text


async def test_a_job_is_no_gig_and_a_gig_is_no_job(browse: Browse, cast: Cast, db: Session, at) -> None:
    job = await opened_job(db, cast.agritrack.id, cast.bilal.id, at)
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    await db.commit()
    his = await browse(cast.bilal)
    for path in (f"/gigs/{job.slug}", f"/gigs/{job.slug}/edit", f"/gigs/{job.slug}/close", f"/jobs/{gig.slug}"):
        assert (await his.get(path)).status_code == 404, path
    for path in (f"/jobs/{gig.slug}/edit", f"/jobs/{gig.slug}/close", f"/gigs/{job.slug}/propose"):
        assert (await his.get(path)).status_code == 404, path


async def test_own_jobs_come_in_pages_for_a_fixed_number_of_queries(
    browse: Browse, cast: Cast, db: Session, at, statements
) -> None:
    for number in range(21):
        await draft_job(db, cast.agritrack.id, cast.bilal.id, at, title=f"Position number {number}")
    await db.commit()
    his = await browse(cast.bilal)
    statements.clear()
    page = (await his.get("/jobs/mine")).text
    assert len(statements) <= 3
    assert "Position number 20" in page and "Position number 0<" not in page and "after=" in page
    assert "Position number" not in (await (await browse(cast.omar)).get("/jobs/mine")).text


async def test_a_held_posting_says_why(browse: Browse, cast: Cast, db: Session, at) -> None:
    hers = await browse(cast.ayesha)
    sent = await hers.submit("/jobs", written(step="publish", organisation=""), shown_on="/jobs/new")
    posting = await only_posting(db)
    assert posting.state == "pending_review"
    page = (await hers.get(sent.headers["location"])).text
    assert "It is your first posting here" in page and "You have an answer by" in page
    assert (await (await browse(cast.hina)).get(sent.headers["location"])).status_code == 404


async def test_a_paused_job_says_so(client: Browser, cast: Cast, db: Session, at) -> None:
    posting = await opened_job(db, cast.agritrack.id, cast.bilal.id, at)
    await actions.pause(db, posting, by=cast.bilal.id, at=at)
    await db.commit()
    page = (await client.get(f"/jobs/{posting.slug}")).text
    assert "The employer has paused this posting" in page and "/apply" not in page
