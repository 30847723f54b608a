"""The last seat and a certificate, fifty at once: one gets it. The twins show that the lock is what holds."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import func, select

from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.errors import DomainError
from marketplace.skills.models import Evidence
from marketplace.training import certificates, claims, enrolments, imports, rules
from marketplace.training.models import Certificate, Cohort, Enrolment
from tests.cast import make_cast
from tests.training.scenes import line, loaded, person, previewed, school

MANY = 50


async def together(database: Database, *steps: Callable[[Session], Awaitable[object]]) -> list[object]:
    async def one(step: Callable[[Session], Awaitable[object]]) -> object:
        async with database.write.begin() as db:
            return await step(db)

    return await asyncio.gather(*(one(step) for step in steps), return_exceptions=True)


async def last_seat(database: Database) -> list[object]:
    """Fifty have applied for one seat, and all are given it at once."""
    async with database.write.begin() as db:
        await make_cast(db)
        at_school = await school(db, seats=1)
        learners = [await person(db, f"Learner{number} Bibi") for number in range(MANY)]
        run, by = at_school.cohort, at_school.tariq.id
        asked = [
            await enrolments.apply(db, run, each.id, intent=None, says_woman=False, at=clock.now()) for each in learners
        ]

    def give(id: UUID) -> Callable[[Session], Awaitable[object]]:
        async def step(db: Session) -> None:
            await enrolments.decide(db, await db.get_one(Enrolment, id), "enrolled", by=by, at=clock.now())

        return step

    return await together(database, *(give(each.id) for each in asked))


async def seated(database: Database) -> int:
    async with database.read() as db:
        return await db.scalar(select(func.count()).where(Enrolment.state == "enrolled")) or 0


@pytest.mark.slow
async def test_the_last_seat_is_given_once(cloned_database: Database) -> None:
    outcomes = await last_seat(cloned_database)
    assert sorted(map(type, outcomes), key=str).count(rules.NoSeatLeft) == MANY - 1, outcomes
    assert await seated(cloned_database) == 1


@pytest.mark.slow
async def test_without_the_lock_the_last_seat_is_given_more_than_once(
    cloned_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unlocked(db: Session, cohort_id: UUID) -> Cohort:
        return (await db.scalars(select(Cohort).where(Cohort.id == cohort_id))).one()

    monkeypatch.setattr(enrolments, "lock_cohort", unlocked)
    await last_seat(cloned_database)
    assert await seated(cloned_database) > 1


async def one_claim(database: Database) -> tuple[list[object], list[User]]:
    """A printed link in fifty hands at once."""
    async with database.write.begin() as db:
        await make_cast(db)
        at_school = await school(db)
        takers = [await person(db, f"Taker{number} Bibi") for number in range(MANY)]
        await loaded(db, at_school, line("S-1", "Ayesha Khan", ""))
        (printed,) = await claims.print_links(db, at_school.cohort.id, by=at_school.tariq.id, at=clock.now())

    def take(user: User) -> Callable[[Session], Awaitable[object]]:
        async def step(db: Session) -> UUID:
            await claims.claim(db, printed.secret, user.id, at=clock.now())
            return user.id

        return step

    return await together(database, *(take(each) for each in takers)), takers


async def believed(database: Database) -> int:
    """How many people have evidence by a certificate now."""
    async with database.read() as db:
        certified = Evidence.kind == "certified"
        return await db.scalar(select(func.count(func.distinct(Evidence.user_id))).where(certified)) or 0


@pytest.mark.slow
async def test_a_certificate_is_claimed_once(cloned_database: Database) -> None:
    outcomes, _ = await one_claim(cloned_database)
    winners = [each for each in outcomes if isinstance(each, UUID)]
    assert len(winners) == 1 and sum(isinstance(each, DomainError) for each in outcomes) == MANY - 1
    assert await believed(cloned_database) == 1
    async with cloned_database.read() as db:
        assert await db.scalar(select(Certificate.holder_user_id)) == winners[0]


@pytest.mark.slow
async def test_without_the_lock_a_certificate_is_claimed_more_than_once(
    cloned_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unlocked(db: Session, certificate_id: UUID) -> Certificate:
        return (await db.scalars(select(Certificate).where(Certificate.id == certificate_id))).one()

    monkeypatch.setattr(certificates, "lock", unlocked)
    await one_claim(cloned_database)
    assert await believed(cloned_database) > 1


@pytest.mark.slow
async def test_one_file_confirmed_by_two_and_two_equal_files_load_once(cloned_database: Database) -> None:
    async with cloned_database.write.begin() as db:
        await make_cast(db)
        at_school = await school(db, seats=10)
        rows = [line(f"S-{number}", f"Student {number}", "") for number in range(10)]
        files = [(await previewed(db, at_school, *rows)).id for _ in range(2)] * 3

    def load(id: UUID) -> Callable[[Session], Awaitable[object]]:
        async def step(db: Session) -> None:
            by, at = at_school.tariq.id, clock.now()
            await imports.confirm(db, id, skips_bad=False, sends_links=False, by=by, at=at)

        return step

    outcomes = await together(cloned_database, *(load(id) for id in files))
    assert all(outcome is None or isinstance(outcome, imports.LoadedAlready) for outcome in outcomes), outcomes
    async with cloned_database.read() as db:
        assert await db.scalar(select(func.count()).select_from(Certificate)) == 10
        assert await db.scalar(select(func.count()).select_from(Enrolment)) == 10
