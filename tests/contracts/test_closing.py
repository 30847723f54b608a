"""Nobody closes an account with work under way or money on its way."""

import pytest

from marketplace.contracts import actions
from marketplace.engines.ledger import journal
from marketplace.escrow import accounts
from marketplace.identity import actions as identity
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from tests.cast import Cast
from tests.contracts.scenes import agreed


@pytest.mark.parametrize("who", ["ayesha", "bilal"])
async def test_both_sides_finish_or_cancel_first(db: Session, cast: Cast, who: str) -> None:
    contract = await agreed(db, cast)
    leaving: User = getattr(cast, who)
    with pytest.raises(Invalid, match="under way"):
        await identity.close_account(db, leaving.id, at=clock.now())
    await actions.cancel_contract(db, contract, side="employer", reason="", by=cast.bilal.id, at=clock.now())
    await identity.close_account(db, leaving.id, at=clock.now())
    assert (await db.get_one(User, leaving.id, populate_existing=True)).closed_at is not None


async def test_money_that_is_hers_is_paid_out_first(db: Session, cast: Cast) -> None:
    owed = accounts.owed(cast.hina.id, "USD")
    lines = accounts.move(accounts.stripe("USD"), owed, Money(90_00, "USD"))
    await journal.post(db, key="test:owed", kind="test", lines=lines, at=clock.now(), subject=("user", cast.hina.id))
    with pytest.raises(Invalid, match="money of yours"):
        await identity.close_account(db, cast.hina.id, at=clock.now())
