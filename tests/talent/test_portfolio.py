"""Pieces of work: hers to order, and one from a contract is nobody's to see before the client agreed."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest

from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.talent import portfolio
from marketplace.talent.portfolio import Piece
from tests.cast import Cast
from tests.contracts.scenes import stored

PIECE = Piece("A shop for pottery", "It opens in a second.", "https://pots.example/shop")


def test_what_a_piece_may_be() -> None:
    portfolio.check(PIECE, 6)
    wrong = {
        "title": (replace(PIECE, title=" "), 0),
        "text": (replace(PIECE, text="x" * 4_001), 0),
        "link": (replace(PIECE, link="javascript:alert(1)"), 0),
        "source": (replace(PIECE, source="stolen"), 0),  # type: ignore[arg-type]
        "files": (PIECE, 7),
    }
    for field, (piece, files) in wrong.items():
        with pytest.raises(Invalid) as refused:
            portfolio.check(piece, files)
        assert list(refused.value.fields) == [field]


async def test_she_orders_changes_and_removes(db: Session, cast: Cast, tmp_path: Path) -> None:
    at, hers = clock.now(), cast.ayesha_profile
    file, other = await stored(db, cast, tmp_path), await stored(db, cast, tmp_path, data=b"other")
    first = await portfolio.add(db, hers, PIECE, files=[file], at=at)
    second = await portfolio.add(db, hers, replace(PIECE, title="Second"), at=at)
    await portfolio.move(db, second, up=True, at=at)
    await portfolio.move(db, second, up=True, at=at)  # it is the first already
    assert [each.title for each in await portfolio.pieces_of(db, hers.id)] == ["Second", "A shop for pottery"]

    await portfolio.change(db, first, replace(PIECE, title="Shop", source="contract"), kept=[], files=[other], at=at)
    shop = (await portfolio.pieces_of(db, hers.id))[1]
    assert (shop.title, shop.source, [each.id for each in shop.files]) == ("Shop", "own", [other.id])
    await portfolio.remove(db, first, at=at)
    assert [each.title for each in await portfolio.pieces_of(db, hers.id)] == ["Second"]
    for reader in (cast.hina.id, uuid4()):
        with pytest.raises(NotFound):
            await portfolio.own_piece(db, second.id, reader)


async def test_paid_work_is_hers_alone_until_it_is_cleared(db: Session, cast: Cast, tmp_path: Path) -> None:
    at, hers = clock.now(), cast.ayesha_profile
    file = await stored(db, cast, tmp_path)
    item = await portfolio.add(db, hers, replace(PIECE, source="contract"), files=[file], at=at)
    assert await portfolio.pieces_of(db, hers.id) == []
    with pytest.raises(NotFound):
        await portfolio.file_for(db, file.id, freelancer_id=hers.id, with_hidden=False)
    assert await portfolio.file_for(db, file.id, freelancer_id=hers.id, with_hidden=True)

    await portfolio.clear(db, item, is_cleared=True, by=cast.bilal.id, at=at)
    assert await portfolio.file_for(db, file.id, freelancer_id=hers.id, with_hidden=False)
    with pytest.raises(NotFound):
        await portfolio.file_for(db, file.id, freelancer_id=cast.hina_profile.id, with_hidden=True)
    await portfolio.change(db, item, PIECE, kept=[file.id], files=[], at=at)
    assert await portfolio.pieces_of(db, hers.id) == [], "another text is asked for anew"


async def test_twenty_four_are_enough(db: Session, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portfolio, "MOST_ITEMS", 1)
    await portfolio.add(db, cast.ayesha_profile, PIECE, at=clock.now())
    with pytest.raises(portfolio.TooManyItems):
        await portfolio.add(db, cast.ayesha_profile, PIECE, at=clock.now())
