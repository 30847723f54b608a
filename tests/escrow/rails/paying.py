"""What tests of rails do, in the words of the people who do it."""

from datetime import date, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.ledger import journal
from marketplace.escrow import accounts, actions, queries
from marketplace.escrow.checking import check
from marketplace.escrow.models import Hold, Payout, PayoutAccount
from marketplace.escrow.rails import batches, methods, pay_ins, payouts, statements
from marketplace.escrow.rails.catalogue import HouseAccounts, demo_accounts, house_accounts
from marketplace.escrow.rails.models import PayoutBatch, StatementLine
from marketplace.escrow.rails.payouts import Wanted
from marketplace.escrow.rails.rates import import_rates
from marketplace.escrow.rails.statements import Given, Imported
from marketplace.escrow.rules import FeeTerms
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.money import Money
from tests.cast import Cast, make_cast, user_named
from tests.engines.banking.writing import camt, entry

HOUSE: HouseAccounts = house_accounts(demo_accounts())
IBAN = "PK36SCBL0000001123456702"
RATE = "278.50"
BANK = methods.Details("bank", "Ayesha Khan", IBAN)
WALLET = methods.Details("wallet", "Ayesha Khan", "0300 1234567", operator="raast")
BY_HAND = methods.Details("manual", "Ayesha Khan", "Western Union, Multan Cantt", currency="USD")


