"""Seats: applying, deciding, women-only cohorts; states move one way."""

import pytest

from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.training import enrolments, programmes, rules
from tests.cast import Cast
from tests.training.scenes import cohort, school


async def test_a_learner_applies_gets_a_seat_and_is_told(db: Session, cast: Cast) -> None:
    at_school, at = await school(db, seats=1), clock.now()
    run, by = at_school.cohort, at_school.tariq.id
    asked = await enrolments.apply(db, run, cast.ayesha.id, intent="freelance", says_woman=False, at=at)
    assert (asked.state, asked.intent, cast.ayesha.gender) == ("applied", "freelance", None)
    with pytest.raises(enrolments.AppliedAlready):
        await enrolments.apply(db, run, cast.ayesha.id, intent=None, says_woman=False, at=at)
    await enrolments.decide(db, asked, "enrolled", by=by, at=at)
    late = await enrolments.apply(db, run, cast.hina.id, intent=None, says_woman=False, at=at)
    with pytest.raises(rules.NoSeatLeft):
        await enrolments.decide(db, late, "enrolled", by=by, at=at)
    with pytest.raises(rules.EnrolmentMoveRefused):
        await enrolments.decide(db, late, "completed", by=by, at=at)
    await enrolments.decide(db, asked, "dropped", by=by, at=at)
    await enrolments.decide(db, late, "enrolled", by=by, at=at)
    assert await enrolments.seats_taken(db, run.id) == 1


async def test_a_cohort_for_women_asks_kindly_and_keeps_it_private(db: Session, cast: Cast) -> None:
    at_school, at = await school(db), clock.now()
    run = await cohort(db, at_school.programme, at_school.tariq, at=at, name="Women", is_women_only=True)
    with pytest.raises(Invalid) as asked:
        await enrolments.apply(db, run, cast.ayesha.id, intent=None, says_woman=False, at=at)
    assert list(asked.value.fields) == ["says_woman"]
    await enrolments.apply(db, run, cast.ayesha.id, intent=None, says_woman=True, at=at)
    assert (await db.get_one(User, cast.ayesha.id)).gender == "woman"
    cast.hina.gender = "woman"
    await enrolments.apply(db, run, cast.hina.id, intent=None, says_woman=False, at=at)
    cast.omar.gender = "man"
    await db.flush()
    with pytest.raises(rules.WomenOnly):
        await enrolments.apply(db, run, cast.omar.id, intent=None, says_woman=True, at=at)


async def test_states_of_a_cohort_move_by_the_table(db: Session, cast: Cast) -> None:
    at_school, at = await school(db), clock.now()
    run, by = at_school.cohort, at_school.tariq.id
    for to in ("running", "ended"):
        await programmes.move_cohort(db, run, to, by=by, at=at)
    with pytest.raises(rules.CohortMoveRefused):
        await programmes.move_cohort(db, run, "open", by=by, at=at)
    with pytest.raises(rules.NotTakingApplications):
        await enrolments.apply(db, run, cast.ayesha.id, intent=None, says_woman=False, at=at)


async def test_what_is_wrong_is_said_at_its_field(db: Session, cast: Cast) -> None:
    at_school, at = await school(db), clock.now()
    by, today = at_school.tariq.id, at.date()
    course = {"about": "", "skills": {"html": "basic"}}
    run = {"name": "Run", "starts_on": today, "ends_on": today, "seats": 5}
    for make, field in (
        (
            lambda: programmes.save_course(
                db,
                at_school.programme,
                programmes.CourseText(**{"name": "A course", **course, "skills": {}}),
                by=by,
                at=at,
            ),
            "skills",
        ),
        (
            lambda: programmes.save_course(
                db,
                at_school.programme,
                programmes.CourseText(**{"name": "A course", **course, "skills": {"telepathy": "basic"}}),
                by=by,
                at=at,
            ),
            "skills",
        ),
        (
            lambda: programmes.save_course(
                db, at_school.programme, programmes.CourseText(**{"name": "web BASICS", **course}), by=by, at=at
            ),
            "name",
        ),
        (
            lambda: programmes.make_cohort(
                db,
                at_school.programme,
                programmes.CohortText(**{**run, "ends_on": today.replace(year=today.year - 1)}),
                by=by,
                at=at,
            ),
            "ends_on",
        ),
        (
            lambda: programmes.make_cohort(
                db, at_school.programme, programmes.CohortText(**{**run, "seats": 0}), by=by, at=at
            ),
            "seats",
        ),
    ):
        with pytest.raises(Invalid) as refused:
            await make()
        assert list(refused.value.fields) == [field]
    empty = await programmes.make_programme(
        db, at_school.academy.id, programmes.ProgrammeText(name="Empty", about="", language="en"), by=by, at=at
    )
    with pytest.raises(programmes.NothingToLearn):
        await programmes.publish(db, empty, by=by, at=at)
