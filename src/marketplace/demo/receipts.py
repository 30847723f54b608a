"""Two payers who brought a receipt of their transfer: one waits to be read, one was confirmed by two of finance."""

import io
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

from PIL import Image, ImageDraw
from sqlalchemy import Select, select

from marketplace.contracts import actions
from marketplace.contracts.models import Contract, Milestone
from marketplace.demo.people import CAST, Everybody
from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.escrow.models import Hold
from marketplace.escrow.rails import receipts
from marketplace.escrow.rails.models import PayInReceipt
from marketplace.identity.models import Membership
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.money import Money, format_money
from marketplace.kernel.queue import Services


async def fill(services: Services, everybody: Everybody) -> None:
    """Once; what is there already stays."""
    async with services[Database].write.begin() as db:
        if (await db.execute(select(PayInReceipt.id).limit(1))).first():
            return
        waiting = (await db.execute(_not_paid())).all()
        finance = [everybody.users[CAST[each]] for each in ("finance", "finance2")]
        for number, (milestone, payer) in enumerate(waiting):
            receipt, amount = await _handed_in(db, services[Folder], milestone, payer)
            for by in finance if number == 0 else ():
                await receipts.say_amount(db, receipt, amount, by=by, at=clock.now())


def _not_paid() -> Select[Milestone, UUID]:
    """The oldest two later milestones that nobody has paid in, each with an owner who may."""
    owner = select(Membership.user_id).where(
        Membership.organisation_id == Contract.organisation_id, Membership.role == "owner"
    )
    query = select(Milestone, owner.limit(1).scalar_subquery()).join(Contract, Contract.id == Milestone.contract_id)
    query = query.where(Contract.state == "active", Milestone.state == "planned", Milestone.number > 1)
    return query.order_by(Milestone.id).limit(2)


async def _handed_in(db: Session, folder: Folder, milestone: Milestone, payer: UUID) -> tuple[UUID, Money]:
    at = clock.now() - timedelta(hours=5)
    pay_in = await actions.fund_by_transfer(db, milestone, by=payer, at=at)
    hold = await db.get_one(Hold, pay_in.hold_id)
    amount = Money(hold.amount_minor, hold.currency)
    upload = files.Upload("receipt.png", _one(_drawn(pay_in.reference, amount)))
    stored = await files.store(db, folder, upload, by=payer, at=at)
    return (await receipts.hand_in(db, hold, stored, by=payer, at=at)).id, amount


def _drawn(reference: str, amount: Money) -> bytes:
    """What the app of a bank shows after a transfer."""
    picture, out = Image.new("RGB", (360, 220), "white"), io.BytesIO()
    lines = ("Transfer done", format_money(amount), f"Reference {reference}", f"{clock.now():%d %b %Y, %H:%M} UTC")
    for number, line in enumerate(lines):
        ImageDraw.Draw(picture).text((24, 24 + 44 * number), line, fill="black", font_size=20)
    picture.save(out, "PNG")
    return out.getvalue()


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data
