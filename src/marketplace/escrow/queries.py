"""Reading money: a hold, a balance, all movements of a person or an organisation."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.engines.ledger import queries as ledger
from marketplace.escrow import accounts
from marketplace.escrow.models import Checkout, Hold, Payout, PayoutAccount, Transfer
from marketplace.kernel.database import AnySession
from marketplace.kernel.money import CURRENCIES, Money


@dataclass(frozen=True, slots=True)
class Balance:
    """A freelancer's money, all of one currency.

    held: funded for her work, before the fee; owed: released, but not in her balance yet; at_stripe and here: can be
    paid out, by Stripe and by the platform; on_its_way: payouts that have not arrived.
    """

    held: Money
    owed: Money
    at_stripe: Money
    here: Money
    on_its_way: Money

    @property
    def available(self) -> Money:
        return self.at_stripe + self.here

    def __bool__(self) -> bool:
        return any((self.held, self.owed, self.available, self.on_its_way))

    def on(self, rail: str) -> Money:
        """What a rail can pay out of it."""
        return self.at_stripe if rail == "stripe" else self.here


async def balance_of(db: AnySession, user_id: UUID, *, currency: str = "USD") -> Balance:
    """What she has, by the ledger."""
    owed, connected = accounts.owed(user_id, currency), accounts.connected(user_id, currency)
    here = accounts.payable(user_id, currency)
    holds = select(Hold.id).where(Hold.payee_user_id == user_id, Hold.state == "held", Hold.currency == currency)
    held_codes = [accounts.hold(id) for id in (await db.execute(holds)).scalars()]
    found = await ledger.balances(db, [owed, connected, here, *held_codes])
    zero = Money(0, currency)
    leaving = select(func.coalesce(func.sum(Payout.amount_minor), 0)).where(
        Payout.user_id == user_id, Payout.state.in_(("requested", "sent")), Payout.currency == currency
    )
    return Balance(
        held=sum((found.get(code, zero) for code in held_codes), zero),
        owed=found.get(owed, zero),
        at_stripe=found.get(connected, zero),
        here=found.get(here, zero),
        on_its_way=Money(int((await db.execute(leaving)).scalar_one()), currency),
    )


async def balances_of(db: AnySession, user_id: UUID) -> dict[str, Balance]:
    """Hers in each currency in which contracts are made; the first is always there, others when there is something."""
    found = {currency: await balance_of(db, user_id, currency=currency) for currency in CURRENCIES}
    return {currency: each for currency, each in found.items() if each or currency == CURRENCIES[0]}


async def left_in(db: AnySession, hold_id: UUID) -> Money:
    """What is still held of a hold."""
    return await ledger.balance(db, accounts.hold(hold_id))


async def hold_of(db: AnySession, hold_id: UUID) -> Hold | None:
    """The hold as last committed."""
    return await db.get(Hold, hold_id)


async def open_checkout(db: AnySession, hold_id: UUID, *, at: datetime) -> Checkout | None:
    """The pay page of a hold that can still be paid on."""
    query = (
        select(Checkout)
        .where(Checkout.hold_id == hold_id, Checkout.state == "open", Checkout.expires_at > at)
        .order_by(Checkout.attempt.desc())
        .limit(1)
    )
    return (await db.execute(query)).scalar_one_or_none()


async def payout_account_of(db: AnySession, user_id: UUID) -> PayoutAccount | None:
    """Her account on the Stripe rail."""
    query = select(PayoutAccount).where(PayoutAccount.user_id == user_id, PayoutAccount.rail == "stripe")
    return (await db.execute(query)).scalar_one_or_none()


async def waiting_transfers(db: AnySession, user_id: UUID) -> list[Transfer]:
    """Releases that have not reached her balance, oldest first; `failure` says why where Stripe refused."""
    query = select(Transfer).where(Transfer.payee_user_id == user_id, Transfer.state != "sent").order_by(Transfer.id)
    return list((await db.execute(query)).scalars())


async def payouts_of(db: AnySession, user_id: UUID, *, limit: int = 50) -> list[Payout]:
    """Her payouts, newest first."""
    query = select(Payout).where(Payout.user_id == user_id).order_by(Payout.id.desc()).limit(limit)
    return list((await db.execute(query)).scalars())
