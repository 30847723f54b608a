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
class Receipt:
    """Bilal's proof of a transfer; `minor` as two have read it; who said first that its money never came."""

    id: UUID
    deal: "Deal"
    said: tuple[UUID, int] | None = None
    minor: int = 0
    missed_by: UUID | None = None


@dataclass(eq=False)
class Deal:
    """A hold that is paid by transfer; one tenth of what it releases is the fee."""

    hold: Hold
    reference: str
    state: str = "pending"
    released: int = 0
    refunds: list[tuple[UUID, int]] = field(default_factory=list)
    """That somebody of finance has to send."""
    seen: list[int] = field(default_factory=list)
    """Amounts of its lines that no receipt has met."""
    unmet: list[Receipt] = field(default_factory=list)
    """Booked on the word of two, in the order in which they were handed in; no line has shown them."""
    borne: list[int] = field(default_factory=list)
    """What never came, and the reserve stands in for."""
    is_backed: bool = False
    """All of it: what is refunded goes to the reserve, since nobody has paid."""
    reserved: int = 0
    """So much of it did."""

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


@dataclass(eq=False)
class Unknown:
    """An open line, whose it is; named: its reference is right, but a receipt over another amount was confirmed."""

    key: str
    deal: Deal
    minor: int
    house: str
    is_named: bool = False


@dataclass
class TransfersModel:
    """AgriTrack (Bilal) pays for Rabia's work. Each step says whether it did."""

    desk: Desk
    deals: list[Deal] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    leaving: list[tuple[str, int]] = field(default_factory=list)
    """What finance has sent back and no statement shows yet: from which account, how much."""

    def __post_init__(self) -> None:
        self.desk.when_read = self.look_again

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
        house = _house(deal, by_wallet)
        if how == "wrong":
            self.unknown.append(Unknown(await self.desk.credit(house, minor, "no idea"), deal, minor, house))
        else:
            await self.comes(deal, minor, house)
        return True

    async def pay_again(self, which: int) -> bool:
        """What is paid already (or was given up) is paid once more."""
        over = [deal for deal in self.deals[-NEWEST:] if deal.state != "pending"]
        deal = over[which % len(over)]
        await self.comes(deal, deal.price // 3)
        return True

    def are_any_over(self) -> bool:
        return any(deal.state != "pending" for deal in self.deals[-NEWEST:])

    async def explain(self) -> bool:
        """Farah finds out whose the oldest unknown line is."""
        line = self.unknown.pop(0)
        await self.desk.match(line.key, line.deal.reference)
        self._came(line.deal, line.minor)
        return True

    async def give_up(self, which: int) -> bool:
        """The payer cancels what is not paid: what has come of it goes back."""
        deal = self.unpaid()[which % len(self.unpaid())]
        async with self.desk.rails.database.write.begin() as db:
            await actions.cancel_hold(db, deal.hold, by=self.desk.rails.cast.bilal.id, at=clock.now())
        deal.state = "cancelled"
        return True

    async def comes(self, deal: Deal, minor: int, house: str = "") -> None:
        """A line with the right reference. Is it what a receipt has shown, or one more? A person has to say."""
        house = house or _house(deal)
        key = await self.desk.credit(house, minor, deal.reference)
        if _is_doubtful(deal, minor):
            self.unknown.append(Unknown(key, deal, minor, house, is_named=True))
        else:
            self._came(deal, minor)

    def look_again(self, house: str) -> None:
        """Whenever a statement of this account is read, what lies open there may be clear by now."""
        for line in [line for line in self.unknown if line.is_named and line.house == house]:
            if not _is_doubtful(line.deal, line.minor):
                self.unknown.remove(line)
                self._came(line.deal, line.minor)

    def _came(self, deal: Deal, minor: int) -> None:
        """Money for a deal: the reserve gets what it stood in for, a receipt is met, or it is one more transfer."""
        lies_in = suspense(deal.currency)
        met = next((receipt for receipt in deal.unmet if receipt.minor == minor), None)
        if minor in deal.borne:
            deal.borne.remove(minor)
            self.books.move(lies_in, accounts.reserve(deal.currency), minor - deal.reserved)
            self.books.move(lies_in, deal.paid_in, deal.reserved)
            deal.is_backed, deal.reserved = False, 0
        elif met:
            deal.unmet.remove(met)
            self.books.move(lies_in, accounts.clearing(deal.currency), minor)
        else:
            deal.seen.append(minor)
            self.books.move(lies_in, deal.paid_in, minor)
            self.fund_when_whole(deal)

    def fund_when_whole(self, deal: Deal) -> None:
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
        if deal.is_backed:
            self.to_reserve(deal, refund_id, part)
        else:
            deal.refunds.append((refund_id, part))

    def to_reserve(self, deal: Deal, refund_id: UUID, part: int) -> None:
        """Nobody has paid it: it is the reserve's."""
        self.books.move(accounts.refund_transit(refund_id), accounts.reserve(deal.currency), part)
        deal.reserved += part

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
        self.deals = [deal for deal in self.deals if self._is_open(deal)]

    def _is_open(self, deal: Deal) -> bool:
        lies_here = self.books[deal.held] > 0 or self.books[deal.paid_in] > 0
        return lies_here or deal.state == "pending" or bool(deal.refunds or deal.unmet or deal.borne)


def _is_doubtful(deal: Deal, minor: int) -> bool:
    return bool(deal.unmet) and minor not in [receipt.minor for receipt in deal.unmet]


def _house(deal: Deal, by_wallet: bool = False) -> str:
    return "bank-usd" if deal.currency == "USD" else "wallet-pkr" if by_wallet else "bank-pkr"
