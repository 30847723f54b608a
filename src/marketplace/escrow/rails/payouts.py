"""Asking for a payout on any rail, giving it up again, and giving the money back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import func, select

from marketplace.engines.banking import references
from marketplace.engines.ledger import journal
from marketplace.engines.ledger.journal import Overdrawn
from marketplace.escrow import accounts
from marketplace.escrow.errors import BeingPaid, MoreThanAvailable, NoPayoutAccount, QuoteChanged
from marketplace.escrow.events import PayoutFailed
from marketplace.escrow.models import Payout
from marketplace.escrow.rails.catalogue import HouseAccounts
from marketplace.escrow.rails.doors import account_on, doors
from marketplace.escrow.rails.freezing import require_open
from marketplace.escrow.rails.methods import methods_of
from marketplace.escrow.rails.quotes import Quote
from marketplace.escrow.rules import check_move
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.events import publish
from marketplace.kernel.failpoints import hit
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money

CANCELLED = "cancelled"
NO_HOUSE = HouseAccounts({})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A payout as she asks for it. `expects`: what the quote that she saw says will arrive."""

    amount: Money
    rail: str = "stripe"
    expects: Money | None = None


async def request_payout(
    db: Session, user_id: UUID, wanted: Wanted, *, house: HouseAccounts = NO_HOUSE, by: UUID, at: datetime
) -> Payout:
    """Money of her balance is on its way to her, at the quote that she saw.

    Raises: PayoutsFrozen, NoPayoutAccount, PayoutsPaused, TooFresh, RailClosed, NoRate, QuoteChanged, BelowMinimum,
    MoreThanAvailable.
    """
    await require_open(db)
    rail = doors(house)[wanted.rail]
    account = await account_on(db, user_id, wanted.rail)
    rail.check(account, at=at)
    found = await rail.quote(db, account, wanted.amount, at=at)
    if wanted.expects is not None and wanted.expects != found.arrives:
        raise QuoteChanged
    payout = _payout(account.id, user_id, wanted.rail, found, by=by, at=at)
    db.add(payout)
    await db.flush()
    try:
        await _take(db, payout, rail.source(user_id, found.takes.currency), found, at)
    except Overdrawn as error:
        raise MoreThanAvailable.at("amount", N_("That is more than your balance.")) from error
    hit("escrow.payout.posted")
    await rail.hand_over(db, payout, account)
    await _note(db, "payout.requested", payout, by=by, at=at, rail=payout.rail, arrives_minor=payout.arrives_minor)
    return payout


def _payout(account_id: UUID, user_id: UUID, rail: str, quote: Quote, *, by: UUID, at: datetime) -> Payout:
    return Payout(
        user_id=user_id,
        payout_account_id=account_id,
        rail=rail,
        reference=None if rail == "stripe" else references.make(references.PAYOUT),
        amount_minor=quote.takes.amount_minor,
        currency=quote.takes.currency,
        arrives_minor=quote.arrives.amount_minor,
        arrives_currency=quote.arrives.currency,
        rail_fee_minor=quote.fee.amount_minor,
        rate=quote.rate.value if quote.rate else None,
        rate_on=quote.rate.on if quote.rate else None,
        rate_source=quote.rate.source if quote.rate else "",
        due_on=quote.due_on,
        state="requested",
        by_user_id=by,
        requested_at=at,
    )


async def _take(db: Session, payout: Payout, source: str, quote: Quote, at: datetime) -> None:
    subject = ("payout", payout.id)
    transit = accounts.payout_transit(payout.id)
    lines = accounts.move(source, transit, quote.takes)
    await journal.post(db, key=f"payout:{payout.id}", kind="payout", lines=lines, at=at, subject=subject)
    if quote.rate:
        hit("escrow.payout.exchange")
        lines = accounts.exchange(transit, in_transit(payout), quote.takes, quote.converted)
        await journal.post(db, key=f"payout:{payout.id}:fx", kind="exchange", lines=lines, at=at, subject=subject)


