"""What must be true of money that comes by card and goes through Stripe, in whole cents, whatever happens to it."""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self
from uuid import UUID, uuid4

from sqlalchemy import text

from marketplace.engines.payments import tasks as payments
from marketplace.engines.payments.movements import fetch_movements
from marketplace.escrow import accounts, actions, cards, charging, reconciling, refunding, splitting
from marketplace.escrow.checking import _RULES
from marketplace.escrow.errors import BelowMinimum, HoldFrozen, MoreThanAvailable, NotHeld, PayoutsFrozen, SamePerson
from marketplace.escrow.models import Hold, Payout
from marketplace.escrow.rails import pay_ins
from marketplace.kernel import clock
from marketplace.kernel.errors import Invalid
from marketplace.kernel.money import Money
from marketplace.kernel.queue import drain
from tests.engines.payments.sandbox_server import GOOD_CARD
from tests.escrow.beside_stripe import OURS, BesideStripe
from tests.escrow.payouts_model import PayoutsModel, refused
from tests.escrow.rails_model import LIE_HERE, Desk
from tests.escrow.receipts_model import ReceiptsModel
from tests.escrow.transfers_model import TransfersModel
from tests.escrow.world import World, usd

SENDS_BACK = "4000000000005126"
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
    receipts: ReceiptsModel
    payouts: PayoutsModel
    held: dict[UUID, int] = field(default_factory=dict)
    holds: list[Hold] = field(default_factory=list)
    earned: int = 0
    fees: int = 0
    gone: int = 0
    disputes: dict[UUID, str] = field(default_factory=dict)
    lost: int = 0
    asked: dict[str, int] = field(default_factory=dict)
    left: list[Payout] = field(default_factory=list)
    """The newest payouts by Stripe that were not sent back."""
    sending_back: set[UUID] = field(default_factory=set)
    """Holds paid by a card that sends every refund back."""
    failed: list[tuple[UUID, Hold, int]] = field(default_factory=list)
    """Refunds that came back: a person has to give them back once more."""
    by_hand: list[tuple[UUID, Hold, int]] = field(default_factory=list)
    faults: int = 0
    """Ordered since all had arrived."""
    different: int = 0
    """Between Stripe's list and ours, before the first step."""

    @classmethod
    async def of(cls, world: World) -> Self:
        await world.onboard()
        stripe, desk = BesideStripe(world), await Desk.of(world)
        await stripe.begin()
        transfers = TransfersModel(desk)
        model = cls(world, stripe, desk, transfers, ReceiptsModel(transfers), PayoutsModel(desk))
        await model.payouts.begin()
        await model.fund(100_00, "keep")
        await world.listen()
        model.different = await model._reconciled()
        return model

    async def fund(self, minor: int, how: str = "page") -> bool:
        """On the pay page, or by the card that is kept. `too late`: the hold was given up, the page still takes it."""
        hold = await self.world.hold(Money(minor, "USD"))
        if how == "kept":
            await self._press(hold)
        else:
            await self._pay_on_page(hold, how)
        if how == "too late":
            return True
        if how == "sends back":
            self.sending_back.add(hold.id)
        self.holds.append(hold)
        self.held[hold.id] = minor
        return True

    async def _press(self, hold: Hold) -> None:
        by = self.world.cast.bilal.id
        async with self.world.database.write.begin() as db:
            [card] = await cards.cards_of(db, self.world.cast.agritrack.id, reader=by)
            await charging.start(db, hold, card, by=by, at=clock.now())
        await drain(self.world.services)

    async def _pay_on_page(self, hold: Hold, how: str) -> None:
        try:
            session = await self.world.pay_page(hold, keeps_card=how == "keep")
        except AssertionError:  # Stripe's answer was lost: the payer sees that and comes again
            await self.world.sandbox._control("faults", {})
            await self.world.settle()
            session = await self.world.pay_page(hold)
        if how == "too late":
            async with self.world.database.write.begin() as db:
                await actions.cancel_hold(db, hold, by=self.world.cast.bilal.id, at=clock.now())
        await self.world.sandbox.pay(session["url"], card=SENDS_BACK if how == "sends back" else GOOD_CARD)

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
            refund_id = await self.world.refund(hold, Money(part, "USD"))
        except (NotHeld, HoldFrozen):
            assert part > self.held[hold.id] or await self._is_still(hold)
            return False
        self.held[hold.id] -= part
        self.lost -= part if is_ours else 0
        await self._maybe_comes_back(hold, refund_id, part)
        return True

    async def _maybe_comes_back(self, hold: Hold, refund_id: UUID, part: int) -> None:
        """The card sends it back: it is held again, and stands on a list."""
        if hold.id in self.sending_back:
            await self.arrived()
            self.held[hold.id] += part
            self.failed.append((refund_id, hold, part))

    def to_give_again(self) -> list[tuple[UUID, Hold, int]]:
        """What nobody has released or given back otherwise since then."""
        return [each for each in self.failed[-4:] if self.held[each[1].id] >= each[2]]

    async def give_again(self, which: int, *, is_by_hand: bool) -> bool:
        """Farah gives a refund that failed once more: by transfer, or to the card, which sends it back again."""
        found = self.to_give_again()
        refund_id, hold, part = found[which % len(found)]
        async with self.world.database.write.begin() as db:
            by, at = self.desk.rails.farah.id, clock.now()
            made = await refunding.give_back_again(db, refund_id, is_by_hand=is_by_hand, by=by, at=at)
        self.failed.remove((refund_id, hold, part))
        self.held[hold.id] -= part
        if is_by_hand:
            self.by_hand.append((made.id, hold, part))
        else:
            await self._maybe_comes_back(hold, made.id, part)
        return True

    async def sent_by_hand(self) -> bool:
        """Imran says that it has left our bank; who took it out of the hold can't."""
        refund_id, hold, part = self.by_hand.pop(0)
        rails, at = self.desk.rails, clock.now()
        async with self.world.database.write.begin() as db:
            await refused(SamePerson, pay_ins.sent_back(db, hold.id, refund_id, by=rails.farah.id, at=at))
            await pay_ins.sent_back(db, hold.id, refund_id, by=rails.imran.id, at=at)
        self.desk.books[accounts.clearing("USD")] += part
        self.transfers.leaving.append(("bank-usd", part))
        return True

    async def split(self, percent: int, which: int) -> bool:
        """What is left is divided in one journal transaction, as a settlement does."""
        hold = self._pick(which)
        left = self.held[hold.id]
        part = left * percent // 100
        is_ours = (await self.world.fresh(Hold, hold.id)).is_reserve_backed
        try:
            async with self.world.database.write.begin() as db:
                released, refund = await splitting.split(
                    db, hold, Money(part, "USD"), settlement_id=uuid4(), by=None, at=clock.now()
                )
        except (NotHeld, HoldFrozen, Invalid):
            assert part > left or await self._is_still(hold)
            return False
        self.held[hold.id] = 0
        self.lost -= left - part if is_ours else 0
        if released is not None:
            self.fees += released.fee_minor
            self.earned += part - released.fee_minor
        if refund is not None:
            await self._maybe_comes_back(hold, refund.id, left - part)
        return True

    def undisputed(self) -> Hold | None:
        """What was paid last and nobody has asked back."""
        newest = (hold for hold in self.holds[:-5:-1] if hold.id not in self.sending_back)
        return next((hold for hold in newest if hold.id not in self.disputes), None)

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
            payout = await self.world.pay_out(Money(part, "USD"))
        except BelowMinimum:
            assert part < 10_00
            return False
        except MoreThanAvailable:
            assert part > available
            return False
        self.gone += part
        self.left = [*self.left[-3:], payout]
        return True

    async def bank_sends_back(self, which: int) -> bool:
        """One of her payouts by Stripe comes back after it was paid, perhaps days later."""
        at = which % len(self.left)
        payout = await self.world.fresh(Payout, self.left[at].id)
        if payout.stripe_payout_id is None or self.stripe.shown(payout.stripe_payout_id)["status"] != "paid":
            return False
        await self.world.sandbox._control(f"payouts/{payout.stripe_payout_id}/fail", {})
        del self.left[at]
        self.gone -= payout.amount_minor
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
        found = await self.always()
        assert found == {}, found
        assert not self.stripe.under_way, "Stripe has moved what we do not know of"
        clock.advance(timedelta(hours=2))
        self.faults = 0
        self.world.heard_until = clock.now()
        self.world.seen.clear()
        return True

    async def days_pass(self, days: int) -> bool:
        """At night Stripe's list and ours are the same. Rates grow old, new details become usable."""
        await self.arrived()
        assert await self._reconciled() == self.different
        clock.advance(timedelta(days=days))
        self.world.heard_until = clock.now()
        return True

    async def _reconciled(self) -> int:
        """How many objects of Stripe's have moved our balance there otherwise than ours say."""
        await fetch_movements(self.world.database, self.world.client)
        async with self.world.database.write.begin() as db:
            return (await reconciling.reconcile(db, at=clock.now(), grace=timedelta())).different

    async def freeze(self, what: str) -> bool:
        """Nothing leaves from now on, by no rail: nobody can ask, put into a file, or approve."""
        await self.desk.freeze()
        rails, payouts = self.desk.rails, self.payouts
        if what == "approve" and payouts.batches:
            await refused(PayoutsFrozen, rails.approve(payouts.batches[0][0], rails.imran))
        elif what == "batch" and payouts.asked:
            await refused(PayoutsFrozen, rails.prepare(payouts.asked[0].rail))
        elif what == "stripe":
            await refused(PayoutsFrozen, self.world.pay_out(usd(10)))
        else:
            await refused(PayoutsFrozen, rails.ask(Money(1_000_00, "PKR"), user_id=self.desk.owner))
        return True

    async def fault(self, operation: str, kind: str) -> bool:
        await self.world.sandbox.fault(operation, kind)
        self.faults += 1
        return True

    async def agree(self) -> list[str]:
        """Compare, and return what `marketplace check` finds."""
        await self.arrived()
        await self.transfers.agree()
        self.receipts.agree()
        await self.payouts.agree()
        found = await self.always()
        assert found == {}, found
        books = self.desk.books
        async with self.world.database.write.begin() as db:
            query = "SELECT code, balance FROM ledger_accounts WHERE code LIKE 'hold:%' AND balance <> 0"
            held = {code: int(minor) for code, minor in await db.execute(text(query))}
        theirs = {accounts.hold(id): minor for id, minor in self.held.items() if minor}
        theirs |= {code: minor for code, minor in books.items() if code[:5] == "hold:" and minor}
        assert held == theirs, held.items() ^ theirs.items()
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
