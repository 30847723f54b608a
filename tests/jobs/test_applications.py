"""Applications from sent to decided, in the database."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from marketplace.engines.files.models import StoredFile
from marketplace.identity import audit
from marketplace.identity.models import Membership, User
from marketplace.jobs import applications, queries, rules, stages
from marketplace.jobs.models import Application
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.queue import drain
from marketplace.messages.models import Notice
from marketplace.postings import actions as postings
from marketplace.postings.models import Employment, Posting
from marketplace.talent import actions as talent
from marketplace.trust.blocks import block
from marketplace.trust.restrictions import Restricted
from tests.cast import BORN, Cast
from tests.jobs.writing import ENTRY, applied, job
from tests.trust.scenes import restricted


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
async def opening(db: Session, cast: Cast, at) -> Posting:
    return await job(db, cast.agritrack.id, cast.bilal.id, at)


async def told(db: Session, user) -> list[str]:
    notices = select(Notice.message).where(Notice.user_id == user.id).order_by(Notice.id)
    return list((await db.execute(notices)).scalars())


async def lines(db: Session, application) -> list[str]:
    return [line.action for line in await audit.lines_of(db, ("application", application.id))]


async def stored(db: Session, by, at, media_type: str = "application/pdf") -> StoredFile:
    file = StoredFile(
        sha256="0" * 64, name="Ayesha Khan.pdf", media_type=media_type, size_bytes=9, uploaded_by=by, created_at=at
    )
    db.add(file)
    await db.flush()
    return file


async def test_applying_gives_a_letter_and_tells_her(db: Session, cast: Cast, opening, at) -> None:
    hers = await applied(db, opening, cast.ayesha_profile, at)
    his = await applied(db, opening, cast.hina_profile, at, replace(ENTRY, answers=("None", "no")))

    assert [(each.state, each.letter, each.flags) for each in (hers, his)] == [
        ("submitted", "A", 0),
        ("submitted", "B", 1),
    ]
    assert hers.answers[0] == {
        "question": "Which phone do you test on?",
        "answer": "A Nokia from 2017.",
        "is_flagged": False,
    }
    assert await lines(db, hers) == ["application.submitted"]
    assert await told(db, cast.ayesha) == ["application_sent"]
    assert cast.ayesha_profile.headline == "Shopify and WordPress shops that load fast", "hers stays as she wrote it"


async def test_applying_makes_an_unlisted_profile(db: Session, cast: Cast, opening, at) -> None:
    started = await talent.start(db, cast.omar, at=at)
    await applied(db, opening, started, at)
    assert (started.headline, started.is_listed) == ("Shops that load fast", False)


async def test_who_may_not_apply(db: Session, cast: Cast, opening, at) -> None:
    closed = await job(db, cast.agritrack.id, cast.bilal.id, at, state="paused")
    gig = await job(db, cast.agritrack.id, cast.bilal.id, at, kind="gig", pay_kind="fixed", currency="USD")
    for posting in (closed, gig):
        with pytest.raises(rules.PostingTakesNone):
            await applied(db, posting, cast.ayesha_profile, at)
    with pytest.raises(rules.PostingTakesNone):
        await applied(db, opening, cast.ayesha_profile, opening.closes_at)
    with pytest.raises(rules.OwnPosting):
        await applied(db, opening, await talent.start(db, cast.bilal, at=at), at)
    with pytest.raises(Invalid):
        await applied(db, opening, cast.ayesha_profile, at, replace(ENTRY, cover="Hi"))
    with pytest.raises(applications.CvRefused):
        text = await stored(db, cast.ayesha.id, at, "text/plain")
        await applications.apply(db, opening, ENTRY, freelancer=cast.ayesha_profile, cv=text, at=at)
    assert await db.scalar(select(func.count()).select_from(Application)) == 0


async def test_a_block_ends_it_both_ways(db: Session, cast: Cast, opening, at) -> None:
    await block(db, by=cast.bilal.id, other=cast.ayesha.id, at=at)
    await block(db, by=cast.hina.id, other=cast.bilal.id, at=at)
    for profile in (cast.ayesha_profile, cast.hina_profile):
        with pytest.raises(NotFound):
            await applied(db, opening, profile, at)


async def test_a_posting_for_women_takes_women(db: Session, cast: Cast, opening, at) -> None:
    terms = await db.get_one(Employment, opening.id)
    terms.is_women_only, terms.women_only_reason = True, "Night shifts in a hostel."
    cast.hina.gender = "woman"
    await db.flush()
    await applied(db, opening, cast.hina_profile, at)
    with pytest.raises(rules.WomenOnly):
        await applied(db, opening, cast.ayesha_profile, at)


async def test_who_is_restricted_does_not_apply(db: Session, cast: Cast, opening, at) -> None:
    await restricted(db, cast, at, what="apply")
    with pytest.raises(Restricted):
        await applied(db, opening, cast.ayesha_profile, at)


async def test_one_lives_until_it_is_withdrawn(db: Session, cast: Cast, opening, at) -> None:
    first = await applied(db, opening, cast.ayesha_profile, at)
    with pytest.raises(rules.AlreadyApplied):
        await applied(db, opening, cast.ayesha_profile, at)
    await applications.withdraw(db, first, by=cast.ayesha.id, at=at)
    second = await applied(db, opening, cast.ayesha_profile, at)
    assert (second.id != first.id, second.letter) == (True, "B")
    await stages.reject(db, second, reason="skills", by=cast.bilal.id, at=at)
    with pytest.raises(rules.AlreadyApplied):
        await applied(db, opening, cast.ayesha_profile, at)


async def test_what_was_withdrawn_is_gone_for_the_employer(db: Session, cast: Cast, opening, at) -> None:
    hers = await applied(db, opening, cast.ayesha_profile, at)
    assert (await queries.managed(db, hers.id, by=cast.bilal.id))[0] is hers
    await applications.withdraw(db, hers, by=cast.ayesha.id, at=at)
    with pytest.raises(NotFound):
        await queries.managed(db, hers.id, by=cast.bilal.id)
    assert (await queries.own(db, hers.id, by=cast.ayesha.id))[0] is hers
    assert await told(db, cast.bilal) == ["application_withdrawn"]
    with pytest.raises(rules.ApplicationMoveRefused):
        await applications.withdraw(db, hers, by=cast.ayesha.id, at=at)


async def test_only_owner_and_hiring_members_read_candidates(db: Session, cast: Cast, opening, at) -> None:
    hers = await applied(db, opening, cast.ayesha_profile, at)
    people = {}
    for role in ("hiring", "finance", "member"):
        user = User(email=f"{role}@test.example", password_hash="", name=role, created_at=BORN)
        db.add(user)
        await db.flush()
        db.add(Membership(user_id=user.id, organisation_id=cast.agritrack.id, role=role, created_at=BORN))
        people[role] = user.id
    await db.flush()
    assert await queries.managed(db, hers.id, by=people["hiring"])
    for reader in (people["finance"], people["member"], cast.omar.id, cast.hina.id, cast.ayesha.id, uuid4()):
        with pytest.raises(NotFound):
            await queries.managed(db, hers.id, by=reader)
        with pytest.raises(NotFound):
            await queries.managed_posting(db, opening.slug, by=reader)
    for stranger in (cast.bilal.id, cast.hina.id):
        with pytest.raises(NotFound):
            await queries.own(db, hers.id, by=stranger)


async def test_the_cv_is_hers_until_the_shortlist(db: Session, cast: Cast, opening, at) -> None:
    file = await stored(db, cast.ayesha.id, at)
    hers = await applications.apply(db, opening, ENTRY, freelancer=cast.ayesha_profile, cv=file, at=at)
    assert await queries.cv_for(db, hers.id, reader=cast.ayesha.id) is file
    for reader in (cast.bilal.id, cast.omar.id):
        with pytest.raises(NotFound):
            await queries.cv_for(db, hers.id, reader=reader)
    await stages.move(db, hers, "screening", by=cast.bilal.id, at=at)
    with pytest.raises(NotFound):
        await queries.cv_for(db, hers.id, reader=cast.bilal.id)
    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    assert await queries.cv_for(db, hers.id, reader=cast.bilal.id) is file
    with pytest.raises(NotFound):
        await queries.cv_for(db, hers.id, reader=cast.omar.id)


async def test_moves_are_told_and_the_first_interview_shows_her(db: Session, cast: Cast, opening, at) -> None:
    hers = await applied(db, opening, cast.ayesha_profile, at)
    await stages.move(db, hers, "screening", by=cast.bilal.id, at=at)
    assert hers.shortlisted_at is None
    assert not await queries.is_acquainted(db, "ayesha", reader=cast.bilal.id)
    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    assert hers.shortlisted_at == at
    assert await queries.is_acquainted(db, "ayesha", reader=cast.bilal.id)
    await stages.move(db, hers, "offer", by=cast.bilal.id, at=at + timedelta(days=1), tells=False)
    await stages.move(db, hers, "hired", by=cast.bilal.id, at=at + timedelta(days=2))
    assert (hers.shortlisted_at, hers.decided_at) == (at, at + timedelta(days=2))
    assert await told(db, cast.ayesha) == ["application_sent", "application_moved", "application_moved", "hired"]
    assert await lines(db, hers) == [
        f"application.{s}" for s in ("submitted", "screening", "interview", "offer", "hired")
    ]
    with pytest.raises(rules.ApplicationMoveRefused):
        await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)


async def test_rejecting_gives_a_reason(db: Session, cast: Cast, opening, at) -> None:
    hers = await applied(db, opening, cast.ayesha_profile, at)
    with pytest.raises(Invalid):
        await stages.reject(db, hers, reason="", by=cast.bilal.id, at=at)
    await stages.reject(db, hers, reason="time", note="We begin on Monday.", by=cast.bilal.id, at=at)
    notice = (await db.execute(select(Notice).where(Notice.message == "application_rejected"))).scalar_one()
    assert notice.values["reason"] == "The start or the hours do not fit.\nWe begin on Monday."
    assert (hers.state, hers.shortlisted_at) == ("rejected", None)


async def test_the_last_move_can_be_undone_for_a_day(db: Session, cast: Cast, opening, at) -> None:
    hers = await applied(db, opening, cast.ayesha_profile, at)
    with pytest.raises(rules.NothingToUndo):
        await stages.undo(db, hers, by=cast.bilal.id, at=at)
    await stages.move(db, hers, "screening", by=cast.bilal.id, at=at)
    await stages.reject(db, hers, reason="skills", note="x", by=cast.bilal.id, at=at)
    await stages.undo(db, hers, by=cast.bilal.id, at=at)
    assert (hers.state, hers.reject_reason, hers.reject_note, hers.decided_at) == ("screening", "", "", None)
    with pytest.raises(rules.NothingToUndo):
        await stages.undo(db, hers, by=cast.bilal.id, at=at)
    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    await stages.undo(db, hers, by=cast.bilal.id, at=at)
    assert (hers.state, hers.shortlisted_at) == ("screening", at), "who was shown stays shown"
    await stages.move(db, hers, "interview", by=cast.bilal.id, at=at)
    with pytest.raises(rules.NothingToUndo):
        await stages.undo(db, hers, by=cast.bilal.id, at=at + timedelta(days=1, seconds=1))
    await stages.move(db, hers, "hired", by=cast.bilal.id, at=at)
    with pytest.raises(rules.NothingToUndo):
        await stages.undo(db, hers, by=cast.bilal.id, at=at)


async def test_a_rejection_is_not_undone_once_the_posting_is_over(db: Session, cast: Cast, opening, at) -> None:
    hers = await applied(db, opening, cast.ayesha_profile, at)
    await stages.reject(db, hers, reason="skills", by=cast.bilal.id, at=at)
    await postings.close(db, opening, by=cast.bilal.id, at=at)
    with pytest.raises(rules.NothingToUndo):
        await stages.undo(db, hers, by=cast.bilal.id, at=at)


async def test_the_employer_hears_of_new_ones_once_an_hour(db: Session, cast: Cast, opening, at, services) -> None:
    await applied(db, opening, cast.ayesha_profile, at)
    await db.commit()
    await drain(services)
    assert await told(db, cast.bilal) == ["application_received"]
    later = clock.now()
    await applied(db, opening, cast.hina_profile, later)
    await applied(db, opening, await talent.start(db, cast.omar, at=at), later)
    await db.commit()
    await drain(services)
    assert await told(db, cast.bilal) == ["application_received"]
    await drain(services, later_too=True)
    counts = select(Notice.values["count"]).where(Notice.message == "application_received").order_by(Notice.id)
    assert list((await db.execute(counts)).scalars()) == [1, 2]


async def test_who_leaves_withdraws(db: Session, cast: Cast, opening, at) -> None:
    hers = await applied(db, opening, cast.ayesha_profile, at)
    assert await queries.undecided_of(db, cast.ayesha.id) == [hers]
    (listed,) = await queries.applications_of(db, cast.ayesha.id)
    assert (listed.id, listed.title, listed.organisation, listed.is_waiting) == (
        hers.id,
        opening.title,
        "AgriTrack",
        True,
    )
    assert await queries.applications_of(db, cast.hina.id) == []


async def test_no_answer_is_told_of_a_conflict_in_the_table(db: Session, cast: Cast, opening, at) -> None:
    hers = await applied(db, opening, cast.ayesha_profile, at)
    await stages.reject(db, hers, reason="skills", by=cast.bilal.id, at=at)
    for act in (
        stages.move(db, hers, "interview", by=cast.bilal.id, at=at),
        applications.withdraw(db, hers, by=cast.ayesha.id, at=at),
        stages.reject(db, hers, reason="time", by=cast.bilal.id, at=at),
    ):
        with pytest.raises(Conflict):
            await act
