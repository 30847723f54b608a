"""What must be true of money that comes by card and goes through Stripe, in whole cents, whatever happens to it."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from uuid import UUID, uuid4

from sqlalchemy import text

from marketplace.engines.payments import tasks as payments
from marketplace.escrow import accounts, splitting
from marketplace.escrow.checking import _RULES
from marketplace.escrow.errors import BelowMinimum, HoldFrozen, MoreThanAvailable, NotHeld, PayoutsFrozen
from marketplace.escrow.models import Hold
from marketplace.kernel import clock
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from marketplace.kernel.queue import drain
from tests.escrow.beside_stripe import OURS, BesideStripe
from tests.escrow.payouts_model import PayoutsModel, refused
from tests.escrow.rails_model import LIE_HERE, Desk
from tests.escrow.transfers_model import TransfersModel
from tests.escrow.world import World, usd

[FUNDED] = [query for sentence, query in _RULES.items() if "came in, but its releases" in sentence]
RULES = {
    "entries do not sum to zero": "SELECT currency FROM ledger_entries GROUP BY currency HAVING sum(amount) <> 0",
    "an account is below its floor": "SELECT code, balance, floor FROM ledger_accounts WHERE balance < floor",
    "funded is not held + released + refunded + covered": FUNDED,
}
LOOKS = RULES | {
    "balances": LIE_HERE,
    "posted at Stripe": OURS,
}
ALWAYS = text(" UNION ALL ".join(f"SELECT '{said}', to_json(q) FROM ({query}) q" for said, query in LOOKS.items()))
"""All that is looked at after each step, in one statement: what it is, and its columns by name."""


@dataclass
class Model:
    """What must be true, in whole cents. Beside it: what comes and goes without Stripe."""

    world: World
    stripe: BesideStripe
    desk: Desk
    transfers: TransfersModel
    payouts: PayoutsModel
    held: dict[UUID, int] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    earned: int = 0
    fees: int = 0
    gone: int = 0
    disputes: dict[UUID, str] = field(default_factory=dict)
    lost: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    returned: dict[UUID, int] = field(default_factory=dict)

    @classmethod
    async def of(cls, world: World) -> Self:
        await world.onboard()
        stripe, desk = BesideStripe(world), await Desk.of(world)
        await stripe.begin()
        model = cls(world, stripe, desk, TransfersModel(desk), PayoutsModel(desk))
        await model.payouts.begin()
        return model

    async def fund(self, minor: int) -> bool:
        hold = await self.world.hold(Money(minor, "USD"))
        try:
            session = await self.world.pay_page(hold)
        except AssertionError:  # Stripe's answer was lost: the payer sees that and comes again
            await self.world.sandbox._control("faults", {})
            await self.world.settle()
            session = await self.world.pay_page(hold)
        await self.world.sandbox.pay(session["url"])
        self.holds.append(hold)
        self.held[hold.id] = minor
        return True

    def with_money(self) -> list[Hold]:
        """The newest holds by card that are not empty."""
        return [hold for hold in self.holds[-8:] if self.held[hold.id]][-4:]

    def _pick(self, which: int) -> Hold:
        """One of them; a rule asks first whether there is any."""
        found = self.with_money()
        return found[which % len(found)]

    async def release(self, percent: int, which: int) -> bool:
        hold = self._pick(which)
        part = max(1, self.held[hold.id] * percent // 100)
        try:
            release = await self.world.release(hold, Money(part, "USD"))
        except (NotHeld, HoldFrozen):
            assert part > self.held[hold.id] or await self._is_still(hold)
            return False
        self.held[hold.id] -= part
        self.fees += release.fee_minor
        self.earned += part - release.fee_minor
        return True

    async def refund(self, percent: int, which: int) -> bool:
        hold = self._pick(which)
        part = max(1, self.held[hold.id] * percent // 100)
        is_ours = (await self.world.fresh(Hold, hold.id)).is_reserve_backed
        try:
            await self.world.refund(hold, Money(part, "USD"))
        except (NotHeld, HoldFrozen):
            assert part > self.held[hold.id] or await self._is_still(hold)
            return False
        self.held[hold.id] -= part
        self.lost -= part if is_ours else 0
        self.returned[hold.id] = self.returned.get(hold.id, 0) + part
        return True

    async def split(self, percent: int, which: int) -> bool:
        """What is left is divided in one journal transaction, as a settlement does."""
        hold = self._pick(which)
        left = self.held[hold.id]
        part = left * percent // 100
        is_ours = (await self.world.fresh(Hold, hold.id)).is_reserve_backed
        try:
            async with self.world.database.write.begin() as db:
                released, _refund = await splitting.split(
                    db, hold, Money(part, "USD"), settlement_id=uuid4(), by=None, at=clock.now()
                )
        except (NotHeld, HoldFrozen, Invalid):
            assert part > left or await self._is_still(hold)
            return False
        self.held[hold.id] = 0
        self.lost -= left - part if is_ours else 0
        self.returned[hold.id] = self.returned.get(hold.id, 0) + left - part
        if released is not None:
            self.fees += released.fee_minor
            self.earned += part - released.fee_minor
        return True

    def undisputed(self) -> Hold | None:
        """What was paid last and nobody has asked back."""
        return next((hold for hold in self.holds[:-5:-1] if hold.id not in self.disputes), None)

    async def dispute(self, is_inquiry: bool) -> bool:
        """The payer's bank asks it back, where it can."""
        await drain(self.world.services, later_too=True)
        await self.world.listen()  # else a refund that is on its way is refused by Stripe, and held again
        found = self.undisputed()
        assert found is not None
        hold = await self.world.fresh(Hold, found.id)
        if hold.charge_id is None:
            return False
        charge = self.stripe.shown(hold.charge_id)
        if charge["amount_refunded"] == charge["amount"]:
            self.disputes[hold.id] = ""
            return False
        made = await self.world.sandbox.dispute(hold.charge_id, is_inquiry=is_inquiry)
        self.disputes[hold.id] = made["id"]
        self.asked[made["id"]] = 0 if is_inquiry else made["amount"]
        await self.world.listen()
        return True

    async def decide(self, outcome: str) -> bool:
        """The bank decides about the oldest that is open."""
        dispute_id, minor = next(iter(self.asked.items()))
        await self.world.sandbox.decide(dispute_id, outcome)
        del self.asked[dispute_id]
        self.lost += minor if outcome == "lost" else 0
        return True

    async def pay_out(self, percent: int) -> bool:
        available = (await self.world.balance()).available.amount_minor
        part = max(1, available * percent // 100)
        try:
            await self.world.pay_out(Money(part, "USD"))
        except BelowMinimum:
            assert part < 10_00
            return False
        except MoreThanAvailable:
            assert part > available
            return False
        self.gone += part
        return True

    async def news(self, seed: int, how: str) -> bool:
        """Half of what Stripe has to tell arrives, in any order; once, twice, or it is lost for ever."""
        events = await self.world.events()
        random.Random(seed).shuffle(events)
        some = events[: len(events) // 2 + 1]
        if how == "lost":  # the list of events is read in the end: `found`
            self.world.seen |= {event["id"] for event in some}
        else:
            await self.world.hear(some)
            if how == "doubled":
                await self.world.hear(some)
        return bool(some)

    async def arrived(self) -> bool:
        """All news is here, the lost too: the two books are the same now. Then it is two hours later.

        Our own poll of Stripe's list brings what was lost. (It reads from an hour before the last event that came:
        what is new is heard first, and time goes on, or it would read all histories again.)
        """
        await self.world.sandbox._control("faults", {})
        services, is_busy = self.world.services, True
        await drain(services, later_too=True)
        await self.world.listen()
        while is_busy:
            clock.advance(timedelta(seconds=5))
            await payments.poll(services)
            is_busy = await drain(services, later_too=True) > 0
        assert await self.always() == {}
        assert not self.stripe.under_way, "Stripe has moved what we do not know of"
        clock.advance(timedelta(hours=2))
        self.world.heard_until = clock.now()
        self.world.seen.clear()
        return True

    async def days_pass(self, days: int) -> bool:
        """Rates grow old, and new details become usable."""
        await self.arrived()
        clock.advance(timedelta(days=days))
        self.world.heard_until = clock.now()
        return True

    async def try_while_frozen(self, what: str) -> bool:
        """Nothing leaves, by no rail: nobody can ask, put into a file, or approve."""
        rails, payouts = self.desk.rails, self.payouts
        if what == "approve" and payouts.batches:
            await refused(PayoutsFrozen, rails.approve(payouts.batches[0][0], rails.imran))
        elif what == "batch":
            await refused(PayoutsFrozen, rails.prepare())
        elif what == "stripe":
            await refused(PayoutsFrozen, self.world.pay_out(usd(10)))
        else:
            await refused(PayoutsFrozen, rails.ask(Money(1_000_00, "PKR"), user_id=self.desk.owner))
        return False

    async def fault(self, operation: str, kind: str) -> bool:
        await self.world.sandbox.fault(operation, kind)
        return True

    async def agree(self) -> list[str]:
        """Compare, and return what `marketplace check` finds."""
        await self.arrived()
        await self.transfers.agree()
        await self.payouts.agree()
        assert await self.always() == {}
        books = self.desk.books
        async with self.world.database.write.begin() as db:
            query = "SELECT code, balance FROM ledger_accounts WHERE code LIKE 'hold:%' AND balance <> 0"
            held = {code: int(minor) for code, minor in await db.execute(text(query))}
        theirs = {accounts.hold(id): minor for id, minor in self.held.items() if minor}
        assert held == theirs | {code: minor for code, minor in books.items() if code[:5] == "hold:" and minor}
        balance = await self.world.balance()
        assert balance.on_its_way == usd(0)
        assert (balance.owed + balance.available).amount_minor == self.earned - self.gone
        for code, ours in (("platform:fees:USD", self.fees), ("platform:reserve:USD", -self.lost)):
            assert (await self.world.ledger(code)).amount_minor == ours + books[code]
        books.forget_empty()
        return await self.world.problems()

    async def _is_still(self, hold: Hold) -> bool:
        """Whether nothing could move: not heard of yet, all gone, or frozen by a bank."""
        now = await self.world.fresh(Hold, hold.id)
        return now.state in ("pending", "closed") or now.frozen_at is not None

    async def always(self) -> dict[str, list[Any]]:
        """What must hold at every moment, whatever is still under way."""
        expected = self.desk.books.expected()
        told: defaultdict[str, list[Any]] = defaultdict(list)
        async with self.world.database.read() as db:
            asked = {"after": self.stripe.last_of_ours, "codes": list(expected)}
            for said, row in await db.execute(ALWAYS, asked):
                told[said].append(tuple(row.values()))
        unknown = self.stripe.compare(told.pop("posted at Stripe", []))
        lies = set(told.pop("balances", [])) ^ {(code, minor) for code, minor in expected.items() if minor}
        told["the journal tells what did not happen at Stripe"] = [*unknown.items()]
        told["what comes and goes without Stripe differs"] = sorted(lies)
        return {said: rows for said, rows in told.items() if rows}
