"""Payouts without Stripe: one that arrived, one that came back, one on its way, one that waits; a line nobody knows."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.demo.people import CAST, Everybody
from marketplace.escrow.models import Payout
from marketplace.escrow.rails import batches, methods, payouts, statements
from marketplace.escrow.rails.catalogue import HouseAccounts
from marketplace.escrow.rails.methods import Details
from marketplace.escrow.rails.payouts import Wanted
from marketplace.escrow.rails.rates import import_rates
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database, Session
from marketplace.kernel.money import Money
from marketplace.kernel.queue import Services

PAID = "Sadia Bashir"
"""She has earned 63 dollars and wants no account at Stripe."""
DETAILS = (
    Details("manual", PAID, "Cash at the counter of Multan Cantt, against her identity card", currency="USD"),
    Details("wallet", PAID, "0300 1234567", operator="raast"),
    Details("bank", PAID, "PK36SCBL0000001123456702"),
)
HEAD = "Date,Description,Reference,Transaction ID,Debit,Credit\n"


async def fill(services: Services, everybody: Everybody, report: Callable[[str, int, int], None]) -> None:
    """Once; what is there already stays."""
    database, whose = services[Database], everybody.users[PAID]
    async with database.write.begin() as db:
        if (await db.execute(select(Payout.id).where(Payout.user_id == whose).limit(1))).first():
            return
        await _rates(db)
        for each in DETAILS:
            await methods.add_method(db, whose, each, by=whose, at=clock.now() - timedelta(days=4))
    desk = _Desk(services, whose, everybody.users[CAST["finance"]], everybody.users[CAST["finance2"]])
    arrived = await desk.ask(25_00, "bank")
    back = await desk.ask(20_00, "bank")
    await desk.send("bank")
    await desk.read(_line(arrived, 1), _line(back, 2), _line(back, 3, is_back=True), f"{_day()},Charges,,T9,25.00,\n")
    await desk.ask(10_00, "wallet")
    await desk.send("wallet")
    await desk.ask(10_00, "manual")
    report("payouts", 4, 4)


def incoming(reference: str, minor: int) -> statements.Given:
    """A transfer to us, as the statement of our rupee account has it."""
    line = f"{_day()},IBFT from customer,{reference},{reference},,{minor / 100:.2f}\n"
    return statements.Given(f"{reference}.csv", (HEAD + line).encode())


async def _rates(db: Session) -> None:
    """One a week, some ahead: the demo's clock may be moved."""
    days = (clock.now().date() + timedelta(weeks=week) for week in range(12))
    rows = "".join(f"{day},USD,PKR,278.50\n" for day in days)
    await import_rates(db, f"date,base,quote,rate\n{rows}", source="Demo", by=None, at=clock.now())


class _Desk:
    """Farah prepares and approves, Imran approves."""

    def __init__(self, services: Services, whose: UUID, farah: UUID, imran: UUID) -> None:
        self.database, self.house, self.site = services[Database], services[HouseAccounts], services[Settings].name
        self.whose, self.farah, self.imran = whose, farah, imran

    async def ask(self, minor: int, rail: str) -> Payout:
        async with self.database.write.begin() as db:
            wanted = Wanted(Money(minor, "USD"), rail)
            return await payouts.request_payout(db, self.whose, wanted, house=self.house, by=self.whose, at=clock.now())

    async def send(self, rail: str) -> None:
        async with self.database.write.begin() as db:
            made = await batches.prepare(db, rail, house=self.house, site=self.site, by=self.farah, at=clock.now())
            for batch in made:
                await batches.approve(db, batch.id, by=self.farah, at=clock.now())
                await batches.approve(db, batch.id, by=self.imran, at=clock.now())

    async def read(self, *lines: str) -> None:
        given = statements.Given("statement.csv", (HEAD + "".join(lines)).encode())
        async with self.database.write.begin() as db:
            house = self.house.by_slug["bank-pkr"]
            await statements.import_statement(db, given, house, by=self.farah, at=clock.now())


def _line(payout: Payout, number: int, *, is_back: bool = False) -> str:
    amount = f"{payout.arrives_minor / 100:.2f}"
    sides = f",{amount}" if is_back else f"{amount},"
    return f"{_day()},{'Returned: account closed' if is_back else 'IBFT'},{payout.reference},T{number},{sides}\n"


def _day() -> str:
    return f"{clock.now():%d/%m/%Y}"
