"""A contract of two milestones, USD 100.00 and 200.01, and what Stripe says about its payments."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from marketplace.contracts import actions, queries
from marketplace.contracts.models import Contract, Milestone
from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.models import StoredFile
from marketplace.engines.notify.models import Mail
from marketplace.escrow import checkouts
from marketplace.escrow.models import Checkout, Hold
from marketplace.identity import audit
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.messages.models import Notice
from tests.cast import Cast
from tests.gigs.writing import proposed
from tests.postings.writing import opened

URLS = {"success_url": "http://site.example/paid", "cancel_url": "http://site.example/back"}


async def agreed(db: Session, cast: Cast, at: datetime | None = None) -> Contract:
    """AgriTrack has accepted Ayesha's proposal; Hina proposed too."""
    at = at or clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    proposal = await proposed(db, gig, cast.ayesha_profile, at)
    await proposed(db, gig, cast.hina_profile, at)
    return await actions.accept_proposal(db, proposal, by=cast.bilal.id, at=at)


async def milestone(db: Session, contract: Contract, number: int = 1) -> Milestone:
    query = select(Milestone).where(Milestone.contract_id == contract.id, Milestone.number == number)
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one()


async def asked_to_pay(db: Session, cast: Cast, part: Milestone) -> UUID:
    """The employer has pressed Fund; returns the payment command."""
    return await actions.fund_milestone(db, part, **URLS, by=cast.bilal.id, at=clock.now())


async def session_of(db: Session, part: Milestone, **changes: Any) -> dict[str, Any]:
    """The checkout session of its hold as Stripe shows it once it is paid."""
    hold = await db.get_one(Hold, part.hold_id)
    newest = select(Checkout).where(Checkout.hold_id == hold.id).order_by(Checkout.attempt.desc()).limit(1)
    checkout = (await db.execute(newest)).scalar_one()
    charge = {"id": f"ch_{checkout.id}", "balance_transaction": {"fee": 3_20, "currency": "usd"}}
    return {
        "id": f"cs_{checkout.id}",
        "object": "checkout.session",
        "url": "https://pay.example/cs",
        "status": "complete",
        "payment_status": "paid",
        "amount_total": hold.amount_minor,
        "currency": hold.currency.lower(),
        "metadata": {"hold": str(hold.id), "checkout": str(checkout.id)},
        "payment_intent": {"id": f"pi_{checkout.id}", "latest_charge": charge},
        **changes,
    }


async def stripe_says(db: Session, part: Milestone, **changes: Any) -> None:
    """What engines/payments hands on when a webhook about the session came."""
    await checkouts.session_changed(db, await session_of(db, part, **changes), clock.now())


async def funded(db: Session, cast: Cast, contract: Contract, number: int = 1) -> Milestone:
    part = await milestone(db, contract, number)
    await asked_to_pay(db, cast, part)
    await stripe_says(db, part)
    return await milestone(db, contract, number)


async def delivered(db: Session, cast: Cast, contract: Contract, number: int = 1) -> Milestone:
    part = await funded(db, cast, contract, number)
    await actions.deliver(db, part, text="Here it is.", by=cast.ayesha.id, at=clock.now())
    return part


async def stored(db: Session, cast: Cast, folder: Path, name: str = "logo.txt", data: bytes = b"logo") -> StoredFile:
    async def stream() -> AsyncIterator[bytes]:
        yield data

    upload = files.Upload(name, stream())
    return await files.store(db, Folder(folder), upload, by=cast.ayesha.id, at=clock.now())


async def told(db: Session, user_id: UUID) -> list[str]:
    """The messages of her notices, oldest first."""
    query = select(Notice.message).where(Notice.user_id == user_id).order_by(Notice.id)
    return list((await db.execute(query)).scalars())


async def mailed(db: Session, address: str) -> list[str]:
    query = select(Mail.message).where(Mail.to == address).order_by(Mail.id)
    return list((await db.execute(query)).scalars())


async def lines(db: Session, contract: Contract) -> list[tuple[str, int | None]]:
    """Actions and milestone numbers of the contract's audit lines."""
    found = await audit.lines_of(db, ("contract", contract.id))
    return [(line.action, line.values.get("number")) for line in found]


async def seen_by(db: Session, contract: Contract, reader: UUID) -> queries.ContractView:
    return await queries.contract_view(db, contract.id, reader=reader)


def stranger() -> UUID:
    return uuid4()
