"""Every rail behind one interface: whose account, from which balance, what it brings, how it is handed over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy import select

from marketplace.escrow import accounts, sending
from marketplace.escrow.errors import BelowMinimum, NoPayoutAccount, PayoutsPaused, RailClosed, TooFresh
from marketplace.escrow.models import Payout, PayoutAccount
from marketplace.escrow.rails.catalogue import HouseAccounts, RailTerms, rails, stripe_countries
from marketplace.escrow.rails.quotes import Quote, quote, working_day
from marketplace.escrow.rails.rates import rate_at
from marketplace.escrow.rules import MINIMUM_PAYOUT
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money

STRIPE_DAYS = 5


class Rail(Protocol):
    """A way for money to leave."""

    def source(self, user_id: UUID, currency: str) -> str:
        """The ledger's account from which it pays."""
        ...

    def check(self, account: PayoutAccount, *, at: datetime) -> None:
        """Raises: PayoutsPaused, TooFresh, RailClosed."""
        ...

    async def quote(self, db: AnySession, account: PayoutAccount, amount: Money, *, at: datetime) -> Quote:
        """What `amount` of the balance brings. Raises: BelowMinimum, NoRate, RailClosed."""
        ...

    async def hand_over(self, db: Session, payout: Payout, account: PayoutAccount) -> None:
        """Ask for it: at once, or with the next batch."""
        ...


class StripeRail:
    """Her own Stripe balance, to the bank that she gave Stripe. Stripe changes the currency, at its own rate."""

    def source(self, user_id: UUID, currency: str) -> str:
        return accounts.connected(user_id, currency)

    def check(self, account: PayoutAccount, *, at: datetime) -> None:
        if account.stripe_account_id is None:
            raise NoPayoutAccount
        if account.state != "active" or not account.can_pay_out:
            raise PayoutsPaused
        country = stripe_countries().get(account.country)
        if country is None or not country.approved:
            raise RailClosed
        _check_age(account, at)

    async def quote(self, db: AnySession, account: PayoutAccount, amount: Money, *, at: datetime) -> Quote:
        if amount.currency != MINIMUM_PAYOUT.currency:
            raise RailClosed
        if amount < MINIMUM_PAYOUT:
            raise BelowMinimum.at("amount", N_("The smallest payout is USD 10."))
        return Quote(amount, None, amount, Money(0, amount.currency), amount, working_day(at, STRIPE_DAYS))

    async def hand_over(self, db: Session, payout: Payout, account: PayoutAccount) -> None:
        assert account.stripe_account_id is not None
        await sending.send_payout(db, payout, account.stripe_account_id)


@dataclass(frozen=True, slots=True)
class BatchRail:
    """Her balance here, from an account of the platform's own, with the next batch that two people approve."""

    terms: RailTerms
    house: HouseAccounts

    def source(self, user_id: UUID, currency: str) -> str:
        return accounts.payable(user_id, currency)

    def check(self, account: PayoutAccount, *, at: datetime) -> None:
        if self.house.paying(self.terms.name, account.currency) is None:
            raise RailClosed
        _check_age(account, at)

    async def quote(self, db: AnySession, account: PayoutAccount, amount: Money, *, at: datetime) -> Quote:
        target = self.terms.arriving_in(amount.currency)
        if target != account.currency:
            raise RailClosed
        rate = None if target == amount.currency else await rate_at(db, amount.currency, target, at=at)
        return quote(self.terms, amount, rate, at=at)

    async def hand_over(self, db: Session, payout: Payout, account: PayoutAccount) -> None:
        return None


def _check_age(account: PayoutAccount, at: datetime) -> None:
    if account.usable_from and account.usable_from > at:
        raise TooFresh(at=f"{account.usable_from:%Y-%m-%d %H:%M} UTC")


def doors(house: HouseAccounts) -> dict[str, Rail]:
    """All rails by name."""
    return {"stripe": StripeRail(), **{name: BatchRail(terms, house) for name, terms in rails().items()}}


def open_rails(house: HouseAccounts) -> list[str]:
    """The rails that the platform has an account to pay from."""
    pays = {rail for each in house.by_slug.values() for rail in each.pays}
    return [name for name in rails() if name in pays]


async def account_on(db: Session, user_id: UUID, rail: str) -> PayoutAccount:
    """Her account in use on a rail, locked. Raises: NoPayoutAccount."""
    query = (
        select(PayoutAccount)
        .where(PayoutAccount.user_id == user_id, PayoutAccount.rail == rail, PayoutAccount.replaced_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NoPayoutAccount
    return found