async def cancel_payout(db: Session, payout_id: UUID, *, user_id: UUID, at: datetime) -> Payout:
    """She changes her mind before it is in a batch. Raises: NotFound, BeingPaid."""
    payout = await locked(db, payout_id)
    if payout.user_id != user_id:
        raise NotFound
    if payout.state != "requested" or payout.batch_id is not None or payout.rail == "stripe":
        raise BeingPaid
    await give_back(db, payout, "failed", code=CANCELLED, by=user_id, at=at)
    return payout


async def give_back(
    db: Session, payout: Payout, to: Literal["failed", "returned"], *, code: str, by: UUID | None, at: datetime
) -> None:
    """What is in transit is in her balance again, in its own currency at the rate at which it was changed. Once.

    For own rails; the payout is locked. What had left an account of ours is in transit again already.
    """
    check_move("payout", payout.state, to)
    payout.state, payout.failure, payout.ended_at = to, code, at
    await db.flush()
    takes, subject = amount_of(payout), ("payout", payout.id)
    transit = accounts.payout_transit(payout.id)
    if payout.rate is not None:
        lines = accounts.exchange(in_transit(payout), transit, converted_of(payout), takes)
        key = f"payout:{payout.id}:fx_back"
        await journal.post(db, key=key, kind="exchange_back", lines=lines, at=at, subject=subject)
    hit("escrow.payout.back")
    lines = accounts.move(transit, accounts.payable(payout.user_id, takes.currency), takes)
    await journal.post(db, key=f"payout:{payout.id}:back", kind="payout_back", lines=lines, at=at, subject=subject)
    await _note(db, f"payout.{to}", payout, by=by, at=at, code=code)
    if code != CANCELLED:
        await publish(db, PayoutFailed(payout_id=payout.id, user_id=payout.user_id, reason=code))


async def quote_for(
    db: AnySession, user_id: UUID, wanted: Wanted, *, house: HouseAccounts, at: datetime
) -> tuple[Quote, UUID]:
    """What such a payout would bring, and to which of her accounts; nothing is changed. Raises: as request_payout."""
    account = next((each for each in await methods_of(db, user_id) if each.rail == wanted.rail), None)
    if account is None:
        raise NoPayoutAccount
    rail = doors(house)[wanted.rail]
    rail.check(account, at=at)
    return await rail.quote(db, account, wanted.amount, at=at), account.id


async def has_been_paid(db: AnySession, user_id: UUID) -> bool:
    """A payout of hers has left before: the first one asks for more proof."""
    query = select(func.count()).where(Payout.user_id == user_id, Payout.state.in_(("sent", "confirmed")))
    return bool((await db.execute(query)).scalar_one())


async def payout_for(db: AnySession, payout_id: UUID, *, user_id: UUID) -> Payout:
    """One of her payouts. Raises: NotFound."""
    found = await db.get(Payout, payout_id)
    if found is None or found.user_id != user_id:
        raise NotFound
    return found


async def locked(db: Session, payout_id: UUID) -> Payout:
    """The payout as it is now, locked. Raises: NotFound."""
    found = await db.get(Payout, payout_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found


def amount_of(payout: Payout) -> Money:
    """What left her balance."""
    return Money(payout.amount_minor, payout.currency)


def converted_of(payout: Payout) -> Money:
    """The same in the currency in which it arrives, before the rail's fee."""
    return Money(payout.arrives_minor + payout.rail_fee_minor, payout.arrives_currency)


def in_transit(payout: Payout) -> str:
    """The ledger's account that holds it until it has arrived."""
    return accounts.payout_transit(payout.id, payout.arrives_currency if payout.rate is not None else "")


async def _note(db: Session, action: str, payout: Payout, *, by: UUID | None, at: datetime, **values: object) -> None:
    said: dict[str, Any] = {"amount_minor": payout.amount_minor, "currency": payout.currency, **values}
    await audit.record(db, action, subject=("payout", payout.id), by=by, at=at, **said)
