"""What must be true of holds that are paid by transfer: less than all, all, more, under no name, and back again."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from marketplace.escrow import accounts, actions, splitting
from marketplace.escrow.errors import NotHeld
from marketplace.escrow.models import Hold
from marketplace.escrow.rails import pay_ins
from marketplace.escrow.rules import FeeTerms
from marketplace.kernel import clock
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from tests.escrow.rails_model import Books, Desk, suspense

NEWEST = 8


@dataclass(eq=False)
class Deal:
    """A hold that is paid by transfer; one tenth of what it releases is the fee."""

    hold: Hold
    reference: str
    state: str = "pending"
    released: int = 0
    refunds: list[tuple[UUID, int]] = field(default_factory=list)
    """That somebody of finance has to send."""

    @property
    def currency(self) -> str:
        return self.hold.currency

    @property
    def price(self) -> int:
        return self.hold.amount_minor

    @property
    def held(self) -> str:
        return accounts.hold(self.hold.id)

    @property
    def paid_in(self) -> str:
        return accounts.paid_in(self.hold.id)


@dataclass
class TransfersModel:
    """AgriTrack (Bilal) pays for Rabia's work. Each step says whether it did."""

    desk: Desk
    deals: list[Deal] = field(default_factory=list)
    unknown: list[tuple[str, Deal, int]] = field(default_factory=list)
    """Lines that name nobody: key, whom they were for, how much."""
    leaving: list[tuple[str, int]] = field(default_factory=list)
    """What finance has sent back and no statement shows yet: from which account, how much."""

    @property
    def books(self) -> Books:
        return self.desk.books

    # --- who there is: rules ask before they are drawn

    def unpaid(self) -> list[Deal]:
        return [deal for deal in self.deals[-NEWEST:] if deal.state == "pending"]

    def with_money(self) -> list[Deal]:
        return [deal for deal in self.deals[-NEWEST:] if self.books[deal.held]]

    def with_surplus(self) -> list[Deal]:
        return [deal for deal in self.deals if deal.state != "pending" and self.books[deal.paid_in]]

    def refunding(self) -> list[Deal]:
        return [deal for deal in self.deals if deal.refunds]

    # --- paying in

    async def agree_to_pay(self, minor: int, currency: str = "PKR") -> bool:
        """A hold, and the reference to pay it under."""
        rails = self.desk.rails
        async with rails.database.write.begin() as db:
            hold = await actions.open_hold(
                db,
                payer_organisation_id=rails.cast.agritrack.id,
                payee_user_id=self.desk.owner,
                amount=Money(minor, currency),
                fee=FeeTerms(1_000),
                purpose="Shop, milestone 1",
                by=rails.cast.bilal.id,
                at=clock.now(),
            )
            made = await pay_ins.open_pay_in(db, hold, by=rails.cast.bilal.id, at=clock.now())
        self.deals.append(Deal(hold, made.reference))
        return True

    async def pay_in(self, how: str, which: int = 0, *, by_wallet: bool = False) -> bool:
        """A statement shows it: all, half, too much, or under a reference that nobody knows."""
        deal = self.unpaid()[which % len(self.unpaid())]
        missing = deal.price - self.books[deal.paid_in]
        minor = {"half": max(1, missing // 2), "over": missing + 100}.get(how, missing)
        if how == "wrong":
            self.unknown.append((await self.desk.credit(_house(deal, by_wallet), minor, "no idea"), deal, minor))
        else:
            await self._comes(deal, minor, by_wallet=by_wallet)
        return True

    async def pay_again(self, which: int) -> bool:
        """What is paid already (or was given up) is paid once more."""
        over = [deal for deal in self.deals[-NEWEST:] if deal.state != "pending"]
        deal = over[which % len(over)]
        await self._comes(deal, deal.price // 3)
        return True

    def is_anything_over(self) -> bool:
        return any(deal.state != "pending" for deal in self.deals[-NEWEST:])

    async def explain(self) -> bool:
        """Farah finds out whose the oldest unknown line is."""
        key, deal, minor = self.unknown.pop(0)
        await self.desk.match(key, deal.reference)
        self._came(deal, minor)
        return True

    async def give_up(self, which: int) -> bool:
        """The payer cancels what is not paid: what has come of it goes back."""
        deal = self.unpaid()[which % len(self.unpaid())]
        async with self.desk.rails.database.write.begin() as db:
            await actions.cancel_hold(db, deal.hold, by=self.desk.rails.cast.bilal.id, at=clock.now())
        deal.state = "cancelled"
        return True

    async def _comes(self, deal: Deal, minor: int, *, by_wallet: bool = False) -> None:
        await self.desk.credit(_house(deal, by_wallet), minor, deal.reference)
        self._came(deal, minor)

    def _came(self, deal: Deal, minor: int) -> None:
        self.books.move(suspense(deal.currency), deal.paid_in, minor)
        self._fund_when_whole(deal)

    def _fund_when_whole(self, deal: Deal) -> None:
        if deal.state == "pending" and self.books[deal.paid_in] >= deal.price:
            deal.state = "held"
            self.books.move(deal.paid_in, deal.held, deal.price)

    # --- what becomes of it

    async def release(self, percent: int, which: int) -> bool:
        deal, part = self._part(percent, which)
        try:
            async with self.desk.rails.database.write.begin() as db:
                money, by = Money(part, deal.currency), self.desk.rails.cast.bilal.id
                await actions.release(db, deal.hold, money, by=by, cause="part", at=clock.now())
        except NotHeld:
            assert part > self.books[deal.held]
            return False
        self._released(deal, part)
        return True

    async def refund(self, percent: int, which: int) -> bool:
        deal, part = self._part(percent, which)
        try:
            async with self.desk.rails.database.write.begin() as db:
                money, by = Money(part, deal.currency), self.desk.rails.cast.bilal.id
                made = await actions.refund(db, deal.hold, money, by=by, cause="part", at=clock.now())
        except NotHeld:
            assert part > self.books[deal.held]
            return False
        self._refunded(deal, made.id, part)
        return True

    async def split(self, percent: int, which: int) -> bool:
        """What is left is divided in one journal transaction, as a settlement does."""
        deal, part = self._part(percent, which, least=0)
        left = self.books[deal.held]
        try:
            async with self.desk.rails.database.write.begin() as db:
                _release, refund = await splitting.split(
                    db, deal.hold, Money(part, deal.currency), settlement_id=uuid4(), by=None, at=clock.now()
                )
        except Invalid:
            assert part > left
            return False
        self._released(deal, part)
        if refund is not None:
            self._refunded(deal, refund.id, left - part)
        return True

    def _part(self, percent: int, which: int, least: int = 1) -> tuple[Deal, int]:
        deal = self.with_money()[which % len(self.with_money())]
        return deal, max(least, self.books[deal.held] * percent // 100)

    def _released(self, deal: Deal, part: int) -> None:
        """Parts cost what the whole does, rounded down: nothing is lost or won by asking in pieces."""
        fee = (deal.released + part) // 10 - deal.released // 10
        deal.released += part
        self.books.move(deal.held, accounts.payable(self.desk.owner, deal.currency), part - fee)
        self.books.move(deal.held, accounts.fees(deal.currency), fee)

    def _refunded(self, deal: Deal, refund_id: UUID, part: int) -> None:
        self.books.move(deal.held, accounts.refund_transit(refund_id), part)
        deal.refunds.append((refund_id, part))

    # --- and back

    async def send_refund(self, which: int) -> bool:
        """Farah has transferred it back to the payer, and says so."""
        deal = self.refunding()[which % len(self.refunding())]
        refund_id, minor = deal.refunds.pop(0)
        async with self.desk.rails.database.write.begin() as db:
            await pay_ins.sent_back(db, deal.hold.id, refund_id, by=self.desk.rails.farah.id, at=clock.now())
        self._left(deal, accounts.refund_transit(refund_id), minor)
        return True

    async def send_back(self, which: int) -> bool:
        """What came too much, or too late, goes back."""
        deal = self.with_surplus()[which % len(self.with_surplus())]
        async with self.desk.rails.database.write.begin() as db:
            await pay_ins.sent_back(db, deal.hold.id, None, by=self.desk.rails.farah.id, at=clock.now())
        self._left(deal, deal.paid_in, self.books[deal.paid_in])
        return True

    def _left(self, deal: Deal, source: str, minor: int) -> None:
        self.books.move(source, accounts.clearing(deal.currency), minor)
        self.leaving.append((_house(deal), minor))

    async def show_what_left(self) -> bool:
        """The statement shows the oldest that was sent back, and a person says that it is that."""
        house, minor = self.leaving.pop(0)
        await self.desk.explain(await self.desk.debit(house, minor, "back"))
        return True

    async def agree(self) -> None:
        """Nothing stays unknown; what is over is forgotten."""
        while self.unknown:
            await self.explain()
        while self.leaving:
            await self.show_what_left()
        waiting = {deal for _key, deal, _minor in self.unknown}
        self.deals = [deal for deal in self.deals if deal in waiting or deal.refunds or self._is_open(deal)]

    def _is_open(self, deal: Deal) -> bool:
        return deal.state == "pending" or self.books[deal.held] > 0 or self.books[deal.paid_in] > 0


def _house(deal: Deal, by_wallet: bool = False) -> str:
    return "bank-usd" if deal.currency == "USD" else "wallet-pkr" if by_wallet else "bank-pkr"
