"""A handle is hers to choose, rarely, and nobody gets one that was somebody's."""

import asyncio
import contextlib
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import Invalid
from marketplace.talent import handles
from marketplace.talent.models import Freelancer
from tests.cast import Cast, make_cast


def test_what_is_no_handle() -> None:
    for wrong in (
        "",
        "ab",
        "a" * 31,
        "Ayesha",
        "1ayesha",
        "ayesha--k",
        "-ayesha",
        "ayesha-",
        "عائشہ",
        "a.b.c",
        "admin",
    ):
        with pytest.raises(Invalid):
            handles.check(wrong)
    for right in ("abc", "ayesha-khan-2", "a" * 30):
        handles.check(right)


async def test_once_freely_then_every_thirty_days(db: Session, cast: Cast) -> None:
    at, hers = clock.now(), cast.ayesha_profile
    await handles.choose(db, hers, " Shop-Maker ", at=at)
    assert hers.handle == "shop-maker"
    await handles.choose(db, hers, "shop-maker", at=at)  # the same again is no change
    with pytest.raises(handles.ChangedLately):
        await handles.choose(db, hers, "ayesha-k", at=at + timedelta(days=29))
    await handles.choose(db, hers, "ayesha-k", at=at + timedelta(days=30))
    for old in ("ayesha", "shop-maker"):
        assert await handles.successor(db, old) == "ayesha-k"
    assert await handles.successor(db, "ayesha-k") is None


async def test_nobody_gets_what_was_somebodys_but_she_gets_her_own_back(db: Session, cast: Cast) -> None:
    at = clock.now()
    await handles.choose(db, cast.ayesha_profile, "ayesha-k", at=at)
    for taken in ("ayesha", "ayesha-k"):
        with pytest.raises(Invalid, match="has or had"):
            await handles.choose(db, cast.hina_profile, taken, at=at)
    await handles.choose(db, cast.ayesha_profile, "ayesha", at=at + handles.PAUSE)
    assert (await handles.successor(db, "ayesha"), await handles.successor(db, "ayesha-k")) == (None, "ayesha")


@pytest.mark.slow
@pytest.mark.parametrize("has_guard", [True, False])
async def test_two_who_want_one_handle_at_once(
    cloned_database: Database, monkeypatch: pytest.MonkeyPatch, has_guard: bool
) -> None:
    """She leaves a handle while somebody takes it: without the lock both could have it."""
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
    if not has_guard:
        monkeypatch.setattr(handles, "_LOCK", None)  # pg_advisory_xact_lock(NULL) locks nothing
    both_looked = asyncio.Barrier(2)
    looks = handles._is_taken

    async def slowly(db: Session, handle: str, freelancer_id: object) -> bool:
        answer = await looks(db, handle, freelancer_id)  # type: ignore[arg-type]
        with contextlib.suppress(TimeoutError, asyncio.BrokenBarrierError):
            await asyncio.wait_for(both_looked.wait(), 0.5)
        return answer

    monkeypatch.setattr(handles, "_is_taken", slowly)

    async def choose(id: object) -> None:
        async with cloned_database.write.begin() as db:
            await handles.choose(db, await db.get_one(Freelancer, id), "the-one", at=clock.now())

    ended = await asyncio.gather(
        *(choose(each.id) for each in (cast.ayesha_profile, cast.hina_profile)), return_exceptions=True
    )
    refusals = [each for each in ended if each is not None]
    assert len(refusals) == 1
    assert isinstance(refusals[0], Invalid) == has_guard
    async with cloned_database.read() as db:
        assert len((await db.scalars(select(Freelancer.id).where(Freelancer.handle == "the-one"))).all()) == 1