class Rails:
    """Ayesha is paid without Stripe; Farah and Imran look after the money."""

    def __init__(self, database: Database, cast: Cast, farah: User, imran: User) -> None:
        self.database, self.cast, self.farah, self.imran = database, cast, farah, imran
        self.ayesha = cast.ayesha.id

    @classmethod
    async def of(cls, database: Database) -> Self:
        async with database.write.begin() as db:
            cast = await make_cast(db)
            farah = await user_named(db, "Farah Zaidi", staff_role="finance")
            imran = await user_named(db, "Imran Ali", staff_role="operator")
        return cls(database, cast, farah, imran)

    async def rates(self, value: str = RATE, *, on: date | None = None) -> int:
        day = on or clock.now().date()
        text = f"date,base,quote,rate\n{day},USD,PKR,{value}\n"
        async with self.database.write.begin() as db:
            return await import_rates(db, text, source="State Bank", by=None, at=clock.now())

    async def method(
        self, details: methods.Details, *, is_old: bool = True, user_id: UUID | None = None
    ) -> PayoutAccount:
        whose = user_id or self.ayesha
        async with self.database.write.begin() as db:
            at = clock.now() - (timedelta(days=4) if is_old else timedelta())
            return await methods.add_method(db, whose, details, by=whose, at=at)

    async def to_be_paid(self) -> tuple[Hold, str]:
        """A hold of PKR 1,000 that AgriTrack pays by transfer, and the reference to name."""
        told: dict[str, Any] = {"by": self.cast.bilal.id, "at": clock.now()}
        async with self.database.write.begin() as db:
            hold = await actions.open_hold(
                db,
                payer_organisation_id=self.cast.agritrack.id,
                payee_user_id=self.ayesha,
                amount=Money(1_000_00, "PKR"),
                fee=FeeTerms(1_000),
                purpose="Shop, milestone 1",
                **told,
            )
            return hold, (await pay_ins.open_pay_in(db, hold, **told)).reference

    async def earn(self, money: Money, *, user_id: UUID | None = None) -> Hold:
        """A hold is paid in by somebody and released to her; no fee."""
        whose, at = user_id or self.ayesha, clock.now()
        async with self.database.write.begin() as db:
            hold = await actions.open_hold(
                db,
                payer_organisation_id=self.cast.agritrack.id,
                payee_user_id=whose,
                amount=money,
                fee=FeeTerms(0),
                purpose="Shop, milestone 1",
                by=self.cast.bilal.id,
                at=at,
            )
            hold.state, hold.funded_at = "held", at
            await db.flush()
            lines = accounts.move(accounts.stripe(money.currency), accounts.hold(hold.id), money)
            await journal.post(
                db, key=f"hold:{hold.id}:fund", kind="fund", lines=lines, at=at, subject=("hold", hold.id)
            )
            await actions.release(db, hold, money, by=self.cast.bilal.id, cause="accepted", at=at)
            return hold

    async def ask(self, amount: Money, rail: str = "bank", **more: Any) -> Payout:
        async with self.database.write.begin() as db:
            wanted = Wanted(amount, rail, more.pop("expects", None))
            whose = more.pop("user_id", self.ayesha)
            return await payouts.request_payout(db, whose, wanted, house=HOUSE, by=whose, at=clock.now())

    async def cancel(self, payout: Payout) -> None:
        async with self.database.write.begin() as db:
            await payouts.cancel_payout(db, payout.id, user_id=payout.user_id, at=clock.now())

    async def prepare(self, rail: str = "bank") -> PayoutBatch:
        async with self.database.write.begin() as db:
            found = await batches.prepare(db, rail, house=HOUSE, site="Hunar", by=self.farah.id, at=clock.now())
        [batch] = found
        return batch

    async def approve(self, batch: PayoutBatch, by: User | None = None) -> PayoutBatch:
        async with self.database.write.begin() as db:
            return await batches.approve(db, batch.id, by=(by or self.farah).id, at=clock.now())

    async def send(self, rail: str = "bank") -> PayoutBatch:
        """Prepared by Farah, approved by both."""
        batch = await self.prepare(rail)
        await self.approve(batch)
        return await self.approve(batch, self.imran)

    async def sent(self, money: Money, details: methods.Details = BANK) -> Payout:
        """She has earned it, asked for all of it, and it is in a file at the bank."""
        await self.rates()
        await self.method(details)
        await self.earn(money)
        payout = await self.ask(money, details.rail)
        await self.send(details.rail)
        return await self.fresh(payout)

    async def read(self, content: bytes, house: str = "bank-pkr") -> Imported:
        async with self.database.write.begin() as db:
            given = Given("statement", content)
            return await statements.import_statement(db, given, HOUSE.by_slug[house], by=self.farah.id, at=clock.now())

    async def fresh(self, payout: Payout) -> Payout:
        async with self.database.write.begin() as db:
            return await db.get_one(Payout, payout.id, populate_existing=True)

    async def lines(self) -> list[StatementLine]:
        async with self.database.write.begin() as db:
            return list((await db.execute(select(StatementLine).order_by(StatementLine.id))).scalars())

    async def here(self, currency: str = "USD", *, user_id: UUID | None = None) -> Money:
        async with self.database.write.begin() as db:
            return (await queries.balance_of(db, user_id or self.ayesha, currency=currency)).here

    async def ledger(self, code: str, currency: str = "USD") -> Money:
        async with self.database.write.begin() as db:
            return await queries.ledger.balance(db, code, currency=currency)

    async def problems(self) -> list[str]:
        async with self.database.write.begin() as db:
            return await check(db, at=clock.now())


def debit(payout: Payout, *, amount: str = "", key: str = "D1", on: str = "2026-12-01") -> str:
    """The bank's line that it went out."""
    return entry("DBIT", amount or f"{payout.arrives_minor / 100:.2f}", [_told(payout, amount)], key=key, on=on)


def credit(payout: Payout, *, amount: str = "", key: str = "C1", on: str = "2026-12-03") -> str:
    """The bank's line that it came back."""
    return entry("CRDT", amount or f"{payout.arrives_minor / 100:.2f}", [_told(payout, amount, "AC04")], key=key, on=on)


def _told(payout: Payout, amount: str, reason: str = "") -> tuple[str, str, str]:
    return (payout.reference or "", amount or f"{payout.arrives_minor / 100:.2f}", reason)


__all__ = ["BANK", "BY_HAND", "HOUSE", "IBAN", "WALLET", "Rails", "camt", "credit", "debit", "entry"]
