"""Reviews: only after money moved, each side once, blind until both or the deadline, replied to once."""

from datetime import timedelta
from uuid import uuid4

import pytest

from marketplace.contracts import actions as contracts
from marketplace.contracts.models import Contract
from marketplace.contracts.reviews import actions, queries, rules
from marketplace.contracts.reviews.models import Review
from marketplace.contracts.reviews.rules import Words
from marketplace.contracts.rules import Side
from marketplace.engines.deadlines.tasks import sweep
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.events import publish
from marketplace.kernel.queue import Services, drain
from marketplace.trust import subjects
from marketplace.trust.events import CaseDecided
from tests.cast import Cast
from tests.contracts.reviewing import NOTES, SECRETS, fresh, one_released, over, reviewed, words
from tests.contracts.scenes import agreed, delivered, mailed, told


async def view(db: Session, contract: Contract, side: Side) -> queries.Reviewing:
    return await queries.reviewing(db, contract.id, side=side, ended_at=contract.ended_at, at=clock.now())


async def pass_time(db: Session, database: Database, services: Services, days: int) -> None:
    """The clock moves and the minutely sweep runs."""
    clock.advance(timedelta(days=days))
    await sweep(db)
    await db.commit()
    await drain(services)


async def test_reviews_open_when_money_was_released_and_not_before(db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    part = await delivered(db, cast, contract)
    with pytest.raises(rules.NothingPaid):
        await reviewed(db, cast, contract, "employer")
    assert not (await view(db, contract, "employer")).may_write
    await contracts.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    assert (await view(db, contract, "employer")).may_write
    await reviewed(db, cast, contract, "employer")


async def test_a_contract_that_ends_without_money_is_reviewed_by_nobody(db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    await contracts.cancel_contract(db, contract, side="employer", by=cast.bilal.id, at=clock.now())
    assert await actions.window_end(db, contract.id) is None
    with pytest.raises(rules.NothingPaid):
        await reviewed(db, cast, contract, "employer")


async def test_one_review_is_seen_by_its_writer_only_and_counts_nowhere(db: Session, cast: Cast) -> None:
    contract = await one_released(db, cast)
    before = await told(db, cast.ayesha.id)
    review = await reviewed(db, cast, contract, "employer", score=1)
    mine, hers = await view(db, contract, "employer"), await view(db, contract, "freelancer")
    assert mine.mine and (mine.mine.text, mine.mine.private_note) == (SECRETS["employer"], NOTES["employer"])
    assert hers.mine is None and hers.theirs is None
    assert await queries.reviews_of(db, "freelancer", contract.freelancer_id, limit=9) == []
    known = await queries.reputation_of(db, "freelancer", contract.freelancer_id, as_of=clock.now().date())
    assert (known.figure, known.count) == (None, 0)
    for viewer in (cast.ayesha.id, cast.bilal.id, uuid4()):
        assert await subjects.load(db, "review", review.id, viewer=viewer) is None
    assert await told(db, cast.ayesha.id) == before, "nobody is told that a review waits"


async def test_what_is_blind_can_be_said_anew_and_what_is_shown_can_not(db: Session, cast: Cast) -> None:
    contract = await one_released(db, cast)
    await reviewed(db, cast, contract, "employer", score=2)
    await reviewed(db, cast, contract, "employer", score=4)
    assert (await fresh(db, contract, "employer")).scores["quality"] == 4
    await reviewed(db, cast, contract, "freelancer")
    with pytest.raises(rules.AlreadyShown):
        await reviewed(db, cast, contract, "employer")


async def test_when_both_have_written_both_are_shown_at_once(db: Session, cast: Cast) -> None:
    contract = await one_released(db, cast)
    await reviewed(db, cast, contract, "freelancer", score=3)
    await reviewed(db, cast, contract, "employer", score=5)
    for side, theirs in (("employer", SECRETS["freelancer"]), ("freelancer", SECRETS["employer"])):
        seen = (await view(db, contract, side)).theirs
        assert seen and seen.text == theirs and seen.private_note == "", "the note is for the staff alone"
    assert "review_shown" in await told(db, cast.ayesha.id) and "review_shown" in await told(db, cast.bilal.id)
    today = clock.now().date()
    hers = await queries.reputation_of(db, "freelancer", contract.freelancer_id, as_of=today)
    theirs = await queries.reputation_of(db, "organisation", cast.agritrack.id, as_of=today)
    assert (hers.figure, hers.count, theirs.figure, theirs.count) == ("4.20", 1, "3.80", 1)


async def test_the_deadline_shows_what_was_written_and_ends_the_writing(
    db: Session, cast: Cast, database: Database, services: Services
) -> None:
    contract = await over(db, cast)
    await reviewed(db, cast, contract, "employer")
    await db.commit()
    await pass_time(db, database, services, 13)
    assert (await fresh(db, contract, "employer")).shown_at is None
    clock.advance(timedelta(days=1))
    with pytest.raises(rules.WindowOver):  # before the sweep comes: the time itself decides
        await reviewed(db, cast, contract, "freelancer")
    await pass_time(db, database, services, 0)
    assert (await fresh(db, contract, "employer")).shown_at is not None
    seen = await view(db, contract, "freelancer")
    assert seen.theirs and not seen.may_write and seen.is_over
    with pytest.raises(rules.WindowOver):
        await reviewed(db, cast, contract, "freelancer")


async def test_who_has_not_written_is_reminded_three_days_before_the_end(
    db: Session, cast: Cast, database: Database, services: Services
) -> None:
    contract = await over(db, cast)
    await reviewed(db, cast, contract, "employer")
    await db.commit()
    await pass_time(db, database, services, 11)
    assert (await told(db, cast.ayesha.id)).count("review_reminder") == 1
    assert "review_reminder" not in await told(db, cast.bilal.id)
    assert "review_reminder" in await mailed(db, cast.ayesha.email)


async def test_the_reviewed_side_replies_once_and_only_to_what_is_shown(db: Session, cast: Cast) -> None:
    contract = await one_released(db, cast)
    answer = {"side": "freelancer", "by": cast.ayesha.id, "at": clock.now()}
    await reviewed(db, cast, contract, "employer")
    with pytest.raises(rules.NotShown):
        await actions.reply(db, contract, "Thank you.", **answer)
    await reviewed(db, cast, contract, "freelancer")
    with pytest.raises(Invalid):
        await actions.reply(db, contract, " ", **answer)
    await actions.reply(db, contract, "Thank you.", **answer)
    with pytest.raises(rules.RepliedAlready):
        await actions.reply(db, contract, "And more.", **answer)
    [listed] = await queries.reviews_of(db, "freelancer", contract.freelancer_id, limit=9)
    assert listed.reply == "Thank you." and "review_replied" in await told(db, cast.bilal.id)


async def test_a_moderators_decision_takes_a_review_away_and_out_of_the_figure(db: Session, cast: Cast) -> None:
    contract = await one_released(db, cast)
    review = await reviewed(db, cast, contract, "employer")
    await reviewed(db, cast, contract, "freelancer")
    shown = await subjects.load(db, "review", review.id, viewer=cast.hina.id)
    assert shown and shown.text == SECRETS["employer"] and shown.about_user_id == cast.bilal.id
    case = {"case_id": uuid4(), "kind": "report", "subject_kind": "review", "subject_id": review.id}
    for decision, left in (("none", 1), ("remove", 0)):
        decided = CaseDecided(**case, decision=decision, by=cast.sana.id, reason="untrue", at=clock.now())
        await publish(db, decided)
        assert len(await queries.reviews_of(db, "freelancer", contract.freelancer_id, limit=9)) == left
    known = await queries.reputation_of(db, "freelancer", contract.freelancer_id, as_of=clock.now().date())
    assert known.count == 0
    with pytest.raises(rules.NotShown):
        await actions.reply(db, contract, "But…", side="freelancer", by=cast.ayesha.id, at=clock.now())


async def test_reviews_are_listed_newest_first_in_pages(db: Session, cast: Cast) -> None:
    at = clock.now()
    contracts_ = [await one_released(db, cast) for _ in range(3)]
    for n, contract in enumerate(contracts_):
        row = {"contract_id": contract.id, "side": "employer", "scores": {"quality": 4}, "text": str(n)}
        ids = {"organisation_id": cast.agritrack.id, "freelancer_id": cast.ayesha_profile.id}
        times = {"written_at": at, "updated_at": at, "shown_at": at + timedelta(minutes=n // 2)}
        db.add(Review(**row, **ids, by_user_id=cast.bilal.id, **times))
        await db.flush()
    first = await queries.reviews_of(db, "freelancer", cast.ayesha_profile.id, limit=2)
    rest = await queries.reviews_of(
        db, "freelancer", cast.ayesha_profile.id, after=(first[-1].shown_at, first[-1].id), limit=2
    )
    assert [each.text for each in (*first, *rest)] == ["2", "1", "0"]


def test_a_review_says_something_about_everything() -> None:
    good = words("employer")
    rules.check_words("employer", good)
    for bad, field in (
        (Words({**good.scores, "quality": 6}, "Fine."), "quality"),
        (Words({**good.scores, "time": 0}, "Fine."), "time"),
        (Words({"quality": 5}, "Fine."), "communication"),
        (Words({**good.scores, "secret": 5}, "Fine."), ""),
        (Words(good.scores, " "), "text"),
        (Words(good.scores, "x" * 2_001), "text"),
        (Words(good.scores, "Fine.", "x" * 1_001), "private_note"),
    ):
        with pytest.raises(Invalid) as refused:
            rules.check_words("employer", bad)
        assert list(refused.value.fields) == [field]
