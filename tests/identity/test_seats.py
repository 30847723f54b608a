"""Seats when many press at once: one invitation is one seat, and an organisation keeps an owner."""

import asyncio

import pytest
from sqlalchemy import func, select

from marketplace.identity import organisations, seats
from marketplace.identity.models import Membership, Organisation, User
from marketplace.identity.tokens import LinkOver
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from tests.cast import PASSWORD_HASH
from tests.web.test_sign_up import mailed_link

CROWD = 50


async def _people(database: Database, count: int) -> list[User]:
    async with database.write.begin() as db:
        made = [
            User(email=f"p{n}@test.example", name=f"Person {n}", password_hash=PASSWORD_HASH, created_at=clock.now())
            for n in range(count)
        ]
        db.add_all(made)
        await db.flush()
    return made


async def _invited(database: Database, owner: User) -> tuple[Organisation, str]:
    async with database.write.begin() as db:
        made = await organisations.create_organisation(
            db, owner.id, name="AgriTrack", kinds=["employer"], at=clock.now()
        )
        invitee = seats.Invitee("new@test.example", "hiring")
        await seats.invite(db, made.id, invitee, by=owner.id, at=clock.now())
        return made, (await mailed_link(db, "seat_invitation", "new@test.example")).removeprefix("/join/")


async def _all_accept(database: Database, secret: str, people: list[User]) -> int:
    async def accept(user: User) -> bool:
        try:
            async with database.write.begin() as db:
                await seats.accept(db, secret, by=user.id, at=clock.now())
        except LinkOver:
            return False
        return True

    return sum(await asyncio.gather(*(accept(user) for user in people)))


async def _seats(database: Database) -> int:
    async with database.read() as db:
        return await db.scalar(select(func.count()).select_from(Membership)) or 0


@pytest.mark.slow
async def test_fifty_who_open_one_link_at_once_leave_one_seat(cloned_database: Database) -> None:
    owner, *crowd = await _people(cloned_database, CROWD + 1)
    _, secret = await _invited(cloned_database, owner)

    assert await _all_accept(cloned_database, secret, crowd) == 1
    assert await _seats(cloned_database) == 2


@pytest.mark.slow
async def test_its_twin_without_the_guard_seats_them_all(
    cloned_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, *crowd = await _people(cloned_database, CROWD + 1)
    _, secret = await _invited(cloned_database, owner)
    monkeypatch.setattr(seats, "_waits", tuple)

    assert await _all_accept(cloned_database, secret, crowd) == CROWD
    assert await _seats(cloned_database) == CROWD + 1


@pytest.mark.slow
async def test_one_person_who_presses_fifty_times_has_one_seat(cloned_database: Database) -> None:
    owner, nadia = await _people(cloned_database, 2)
    _, secret = await _invited(cloned_database, owner)

    assert await _all_accept(cloned_database, secret, [nadia] * CROWD) == 1
    assert await _seats(cloned_database) == 2


async def test_of_two_owners_who_leave_at_once_one_stays(cloned_database: Database) -> None:
    one, other = await _people(cloned_database, 2)
    made, secret = await _invited(cloned_database, one)
    await _all_accept(cloned_database, secret, [other])
    async with cloned_database.write.begin() as db:
        await seats.change_role(db, made.id, other.id, "owner", by=one.id, at=clock.now())

    async def leave(user: User) -> bool:
        try:
            async with cloned_database.write.begin() as db:
                await seats.remove(db, made.id, user.id, by=user.id, at=clock.now())
        except seats.LastOwner:
            return False
        return True

    assert sorted(await asyncio.gather(leave(one), leave(other))) == [False, True]
    assert await _seats(cloned_database) == 1
