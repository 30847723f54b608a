"""What must be true of payouts by bank, wallet and hand: quotes at dated rates, batches, and what statements say."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from marketplace.escrow import accounts
from marketplace.escrow.errors import (
    ApprovedAlready,
    BeingPaid,
    BelowMinimum,
    MoreThanAvailable,
    NoRate,
    QuoteChanged,
    TooFresh,
)
from marketplace.escrow.models import Payout
from marketplace.escrow.rails import batches, matching
from marketplace.escrow.rails.models import PayoutBatch
from marketplace.escrow.rails.rates import FarRate, import_rates
from marketplace.kernel import clock
from marketplace.kernel.money import Money
from tests.escrow.rails.paying import BANK, BY_HAND, WALLET
from tests.escrow.rails_model import CURRENCY, Books, Desk, suspense
from tests.escrow.receipts_model import stored_file

DETAILS = {"bank": BANK, "wallet": WALLET, "manual": BY_HAND}
PAYS = {"bank": "bank-pkr", "wallet": "wallet-pkr", "manual": "bank-usd"}
LEAST = {"bank": 500_00, "wallet": 100_00, "manual": 10_00}
FEE = {"bank": 0, "wallet": 15_00, "manual": 0}
KARACHI = timedelta(hours=5)
TOO_OLD = timedelta(days=7)
COOLING = timedelta(hours=72)


@dataclass(eq=False)
class Sent:
    """A payout: what left her balance, what it was changed into, what arrives after the rail's fee."""

    payout: Payout
    takes: int
    brings: int
    is_early: bool = False
    """Its return stands on a statement, and that it went out does not yet."""
    has_debit: bool = False

    @property
    def rail(self) -> str:
        return self.payout.rail

    @property
    def house(self) -> str:
        return PAYS[self.rail]

    @property
    def arrives(self) -> int:
        return self.brings - FEE[self.rail]

    @property
    def reference(self) -> str:
        return self.payout.reference or ""

    @property
    def is_changed(self) -> bool:
        return self.payout.currency != CURRENCY[self.house]

    @property
    def transit(self) -> str:
        return accounts.payout_transit(self.payout.id, CURRENCY[self.house] if self.is_changed else "")


