"""Jobs and internships: what they have to say, what they may not, how they live."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.deadlines.tasks import pass_
from marketplace.engines.search.models import SearchChange
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.messages.models import Notice
from marketplace.postings import actions, documents, queries, rules, screening
from marketplace.postings.models import Employment, Posting
from marketplace.postings.screening import Question
from marketplace.postings.stipends import stipends
from marketplace.postings.terms import Terms, a_month
from tests.cast import Cast
from tests.postings.writing import JOB, draft_job, opened_job, whole, whole_job


@pytest.fixture
def at():
    return clock.now()


def refused(at, **changes: Any) -> dict[str, list[str]]:
    try:
        rules.check_publishable(whole_job(at, **changes), at)
    except Invalid as error:
        return error.fields
    return {}


def terms(**changes: Any) -> Terms:
    assert JOB.terms is not None
    return replace(JOB.terms, **changes)


def test_what_a_job_must_say(at) -> None:
    assert refused(at) == {}
    cases: list[tuple[str, dict[str, Any]]] = [
        ("pay_min", {"pay_min_minor": 0}),
        ("pay_kind", {"pay_kind": "fixed"}),
        ("currency", {"currency": "EUR"}),
        ("pay_max", {"pay_max_minor": 1}),
        ("hours_a_week", {"terms": terms(hours_a_week=61)}),
        ("openings", {"terms": terms(openings=0)}),
        ("place", {"terms": terms(place="x" * 81)}),
        ("months", {"terms": terms(type="temporary")}),
        ("months", {"terms": terms(months=13)}),
        ("starts_on", {"terms": terms(starts_on=at.date() - timedelta(days=1))}),
        ("women_only_reason", {"terms": terms(is_women_only=True)}),
        ("women_only_reason", {"terms": terms(women_only_reason="x" * 301)}),
        ("district", {"district": None}),
        ("screening", {"screening": (Question(text="?"),) * 11}),
        ("screening", {"screening": (Question(text=" "),)}),
        ("closes_on", {"closes_at": at + timedelta(days=91), "answer_by": at + timedelta(days=95)}),
        ("answer_on", {"answer_by": at + timedelta(days=14)}),
    ]
    for field, changes in cases:
        assert set(refused(at, **changes)) == {field}, changes
    for fine in (
        {"pay_kind": "yearly"},
        {"pay_kind": "hourly", "currency": "USD", "pay_min_minor": 5_00},
        {"is_remote": True, "district": None},
        {"terms": terms(type="temporary", months=6)},
        {"terms": terms(is_women_only=True, women_only_reason="The centre is for women.")},
    ):
        assert refused(at, **fine) == {}, fine


def test_an_internship_is_paid_enough_each_month(at) -> None:
    def internship(**changes: Any) -> dict[str, list[str]]:
        said = terms(months=3, **({"hours_a_week": changes.pop("hours")} if "hours" in changes else {}))
        return refused(at, kind="internship", terms=said, **changes)

    least = stipends().month["PKR"].amount_minor
    assert internship(pay_min_minor=least) == {}
    assert internship(pay_min_minor=0)["pay_min"][0].startswith("Unpaid internships are not posted here")
    assert "at least" in internship(pay_min_minor=least - 1)["pay_min"][0]
    assert internship(pay_min_minor=least // 2, hours=20) == {}
    assert "pay_min" in internship(pay_min_minor=least // 2 - 1, hours=20)
    assert set(internship(pay_kind="yearly", pay_min_minor=12 * least, pay_max_minor=12 * least)) == {"pay_kind"}
    assert set(refused(at, kind="internship", pay_min_minor=least)) == {"months"}
    with pytest.raises(Invalid) as unpaid:
        rules.check_publishable(whole_job(at, kind="internship", terms=terms(months=3), pay_min_minor=1), at)
    assert unpaid.value.values == {"currency": "PKR", "amount": "20,000"}


def test_screening_questions_flag_and_never_reject() -> None:
    yes_no = Question(text="A licence?", kind="yes_no", hoped="yes")
    years = Question(text="Years of practice?", kind="number", hoped="3")
    shift = Question(text="Which shift?", kind="choice", choices=("Day", "Night"), hoped="Day", is_required=False)
    free = Question(text="Why?")
    asked = (yes_no, years, shift, free)
    assert screening.faults(asked) == []
    assert screening.questions_of([screening.stored_form(each) for each in asked]) == asked
    assert screening.questions_of(["As of a gig?"]) == (Question(text="As of a gig?"),)

    assert screening.check_answers(asked, ["yes", "3", "", "Because."]) == {}
    assert set(screening.check_answers(asked, ["maybe", "three", "Noon", ""])) == {0, 1, 2, 3}
    assert screening.flagged(asked, ["no", "2", "Night", "x"]) == (0, 1, 2)
    assert screening.flagged(asked, ["yes", "10", "", "x"]) == ()

    for wrong in (
        Question(text="?", kind="choice", choices=("One",)),
        Question(text="?", kind="choice", choices=("One", "One")),
        Question(text="?", kind="text", choices=("A", "B")),
        Question(text="?", kind="text", hoped="yes"),
        Question(text="?", kind="number", hoped="many"),
        Question(text="?", kind="yes_no", hoped="perhaps"),
        Question(text="x" * 301),
    ):
        assert screening.faults((wrong,)), wrong


def test_salaries_compare_by_the_month() -> None:
    assert a_month(1_200_000, "yearly", 40) == 100_000
    assert a_month(500_00, "hourly", 12) == 500_00 * 12 * 52 // 12
    assert a_month(7, "monthly", 40) == 7


async def test_a_job_lives_like_a_gig_in_its_own_index(db: Session, cast: Cast, at) -> None:
    posting = await opened_job(db, cast.agritrack.id, cast.bilal.id, at)
    await actions.pause(db, posting, by=cast.bilal.id, at=at)
    await actions.resume(db, posting, by=cast.bilal.id, at=at)
    [document] = await documents.load_jobs(db, [posting.id])
    assert (document["kind"], document["level"], document["month_max"]) == ("job", "junior", 120_000_00)
    assert await documents.load(db, [posting.id]) == []
    indexes = select(SearchChange.index).where(SearchChange.document_id == posting.id)
    assert set((await db.execute(indexes)).scalars()) == {"jobs"}

    view = await queries.posting_view(db, posting.slug, reader=None, kinds=rules.JOBS)
    assert (view.terms, view.screening) == (JOB.terms, JOB.screening)
    for reads in (queries.managed(db, posting.slug, by=cast.bilal.id), queries.published(db, posting.slug)):
        with pytest.raises(NotFound):
            await reads
    with pytest.raises(NotFound):
        await queries.posting_view(db, posting.slug, reader=cast.bilal.id)

    await actions.close(db, posting, by=cast.bilal.id, at=at)
    assert await documents.load_jobs(db, [posting.id]) == []


async def test_a_copy_says_the_same_without_dates(db: Session, cast: Cast, at) -> None:
    said = terms(starts_on=at.date() + timedelta(days=30))
    posting = await opened_job(db, cast.agritrack.id, cast.bilal.id, at, terms=said)
    await actions.close(db, posting, by=cast.bilal.id, at=at)
    copy = await actions.clone(db, posting, by=cast.bilal.id, at=at)
    assert copy.state == "draft"
    assert await queries.content_of(db, copy) == replace(JOB, closes_at=None, answer_by=None)


async def test_editing_changes_the_terms_and_never_the_kind(db: Session, cast: Cast, at) -> None:
    posting = await draft_job(db, cast.agritrack.id, cast.bilal.id, at)
    internship = whole_job(at, kind="internship", terms=terms(months=4, level="entry"))
    await actions.edit(db, posting, internship, by=cast.bilal.id, at=at)
    row = await db.get_one(Employment, posting.id, populate_existing=True)
    assert (posting.kind, row.months, row.level) == ("internship", 4, "entry")
    with pytest.raises(Invalid):
        await actions.edit(db, posting, whole(at), by=cast.bilal.id, at=at)
    await actions.publish(db, posting, by=cast.bilal.id, at=at)
    with pytest.raises(Invalid):
        await actions.edit(db, posting, whole_job(at), by=cast.bilal.id, at=at)


async def reminders(db: Session, posting: Posting) -> list[str]:
    rows = select(Notice.message).where(Notice.message == "posting_closes_soon", Notice.link == f"/jobs/{posting.slug}")
    return list((await db.execute(rows)).scalars())


async def test_the_employer_is_reminded_three_days_before_the_end(db: Session, cast: Cast, at) -> None:
    posting = await opened_job(db, cast.agritrack.id, cast.bilal.id, at)
    short = await opened_job(db, cast.agritrack.id, cast.bilal.id, at, closes_at=at + timedelta(days=2))
    assert actions.CLOSES_SOON not in await deadlines.of(db, ("posting", short.id))
    reminder = (await deadlines.of(db, ("posting", posting.id)))[actions.CLOSES_SOON]
    assert reminder.due_at == at + timedelta(days=11)

    clock.advance(timedelta(days=11))
    await pass_(db, deadline_id=reminder.id)
    await pass_(db, deadline_id=reminder.id)
    assert await reminders(db, posting) == ["posting_closes_soon"]


async def test_a_closed_job_reminds_nobody(db: Session, cast: Cast, at) -> None:
    posting = await opened_job(db, cast.agritrack.id, cast.bilal.id, at)
    await actions.close(db, posting, by=cast.bilal.id, at=at)
    reminder = (await deadlines.of(db, ("posting", posting.id)))[actions.CLOSES_SOON]
    clock.advance(timedelta(days=11))
    await pass_(db, deadline_id=reminder.id)
    assert await reminders(db, posting) == []
