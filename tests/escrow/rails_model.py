"""What must be true of money that comes and goes without Stripe: the books, and the desk that reads statements."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.notify.mailroom import Mailroom
from marketplace.engines.notify.rendering import Site
from marketplace.escrow import accounts
from marketplace.escrow.rails import freezing, matching
from marketplace.escrow.rails.models import StatementLine
from marketplace.kernel import clock
from tests.cast import user_named
from tests.engines.banking.writing import camt, entry
from tests.escrow.rails.paying import HOUSE, Rails
from tests.escrow.world import World

CURRENCY = {slug: each.currency for slug, each in HOUSE.by_slug.items()}
WITH_CARDS = {"platform:fees:USD", "platform:reserve:USD"}
"""Where the cards' money goes too: compared at the end, together."""
LIE_HERE = """SELECT CASE WHEN code LIKE 'suspense:%' THEN 'suspense:' || currency ELSE code END AS code,
    sum(balance)::bigint AS balance FROM ledger_accounts WHERE balance <> 0 AND (code = ANY(:codes)
    OR currency = 'PKR' OR code LIKE 'suspense:%' OR code LIKE 'paid_in:%' OR code LIKE 'payable:%') GROUP BY 1"""
"""All rupees, whatever waits in dollars, and the accounts that the model knows by name."""
WALLET_HEAD = "Date,TID,Reference,Narration,Name,Amount,Status,Reason\n"


class Books(Counter[str]):
    """What the ledger has to say, in whole minor units, by account. Of lines that nobody understands only the sum."""

    def move(self, source: str, target: str, minor: int) -> None:
        self[source] -= minor
        self[target] += minor

    def expected(self) -> dict[str, int]:
        return {code: minor for code, minor in self.items() if code not in WITH_CARDS}

    def forget_empty(self) -> None:
        """Of what is long over nothing is asked any more."""
        for code in [code for code, minor in self.items() if not minor]:
            del self[code]


@dataclass
class Desk:
    """Farah and Imran look after the money; Rabia, a second freelancer, is paid by bank, wallet and hand."""

    rails: Rails
    owner: UUID
    books: Books
    lines: int = 0
    is_frozen: bool = False
    when_read: Callable[[str], None] = lambda _house: None
    """Told of which account a statement was read."""

    @classmethod
    async def of(cls, world: World) -> Self:
        async with world.database.write.begin() as db:
            farah = await user_named(db, "Farah Zaidi", staff_role="finance")
            imran = await user_named(db, "Imran Ali", staff_role="operator")
            rabia = await user_named(db, "Rabia Noor")
        world.services.add(Mailroom(Site("Hunar", "https://market.example"), "no-reply@market.example", "secret"))
        return cls(Rails(world.database, world.cast, farah, imran), rabia.id, Books())

    async def credit(self, house: str, minor: int, told: str, *, is_told_twice: bool = False) -> str:
        """A line that money came in; returns its key. It lies in suspense until it is known what for."""
        key = await self._read(house, minor, told, is_told_twice=is_told_twice)
        self.books.move(accounts.house(house, CURRENCY[house]), suspense(CURRENCY[house]), minor)
        return key

    async def debit(self, house: str, minor: int, told: str) -> str:
        """A line that money went out; returns its key. Its payout, or who explains it, meets it in clearing."""
        key = await self._read(house, -minor, told)
        self.books.move(accounts.clearing(CURRENCY[house]), accounts.house(house, CURRENCY[house]), minor)
        return key

    async def not_done(self, minor: int, told: str) -> str:
        """The wallet's operator says that it did not pay: no money moves."""
        return await self._read("wallet-pkr", -minor, told, status="Failed,Wallet blocked")

    async def _read(
        self, house: str, minor: int, told: str, *, status: str = "success,", is_told_twice: bool = False
    ) -> str:
        self.lines += 1
        key, amount = f"H{self.lines}", f"{abs(minor) // 100}.{abs(minor) % 100:02}"
        for number in (1, 2)[: 1 + is_told_twice]:  # another file with the same line
            if HOUSE.by_slug[house].layout == "wallet":
                row = f"2026-12-01,{key},{told},,Somebody,{'-' if minor < 0 else ''}{amount},{status}\n"
                content = (WALLET_HEAD + row + "\n" * number).encode()
            else:
                side, iban = ("DBIT" if minor < 0 else "CRDT"), HOUSE.by_slug[house].iban
                line = entry(side, amount, [(told, amount, "")], key=key, currency=CURRENCY[house])
                content = camt(line, iban=iban, number=number)
            await self.rails.read(content, house)
            self.when_read(house)
        return key

    async def explain(self, key: str, as_: str = "other") -> None:
        """A person says what an open line is that is nobody's."""
        async with self.rails.database.write.begin() as db:
            line = (await db.execute(select(StatementLine).where(StatementLine.key == key))).scalar_one()
            await matching.explain(db, line.id, as_, "Looked into", by=self.rails.imran.id, at=clock.now())
        if not line.is_booked:
            return
        clearing, target = accounts.clearing(line.currency), f"platform:{as_}s:{line.currency}"
        target = {"other": clearing, "bank_fee": accounts.rail_fees(line.currency)}.get(as_, target)
        if line.is_credit:
            self.books.move(suspense(line.currency), target, line.amount_minor)
        else:
            self.books.move(target, clearing, line.amount_minor)

    async def match(self, key: str, reference: str) -> None:
        """A person says whose an open line is."""
        async with self.rails.database.write.begin() as db:
            line_id = (await db.execute(select(StatementLine.id).where(StatementLine.key == key))).scalar_one()
            await matching.match_by_hand(db, line_id, reference, by=self.rails.farah.id, at=clock.now())

    async def freeze(self) -> None:
        async with self.rails.database.write.begin() as db:
            await freezing.freeze(db, "A strange line", by=self.rails.farah.id, at=clock.now())
        self.is_frozen = True

    async def lift(self) -> bool:
        async with self.rails.database.write.begin() as db:
            await freezing.lift(db, by=self.rails.farah.id, at=clock.now())
        self.is_frozen = False
        return True

    async def odd(self, kind: str) -> bool:
        """The bank takes a fee, or our own money comes over from another account of ours."""
        if kind == "bank_fee":
            await self.explain(await self.debit("bank-pkr", 25_00, "CHARGES"), "bank_fee")
        else:
            await self.explain(await self.credit("bank-usd", 1_000_00, "FROM US"), "own_transfer")
        return True


def suspense(currency: str) -> str:
    return f"suspense:{currency}"
