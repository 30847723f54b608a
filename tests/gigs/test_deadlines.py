"""Time ends gigs, and nobody is left without an answer."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from marketplace.engines.deadlines.models import Deadline
from marketplace.engines.deadlines.tasks import pass_
from marketplace.gigs import actions, queries, tasks
from marketplace.identity.events import AccountClosing
from marketplace.identity.models import Membership
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import publish
from marketplace.kernel.queue import registered
from marketplace.messages.models import Notice
from marketplace.postings import actions as postings
from marketplace.postings.events import PostingChanged
from marketplace.postings.models import Posting
from tests.cast import Cast
from tests.gigs.writing import OFFER, proposed
from tests.postings.writing import opened, whole


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
async def gig(db: Session, cast: Cast, at) -> Posting:
    return await opened(db, cast.agritrack.id, cast.bilal.id, at)


async def pass_time(db: Session, days: int) -> None:
    """Move the clock and let pass what is due, as the sweep does each minute."""
    clock.advance(timedelta(days=days))
    due = select(Deadline.id).where(Deadline.state == "running", Deadline.due_at <= clock.now())
    for deadline_id in (await db.execute(due.order_by(Deadline.due_at))).scalars().all():
        await pass_(db, deadline_id=deadline_id)


async def told(db: Session, user) -> list[str]:
    notices = select(Notice.message).where(Notice.user_id == user.id).order_by(Notice.id)
    return list((await db.execute(notices)).scalars())


async def test_without_proposals_a_gig_expires_at_its_deadline(db: Session, cast: Cast, gig) -> None:
    await pass_time(db, 13)
    assert gig.state == "open"
    await pass_time(db, 2)
    assert gig.state == "expired"
    assert await told(db, cast.bilal) == ["posting_closes_soon", "gig_expired"]


async def test_with_proposals_the_employer_has_until_the_answer_by_date(db: Session, cast: Cast, gig, at) -> None:
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    begun = await actions.save_draft(db, gig, OFFER, freelancer=cast.hina_profile, at=at)
    await pass_time(db, 15)
    assert (gig.state, proposal.state) == ("open", "submitted")
    assert (await told(db, cast.bilal))[-1] == "answers_due"
    notice = (await db.execute(select(Notice).where(Notice.message == "answers_due"))).scalar_one()
    assert notice.values["count"] == 1

    await pass_time(db, 7)
    assert (gig.state, proposal.state, begun.state) == ("expired", "expired", "expired")
    assert (await told(db, cast.ayesha))[-1] == "proposal_expired"
    assert (await told(db, cast.bilal))[-1] == "gig_expired"
    assert await told(db, cast.hina) == []
    assert await queries.overdue(db, at=clock.now()) == []


async def test_overdue_answers_are_found_while_nothing_has_swept(db: Session, cast: Cast, gig, at) -> None:
    await proposed(db, gig, cast.ayesha_profile, at)
    assert await queries.overdue(db, at=gig.answer_by - timedelta(seconds=1)) == []
    assert await queries.overdue(db, at=gig.answer_by + timedelta(seconds=1)) == [gig.id]


async def test_a_gig_answered_in_time_expires_without_a_reproach(db: Session, cast: Cast, gig, at) -> None:
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    await actions.decline(db, proposal, reason="price", by=cast.bilal.id, at=at)
    await pass_time(db, 15)
    assert (gig.state, proposal.state) == ("expired", "declined")


async def test_a_deadline_that_was_moved_does_not_end_proposals(db: Session, cast: Cast, gig, at) -> None:
    moved = whole(at, closes_at=at + timedelta(days=20), answer_by=at + timedelta(days=30))
    await postings.edit(db, gig, moved, by=cast.bilal.id, at=at)
    await pass_time(db, 15)
    assert gig.state == "open"


async def test_deadlines_of_a_closed_gig_pass_without_effect(db: Session, cast: Cast, gig, at) -> None:
    await postings.close(db, gig, by=cast.bilal.id, at=at)
    await pass_time(db, 30)
    assert (gig.state, await told(db, cast.bilal)) == ("closed", [])


async def test_who_proposed_is_told_of_a_change(db: Session, cast: Cast, gig, at) -> None:
    await proposed(db, gig, cast.ayesha_profile, at)
    await actions.save_draft(db, gig, OFFER, freelancer=cast.hina_profile, at=at)
    assert "gigs.tasks.tell_of_change" in registered()
    await tasks.tell_of_change(db, PostingChanged(posting_id=gig.id, at=at))
    assert await told(db, cast.ayesha) == ["proposal_sent", "gig_changed"]
    assert await told(db, cast.hina) == []


async def test_whoever_closes_her_account_leaves_nobody_waiting(db: Session, cast: Cast, gig, at) -> None:
    sent = await proposed(db, gig, cast.ayesha_profile, at)
    waits = await proposed(db, gig, cast.hina_profile, at)
    begun = await opened(db, cast.agritrack.id, cast.bilal.id, at, title="Another gig of theirs")
    drafted = await actions.save_draft(db, begun, OFFER, freelancer=cast.ayesha_profile, at=at)
    await publish(db, AccountClosing(user_id=cast.ayesha.id))
    assert (sent.state, drafted.state, cast.ayesha_profile.is_listed) == ("withdrawn", "withdrawn", False)

    db.add(Membership(user_id=cast.omar.id, organisation_id=cast.agritrack.id, role="hiring", created_at=at))
    await db.flush()
    await publish(db, AccountClosing(user_id=cast.bilal.id))
    assert (gig.state, waits.state) == ("open", "submitted")
    await publish(db, AccountClosing(user_id=cast.omar.id))
    assert gig.state == "open"
    await db.execute(delete(Membership).where(Membership.user_id == cast.omar.id))
    await publish(db, AccountClosing(user_id=cast.bilal.id))
    assert (gig.state, waits.state, waits.decline_reason) == ("closed", "declined", "gig_closed")
