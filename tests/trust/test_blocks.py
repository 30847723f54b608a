"""A block holds both ways, at once, everywhere, and only who made it can take it back."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.identity.models import Membership, User
from marketplace.kernel import clock
from marketplace.kernel.errors import NotFound
from marketplace.kernel.ids import parse
from marketplace.trust import blocks
from marketplace.trust.models import Block


async def test_neither_finds_the_other_and_others_find_both(db, cast) -> None:
    at = clock.now()
    ayesha, bilal, hina = cast.ayesha.id, cast.bilal.id, cast.hina.id
    assert not await blocks.is_blocked(db, ayesha, bilal)
    await blocks.block(db, by=ayesha, other=bilal, at=at)
    await blocks.block(db, by=ayesha, other=bilal, at=at)
    assert len((await db.scalars(select(Block))).all()) == 1, "twice is once"
    assert await blocks.is_blocked(db, ayesha, bilal)
    assert await blocks.is_blocked(db, bilal, ayesha)
    assert not await blocks.is_blocked(db, hina, bilal)
    for viewer, missing in ((ayesha, {bilal}), (bilal, {ayesha}), (hina, set()), (None, set())):
        found = set(await db.scalars(select(User.id).where(blocks.not_blocked(User.id, viewer))))
        assert {ayesha, bilal, hina} - found == missing
    assert await blocks.blocked_by_or_blocking(db, bilal) == {ayesha}
    assert await blocks.blocked_by_or_blocking(db, hina) == set()


async def test_only_who_blocked_takes_it_back_and_only_her_list_shows_it(db, cast) -> None:
    at = clock.now()
    await blocks.block(db, by=cast.ayesha.id, other=cast.bilal.id, at=at)
    await blocks.unblock(db, by=cast.bilal.id, other=cast.ayesha.id, at=at)
    assert await blocks.is_blocked(db, cast.ayesha.id, cast.bilal.id), "he can't end her block"
    assert not await blocks.has_blocked(db, cast.bilal.id, cast.ayesha.id), "and nothing tells him of it"
    assert await blocks.blocked_by(db, cast.bilal.id, limit=10) == []
    await blocks.block(db, by=cast.ayesha.id, other=cast.hina.id, at=at + timedelta(seconds=1))
    [first, second] = await blocks.blocked_by(db, cast.ayesha.id, limit=10)
    assert (first.name, second.name) == ("Hina", "Bilal"), "newest first, by first name"
    [rest] = await blocks.blocked_by(db, cast.ayesha.id, after=(first.at, first.id), limit=10)
    assert rest == second
    await blocks.unblock(db, by=cast.ayesha.id, other=cast.bilal.id, at=at)
    assert not await blocks.is_blocked(db, cast.ayesha.id, cast.bilal.id)


async def test_nobody_blocks_herself_or_nobody(db, cast) -> None:
    with pytest.raises(blocks.OwnBlock):
        await blocks.block(db, by=cast.ayesha.id, other=cast.ayesha.id, at=clock.now())
    with pytest.raises(NotFound):
        await blocks.block(db, by=cast.ayesha.id, other=parse("0" * 26), at=clock.now())


async def test_a_posting_is_closed_by_its_poster_or_by_a_block_of_any_member(db, cast) -> None:
    at = clock.now()
    posting = {"created_by": cast.bilal.id, "organisation_id": cast.agritrack.id}
    db.add(Membership(user_id=cast.omar.id, organisation_id=cast.agritrack.id, role="member", created_at=at))
    await db.flush()
    assert not await blocks.keeps_apart(db, **posting, user_id=cast.ayesha.id)
    await blocks.block(db, by=cast.omar.id, other=cast.ayesha.id, at=at)
    assert not await blocks.keeps_apart(db, **posting, user_id=cast.ayesha.id), "a colleague's block is his own"
    await blocks.block(db, by=cast.ayesha.id, other=cast.omar.id, at=at)
    assert await blocks.keeps_apart(db, **posting, user_id=cast.ayesha.id), "she blocked one of them"
    await blocks.block(db, by=cast.bilal.id, other=cast.hina.id, at=at)
    assert await blocks.keeps_apart(db, **posting, user_id=cast.hina.id), "the poster blocked her"
