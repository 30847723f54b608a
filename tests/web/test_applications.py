"""A candidate applies on pages, sees where it stands, withdraws."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.engines.files.models import StoredFile
from marketplace.jobs import stages
from marketplace.jobs.models import Application
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.postings import actions as postings
from marketplace.postings.models import Posting
from marketplace.postings.screening import Question, stored_form
from marketplace.talent.queries import freelancer_of
from tests.cast import Cast
from tests.jobs.writing import ENTRY, applied, job
from tests.visitors import Browse

PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def written(**changes: Any) -> dict[str, Any]:
    """The form of a whole application as a browser sends it."""
    answers = {"answers-0": "A Nokia from 2017.", "answers-1": "yes"}
    return {"headline": "Shops that load fast", "cover": ENTRY.cover, **answers, **changes}


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
async def opening(db: Session, cast: Cast, at) -> Posting:
    made = await job(db, cast.agritrack.id, cast.bilal.id, at)
    await db.commit()
    return made


@pytest.fixture
def page(opening: Posting) -> str:
    return f"/jobs/{opening.slug}/apply"


async def count(db: Session) -> int:
    return await db.scalar(select(func.count()).select_from(Application)) or 0


async def test_she_applies_with_a_cv_once_however_often_she_clicks(
    browse: Browse, cast: Cast, db: Session, page: str
) -> None:
    browser = await browse(cast.omar)
    shown = (await browser.get(page)).text
    assert "Which phone do you test on?" in shown and 'type="radio" name="answers-1" value="yes"' in shown
    sent = {**await browser.hidden(page), **written()}
    first = await browser.post(page, data=sent, files={"cv": ("cv.pdf", PDF)})
    again = await browser.post(page, data=sent, files={"cv": ("cv.pdf", PDF)})
    assert (first.status_code, again.headers["location"]) == (303, first.headers["location"])
    assert await count(db) == 1
    started = await freelancer_of(db, cast.omar.id)
    assert started is not None and (started.is_listed, started.headline) == (False, "Shops that load fast")

    own = (await browser.get(first.headers["location"])).text
    assert "AgriTrack answers by" in own and "knows you as A" in own and ENTRY.cover in own
    cv = await browser.get(f"{first.headers['location']}/cv")
    assert (cv.status_code, cv.content, cv.headers["content-type"]) == (200, PDF, "application/pdf")
    assert "attachment" in cv.headers["content-disposition"]
    assert (await browser.get(page)).headers["location"] == first.headers["location"]
    mine = (await browser.get("/applications")).text
    assert "Junior web developer" in mine and "Answer by" in mine


async def test_nothing_is_lost_when_something_is_missing(browse: Browse, cast: Cast, db: Session, page: str) -> None:
    browser = await browse(cast.ayesha)
    cases: list[tuple[dict[str, Any], Any, str]] = [
        (written(cover="Hi"), None, "Write 40 to 5,000 letters"),
        (written(**{"answers-0": ""}), None, "Please answer this question."),
        (written(**{"answers-1": "perhaps"}), None, "Answer yes or no."),
        (written(headline=""), None, "Say in one line"),
        (written(), {"cv": ("cv.txt", b"plain text")}, "A CV is a PDF or a Word file"),
        (written(), {"cv": ("cv.exe", b"MZ\x00\x01")}, "This kind of file is not taken."),
    ]
    for data, files, said in cases:
        answer = await browser.post(page, data={**await browser.hidden(page), **data}, files=files)
        assert answer.status_code == 422, said
        assert said in answer.text and "Nothing is lost" in answer.text
    assert 'value="yes" checked' in answer.text and "A Nokia from 2017." in answer.text
    assert await count(db) == 0
    assert await db.scalar(select(func.count()).select_from(StoredFile)) == 0


async def test_where_nobody_can_apply(browse: Browse, cast: Cast, db: Session, opening: Posting, page: str, at) -> None:
    browser = await browse(cast.ayesha)
    hidden = await browser.hidden(page)
    await postings.close(db, opening, by=cast.bilal.id, at=at)
    await db.commit()
    assert (await browser.get(page)).headers["location"] == f"/jobs/{opening.slug}"
    answer = await browser.post(page, data={**hidden, **written()})
    assert answer.status_code == 422 and "no longer takes applications" in answer.text
    draft = await job(db, cast.agritrack.id, cast.bilal.id, at, state="draft")
    gig = await job(db, cast.agritrack.id, cast.bilal.id, at, kind="gig", currency="USD")
    await db.commit()
    for slug in (draft.slug, gig.slug, "nothing-0000"):
        assert (await browser.get(f"/jobs/{slug}/apply")).status_code == 404
    assert await count(db) == 0


async def test_every_kind_of_question_has_its_field(browse: Browse, cast: Cast, db: Session, at) -> None:
    asked = (
        Question(text="How many years?", kind="number", hoped="2"),
        Question(text="Which shift?", kind="choice", choices=("Morning", "Evening"), is_required=False),
    )
    posting = await job(db, cast.agritrack.id, cast.bilal.id, at, questions=["Old text?", *map(stored_form, asked)])
    await db.commit()
    browser = await browse(cast.ayesha)
    path = f"/jobs/{posting.slug}/apply"
    answers = {"answers-0": "Yes it is", "answers-1": "1"}
    answer = await browser.submit(path, written(**answers), shown_on=path)
    assert answer.status_code == 303
    hers = (await db.execute(select(Application))).scalar_one()
    assert (hers.flags, [each["answer"] for each in hers.answers]) == (1, ["Yes it is", "1", ""])


async def test_she_withdraws_and_can_apply_again(browse: Browse, cast: Cast, db: Session, opening, page, at) -> None:
    hers = await applied(db, opening, cast.ayesha_profile, at)
    await db.commit()
    browser = await browse(cast.ayesha)
    here = f"/applications/{ids.short(hers.id)}"
    assert f"{here}/withdraw" in (await browser.get(here)).text
    for _ in range(2):
        answer = await browser.submit(f"{here}/withdraw", shown_on=f"{here}/withdraw")
        assert answer.headers["location"] == "/applications"
    await db.refresh(hers)
    assert hers.state == "withdrawn"
    assert (await browser.get(page)).status_code == 200


async def test_her_page_says_what_was_answered_and_not_who_judged(
    browse: Browse, cast: Cast, db: Session, opening, at
) -> None:
    hers = await applied(db, opening, cast.ayesha_profile, at)
    await stages.reject(db, hers, reason="time", note="We begin on Monday.", by=cast.bilal.id, at=at)
    await db.commit()
    browser = await browse(cast.ayesha)
    shown = (await browser.get(f"/applications/{ids.short(hers.id)}")).text
    assert "The start or the hours do not fit." in shown and "We begin on Monday." in shown
    assert "Bilal" not in shown and "withdraw" not in shown


async def test_the_list_is_paged(browse: Browse, cast: Cast, db: Session, at, statements) -> None:
    for number in range(22):
        posting = await job(db, cast.agritrack.id, cast.bilal.id, at, title=f"Job number {number:02}")
        await applied(db, posting, cast.ayesha_profile, at, replace(ENTRY, headline="x"))
    await db.commit()
    browser = await browse(cast.ayesha)
    statements.clear()
    first = (await browser.get("/applications")).text
    assert len(statements) <= 3
    assert "Job number 21" in first and "Job number 01" not in first
    onward = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "Job number 01" in (await browser.get(onward)).text
