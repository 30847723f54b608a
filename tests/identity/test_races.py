"""What two at once may not do. Real commits, real connections."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from marketplace.identity import actions, limits, organisations, sessions, submissions, tokens
from marketplace.identity.models import Membership, Organisation, RateCount, User, UserSession
from marketplace.identity.rules import new_secret, secret_hash
from marketplace.identity.sessions import Device
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.errors import Invalid
from tests.cast import PASSWORD_HASH


async def _user(database: Database, email: str = "nadia@test.example") -> User:
    async with database.write.begin() as db:
        user = User(email=email, name="Nadia Aslam", password_hash=PASSWORD_HASH, created_at=clock.now())
        db.add(user)
        await db.flush()
    return user


async def test_a_double_click_waits_for_the_first_and_finds_its_result(cloned_database: Database) -> None:
    id, at, may_commit = uuid4(), clock.now(), asyncio.Event()
    claimed = asyncio.Event()

    async def first() -> str | None:
        async with cloned_database.write.begin() as db:
            known = await submissions.claim(db, id, by=None, at=at)
            claimed.set()
            await may_commit.wait()
            await submissions.finish(db, id, location="/gigs/one")
        return known

    async def second() -> str | None:
        await claimed.wait()
        async with cloned_database.write.begin() as db:
            return await submissions.claim(db, id, by=None, at=at)

    both = asyncio.gather(first(), second())
    await _until_somebody_waits(cloned_database)
    may_commit.set()
    assert await both == [None, "/gigs/one"]


async def test_when_the_first_click_fails_the_second_does_the_work(cloned_database: Database) -> None:
    id, at = uuid4(), clock.now()
    with pytest.raises(RuntimeError):
        async with cloned_database.write.begin() as db:
            await submissions.claim(db, id, by=None, at=at)
            raise RuntimeError("the work failed")
    async with cloned_database.write.begin() as db:
        assert await submissions.claim(db, id, by=None, at=at) is None


async def test_another_persons_form_id_tells_nothing(cloned_database: Database) -> None:
    nadia, id, at = await _user(cloned_database), uuid4(), clock.now()
    async with cloned_database.write.begin() as db:
        await submissions.claim(db, id, by=nadia.id, at=at)
        await submissions.finish(db, id, location="/contracts/secret")
    async with cloned_database.write.begin() as db:
        assert await submissions.claim(db, id, by=None, at=at) == ""


async def test_twenty_tries_at_once_are_counted_as_twenty(cloned_database: Database) -> None:
    at = clock.now()

    async def attempt() -> bool:
        async with cloned_database.write.begin() as db:
            wait = await limits.count(db, limits.Rule("sign-in", 10, 15), who="a@b.example", ip="10.0.0.1", at=at)
        return wait is None

    allowed = await asyncio.gather(*(attempt() for _ in range(20)))
    assert sum(allowed) == 10


async def test_limits_are_apart_by_rule_person_and_address(cloned_database: Database) -> None:
    at = clock.now()

    async def count(rule: str, who: str, ip: str, times: int = 1) -> int | None:
        for _ in range(times):
            async with cloned_database.write.begin() as db:
                wait = await limits.count(db, limits.Rule(rule, 2, 15), who=who, ip=ip, at=at)
        return wait

    assert await count("sign-in", "a@b.example", "10.0.0.1", times=3) is not None
    assert await count("sign-in", "c@b.example", "10.0.0.1") is None, "another person in the same lab"
    assert await count("sign-in", "a@b.example", "10.0.0.2") is None, "herself from elsewhere: nobody locks her out"
    assert await count("reset", "a@b.example", "10.0.0.1") is None, "another rule"
    for number in range(4):
        await count("sign-in", "a@b.example", f"10.0.1.{number}", times=2)
    assert await count("sign-in", "a@b.example", "10.0.9.9") is not None, "many addresses against one person"
    for number in range(60):
        assert await count("sign-in", f"{number}@b.example", "10.0.0.7") is None
    assert await count("sign-in", "60@b.example", "10.0.0.7") is not None, "one address against everybody"
    assert await count("search", "", "10.0.0.8", times=3) is not None, "whoever it is"


async def test_two_private_postings_at_once_make_one_organisation(cloned_database: Database) -> None:
    nadia = await _user(cloned_database)

    async def post() -> Organisation:
        async with cloned_database.write.begin() as db:
            return await organisations.personal_organisation(db, nadia.id, at=clock.now())

    made = await asyncio.gather(*(post() for _ in range(4)))
    assert len({each.id for each in made}) == 1
    async with cloned_database.read() as db:
        assert await db.scalar(select(func.count()).select_from(Membership)) == 1
    assert made[0].is_personal and made[0].name == "Nadia Aslam" and made[0].kinds == ["employer"]


async def test_one_address_signs_up_once_whatever_its_capitals(cloned_database: Database) -> None:
    async def sign_up(email: str) -> bool:
        try:
            async with cloned_database.write.begin() as db:
                await actions.sign_up(
                    db, name="Nadia", email=email, password_hash=PASSWORD_HASH, locale="en", at=clock.now()
                )
        except Invalid:
            return False
        return True

    done = await asyncio.gather(*(sign_up(email) for email in ("Nadia@test.example", "nadia@test.example") * 3))
    assert sum(done) == 1


async def test_a_mailed_link_works_for_one_of_two_at_once(cloned_database: Database) -> None:
    nadia, at = await _user(cloned_database), clock.now()
    async with cloned_database.write.begin() as db:
        secret = await tokens.make(db, nadia.id, purpose="verify_email", email=nadia.email, at=at)

    async def use() -> bool:
        try:
            async with cloned_database.write.begin() as db:
                await tokens.use(db, secret, purpose="verify_email", at=at)
        except tokens.LinkOver:
            return False
        return True

    assert sorted(await asyncio.gather(use(), use(), use())) == [False, False, True]


async def test_a_session_that_ended_is_not_brought_back_by_being_seen(cloned_database: Database) -> None:
    nadia, at = await _user(cloned_database), clock.now()
    async with cloned_database.write.begin() as db:
        secret = await sessions.begin(db, nadia.id, device=Device(), at=at)
        session = (await db.scalars(select(UserSession))).one()
    async with cloned_database.write.begin() as db:
        await sessions.end(db, session.id, user_id=nadia.id, at=at)
    async with cloned_database.write.begin() as db:
        await sessions.mark_seen(db, [session.id], at=at)
    async with cloned_database.read() as db:
        assert await db.scalar(select(func.count()).where(UserSession.secret_hash == secret_hash(secret))) == 0


async def test_the_sweep_forgets_what_is_over_and_nothing_else(cloned_database: Database) -> None:
    nadia, at = await _user(cloned_database), clock.now()
    async with cloned_database.write.begin() as db:
        await sessions.begin(db, nadia.id, device=Device(), at=at - timedelta(days=91))
        await sessions.begin(db, nadia.id, device=Device(), at=at)
        await limits.count(db, limits.Rule("a", 1, 1), who="", ip="", at=at - timedelta(days=3))
        await limits.count(db, limits.Rule("a", 1, 1), who="", ip="", at=at)
    async with cloned_database.write.begin() as db:
        await sessions.forget_over(db, at=at)
        await limits.forget_old(db, at=at)
    async with cloned_database.read() as db:
        assert await db.scalar(select(func.count()).select_from(UserSession)) == 1
        assert await db.scalar(select(func.count(func.distinct(RateCount.window_at)))) == 1


def test_secrets_are_long_and_stored_only_as_hashes() -> None:
    secret = new_secret()
    assert len(secret) >= 43 and secret_hash(secret) != secret.encode() and len(secret_hash(secret)) == 32


async def _until_somebody_waits(database: Database) -> None:
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    for _ in range(1_000):
        async with database.read() as db:
            if await db.scalar(waiting):
                return
        await asyncio.sleep(0)
    raise AssertionError("nobody waits")
