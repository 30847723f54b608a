"""Cards that employers keep at Stripe: kept with a payment when somebody asked for that, listed, removed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, case, exists, select

from marketplace.engines.payments import outbox
from marketplace.engines.payments.operations import Wire, part
from marketplace.escrow.card_models import SavedCard
from marketplace.escrow.errors import CardBusy
from marketplace.escrow.events import CardRemoved, CardSaved
from marketplace.escrow.models import Checkout, Hold
from marketplace.identity import audit, roles
from marketplace.identity.models import Membership, Organisation
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.events import publish

MOST_SHOWN = 10


async def cards_of(db: AnySession, organisation_id: UUID | ScalarSelect[UUID], *, reader: UUID) -> list[SavedCard]:
    """The cards of an organisation, oldest first; none for who does not pay there."""
    query = select(SavedCard).where(
        SavedCard.organisation_id == organisation_id, SavedCard.removed_at.is_(None), _pays_there(reader)
    )
    return list((await db.execute(query.order_by(SavedCard.id))).scalars())


async def cards_to_order_with(db: AnySession, *, reader: UUID, at: datetime) -> list[tuple[SavedCard, str]]:
    """The cards with which she pays, oldest first, each with the organisation it pays for ("": she herself)."""
    name = case((Organisation.is_personal, ""), else_=Organisation.name)
    query = (
        select(SavedCard, name)
        .join(Organisation, Organisation.id == SavedCard.organisation_id)
        .where(SavedCard.removed_at.is_(None), _pays_there(reader))
        .order_by(SavedCard.id)
        .limit(MOST_SHOWN)
    )
    return [(card, whose) for card, whose in (await db.execute(query)).all() if not card.is_expired(at)]


async def card_for(db: AnySession, card_id: UUID, *, by: UUID) -> SavedCard:
    """A card in use of an organisation for which `by` pays. Raises: NotFound."""
    query = select(SavedCard).where(SavedCard.id == card_id, SavedCard.removed_at.is_(None), _pays_there(by))
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


def _pays_there(user_id: UUID) -> Any:
    return exists().where(
        Membership.organisation_id == SavedCard.organisation_id,
        Membership.user_id == user_id,
        Membership.role.in_(roles.BY_NAME["pay"].roles),
    )


async def keep(db: Session, hold: Hold, checkout: Checkout, session: Wire, charge: Wire, at: datetime) -> None:
    """The payer asked on our page that her card be kept, and it has paid. The hold is locked.

    The same card once more takes the place of the former copy. What was paid with is not always a card.
    """
    details = part(part(charge, "payment_method_details"), "card")
    customer, method = session.get("customer"), charge.get("payment_method")
    if checkout.kept_by_user_id is None or not (details and customer and method):
        return
    values = {name: details[name] for name in ("brand", "last4", "exp_month", "exp_year", "fingerprint")}
    values |= {"stripe_customer_id": customer, "stripe_payment_method_id": method}
    known = await _same_card(db, hold.payer_organisation_id, values["fingerprint"])
    if known is not None:
        await _detach(db, known)
        for name, value in values.items():
            setattr(known, name, value)
        await db.flush()
        return
    card = SavedCard(
        organisation_id=hold.payer_organisation_id, saved_by_user_id=checkout.kept_by_user_id, saved_at=at, **values
    )
    db.add(card)
    await db.flush()
    await _note(db, "card.saved", card, by=checkout.kept_by_user_id, at=at)
    await publish(db, CardSaved(card_id=card.id))


async def _same_card(db: Session, organisation_id: UUID, fingerprint: str) -> SavedCard | None:
    query = select(SavedCard).where(
        SavedCard.organisation_id == organisation_id,
        SavedCard.fingerprint == fingerprint,
        SavedCard.removed_at.is_(None),
    )
    return (await db.execute(query.with_for_update())).scalar_one_or_none()


async def remove(db: Session, card_id: UUID, *, by: UUID, at: datetime) -> None:
    """It is never charged again, and Stripe forgets it; removed twice it stays removed.

    Raises: NotFound, CardBusy while a payment with it has no answer yet.
    """
    query = select(SavedCard).where(SavedCard.id == card_id, _pays_there(by)).with_for_update()
    card = (await db.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if card is None:
        raise NotFound
    if card.removed_at is not None:
        return
    busy = select(Checkout.id).where(Checkout.card_id == card.id, Checkout.state == "pending").limit(1)
    if (await db.execute(busy)).scalar_one_or_none() is not None:
        raise CardBusy
    card.removed_at, card.removed_by_user_id = at, by
    await db.flush()
    await _detach(db, card)
    await _note(db, "card.removed", card, by=by, at=at)
    await publish(db, CardRemoved(card_id=card.id))


async def forget_alone(db: Session, user_id: UUID, *, at: datetime) -> None:
    """She leaves: the cards of organisations in which nobody else is are removed."""
    others = select(Membership.user_id).where(
        Membership.organisation_id == SavedCard.organisation_id, Membership.user_id != user_id
    )
    query = select(SavedCard.id).where(SavedCard.removed_at.is_(None), _pays_there(user_id), ~others.exists())
    for card_id in (await db.execute(query.order_by(SavedCard.id))).scalars().all():
        await remove(db, card_id, by=user_id, at=at)


async def _detach(db: Session, card: SavedCard) -> None:
    method = card.stripe_payment_method_id
    await outbox.send(
        db,
        operation="payment_methods.detach",
        key=f"card:{method}:detach",
        body={"payment_method": method},
        subject=("saved_card", card.id),
    )


async def _note(db: Session, action: str, card: SavedCard, *, by: UUID, at: datetime) -> None:
    said = {"brand": card.brand, "last4": card.last4}
    await audit.record(db, action, subject=("organisation", card.organisation_id), by=by, at=at, **said)