@dataclass
class PayoutsModel:
    """Rabia's two balances here, and where their money is. Each step says whether it did."""

    desk: Desk
    rates: list[tuple[date, int]] = field(default_factory=list)
    """As imported: the day, and so many hundredths of a rupee for a dollar."""
    usable_from: dict[str, datetime] = field(default_factory=dict)
    asked: list[Sent] = field(default_factory=list)
    batches: list[tuple[PayoutBatch, list[Sent]]] = field(default_factory=list)
    """Approved by one."""
    sent: list[Sent] = field(default_factory=list)
    confirmed: list[Sent] = field(default_factory=list)
    over: list[Sent] = field(default_factory=list)

    @property
    def books(self) -> Books:
        return self.desk.books

    async def begin(self) -> None:
        for details in DETAILS.values():
            await self.desk.rails.method(details, user_id=self.desk.owner)

    def here(self, currency: str) -> int:
        return self.books[accounts.payable(self.desk.owner, currency)]

    def can_ask(self) -> bool:
        has_some = self.here("PKR") > 1_000_00 or self.here("USD") > 20_00
        return has_some and not self.desk.is_frozen

    def can_ask_in_dollars(self) -> bool:
        return self.here("USD") > 20_00 and not self.desk.is_frozen

    def may_freeze(self) -> bool:
        return bool(self.asked or self.batches) and not self.desk.is_frozen

    # --- rates

    async def new_rate(self, hundredths: int, age: int) -> bool:
        """What the State Bank says of a day; whatever was said of a later one still counts."""
        day = clock.now().date() - timedelta(days=age)
        text = f"date,base,quote,rate\n{day},USD,PKR,{hundredths / 100:.2f}\n"
        async with self.desk.rails.database.write.begin() as db:
            count = await import_rates(db, text, source="State Bank", by=None, at=clock.now())
        is_known = (day, hundredths) in self.rates
        assert count == (0 if is_known else 1)
        if not is_known:
            self.rates.append((day, hundredths))
        return not is_known

    async def slip(self, hundredths: int) -> bool:
        """A comma too far right: nobody is paid a hundred times as much."""
        day = clock.now().date()
        text = f"date,base,quote,rate\n{day},USD,PKR,{hundredths}\n"
        async with self.desk.rails.database.write.begin() as db:
            await refused(FarRate, import_rates(db, text, source="State Bank", by=None, at=clock.now()))
        return False

    def rate(self) -> int | None:
        """Of the newest day that is not too old, as it was said last."""
        today = (clock.now() + KARACHI).date()
        dated = [(day, number) for number, (day, _rate) in enumerate(self.rates) if today - TOO_OLD <= day <= today]
        return self.rates[max(dated)[1]][1] if dated else None

    # --- asking

    async def ask(self, rail: str, currency: str, percent: int, *, is_old_look: bool = False) -> bool:
        """Some of her balance, at the quote that she has seen (a while ago: `is_old_look`)."""
        currency = "USD" if rail == "manual" else currency
        part = max(1, self.here(currency) * percent // 100)
        rate = self.rate() if CURRENCY[PAYS[rail]] != currency else 100
        brings = part * (rate or 0) // 100
        expects = brings - FEE[rail] - (1 if is_old_look else 0)
        refused = self._refusal(rail, currency, part, rate, is_old_look=is_old_look)
        payout, found, arrives = None, None, Money(expects, CURRENCY[PAYS[rail]])
        try:
            payout = await self.desk.rails.ask(Money(part, currency), rail, user_id=self.desk.owner, expects=arrives)
        except (TooFresh, NoRate, BelowMinimum, QuoteChanged, MoreThanAvailable) as error:
            found = type(error)
        assert found is refused
        if payout is None:
            return False
        assert (payout.arrives_minor, payout.rail_fee_minor) == (expects, FEE[rail])
        made = Sent(payout, part, brings)
        if made.is_changed:
            self._change(made, 1)
        self.books.move(accounts.payable(self.desk.owner, currency), self._first(made), part)
        self.asked.append(made)
        return True

    def _refusal(
        self, rail: str, currency: str, part: int, rate: int | None, *, is_old_look: bool
    ) -> type[Exception] | None:
        if self.usable_from.get(rail, clock.now()) > clock.now():
            return TooFresh
        if rate is None:
            return NoRate
        if part * rate // 100 - FEE[rail] < LEAST[rail]:
            return BelowMinimum
        if is_old_look:
            return QuoteChanged
        return MoreThanAvailable if part > self.here(currency) else None

    def _first(self, made: Sent) -> str:
        """Where it goes when it leaves her balance: what is changed at once lies with the platform."""
        return accounts.fx("USD") if made.is_changed else made.transit

    def _change(self, made: Sent, sign: int) -> None:
        """The rupees of a payout that was asked for in dollars: bought (1), or sold back at the same rate (-1)."""
        self.books.move(accounts.fx("PKR"), made.transit, sign * made.brings)

    async def cancel(self, which: int) -> bool:
        made = self.asked.pop(which % len(self.asked))
        await self.desk.rails.cancel(made.payout)
        self._give_back(made)
        return True

    def _give_back(self, made: Sent) -> None:
        """To her balance, in its own currency and all of it."""
        if made.is_changed:
            self._change(made, -1)
        self.books.move(self._first(made), accounts.payable(self.desk.owner, made.payout.currency), made.takes)
        self.over = [*self.over[-2:], made]

    async def new_details(self, rail: str) -> bool:
        """She is paid elsewhere from now on: not before three days have passed."""
        await self.desk.rails.method(DETAILS[rail], is_old=False, user_id=self.desk.owner)
        self.usable_from[rail] = clock.now() + COOLING
        return True

    def are_all_usable(self) -> bool:
        return all(since <= clock.now() for since in self.usable_from.values())

    # --- batches

    def waiting(self) -> list[str]:
        """The rails on which somebody waits."""
        return sorted({made.rail for made in self.asked})

    async def batch(self, which: int, *, is_approved_at_once: bool = False) -> bool:
        """All that waits on a rail is put into a file, and Farah approves it, perhaps Imran too."""
        rail = self.waiting()[which % len(self.waiting())]
        batch = await self.desk.rails.prepare(rail)
        await self.desk.rails.approve(batch)
        inside = [made for made in self.asked if made.rail == rail]
        assert (batch.count, batch.total_minor) == (len(inside), sum(made.arrives for made in inside))
        self.asked = [made for made in self.asked if made.rail != rail]
        if is_approved_at_once:
            await self.desk.rails.approve(batch, self.desk.rails.imran)
            self.sent += inside
        else:
            self.batches.append((batch, inside))
        return True

    async def approve(self, which: int, how: str) -> bool:
        """Imran is the second; or Farah tries it again, somebody cancels what is in it, or it is discarded."""
        at = which % len(self.batches)
        batch, inside = self.batches[at]
        rails = self.desk.rails
        if how == "again":
            await refused(ApprovedAlready, rails.approve(batch))
            return False
        if how == "cancel":
            await refused(BeingPaid, rails.cancel(inside[0].payout))
            return False
        del self.batches[at]
        if how == "discard":
            async with rails.database.write.begin() as db:
                await batches.discard(db, batch.id, by=rails.imran.id, why="A wrong name", at=clock.now())
            self.asked += inside
            return True
        await rails.approve(batch, rails.imran)
        self.sent += inside
        return True

    # --- what statements say

    async def arrive(self, which: int, how: str = "whole") -> bool:
        """A line that it went out: over its amount, or another one, which a person accepts."""
        made = self.sent.pop(which % len(self.sent))
        went = made.arrives + (0 if made.is_early else {"less": -100, "more": 100}.get(how, 0))
        key = await self.desk.debit(made.house, went, made.reference)
        made.has_debit = True
        if went != made.arrives:
            await self.desk.match(key, made.reference)
        self._confirm(made)
        if made.is_early:  # what lies there since then is understood now
            self._came_back(made)
        return True

    def _confirm(self, made: Sent) -> None:
        currency = CURRENCY[made.house]
        self.books.move(made.transit, accounts.rail_fees(currency), FEE[made.rail])
        self.books.move(made.transit, accounts.clearing(currency), made.arrives)
        self.confirmed.append(made)

    async def come_back_first(self, which: int) -> bool:
        """Statements in the wrong order: it came back, and nobody has read yet that it went out."""
        made = self.not_early()[which % len(self.not_early())]
        await self.desk.credit(made.house, made.arrives, made.reference)
        made.is_early = True
        return True

    def not_early(self) -> list[Sent]:
        return [made for made in self.sent if not made.is_early]

    async def come_back(self, which: int, *, is_told_twice: bool) -> bool:
        """It is returned; what the bank tells a second time, in another file, counts once."""
        made = self.confirmed[which % len(self.confirmed)]
        await self.desk.credit(made.house, made.arrives, made.reference, is_told_twice=is_told_twice)
        self._came_back(made)
        return True

    def _came_back(self, made: Sent) -> None:
        """All of it is hers again, the rail's fee too."""
        currency = CURRENCY[made.house]
        self.confirmed.remove(made)
        self.books.move(suspense(currency), made.transit, made.arrives)
        self.books.move(accounts.rail_fees(currency), made.transit, FEE[made.rail])
        self._give_back(made)

    def at_a_wallet(self) -> list[Sent]:
        return [made for made in self.sent if made.rail == "wallet" and not made.is_early]

    async def fail(self, which: int) -> bool:
        """The wallet's operator has not done it."""
        made = self.at_a_wallet()[which % len(self.at_a_wallet())]
        await self.desk.not_done(made.arrives, made.reference)
        self.sent.remove(made)
        self._give_back(made)
        return True

    # --- by hand

    def by_hand(self) -> list[Sent]:
        return [made for made in self.sent if made.rail == "manual" and not made.is_early]

    async def pay_by_hand(self, which: int, *, is_done: bool) -> bool:
        """Farah has paid it, and here is the receipt; or it could not be made."""
        made = self.by_hand()[which % len(self.by_hand())]
        rails = self.desk.rails
        async with rails.database.write.begin() as db:
            by, at = rails.farah.id, clock.now()
            if is_done:
                file = await stored_file(db, by)
                await matching.confirm_by_receipt(db, made.payout.id, file.id, by=by, at=at)
            else:
                await matching.failed_by_hand(db, made.payout.id, "The agent is closed", by=by, at=at)
        self.sent.remove(made)
        if is_done:
            self._confirm(made)
        else:
            self._give_back(made)
        return True

    def without_line(self) -> list[Sent]:
        return [made for made in self.confirmed if not made.has_debit]

    async def show_by_hand(self) -> bool:
        """The statement shows it too."""
        made = self.without_line()[0]
        await self.desk.debit(made.house, made.arrives, made.reference)
        made.has_debit = True
        return True

    # --- what should not be

    def odd_ones(self) -> list[Sent]:
        """Of which no line should say (any more) that they went out."""
        return [*self.asked[-2:], *(made for made in self.confirmed[-2:] if made.has_debit), *self.over]

    async def odd_debit(self, which: int) -> bool:
        """A line says that it went out: never approved, paid twice, or over. That moves nobody's balance."""
        made = self.odd_ones()[which % len(self.odd_ones())]
        await self.desk.explain(await self.desk.debit(made.house, made.arrives, made.reference))
        return True

    async def agree(self) -> None:
        """What was sent arrives."""
        while self.sent:
            await self.arrive(0)
        while self.without_line():
            await self.show_by_hand()
        self.confirmed = self.confirmed[-5:]


async def refused(kind: type[Exception], doing: Awaitable[object]) -> None:
    """It has to be."""
    try:
        await doing
    except kind:
        return
    raise AssertionError(f"{kind.__name__} was not raised")
