"""Payments become levels; owners hear what became of their documents, and when a badge is about to end."""

from uuid import UUID

from sqlalchemy import select

from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.escrow.events import HoldFunded, ReleaseMade
from marketplace.escrow.models import Hold
from marketplace.identity.employers import actions, rules
from marketplace.identity.employers.events import CheckDecided
from marketplace.identity.employers.models import OrganisationCheck
from marketplace.identity.models import Membership, Organisation
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.events import within
from marketplace.messages.actions import notify
from marketplace.trust.events import CaseDecided

PATH = "/organisation"


@within(HoldFunded)
async def card_works(db: Session, event: HoldFunded) -> None:
    """A payment of this organisation has arrived."""
    await actions.pass_by_payment(db, await _payer(db, event.hold_id), "card", at=clock.now())


@within(ReleaseMade)
async def has_paid(db: Session, event: ReleaseMade) -> None:
    """Money of this organisation went to a freelancer."""
    await actions.pass_by_payment(db, await _payer(db, event.hold_id), "first_paid", at=clock.now())


@within(CheckDecided)
async def tell_of_decision(db: Session, event: CheckDecided) -> None:
    """The owners read what became of their document."""
    check = await db.get_one(OrganisationCheck, event.check_id)
    message = "check_passed" if event.is_passed else "check_refused"
    await _tell_owners(db, check, message, reason=check.reason)


@within(CaseDecided)
async def clear_words(db: Session, event: CaseDecided) -> None:
    """What a reported organisation says of itself is taken away."""
    if event.subject_kind == "organisation" and event.decision == "remove":
        await actions.clear_words(db, event.subject_id, by=event.by, why=event.reason, at=event.at)


@within(DeadlinePassed)
async def remind_of_end(db: Session, event: DeadlinePassed) -> None:
    """Thirty days before the zone badge ends, unless a newer certificate took its place."""
    if event.kind != rules.REMIND:
        return
    check = await db.get_one(OrganisationCheck, event.subject_id)
    if check.state == "passed" and check.expires_on is not None:
        await _tell_owners(db, check, "badge_ends", last_day=check.expires_on.isoformat())


async def _tell_owners(db: Session, check: OrganisationCheck, message: str, **values: object) -> None:
    name = (await db.get_one(Organisation, check.organisation_id)).name
    about = {"organisation": name, "document": check.kind, **values}
    owners = select(Membership.user_id).where(
        Membership.organisation_id == check.organisation_id, Membership.role == "owner"
    )
    for user_id in (await db.execute(owners.order_by(Membership.user_id))).scalars().all():
        await notify(db, user_id, message, about, link=PATH, at=clock.now())


async def _payer(db: AnySession, hold_id: UUID) -> UUID:
    return (await db.execute(select(Hold.payer_organisation_id).where(Hold.id == hold_id))).scalar_one()
