"""Work from a contract is shown only with its client's yes, to this text and these pictures."""

from datetime import timedelta

import pytest

from marketplace.contracts import actions, consents
from marketplace.contracts.models import Contract
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.talent import portfolio
from marketplace.talent.models import PortfolioItem
from marketplace.talent.portfolio import Piece
from tests.cast import Cast
from tests.contracts.scenes import agreed, funded, stored, told

PIECE = Piece("Crop calendar", "Forty crops on one page.", source="contract")


async def finished(db: Session, cast: Cast) -> Contract:
    contract = await agreed(db, cast)
    for number in (1, 2):
        part = await funded(db, cast, contract, number)
        await actions.deliver(db, part, text="Here", by=cast.ayesha.id, at=clock.now())
        await actions.accept_delivery(db, part, by=cast.bilal.id, at=clock.now())
    return contract


async def piece(db: Session, cast: Cast, contract: Contract) -> PortfolioItem:
    item = await portfolio.add(db, cast.ayesha_profile, PIECE, at=clock.now())
    await consents.ask(db, item, contract.id, at=clock.now())
    return item


async def shown(db: Session, cast: Cast) -> list[str]:
    return [each.title for each in await portfolio.pieces_of(db, cast.ayesha_profile.id)]


async def test_hidden_until_yes_and_hidden_again_after_a_change(db: Session, cast: Cast) -> None:
    at, contract = clock.now(), await finished(db, cast)
    item = await piece(db, cast, contract)
    assert "consent_asked" in await told(db, cast.bilal.id)
    asked = await consents.asked(db, item.id, reader=cast.bilal.id)
    assert (asked.piece.title, asked.freelancer, asked.state) == ("Crop calendar", "Ayesha Khan", "asked")
    assert await shown(db, cast) == []

    answer = {"by": cast.bilal.id, "at": at}
    with pytest.raises(consents.PieceChanged):
        await consents.answer(db, item.id, is_given=True, seen=at - timedelta(days=1), **answer)
    await consents.answer(db, item.id, is_given=True, seen=item.updated_at, **answer)
    await consents.answer(db, item.id, is_given=True, seen=item.updated_at, **answer)
    assert await shown(db, cast) == ["Crop calendar"]
    assert (await told(db, cast.ayesha.id)).count("consent_answered") == 1

    await portfolio.change(db, item, Piece("Other"), kept=(), files=(), at=at + timedelta(hours=1))
    await consents.ask_again(db, item, at=at)
    assert await shown(db, cast) == []
    await consents.answer(db, item.id, is_given=True, seen=item.updated_at, **answer)
    await consents.answer(db, item.id, is_given=False, seen=item.updated_at, **answer)  # taken back
    assert await shown(db, cast) == []
    assert await consents.states_of(db, cast.ayesha_profile.id) == {item.id: "refused"}


async def test_only_the_client_is_asked_and_only_of_her_completed_contract(db: Session, cast: Cast, tmp_path) -> None:
    at, contract = clock.now(), await finished(db, cast)
    item = await piece(db, cast, contract)
    for reader in (cast.omar.id, cast.hina.id, cast.ayesha.id):
        with pytest.raises(NotFound):
            await consents.asked(db, item.id, reader=reader)
        with pytest.raises(NotFound):
            await consents.answer(db, item.id, is_given=True, seen=item.updated_at, by=reader, at=at)
    under_way = await agreed(db, cast)
    with pytest.raises(Invalid):
        await consents.ask(db, item, under_way.id, at=at)
    hers = await portfolio.add(db, cast.hina_profile, PIECE, at=at)
    with pytest.raises(Invalid):
        await consents.ask(db, hers, contract.id, at=at)
    assert [work.contract_id for work in await consents.finished_work(db, cast.ayesha.id)] == [contract.id]

    file = await stored(db, cast, tmp_path)
    await portfolio.change(db, item, PIECE, kept=(), files=[file], at=at)
    await consents.ask_again(db, item, at=at)
    assert await consents.file_for(db, file.id, handle="ayesha", reader=cast.bilal.id)
    for reader in (cast.omar.id, cast.hina.id):
        with pytest.raises(NotFound):
            await consents.file_for(db, file.id, handle="ayesha", reader=reader)
    await portfolio.remove(db, item, at=at)
    with pytest.raises(NotFound):
        await consents.asked(db, item.id, reader=cast.bilal.id)
