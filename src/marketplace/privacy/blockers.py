"""What must be finished before somebody can leave, each with its way out."""

from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from marketplace.contracts.queries import open_contracts_of
from marketplace.engines.ledger.models import LedgerAccount
from marketplace.escrow.models import Hold, Payout, Refund
from marketplace.identity.models import Membership, Organisation, User
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.i18n import N_
from marketplace.privacy.tables import Person


@dataclass(frozen=True, slots=True)
class Blocker:
    """`message` is a msgid that `name` fills; `href` is where it can be finished."""

    message: str
    href: str
    name: str = ""


async def blockers_of(db: AnySession, person: Person) -> list[Blocker]:
    """Everything that keeps her from leaving, the weightiest first; none: she may."""
    return [*await _money(db, person), *await _contracts(db, person), *await _organisations(db, person)]


async def _money(db: AnySession, person: Person) -> list[Blocker]:
    found: list[Blocker] = []
    for_her = Hold.payee_user_id == person.id
    held = exists().where(Hold.state == "held", for_her | Hold.payer_organisation_id.in_(person.organisations))
    if await db.scalar(select(held)):
        found.append(Blocker(N_("Money is held for a milestone of yours. It is released or refunded first."), "/money"))
    codes = [f"{kind}:{person.id}:%" for kind in ("owed", "connected", "payable")]
    hers = select(exists().where(LedgerAccount.balance != 0, LedgerAccount.code.like(func.any(codes))))
    if await db.scalar(hers):
        found.append(Blocker(N_("There is still money of yours here. Pay it out first."), "/money"))
    leaving = exists().where(Payout.user_id == person.id, Payout.state.in_(("requested", "sent")))
    if await db.scalar(select(leaving)):
        found.append(Blocker(N_("A payout is on its way to you. Wait until it has arrived."), "/money"))
    coming_back = exists().where(
        Refund.hold_id == Hold.id, Refund.state != "sent", Hold.payer_organisation_id.in_(person.organisations)
    )
    if await db.scalar(select(coming_back)):
        found.append(Blocker(N_("A refund is on its way to you. Wait until it has arrived."), "/contracts"))
    return found


async def _contracts(db: AnySession, person: Person) -> list[Blocker]:
    found: list[Blocker] = []
    for contract in await open_contracts_of(db, person.id):
        said = (
            N_("A milestone of “%(name)s” is disputed. Wait for the settlement.")
            if contract.is_disputed
            else N_("“%(name)s” is under way. Finish or cancel it first.")
        )
        found.append(Blocker(said, f"/contracts/{ids.short(contract.id)}", contract.title))
    return found


async def _organisations(db: AnySession, person: Person) -> list[Blocker]:
    """Where she is the last owner and others sit: they would stand before a locked door."""
    other, hers = aliased(Membership), aliased(Membership)
    others = exists().where(
        other.organisation_id == Organisation.id,
        other.user_id != person.id,
        User.id == other.user_id,
        User.closed_at.is_(None),
    )
    query = (
        select(Organisation.name)
        .join(hers, hers.organisation_id == Organisation.id)
        .where(hers.user_id == person.id, hers.role == "owner", others, ~others.where(other.role == "owner"))
        .order_by(Organisation.name)
    )
    said = N_("You are the last owner of %(name)s. Make somebody else an owner first.")
    return [Blocker(said, "/organisation/seats", name) for name in (await db.scalars(query)).all()]
