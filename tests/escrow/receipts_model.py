"""What must be true of transfers that are confirmed by their receipts: read by two, met by a line, or never come."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from marketplace.engines.files.models import StoredFile
from marketplace.escrow import accounts
from marketplace.escrow.errors import OtherMoneyHeld, SamePerson, TooManyReceipts, UnpaidReceipt
from marketplace.escrow.rails import receipts, undoing
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from tests.escrow.rails_model import Books
from tests.escrow.transfers_model import Deal, Receipt, TransfersModel


@dataclass
class ReceiptsModel:
    """Farah and Imran read receipts for holds that are paid by transfer. Each step says whether it did."""

    transfers: TransfersModel
    waiting: list[Receipt] = field(default_factory=list)

    @property
    def books(self) -> Books:
        return self.transfers.books

    def _next(self, last: UUID | None, is_same_person: bool) -> UUID:
        """Who looks at it after `last`: Farah, then Imran."""
        farah, imran = self.transfers.desk.rails.farah.id, self.transfers.desk.rails.imran.id
        return farah if (last == farah) == is_same_person or last is None else imran

    def to_read(self) -> list[Receipt]:
        return [receipt for receipt in self.waiting if receipt.deal.state == "pending"]

    def unmet(self) -> list[Receipt]:
        return [receipt for deal in self.transfers.deals for receipt in deal.unmet]

    def borne(self) -> list[Deal]:
        return [deal for deal in self.transfers.deals if deal.borne]

    async def hand_in(self, which: int, how: str = "") -> bool:
        """The payer shows that she has transferred; not while we wait for the money of an earlier one.

        `how` Farah reads it at once, if she does.
        """
        deal = self.transfers.unpaid()[which % len(self.transfers.unpaid())]
        wrong = UnpaidReceipt if self.borne() else None
        if sum(receipt.deal is deal for receipt in self.waiting) >= receipts.MOST_WAITING:
            wrong = TooManyReceipts
        rails, made, found = self.transfers.desk.rails, None, None
        try:
            async with rails.database.write.begin() as db:
                by = rails.cast.bilal.id
                made = await receipts.hand_in(db, deal.hold, await stored_file(db, by), by=by, at=clock.now())
        except (UnpaidReceipt, TooManyReceipts) as error:
            found = type(error)
        assert found is wrong
        if made is None:
            return False
        self.waiting.append(Receipt(made.id, deal))
        if how:
            await self.read(-1, how, is_same_person=False)
        return True

    def are_many_waiting(self) -> bool:
        return len(self.waiting) > 3

    async def read(self, which: int, how: str, *, is_same_person: bool) -> bool:
        """One of finance reads an amount: all that is missing, less, or what the other one has read."""
        receipt = self.to_read()[which % len(self.to_read())]
        deal, by = receipt.deal, self._next(receipt.said and receipt.said[0], is_same_person)
        missing = deal.price - self.books[deal.paid_in]
        minor = max(1, missing // 3) if how == "less" else missing
        if receipt.said and how == "the same":
            minor = min(receipt.said[1], missing)
        state = ""
        try:
            async with self.transfers.desk.rails.database.write.begin() as db:
                amount = Money(minor, deal.currency)
                state = (await receipts.say_amount(db, receipt.id, amount, by=by, at=clock.now())).state
        except SamePerson:
            assert receipt.said == (by, minor)
            return False
        is_second = receipt.said is not None and receipt.said[0] != by and receipt.said[1] == minor
        assert state == ("confirmed" if is_second else "waiting")
        receipt.said = by, minor
        if is_second:
            self._confirmed(receipt, minor)
        return True

    def _confirmed(self, receipt: Receipt, minor: int) -> None:
        deal = receipt.deal
        self.waiting.remove(receipt)
        if minor in deal.seen:  # the statement was faster, and has booked it
            deal.seen.remove(minor)
            return
        receipt.minor = minor
        deal.unmet = sorted([*deal.unmet, receipt], key=lambda each: each.id)
        self.books.move(accounts.clearing(deal.currency), deal.paid_in, minor)
        self.transfers.fund_when_whole(deal)

    async def refuse(self, which: int) -> bool:
        """It shows no transfer to us."""
        receipt = self.waiting.pop(which % len(self.waiting))
        async with self.transfers.desk.rails.database.write.begin() as db:
            await receipts.refuse(
                db, receipt.id, "Another month.", by=self.transfers.desk.rails.farah.id, at=clock.now()
            )
        return True

    async def comes(self, which: int, *, is_whole: bool) -> bool:
        """The line that shows it is there, over the same amount or another one."""
        receipt = self.unmet()[which % len(self.unmet())]
        await self.transfers.comes(receipt.deal, receipt.minor if is_whole else receipt.minor + 5_00)
        return True

    async def comes_after_all(self) -> bool:
        """For which the reserve stands in."""
        deal = self.borne()[0]
        await self.transfers.comes(deal, deal.borne[0])
        return True

    async def never_came(self, which: int, *, is_same_person: bool, is_handed_in: bool) -> bool:
        """One of finance says so; when the other one agrees, it is undone."""
        receipt = self.unmet()[which % len(self.unmet())]
        deal, by, minor = receipt.deal, self._next(receipt.missed_by, is_same_person), receipt.minor
        is_relied_on = deal.state != "pending" and (is_handed_in or self.books[deal.held] < deal.price)
        is_stuck = self._is_stuck(deal, minor, is_relied_on)
        made: Any = None
        try:
            async with self.transfers.desk.rails.database.write.begin() as db:
                given: dict[str, Any] = {"is_relied_on": is_relied_on, "by": by, "at": clock.now()}
                made = await undoing.say_never_came(db, receipt.id, "No such line.", **given)
        except SamePerson:
            assert receipt.missed_by == by
        except OtherMoneyHeld:
            assert receipt.missed_by and is_stuck
        if made is None:
            return False
        if receipt.missed_by is None:
            assert made.state == "confirmed"
            receipt.missed_by = by
            return True
        assert made.state == "undone" and receipt.missed_by != by
        self._undone(receipt, is_relied_on)
        assert made.is_borne == (minor in deal.borne)
        return True

    def agree(self) -> None:
        """Of what is over nobody reads a receipt."""
        self.waiting = [receipt for receipt in self.waiting if receipt.deal in self.transfers.deals]

    def _covers(self, deal: Deal, minor: int) -> bool:
        """More than enough lies there, or it was given up before it was whole: nobody has to stand in."""
        return deal.state != "pending" and self.books[deal.paid_in] >= minor

    def _is_stuck(self, deal: Deal, minor: int, is_relied_on: bool) -> bool:
        """Other money was really paid, and is still there: whose part should the reserve stand in for?"""
        has_more = self.books[deal.held] > 0 or bool(deal.refunds)
        return is_relied_on and minor < deal.price and has_more and not self._covers(deal, minor)

    def _undone(self, receipt: Receipt, is_relied_on: bool) -> None:
        deal, minor = receipt.deal, receipt.minor
        clearing = accounts.clearing(deal.currency)
        deal.unmet.remove(receipt)
        if is_relied_on and not self._covers(deal, minor):
            self.books.move(accounts.reserve(deal.currency), clearing, minor)
            deal.borne.append(minor)
            if minor == deal.price:
                deal.is_backed = True
                for refund_id, part in deal.refunds:
                    self.transfers.to_reserve(deal, refund_id, part)
                deal.refunds.clear()
            return
        if deal.state == "held" and not self._covers(deal, minor):
            self.books.move(deal.held, deal.paid_in, deal.price)
            deal.state = "pending"
        self.books.move(deal.paid_in, clearing, minor)


async def stored_file(db: Session, by: UUID) -> StoredFile:
    """A picture of a receipt."""
    kept: dict[str, Any] = {"media_type": "image/png", "size_bytes": 1, "uploaded_by": by, "created_at": clock.now()}
    file = StoredFile(sha256=uuid4().hex * 2, name="receipt.png", **kept)
    db.add(file)
    await db.flush()
    return file
