"""Whoever is on neither side finds nothing; whoever is on the other side may look, but not do."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from marketplace.contracts import actions, lists, queries, rules
from marketplace.contracts.models import Contract
from marketplace.identity.models import Membership
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from tests.cast import Cast
from tests.contracts import scenes
from tests.visitors import Statements


@pytest.fixture
async def contract(db: Session, cast: Cast) -> Contract:
    return await scenes.agreed(db, cast)


async def test_a_third_person_finds_nothing_anywhere(
    db: Session, cast: Cast, contract: Contract, tmp_path: Path
) -> None:
    part = await scenes.funded(db, cast, contract)
    file = await scenes.stored(db, cast, tmp_path)
    await actions.deliver(db, part, text="", files=[file], by=cast.ayesha.id, at=clock.now())

    asked: list[Callable[[], Awaitable[object]]] = []
    for person in (cast.hina.id, cast.omar.id, cast.sana.id, uuid4()):
        asked += [
            lambda person=person: queries.contract_view(db, contract.id, reader=person),
            lambda person=person: queries.contract_for(db, contract.id, by=person),
            lambda person=person: queries.milestone_for(db, contract.id, 1, by=person, side="employer"),
            lambda person=person: queries.file_for(db, file.id, reader=person),
        ]
        assert await lists.contracts_of(db, person) == []
        assert await queries.contract_of_proposal(db, contract.proposal_id, reader=person) is None
        assert await lists.steps_for(db, person, "employer") == []
        assert await lists.steps_for(db, person, "freelancer") == []
    for ask in asked:
        with pytest.raises(NotFound):
            await ask()

    for person in (cast.ayesha.id, cast.bilal.id):
        assert (await queries.file_for(db, file.id, reader=person)).id == file.id


async def test_a_file_of_no_contract_is_nobodys(db: Session, cast: Cast, tmp_path: Path) -> None:
    file = await scenes.stored(db, cast, tmp_path)

    with pytest.raises(NotFound):
        await queries.file_for(db, file.id, reader=cast.ayesha.id)


async def test_each_side_does_only_its_own(db: Session, cast: Cast, contract: Contract) -> None:
    with pytest.raises(rules.NotYourSide):
        await queries.milestone_for(db, contract.id, 1, by=cast.ayesha.id, side="employer")
    with pytest.raises(rules.NotYourSide):
        await queries.milestone_for(db, contract.id, 1, by=cast.bilal.id, side="freelancer")
    with pytest.raises(NotFound):
        await queries.milestone_for(db, contract.id, 3, by=cast.bilal.id, side="employer")


@pytest.mark.parametrize(("role", "sees"), [("finance", True), ("hiring", True), ("member", False)])
async def test_roles_of_the_organisation(db: Session, cast: Cast, contract: Contract, role: str, sees: bool) -> None:
    db.add(Membership(user_id=cast.omar.id, organisation_id=cast.agritrack.id, role=role, created_at=clock.now()))
    await db.flush()

    assert bool(await lists.contracts_of(db, cast.omar.id)) is sees


async def test_lists_say_what_waits_for_whom(db: Session, cast: Cast, contract: Contract) -> None:
    (to_fund,) = await lists.steps_for(db, cast.bilal.id, "employer")
    assert (to_fund.number, to_fund.state, to_fund.other_name) == (1, "planned", "Ayesha Khan")
    assert await lists.steps_for(db, cast.ayesha.id, "freelancer") == []

    part = await scenes.funded(db, cast, contract)
    (to_deliver,) = await lists.steps_for(db, cast.ayesha.id, "freelancer")
    assert (to_deliver.number, to_deliver.until, to_deliver.other_name) == (1, part.due_at, "AgriTrack")
    assert await lists.steps_for(db, cast.bilal.id, "employer") == []

    at = clock.now()
    await actions.deliver(db, part, text="Here.", by=cast.ayesha.id, at=at)
    (to_review,) = await lists.steps_for(db, cast.bilal.id, "employer")
    assert (to_review.state, to_review.until) == ("delivered", at + rules.REVIEW_PERIOD)
    (coming,) = await lists.money_coming(db, cast.ayesha.id)
    assert (coming.net.amount_minor, coming.until) == (90_00, at + rules.REVIEW_PERIOD)

    await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    (to_fund,) = await lists.steps_for(db, cast.bilal.id, "employer")
    assert (to_fund.number, to_fund.state) == (2, "planned")
    (line,) = await lists.contracts_of(db, cast.ayesha.id)
    assert (line.released.amount_minor, line.total.amount_minor) == (100_00, 300_01)
    assert (line.milestones, line.milestones_over, line.number, line.side) == (2, 1, 2, "freelancer")


async def test_lists_page_by_cursor(db: Session, cast: Cast) -> None:
    made = [await scenes.agreed(db, cast) for _ in range(3)]

    first = await lists.contracts_of(db, cast.bilal.id, limit=2)
    rest = await lists.contracts_of(db, cast.bilal.id, after=first[-1].id, limit=2)
    assert [line.id for line in first + rest] == [contract.id for contract in reversed(made)]
    assert len(await lists.contracts_of(db, cast.bilal.id, is_open=True)) == 3
    assert await lists.contracts_of(db, cast.bilal.id, is_open=False) == []


async def test_a_contract_is_read_with_as_many_queries_whatever_it_holds(
    db: Session, cast: Cast, contract: Contract, tmp_path: Path, statements: Statements
) -> None:
    async def needed() -> int:
        statements.clear()
        await queries.contract_view(db, contract.id, reader=cast.ayesha.id)
        return len(statements)

    before = await needed()
    for number in (1, 2):
        part = await scenes.funded(db, cast, contract, number)
        files = [await scenes.stored(db, cast, tmp_path, f"{n}.txt", b"%d" % n) for n in range(3)]
        await actions.deliver(db, part, text="Here.", files=files, by=cast.ayesha.id, at=clock.now())
    assert (before, await needed()) == (3, 4)
