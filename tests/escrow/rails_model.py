"""What must be true of money that comes and goes without Stripe, in whole paisa, beside a world's cards."""

from dataclasses import dataclass, field
from typing import Self
from uuid import UUID

from sqlalchemy import select, text

from marketplace.engines.notify.mailroom import Mailroom
from marketplace.engines.notify.rendering import Site
from marketplace.escrow import accounts, actions, queries
from marketplace.escrow.errors import ApprovedAlready, BelowMinimum, MoreThanAvailable
from marketplace.escrow.models import Hold, Payout
from marketplace.escrow.rails import matching, pay_ins
from marketplace.escrow.rails.models import StatementLine
from marketplace.escrow.rules import FeeTerms
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.cast import user_named
from tests.escrow.rails.paying import BANK, Rails, camt, credit, debit, entry
from tests.escrow.world import World

HOUSE = "world:house:bank-pkr:PKR"
LIES = text("SELECT code, balance FROM ledger_accounts WHERE code = ANY(:codes)")
OPEN = select(StatementLine).where(StatementLine.state == "open").order_by(StatementLine.id).limit(1)


@dataclass
class Awaited:
    """A hold that is to be paid by transfer."""

    hold: Hold
    reference: str
    missing: int


@dataclass
class RailsModel:
    """A second freelancer, who is paid by bank; Farah and Imran look after the money. Each step says whether it did."""

    rails: Rails
    held: dict[UUID, int]
    """By hold, shared with the model of the cards."""
    owner: UUID
    awaited: list[Awaited] = field(default_factory=list)
    lost: list[tuple[Awaited, int]] = field(default_factory=list)
    """Lines that name nobody: whom they were for, how much."""
    surplus: dict[UUID, int] = field(default_factory=dict)
    funded: list[Hold] = field(default_factory=list)
    asked: list[Payout] = field(default_factory=list)
    sent: list[Payout] = field(default_factory=list)
    confirmed: list[Payout] = field(default_factory=list)
    here: int = 0
    at_bank: int = 0
    lines: int = 0

    @classmethod
    async def of(cls, world: World, held: dict[UUID, int]) -> Self:
        async with world.database.write.begin() as db:
            farah = await user_named(db, "Farah Zaidi", staff_role="finance")
            imran = await user_named(db, "Imran Ali", staff_role="operator")
            rabia = await user_named(db, "Rabia Noor")
        world.services.add(Mailroom(Site("Hunar", "https://market.example"), "no-reply@market.example", "secret"))
        rails = Rails(world.database, world.cast, farah, imran)
        await rails.method(BANK, user_id=rabia.id)
        return cls(rails, held, rabia.id)

    async def agree_to_pay(self, minor: int) -> bool:
        """A hold in rupees, and the reference to pay it under."""
        rails = self.rails
        async with rails.database.write.begin() as db:
            hold = await actions.open_hold(
                db,
                payer_organisation_id=rails.cast.agritrack.id,
                payee_user_id=self.owner,
                amount=Money(minor, "PKR"),
                fee=FeeTerms(0),
                purpose="Shop, milestone 1",
                by=rails.cast.bilal.id,
                at=clock.now(),
            )
            made = await pay_ins.open_pay_in(db, hold, by=rails.cast.bilal.id, at=clock.now())
        self.awaited.append(Awaited(hold, made.reference, minor))
        return True

    async def pay_in(self, how: str) -> bool:
        """The bank has it on a statement: all, half, too much, or under a reference that nobody knows."""
        it = self.awaited[0]
        minor = {"half": max(1, it.missing // 2), "over": it.missing + 100}.get(how, it.missing)
        reference = "no idea" if how == "wrong" else it.reference
        await self._read_line("CRDT", minor, reference)
        if how == "wrong":
            self.lost.append((self.awaited.pop(0), minor))
        else:
            self._came(it, minor)
        return True

    async def explain(self) -> bool:
        """Farah finds out whose the oldest unknown line is."""
        it, minor = self.lost.pop(0)
        async with self.rails.database.write.begin() as db:
            line = (await db.execute(OPEN.where(StatementLine.is_credit))).scalars().one()
            assert line.amount_minor == minor
            await matching.match_by_hand(db, line.id, it.reference, by=self.rails.farah.id, at=clock.now())
        self._came(it, minor)
        return True

    def _came(self, it: Awaited, minor: int) -> None:
        it.missing -= minor
        if it.missing > 0:
            return
        if it in self.awaited:
            self.awaited.remove(it)
        self.funded.append(it.hold)
        self.held[it.hold.id] = it.hold.amount_minor
        if it.missing:
            self.surplus[it.hold.id] = -it.missing

    async def send_back(self) -> bool:
        """What came too much goes back, and the bank says so."""
        hold_id, minor = self.surplus.popitem()
        async with self.rails.database.write.begin() as db:
            await pay_ins.sent_back(db, hold_id, None, by=self.rails.farah.id, at=clock.now())
        await self._read_line("DBIT", minor, "back")
        async with self.rails.database.write.begin() as db:
            line = (await db.execute(OPEN.where(~StatementLine.is_credit))).scalars().one()
            await matching.explain(db, line.id, "other", "Sent back", by=self.rails.imran.id, at=clock.now())
        return True

    async def release(self, percent: int) -> bool:
        hold = self.funded[-1]
        part = max(1, self.held[hold.id] * percent // 100)
        async with self.rails.database.write.begin() as db:
            money = Money(part, "PKR")
            await actions.release(db, hold, money, by=self.rails.cast.bilal.id, cause="accepted", at=clock.now())
        self.held[hold.id] -= part
        self.here += part
        if not self.held[hold.id]:
            self.funded.remove(hold)
        return True

    async def ask(self, percent: int) -> bool:
        part = max(1, self.here * percent // 100)
        try:
            payout = await self.rails.ask(Money(part, "PKR"), user_id=self.owner)
        except MoreThanAvailable:
            assert part > self.here
            return False
        except BelowMinimum:
            assert part < 1_000_00
            return False
        self.here -= part
        self.asked.append(payout)
        return True

    async def cancel(self) -> bool:
        payout = self.asked.pop()
        await self.rails.cancel(payout)
        self.here += payout.amount_minor
        return True

    async def send(self) -> bool:
        """All that was asked for goes to the bank; one person alone is not enough, however often she approves."""
        batch = await self.rails.prepare()
        await self.rails.approve(batch)
        try:
            await self.rails.approve(batch)
        except ApprovedAlready:
            states = {(await self.rails.fresh(payout)).state for payout in self.asked}
            assert states == {"requested"}
        else:
            raise AssertionError("one person has approved twice")
        await self.rails.approve(batch, self.rails.imran)
        self.sent += [await self.rails.fresh(payout) for payout in self.asked]
        self.asked.clear()
        return True

    async def arrive(self) -> bool:
        payout = self.sent.pop(0)
        await self.rails.read(camt(debit(payout, key=self._key())))
        self.at_bank -= payout.arrives_minor
        self.confirmed.append(payout)
        return True

    async def come_back(self) -> bool:
        """A payout is returned; what the bank tells a second time, in another file, counts once."""
        payout = self.confirmed.pop()
        line = credit(payout, key=self._key())
        await self.rails.read(camt(line))
        await self.rails.read(camt(line, number=2))
        self.at_bank += payout.arrives_minor
        self.here += payout.amount_minor
        return True

    def expected(self) -> dict[str, int]:
        """What the ledger has to say at any moment, by account: nothing is ever under way here."""
        return {accounts.payable(self.owner, "PKR"): self.here, HOUSE: -self.at_bank}

    async def agree(self) -> None:
        """Nothing stays open: what is unknown is found out, what was sent arrives."""
        while self.lost:
            await self.explain()
        while self.surplus:
            await self.send_back()
        while self.sent:
            await self.arrive()
        lies = {accounts.paid_in(it.hold.id): it.hold.amount_minor - it.missing for it in self.awaited}
        async with self.rails.database.read() as db:
            found = dict((await db.execute(LIES, {"codes": list(lies)})).all())
            assert {code: found.get(code, 0) for code in lies} == lies
            assert (await queries.balance_of(db, self.owner, currency="PKR")).here.amount_minor == self.here

    async def _read_line(self, side: str, minor: int, reference: str) -> None:
        amount = f"{minor // 100}.{minor % 100:02}"
        await self.rails.read(camt(entry(side, amount, [(reference, amount, "")], key=self._key())))
        self.at_bank += minor if side == "CRDT" else -minor

    def _key(self) -> str:
        self.lines += 1
        return f"H{self.lines}"
