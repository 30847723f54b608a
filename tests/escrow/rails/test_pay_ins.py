"""Paid in by transfer: too little, too much, too late, and references that are wrong."""

from dataclasses import dataclass, field

import pytest

from marketplace.escrow import accounts, actions
from marketplace.escrow.models import Hold
from marketplace.escrow.rails import matching, pay_ins
from marketplace.escrow.rules import MoveRefused
from marketplace.kernel import clock
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from tests.escrow.rails.paying import Rails, camt, entry


def pkr(amount: int) -> Money:
    return Money(amount * 100, "PKR")


@dataclass
class Transfer:
    """A hold of PKR 1,000 that may be paid by transfer."""

    rails: Rails
    hold: Hold
    reference: str
    lines: list[str] = field(default_factory=list)

    async def comes(self, amount: int, reference: str | None = None) -> None:
        """A line of the bank's statement."""
        self.lines.append(f"{amount}")
        told = (self.reference if reference is None else reference, f"{amount}.00", "")
        await self.rails.read(camt(entry("CRDT", f"{amount}.00", [told], key=f"L{len(self.lines)}")))

    async def state(self) -> tuple[str, Money, Money]:
        """The hold's state, what came in for it and lies there, what is held."""
        async with self.rails.database.write.begin() as db:
            hold = await db.get_one(Hold, self.hold.id, populate_existing=True)
            arrived = await pay_ins.arrived_for(db, hold)
        return hold.state, arrived, await self.rails.ledger(accounts.hold(self.hold.id), "PKR")


@pytest.fixture
async def transfer(rails: Rails) -> Transfer:
    return Transfer(rails, *await rails.to_be_paid())


async def test_too_little_waits_for_the_rest(transfer: Transfer) -> None:
    await transfer.comes(400)
    assert await transfer.state() == ("pending", pkr(400), pkr(0))
    await transfer.comes(600)
    assert await transfer.state() == ("held", pkr(0), pkr(1_000))


async def test_too_much_is_held_as_agreed_and_the_rest_goes_back_once(transfer: Transfer) -> None:
    await transfer.comes(1_250)
    assert await transfer.state() == ("held", pkr(250), pkr(1_000))
    farah, at = transfer.rails.farah.id, clock.now()
    async with transfer.rails.database.write.begin() as db:
        [found] = await pay_ins.to_send_back(db)
        assert (found.hold_id, found.refund_id, found.money) == (transfer.hold.id, None, pkr(250))
        await pay_ins.sent_back(db, transfer.hold.id, None, by=farah, at=at)
        assert await pay_ins.to_send_back(db) == []
        with pytest.raises(MoveRefused):
            await pay_ins.sent_back(db, transfer.hold.id, None, by=farah, at=at)


async def test_what_comes_after_it_was_cancelled_goes_back(transfer: Transfer) -> None:
    async with transfer.rails.database.write.begin() as db:
        await actions.cancel_hold(db, transfer.hold, by=transfer.rails.cast.bilal.id, at=clock.now())
    await transfer.comes(1_000)
    assert await transfer.state() == ("cancelled", pkr(1_000), pkr(0))
    async with transfer.rails.database.write.begin() as db:
        assert [each.money for each in await pay_ins.to_send_back(db)] == [pkr(1_000)]


async def test_a_wrong_reference_waits_for_a_person(transfer: Transfer) -> None:
    """One letter wrong, or none at all: in suspense until somebody of finance says whose it is."""
    wrong = transfer.reference[:-1] + ("A" if transfer.reference[-1] != "A" else "B")
    await transfer.comes(1_000, wrong)
    assert await transfer.state() == ("pending", pkr(0), pkr(0))
    [line] = await transfer.rails.lines()
    assert (line.state, line.hint) == ("open", "no_reference")
    told = {"by": transfer.rails.farah.id, "at": clock.now()}
    async with transfer.rails.database.write.begin() as db:
        with pytest.raises(Invalid):
            await matching.match_by_hand(db, line.id, wrong, **told)
        await matching.match_by_hand(db, line.id, transfer.reference, **told)
    assert await transfer.state() == ("held", pkr(0), pkr(1_000))
