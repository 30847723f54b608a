"""Statements, receipts and yearly certificates, read from the ledger alone: their totals are its balances."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select, union_all

from marketplace.engines.ledger import statements as ledger
from marketplace.engines.ledger.statements import Change
from marketplace.escrow import accounts
from marketplace.escrow.chargeback_models import Chargeback
from marketplace.escrow.models import Hold, Refund
from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import EXPONENTS, Money

KINDS = {
    "fund": N_("Paid in and held"),
    "release": N_("Released to the freelancer"),
    "refund": N_("Refunded to the employer"),
    "refund_failed": N_("A refund that came back"),
    "settlement": N_("Divided by a split or settlement"),
    "chargeback_covered": N_("Covers a payment that a bank took back"),
    "payout": N_("Payout"),
    "payout_back": N_("A payout that came back"),
}
EARNED = ("release", "settlement")
OTHER = N_("Other movement")


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose money: a freelancer's balance (`user_id`), or what an organisation has held (`organisation_id`)."""

    user_id: UUID | None = None
    organisation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One change with what it was for. A release shows its whole amount, the fee and what is left."""

    change: Change
    purpose: str

    @property
    def words(self) -> str:
        return KINDS.get(self.change.kind, OTHER)

    @property
    def gross(self) -> Money:
        """Before the fee: only a freelancer's side of a release has one."""
        return self.change.money + self.fee

    @property
    def fee(self) -> Money:
        money = self.change.money
        return self.change.fee if money.amount_minor > 0 else Money(0, money.currency)


@dataclass(frozen=True, slots=True)
class Statement:
    """opening + the lines = closing, by the ledger."""

    currency: str
    opening: Money
    lines: tuple[Line, ...]
    closing: Money

    @property
    def earned(self) -> tuple[Line, ...]:
        """A freelancer's side: what holds gave her."""
        return tuple(line for line in self.lines if line.change.kind in EARNED)

    @property
    def net(self) -> Money:
        return sum((line.change.money for line in self.earned), Money(0, self.currency))

    @property
    def fees(self) -> Money:
        return sum((line.fee for line in self.lines), Money(0, self.currency))


@dataclass(frozen=True, slots=True)
class Receipt:
    """One payment, release, refund or settlement of a hold as both sides may see it: gross = refunded + fee + net."""

    id: UUID
    at: datetime
    kind: str
    purpose: str
    payer: str
    payee: str
    gross: Money
    fee: Money
    refunded: Money

    @property
    def net(self) -> Money:
        return self.gross - self.refunded - self.fee


async def codes_of(db: AnySession, whose: Whose) -> set[str]:
    """The accounts that hold this money, in every currency."""
    if whose.user_id is not None:
        kinds = (accounts.owed, accounts.connected, accounts.payable)
        return {code(whose.user_id, currency) for code in kinds for currency in EXPONENTS}
    holds = select(Hold.id).where(Hold.payer_organisation_id == whose.organisation_id)
    return {accounts.hold(id) for id in (await db.execute(holds)).scalars()}


async def statements_of(db: AnySession, whose: Whose, *, since: datetime, until: datetime) -> list[Statement]:
    """One for each currency that was ever used, USD first."""
    codes = await codes_of(db, whose)
    return [
        await _statement(db, codes, currency, since=since, until=until)
        for currency in await ledger.currencies(db, codes)
    ]


async def _statement(
    db: AnySession, codes: Collection[str], currency: str, *, since: datetime, until: datetime
) -> Statement:
    found = await ledger.changes(db, codes, since=since, until=until, currency=currency)
    purposes = await _purposes(db, {change.subject[1] for change in found})
    lines = tuple(Line(change, purposes.get(change.subject[1], "")) for change in found)
    opening = await ledger.sum_at(db, codes, since, currency)
    closing = await ledger.sum_at(db, codes, until, currency)
    assert sum((line.change.money for line in lines), opening) == closing, "ledger: a statement that does not add up"
    return Statement(currency, opening, lines, closing)


async def _purposes(db: AnySession, ids: Collection[UUID]) -> dict[UUID, str]:
    """What the hold was for, by its own id, that of its refund or of its chargeback."""
    holds = select(Hold.id, Hold.purpose).where(Hold.id.in_(ids))
    parts = [
        select(part.id, Hold.purpose).join(Hold, Hold.id == part.hold_id).where(part.id.in_(ids))
        for part in (Refund, Chargeback)
    ]
    rows = (await db.execute(union_all(holds, *parts))).all()
    return {row[0]: row[1] for row in rows}


async def months_of(db: AnySession, whose: Whose, *, at: datetime) -> list[str]:
    """Months with something in or after them, the newest first, like "2026-11"."""
    first = await ledger.first_at(db, await codes_of(db, whose))
    if first is None:
        return []
    count = (at.year - first.year) * 12 + at.month - first.month
    return [_month(first.year, first.month + n) for n in range(count, -1, -1)]


def _month(year: int, month: int) -> str:
    return f"{year + (month - 1) // 12}-{(month - 1) % 12 + 1:02}"


def span(text: str) -> tuple[datetime, datetime]:
    """The first moment of a month ("2026-11") or a year ("2026"), and that of the next. Raises: NotFound."""
    year, _, month = text.partition("-")
    is_month = len(month) == 2 and month.isascii() and month.isdecimal() and 1 <= int(month) <= 12
    if not (year.isascii() and year.isdecimal() and len(year) == 4 and int(year) > 1) or not (is_month or text == year):
        raise NotFound
    if text == year:
        return datetime(int(year), 1, 1, tzinfo=UTC), datetime(int(year) + 1, 1, 1, tzinfo=UTC)
    after = _month(int(year), int(month) + 1).split("-")
    return datetime(int(year), int(month), 1, tzinfo=UTC), datetime(int(after[0]), int(after[1]), 1, tzinfo=UTC)


async def receipt_of(db: AnySession, id: UUID, *, whose: Collection[Whose]) -> Receipt:
    """One movement of a hold by its journal transaction. Raises: NotFound unless it is of one of these people."""
    for each in whose:
        codes = await codes_of(db, each)
        for currency in await ledger.currencies(db, codes):
            change = await ledger.change_of(db, codes, id, currency)
            if change is not None and change.subject[0] == "hold" and change.kind in KINDS:
                return await _receipt(db, change)
    raise NotFound


async def _receipt(db: AnySession, change: Change) -> Receipt:
    names = (
        select(Hold.purpose, Organisation.name, User.name, User.id)
        .join(Organisation, Organisation.id == Hold.payer_organisation_id)
        .join(User, User.id == Hold.payee_user_id)
        .where(Hold.id == change.subject[1])
    )
    purpose, payer, payee, payee_id = (await db.execute(names)).one()
    moved = await ledger.amount_of(db, change.id, accounts.hold(change.subject[1]))
    assert moved is not None, change.id
    gross = refunded = Money(abs(moved.amount_minor), moved.currency)
    if change.kind in EARNED:
        hers = await ledger.amount_of(db, change.id, accounts.owed(payee_id, gross.currency))
        refunded = gross - change.fee - (hers or Money(0, gross.currency))
    elif change.kind != "refund":
        refunded = Money(0, gross.currency)
    return Receipt(change.id, change.at, change.kind, purpose, payer, payee, gross, change.fee, refunded)
