"""An employer asks, once; she answers, declines or says nothing."""

import pytest
from sqlalchemy import func, select

from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.messages.models import Notice
from marketplace.postings import actions, invitations
from marketplace.postings.invitations import TooManyInvitations
from marketplace.postings.rules import PostingClosed
from marketplace.trust import blocks
from tests.postings.writing import opened


@pytest.fixture
async def gig(db, cast):
    return await opened(db, cast.agritrack.id, cast.bilal.id, clock.now(), title="A gig to be invited to")


async def told(db, user):
    return await db.scalar(select(func.count()).where(Notice.user_id == user.id, Notice.message == "invited"))


async def test_she_is_asked_once_and_told_once(db, cast, gig):
    at = clock.now()
    assert await invitations.invite(db, gig, cast.ayesha_profile.id, by=cast.bilal.id, at=at)
    assert not await invitations.invite(db, gig, cast.ayesha_profile.id, by=cast.bilal.id, at=at)
    assert await told(db, cast.ayesha) == 1
    [mine] = await invitations.invitations_of(db, cast.ayesha.id, at=at)
    assert (mine.title, mine.path) == (gig.title, f"/gigs/{gig.slug}")
    assert await invitations.invitations_of(db, cast.hina.id, at=at) == []


async def test_declining_takes_it_away_and_tells_nobody(db, cast, gig):
    at = clock.now()
    await invitations.invite(db, gig, cast.ayesha_profile.id, by=cast.bilal.id, at=at)
    [mine] = await invitations.invitations_of(db, cast.ayesha.id, at=at)
    before = await db.scalar(select(func.count()).select_from(Notice))
    with pytest.raises(NotFound):
        await invitations.decline(db, cast.hina.id, mine.id, at=at)
    await invitations.decline(db, cast.ayesha.id, mine.id, at=at)
    assert await invitations.invitations_of(db, cast.ayesha.id, at=at) == []
    assert await db.scalar(select(func.count()).select_from(Notice)) == before


async def test_nobody_unlisted_blocked_or_for_a_closed_gig(db, cast, gig):
    at = clock.now()
    cast.hina_profile.is_listed = False
    await db.flush()
    with pytest.raises(NotFound):
        await invitations.invite(db, gig, cast.hina_profile.id, by=cast.bilal.id, at=at)
    await blocks.block(db, by=cast.ayesha.id, other=cast.bilal.id, at=at)
    with pytest.raises(NotFound):
        await invitations.invite(db, gig, cast.ayesha_profile.id, by=cast.bilal.id, at=at)
    await actions.close(db, gig, by=cast.bilal.id, at=at)
    with pytest.raises(PostingClosed):
        await invitations.invite(db, gig, cast.ayesha_profile.id, by=cast.bilal.id, at=at)


async def test_there_is_a_limit_for_each_posting(db, cast, gig, monkeypatch):
    monkeypatch.setattr(invitations, "MOST", 1)
    await invitations.invite(db, gig, cast.ayesha_profile.id, by=cast.bilal.id, at=clock.now())
    with pytest.raises(TooManyInvitations):
        await invitations.invite(db, gig, cast.hina_profile.id, by=cast.bilal.id, at=clock.now())
