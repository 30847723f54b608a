"""What a block closes: lists, pages, proposals; and what it leaves: the contract that runs."""

import pytest
from sqlalchemy import select

from marketplace.contracts.between import has_living_contract
from marketplace.discovery.listing import gigs_of, newest_gigs, newest_people, people_of
from marketplace.gigs import actions as gigs
from marketplace.gigs.models import Proposal
from marketplace.gigs.queries import candidates, managed
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.postings.queries import posting_view
from marketplace.postings.rules import PostingClosed
from marketplace.talent.queries import profile_view
from marketplace.trust import blocks
from marketplace.trust.restrictions import Restricted
from tests.contracts.scenes import agreed
from tests.gigs.writing import OFFER, proposed
from tests.postings.writing import opened
from tests.trust.scenes import restricted


@pytest.mark.parametrize("is_by_her", [True, False])
async def test_neither_finds_reads_or_reaches_the_other(db, cast, is_by_her: bool) -> None:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    ayesha, bilal, hina = cast.ayesha, cast.bilal, cast.hina
    by, other = (ayesha.id, bilal.id) if is_by_her else (bilal.id, ayesha.id)
    await blocks.block(db, by=by, other=other, at=at)
    for reader, finds in ((ayesha.id, False), (hina.id, True), (None, True)):
        assert bool(await newest_gigs(db, at=at, viewer=reader)) is finds
        assert bool(await gigs_of(db, [gig.id], at=at, viewer=reader)) is finds
        if finds:
            await posting_view(db, gig.slug, reader=reader)
        else:
            with pytest.raises(NotFound):
                await posting_view(db, gig.slug, reader=reader)
    for reader, finds in ((bilal.id, False), (hina.id, True), (None, True)):
        assert (cast.ayesha_profile.id in [row.id for row in await newest_people(db, viewer=reader)]) is finds
        assert bool(await people_of(db, [cast.ayesha_profile.id], viewer=reader)) is finds
    with pytest.raises(NotFound):
        await profile_view(db, "ayesha", reader=bilal.id)
    for step in (gigs.submit, gigs.save_draft):
        with pytest.raises(PostingClosed):
            await step(db, gig, OFFER, freelancer=cast.ayesha_profile, at=at)
    assert (await db.scalars(select(Proposal))).all() == []
    await gigs.submit(db, gig, OFFER, freelancer=cast.hina_profile, at=at)
    assert (await posting_view(db, gig.slug, reader=bilal.id)).may_manage, "his own stays his"


async def test_a_proposal_sent_before_the_block_is_out_of_sight_for_the_two_only(db, cast) -> None:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    sent = await proposed(db, gig, cast.ayesha_profile, at)
    await blocks.block(db, by=cast.ayesha.id, other=cast.bilal.id, at=at)
    assert await candidates(db, gig.id, viewer=cast.bilal.id) == []
    with pytest.raises(NotFound):
        await managed(db, sent.id, by=cast.bilal.id)
    assert len(await candidates(db, gig.id, viewer=cast.omar.id)) == 1
    sent.state = "accepted"
    await db.flush()
    assert len(await candidates(db, gig.id, viewer=cast.bilal.id)) == 1, "what was agreed stays"


async def test_a_contract_that_runs_is_told_from_one_that_is_over(db, cast) -> None:
    contract = await agreed(db, cast)
    assert await has_living_contract(db, cast.ayesha.id, cast.bilal.id)
    assert await has_living_contract(db, cast.bilal.id, cast.ayesha.id)
    assert not await has_living_contract(db, cast.hina.id, cast.bilal.id)
    contract.state = "cancelled"
    await db.flush()
    assert not await has_living_contract(db, cast.ayesha.id, cast.bilal.id)


async def test_who_may_not_apply_does_not_propose_and_who_may_not_post_does_not_publish(db, cast) -> None:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    await restricted(db, cast, at, what="apply")
    with pytest.raises(Restricted):
        await gigs.submit(db, gig, OFFER, freelancer=cast.ayesha_profile, at=at)
    await restricted(db, cast, at, what="post", whom=cast.bilal.id)
    with pytest.raises(Restricted):
        await opened(db, cast.agritrack.id, cast.bilal.id, at)
