"""The staff's page of the books."""

from sqlalchemy import select

from marketplace.escrow.models import BookDifference, Reconciliation
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.ids import short
from tests.cast import Cast
from tests.contracts import scenes
from tests.visitors import Browse


async def test_staff_sees_and_closes_what_does_not_match(db: Session, cast: Cast, browse: Browse) -> None:
    moderator = await browse(cast.sana)
    assert "Nothing waits for an explanation" in (await moderator.get("/ops/books")).text
    sums = {"USD": {"stripe": 100_00, "ledger": 101_00}}
    difference = BookDifference(
        source_id="ch_1", currency="USD", stripe_minor=None, ledger_minor=100, found_at=clock.now()
    )
    db.add_all([Reconciliation(at=clock.now(), compared=3, different=1, sums=sums), difference])
    await db.commit()
    shown = (await moderator.get("/ops/books")).text
    assert "ch_1" in shown and "USD 101" in shown and "different" in shown
    path = f"/ops/books/differences/{short(difference.id)}/close"
    refused = await moderator.submit(path, {"reason": " "}, shown_on="/ops/books")
    assert refused.status_code == 422
    done = await moderator.submit(path, {"reason": "A test"}, shown_on="/ops/books")
    assert done.headers["location"] == "/ops/books"
    closed = (await db.execute(select(BookDifference).execution_options(populate_existing=True))).scalar_one()
    assert (closed.reason, closed.closed_by_user_id) == ("A test", cast.sana.id)
    assert "Nothing waits for an explanation" in (await moderator.get("/ops/books")).text


async def test_a_balance_at_a_moment(db: Session, cast: Cast, browse: Browse) -> None:
    contract = await scenes.agreed(db, cast)
    await db.commit()
    moderator = await browse(cast.sana)
    assert "There is no such account" in (await moderator.get("/ops/books?account=hold:nobody")).text
    assert "Write a day like" in (await moderator.get("/ops/books?at=yesterday")).text
    assert contract.id


async def test_the_books_are_for_staff(cast: Cast, browse: Browse) -> None:
    assert (await (await browse(cast.ayesha)).get("/ops/books")).status_code == 404
