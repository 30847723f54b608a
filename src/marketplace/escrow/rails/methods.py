"""Where a freelancer is paid by bank, wallet or hand. New details wait 72 hours, and she is told at once."""

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.banking.iban import read_iban
from marketplace.escrow import sending
from marketplace.escrow.models import PayoutAccount, Rail
from marketplace.escrow.rails.catalogue import operators, rails
from marketplace.escrow.rules import COOLING
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages.actions import notify


@dataclass(frozen=True, slots=True)
class Details:
    """What she filled in. `number`: an IBAN, a mobile number, or how she is paid by hand."""

    rail: Rail
    holder: str
    number: str
    operator: str = ""
    currency: str = ""


async def add_method(db: Session, user_id: UUID, details: Details, *, by: UUID, at: datetime) -> PayoutAccount:
    """Her new details for a rail replace the former ones, which keep the payouts that were asked for.

    Raises: Invalid at the field that is wrong.
    """
    number, currency = _checked(details)
    holder = " ".join(details.holder.split())
    if not holder:
        raise Invalid.at("holder", N_("Please fill this in."))
    in_use = await _locked(db, user_id)
    for former in in_use:
        former.is_preferred = False
        if former.rail == details.rail:
            former.replaced_at = at
    await db.flush()
    made = PayoutAccount(
        user_id=user_id,
        rail=details.rail,
        state="active",
        country="PK",
        currency=currency,
        can_pay_out=True,
        holder=holder,
        number=number,
        operator=details.operator,
        bank_last4=number[-4:] if details.rail != "manual" else "",
        is_preferred=True,
        created_at=at,
        activated_at=at,
        usable_from=at + COOLING,
    )
    db.add(made)
    await db.flush()
    await sending.keep_waiting(db, user_id, at=at)
    subject = ("payout_account", made.id)
    await audit.record(db, "payout_account.added", subject=subject, by=by, at=at, rail=made.rail, last4=made.bank_last4)
    values = {"rail": made.rail, "last4": made.bank_last4, "from_at": made.usable_from}
    await notify(db, user_id, "payout_method_added", values, link="/money/methods", at=at)
    return made


def _checked(details: Details) -> tuple[str, str]:
    """The number as banks write it, and the currency it is paid in."""
    currency = rails()[details.rail].currency
    match details.rail:
        case "bank":
            iban = read_iban(details.number, field="number")
            if not iban.startswith("PK"):
                raise Invalid.at("number", N_("We pay to banks in Pakistan: this IBAN has to begin with PK."))
            return iban, currency
        case "wallet":
            if details.operator not in operators():
                raise Invalid.at("operator", N_("Choose one of the list."))
            return _mobile(details.number), currency
        case _:
            if details.currency not in ("USD", "PKR"):
                raise Invalid.at("currency", N_("Choose one of the list."))
            if not 10 <= len(details.number.strip()) <= 400:
                raise Invalid.at("number", N_("Say in a sentence or two where the money has to go."))
            return details.number.strip(), details.currency


def _mobile(text: str) -> str:
    """03xxxxxxxxx, as operators write it."""
    digits = re.sub(r"\D", "", "".join(str(int(each)) if each.isdecimal() else each for each in text))
    local = re.sub(r"^(?:0092|92|0)?(3\d{9})$", r"0\1", digits)
    if not re.fullmatch(r"03\d{9}", local):
        raise Invalid.at("number", N_("Write a mobile number like 0300 1234567."))
    return local


async def prefer_method(db: Session, user_id: UUID, account_id: UUID, *, by: UUID, at: datetime) -> None:
    """What is released from now on goes there. Raises: NotFound."""
    mine = await _locked(db, user_id)
    if account_id not in {each.id for each in mine}:
        raise NotFound
    for each in sorted(mine, key=lambda each: each.id == account_id):
        each.is_preferred = each.id == account_id
    await db.flush()
    await audit.record(db, "payout_account.preferred", subject=("payout_account", account_id), by=by, at=at)
    await sending.keep_waiting(db, user_id, at=at)


async def remove_method(db: Session, user_id: UUID, account_id: UUID, *, by: UUID, at: datetime) -> None:
    """Nothing more is paid to these details. Raises: NotFound; Stripe's account stays, it is hers there."""
    found = next((each for each in await _locked(db, user_id) if each.id == account_id and each.rail != "stripe"), None)
    if found is None:
        raise NotFound
    found.replaced_at, found.is_preferred = at, False
    await db.flush()
    await audit.record(db, "payout_account.removed", subject=("payout_account", found.id), by=by, at=at)


async def methods_of(db: AnySession, user_id: UUID) -> list[PayoutAccount]:
    """All that are in use, the preferred one first."""
    query = select(PayoutAccount).where(PayoutAccount.user_id == user_id, PayoutAccount.replaced_at.is_(None))
    return list((await db.execute(query.order_by(PayoutAccount.is_preferred.desc(), PayoutAccount.id))).scalars())


async def _locked(db: Session, user_id: UUID) -> list[PayoutAccount]:
    query = select(PayoutAccount).where(PayoutAccount.user_id == user_id, PayoutAccount.replaced_at.is_(None))
    query = query.order_by(PayoutAccount.id).with_for_update().execution_options(populate_existing=True)
    return list((await db.execute(query)).scalars())
