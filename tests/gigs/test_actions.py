"""A freelancer proposes; an employer compares and decides."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.gigs import actions, lists, queries, rules
from marketplace.gigs.models import Proposal
from marketplace.gigs.rules import Part
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.money import Money
from marketplace.messages.models import Notice
from marketplace.postings import actions as postings
from marketplace.postings.models import Posting
from marketplace.postings.rules import PostingClosed
from marketplace.talent import actions as talent
from marketplace.talent.queries import freelancer_of
from tests.cast import Cast, make_cast
from tests.gigs.writing import OFFER, proposed
from tests.postings.writing import draft, opened, whole


@pytest.fixture
def at():
    return clock.now()


@pytest.fixture
async def gig(db: Session, cast: Cast, at) -> Posting:
    return await opened(db, cast.agritrack.id, cast.bilal.id, at)


async def told(db: Session, user) -> list[str]:
    notices = select(Notice.message).where(Notice.user_id == user.id).order_by(Notice.id)
    return list((await db.execute(notices)).scalars())


async def lines(db: Session, proposal) -> list[str]:
    return [line.action for line in await audit.lines_of(db, ("proposal", proposal.id))]


async def test_a_proposal_from_draft_to_sent(db: Session, cast: Cast, gig, at) -> None:
    unfinished = replace(OFFER, cover="", milestones=())
    begun = await actions.save_draft(db, gig, unfinished, freelancer=cast.ayesha_profile, at=at)
    assert (begun.state, begun.letter) == ("draft", None)
    assert await queries.candidates(db, gig.id) == []
    sent = await proposed(db, gig, cast.ayesha_profile, at)

    assert (sent.id, sent.state, sent.letter, sent.submitted_at) == (begun.id, "submitted", "A", at)
    assert await queries.offer_of(db, sent) == OFFER
    assert sent.total_minor == 300_01
    assert await lines(db, sent) == ["proposal.drafted", "proposal.submitted"]
    assert await told(db, cast.ayesha) == ["proposal_sent"]
    assert await told(db, cast.bilal) == ["proposal_received"]
    (other,) = [await proposed(db, gig, cast.hina_profile, at)]
    assert other.letter == "B"


async def test_what_she_is_told_she_gets_is_the_sum_after_fees(db: Session, cast: Cast, gig, at) -> None:
    await proposed(db, gig, cast.ayesha_profile, at)
    notice = (await db.execute(select(Notice).where(Notice.user_id == cast.ayesha.id))).scalar_one()
    assert notice.values["net"] == {"amount_minor": 300_01 - 10_00 - 20_00, "currency": "USD"}


async def test_one_proposal_lives_at_a_time(db: Session, cast: Cast, gig, at) -> None:
    first = await proposed(db, gig, cast.ayesha_profile, at)
    for again in (actions.submit, actions.save_draft):
        with pytest.raises(rules.AlreadyProposed):
            await again(db, gig, OFFER, freelancer=cast.ayesha_profile, at=at)
    await actions.withdraw(db, first, by=cast.ayesha.id, at=at)
    second = await proposed(db, gig, cast.ayesha_profile, at)
    assert (second.id != first.id, second.letter) == (True, "B")


async def test_nobody_proposes_to_her_own_organisation(db: Session, cast: Cast, gig, at) -> None:
    bilals = await talent.start(db, cast.bilal, at=at)
    bilals.headline = "I hire myself"
    with pytest.raises(rules.OwnGig):
        await proposed(db, gig, bilals, at)


async def test_a_profile_without_a_headline_can_not_propose(db: Session, cast: Cast, gig, at) -> None:
    omars = await talent.start(db, cast.omar, at=at)
    with pytest.raises(rules.ProfileNeeded):
        await proposed(db, gig, omars, at)


async def test_a_gig_that_is_not_open_takes_none(db: Session, cast: Cast, gig, at) -> None:
    unpublished = await draft(db, cast.agritrack.id, cast.bilal.id, at)
    with pytest.raises(PostingClosed):
        await proposed(db, unpublished, cast.ayesha_profile, at)
    with pytest.raises(PostingClosed):
        await proposed(db, gig, cast.ayesha_profile, gig.closes_at)
    await postings.pause(db, gig, by=cast.bilal.id, at=at)
    with pytest.raises(PostingClosed):
        await proposed(db, gig, cast.ayesha_profile, at)


async def test_an_incomplete_offer_changes_nothing(db: Session, cast: Cast, gig, at) -> None:
    with pytest.raises(Invalid):
        await proposed(db, gig, cast.ayesha_profile, at, replace(OFFER, answers=("",)))
    assert await db.scalar(select(func.count()).select_from(Proposal)) == 0


async def test_she_edits_until_it_is_decided(db: Session, cast: Cast, gig, at) -> None:
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    cheaper = replace(OFFER, milestones=(Part("All of it", 250_00, 9),))
    await actions.edit(db, proposal, cheaper, by=cast.ayesha.id, at=at + timedelta(hours=1))

    (seen,) = await queries.candidates(db, gig.id)
    assert (seen.total, seen.days, seen.is_changed) == (Money(250_00, "USD"), 9, True)
    assert (await lines(db, proposal))[-1] == "proposal.edited"
    with pytest.raises(Invalid):
        await actions.edit(db, proposal, replace(OFFER, milestones=()), by=cast.ayesha.id, at=at)
    await actions.decline(db, proposal, reason="price", by=cast.bilal.id, at=at)
    with pytest.raises(rules.NotEditable):
        await actions.edit(db, proposal, OFFER, by=cast.ayesha.id, at=at)


async def test_an_unchanged_edit_does_not_look_like_a_change(db: Session, cast: Cast, gig, at) -> None:
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    await actions.edit(db, proposal, OFFER, by=cast.ayesha.id, at=at + timedelta(hours=1))
    assert (proposal.updated_at, (await lines(db, proposal))[-1]) == (at, "proposal.submitted")


async def test_the_employer_never_sees_what_was_withdrawn(db: Session, cast: Cast, gig, at) -> None:
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    await actions.withdraw(db, proposal, by=cast.ayesha.id, at=at)

    assert await queries.candidates(db, gig.id) == []
    with pytest.raises(NotFound):
        await queries.managed(db, proposal.id, by=cast.bilal.id)
    assert await told(db, cast.bilal) == ["proposal_received", "proposal_withdrawn"]
    notices = (await db.execute(select(Notice.values).where(Notice.user_id == cast.bilal.id))).scalars()
    assert not [values for values in notices if "growers in Multan" in str(values) or "Ayesha" in str(values)]


async def test_a_draft_thrown_away_tells_nobody(db: Session, cast: Cast, gig, at) -> None:
    begun = await actions.save_draft(db, gig, OFFER, freelancer=cast.ayesha_profile, at=at)
    await actions.withdraw(db, begun, by=cast.ayesha.id, at=at)
    assert (begun.state, await told(db, cast.bilal)) == ("withdrawn", [])


async def test_the_shortlist_shows_the_name_and_says_so(db: Session, cast: Cast, gig, at) -> None:
    told_all = replace(OFFER, cover=f"I am Ayesha Khan, see ayesha.dev. {OFFER.cover}", answers=("Call Ayesha",))
    proposal = await proposed(db, gig, cast.ayesha_profile, at, told_all)
    (seen,) = await queries.candidates(db, gig.id)
    assert (seen.name, seen.handle, seen.letter) == (None, None, "A")
    assert "yesha" not in repr(seen) and "Khan" not in repr(seen)

    await actions.shortlist(db, proposal, by=cast.bilal.id, at=at)
    (seen,) = await queries.candidates(db, gig.id)
    assert (seen.name, seen.handle, seen.cover) == ("Ayesha Khan", "ayesha", told_all.cover)
    assert (await told(db, cast.ayesha))[-1] == "proposal_shortlisted"
    with pytest.raises(rules.ProposalMoveRefused):
        await actions.shortlist(db, proposal, by=cast.bilal.id, at=at)


async def test_declining_gives_a_reason_in_her_language(db: Session, cast: Cast, gig, at) -> None:
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    with pytest.raises(Invalid):
        await actions.decline(db, proposal, reason="", by=cast.bilal.id, at=at)
    await actions.decline(db, proposal, reason="time", note="We need it in a week.", by=cast.bilal.id, at=at)

    (hers,) = await lists.proposals_of(db, cast.ayesha.id)
    assert (hers.state, hers.decline_reason, hers.decline_note) == ("declined", "time", "We need it in a week.")
    notice = (await db.execute(select(Notice).where(Notice.message == "proposal_declined"))).scalar_one()
    assert notice.values["reason"] == "The time does not fit.\nWe need it in a week."
    (seen,) = await queries.candidates(db, gig.id)
    assert seen.name is None


async def test_accepting_one_tells_the_others(db: Session, cast: Cast, gig, at) -> None:
    chosen, other = [await proposed(db, gig, who, at) for who in (cast.ayesha_profile, cast.hina_profile)]
    await actions.mark_accepted(db, chosen, by=cast.bilal.id, at=at, seen=chosen.updated_at)
    await postings.fill(db, gig, by=cast.bilal.id, at=at)
    await actions.decline_others(db, gig, by=cast.bilal.id, at=at)

    assert (chosen.state, other.state, other.decline_reason) == ("accepted", "declined", "other_chosen")
    assert (await told(db, cast.hina))[-1] == "gig_filled"
    assert await told(db, cast.ayesha) == ["proposal_sent"]
    with pytest.raises(rules.ProposalMoveRefused):
        await actions.withdraw(db, chosen, by=cast.ayesha.id, at=at)


async def test_what_changed_after_it_was_read_is_not_accepted(db: Session, cast: Cast, gig, at) -> None:
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    dearer = replace(OFFER, milestones=(Part("All of it", 900_00, 9),))
    await actions.edit(db, proposal, dearer, by=cast.ayesha.id, at=at + timedelta(seconds=1))
    with pytest.raises(rules.ProposalChanged):
        await actions.mark_accepted(db, proposal, by=cast.bilal.id, at=at, seen=at)


async def test_closing_a_gig_answers_everybody(db: Session, cast: Cast, gig, at) -> None:
    sent = await proposed(db, gig, cast.ayesha_profile, at)
    begun = await actions.save_draft(db, gig, OFFER, freelancer=cast.hina_profile, at=at)
    await postings.close(db, gig, by=cast.bilal.id, at=at)

    await db.refresh(sent)
    await db.refresh(begun)
    assert (sent.state, sent.decline_reason, begun.state) == ("declined", "gig_closed", "expired")
    assert (await told(db, cast.ayesha))[-1] == "gig_closed"
    assert await told(db, cast.hina) == []


async def test_others_can_not_decide_or_read(db: Session, cast: Cast, gig, at) -> None:
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    assert (await queries.managed(db, proposal.id, by=cast.bilal.id))[0] is proposal
    assert (await queries.own(db, proposal.id, by=cast.ayesha.id))[1] is gig
    for stranger in (cast.hina.id, cast.omar.id, cast.sana.id, cast.ayesha.id):
        with pytest.raises(NotFound):
            await queries.managed(db, proposal.id, by=stranger)
    for stranger in (cast.hina.id, cast.bilal.id):
        with pytest.raises(NotFound):
            await queries.own(db, proposal.id, by=stranger)


async def test_who_waits_for_my_answer(db: Session, cast: Cast, gig, at) -> None:
    quiet = await opened(db, cast.agritrack.id, cast.bilal.id, at, title="Nobody answers this one")
    await draft(db, cast.agritrack.id, cast.bilal.id, at)
    await proposed(db, gig, cast.ayesha_profile, at)
    await actions.withdraw(db, await proposed(db, gig, cast.hina_profile, at), by=cast.hina.id, at=at)

    work = await lists.work_for_employer(db, cast.bilal.id)
    assert [(p.slug, p.proposals, p.waiting) for p in work.to_answer] == [(gig.slug, 1, 1)]
    assert ({p.slug for p in work.running}, len(work.drafts)) == ({gig.slug, quiet.slug}, 1)
    (hers,) = await lists.work_for_freelancer(db, cast.ayesha.id)
    assert (hers.posting_slug, hers.state, hers.answer_by) == (gig.slug, "submitted", gig.answer_by)
    assert await lists.work_for_freelancer(db, cast.hina.id) == []


async def test_a_shortlisted_freelancer_is_known_to_that_employer_only(db: Session, cast: Cast, gig, at) -> None:
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    assert not await queries.is_acquainted(db, "ayesha", reader=cast.bilal.id)
    await actions.shortlist(db, proposal, by=cast.bilal.id, at=at)
    assert await queries.is_acquainted(db, "ayesha", reader=cast.bilal.id)
    assert not await queries.is_acquainted(db, "ayesha", reader=cast.omar.id)
    assert not await queries.is_acquainted(db, "ayesha", reader=None)


async def test_everybody_gets_a_letter_of_her_own_however_many_send_at_once(cloned_database: Database, at) -> None:
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
        people = [User(email=f"{n}@test.example", password_hash="", name="Asma", created_at=at) for n in range(12)]
        db.add_all(people)
        await db.flush()
        for user in people:
            (await talent.start(db, user, at=at)).headline = "Writes"

    async def send(user_id) -> None:
        async with cloned_database.write.begin() as db:
            freelancer = await freelancer_of(db, user_id)
            await actions.submit(db, await db.get_one(Posting, gig.id), OFFER, freelancer=freelancer, at=at)

    await asyncio.gather(*(send(user.id) for user in people))
    async with cloned_database.read() as db:
        assert sorted((await db.execute(select(Proposal.letter))).scalars()) == list("ABCDEFGHIJKL")


async def test_a_changed_question_keeps_what_was_answered(db: Session, cast: Cast, gig, at) -> None:
    await proposed(db, gig, cast.ayesha_profile, at)
    other = whole(at, questions=("Do you speak Saraiki?",))
    await postings.edit(db, gig, other, by=cast.bilal.id, at=at)
    (seen,) = await queries.candidates(db, gig.id)
    assert seen.answers[0].question == "Which phone do you test on?"
