"""From an accepted proposal to released money, one verb each.

Locks are always taken in one order (moves.py). A webhook that funds a hold and the sweep that passes a deadline come
with the first of them locked already.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from marketplace.contracts import moves, notices, rules
from marketplace.contracts.models import (
    Contract,
    Delivery,
    DeliveryFile,
    Milestone,
    Revision,
)
from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.files.models import StoredFile
from marketplace.escrow import actions as escrow
from marketplace.escrow import charging, fees
from marketplace.escrow.card_models import SavedCard
from marketplace.escrow.models import Checkout, Hold
from marketplace.escrow.rails.models import PayIn
from marketplace.escrow.rails.pay_ins import open_pay_in
from marketplace.gigs import actions as gigs
from marketplace.gigs.models import Proposal
from marketplace.gigs.queries import offer_of
from marketplace.identity import roles
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from marketplace.postings import actions as postings
from marketplace.postings.models import Posting
from marketplace.talent.models import Freelancer


async def accept_proposal(
    db: Session, proposal: Proposal, *, by: UUID, at: datetime, seen: datetime | None = None
) -> Contract:
    """Make a contract of a proposal: the gig is filled, everybody else who proposed is told.

    `seen` is the `updated_at` of the proposal that was read before deciding.
    Raises: ProposalChanged when it was edited after that, ProposalMoveRefused when it is decided already.
    """
    await gigs.mark_accepted(db, proposal, by=by, at=at, seen=seen)
    posting = await db.get_one(Posting, proposal.posting_id)
    contract = await _write_contract(db, proposal, posting, at=at)
    await moves.note(db, contract, "contract.started", by=by, at=at, **moves.values_of(_total(proposal)))
    await notices.started(db, contract, _total(proposal), at=at)
    await postings.fill(db, posting, by=by, at=at)
    await gigs.decline_others(db, posting, by=by, at=at)
    return contract


async def fund_milestone(
    db: Session,
    milestone: Milestone,
    *,
    success_url: str,
    cancel_url: str,
    keeps_card: bool = False,
    by: UUID,
    at: datetime,
) -> UUID:
    """Ask for the employer's money; return the payment command of the one open pay page, however often this is asked.

    Dispatch it after COMMIT and go to the `url` of its result. `keeps_card`: she can pay with one press next time.
    Raises: NotAllowed for who does not pay there, MilestoneMoveRefused once it is paid, ContractOver.
    """
    contract, hold = await _to_be_paid(db, milestone, by=by, at=at)
    command_id = await escrow.start_checkout(
        db, hold, success_url=success_url, cancel_url=cancel_url, keeps_card=keeps_card, by=by, at=at
    )
    await _begin_funding(db, contract, milestone, by=by, at=at)
    return command_id


async def fund_by_card(db: Session, milestone: Milestone, card: SavedCard, *, by: UUID, at: datetime) -> Checkout:
    """Charge a saved card for it: the one try under way, however often this is asked (see escrow/charging.py).

    Raises: as fund_milestone; NotFound for the card of another organisation.
    """
    contract, hold = await _to_be_paid(db, milestone, by=by, at=at)
    made = await charging.start(db, hold, card, by=by, at=at)
    await _begin_funding(db, contract, milestone, by=by, at=at)
    return made


async def fund_by_transfer(db: Session, milestone: Milestone, *, by: UUID, at: datetime) -> PayIn:
    """The employer wants to pay by bank or wallet: the reference under which the money is known, always the same one.

    Raises: as fund_milestone.
    """
    contract, hold = await _to_be_paid(db, milestone, by=by, at=at)
    pay_in = await open_pay_in(db, hold, by=by, at=at)
    await _begin_funding(db, contract, milestone, by=by, at=at)
    return pay_in


async def _to_be_paid(db: Session, milestone: Milestone, *, by: UUID, at: datetime) -> tuple[Contract, Hold]:
    contract = await moves.lock(db, milestone)
    await roles.require(db, contract.organisation_id, by, "pay")
    if milestone.state not in ("planned", "funding"):
        raise rules.MilestoneMoveRefused
    if contract.state != "active":
        raise rules.ContractOver
    return contract, await _hold_of(db, contract, milestone, by=by, at=at)


async def _begin_funding(db: Session, contract: Contract, milestone: Milestone, *, by: UUID, at: datetime) -> None:
    if milestone.state == "planned":
        await moves.move(db, contract, milestone, "funding", by=by, at=at)


async def mark_funded(db: Session, milestone: Milestone, *, at: datetime) -> None:
    """The money of its hold has arrived: told by escrow, never by a page. (Cancelled holds escrow pays back itself.)"""
    contract = await moves.lock(db, milestone)
    milestone.due_at = due_at = at + timedelta(days=milestone.days)
    contract.unpaid_until = None
    for kind, until in {rules.DUE: due_at, **{kind: at + after for kind, after in rules.HOLDING.items()}}.items():
        await deadlines.start(db, kind, subject=("milestone", milestone.id), due_at=until)
    amount = moves.amount_of(contract, milestone)
    await moves.move(db, contract, milestone, "funded", by=None, at=at, **moves.values_of(amount))
    await notices.funded(db, contract, milestone, at=at)


async def mark_unpaid(db: Session, milestone: Milestone, *, card: SavedCard | None = None, at: datetime) -> None:
    """Its pay page ran out without a payment, or a saved card was refused; it can be funded anew."""
    contract = await moves.lock(db, milestone)
    if milestone.state != "funding":
        return
    await moves.move(db, contract, milestone, "planned", by=None, at=at)
    await notices.lapsed(db, contract, milestone, card=card, at=at)


async def deliver(
    db: Session, milestone: Milestone, *, text: str, files: Sequence[StoredFile] = (), by: UUID, at: datetime
) -> Delivery:
    """Hand in work for a funded milestone: the review period begins.

    Raises: NotFunded, WaitsForAnswer, MilestoneMoveRefused; Invalid without text and files.
    """
    contract = await moves.lock(db, milestone)
    rules.check_milestone_move(milestone.state, "delivered")
    rules.check_delivery(text, len(files))
    assert all(file.uploaded_by == by for file in files)
    given = select(func.count()).where(Delivery.milestone_id == milestone.id)
    number = (await db.execute(given)).scalar_one() + 1
    delivery = Delivery(milestone_id=milestone.id, number=number, text=text.strip(), delivered_by=by, delivered_at=at)
    db.add(delivery)
    await db.flush()
    if files:
        rows = [{"delivery_id": delivery.id, "file_id": file.id} for file in files]
        await db.execute(insert(DeliveryFile), rows)
    until = at + rules.REVIEW_PERIOD
    await deadlines.start(db, rules.REVIEW, subject=("milestone", milestone.id), due_at=until)
    await moves.move(db, contract, milestone, "delivered", by=by, at=at, delivery=number, files=len(files))
    await notices.delivered(db, contract, milestone, until, at=at)
    return delivery


async def ask_revision(db: Session, milestone: Milestone, *, missing: str, by: UUID, at: datetime) -> None:
    """Send the delivery back with what is missing: the review period stops, the money stays held.

    Raises: Invalid without words, MilestoneMoveRefused when nothing is delivered, RevisionsUsed.
    """
    rules.check_missing(missing)
    contract = await moves.lock_reviewed(db, milestone)
    rules.check_milestone_move(milestone.state, "revision")
    rules.check_revisions(contract.revisions_included, await _revisions(db, contract))
    last = select(Delivery.id).where(Delivery.milestone_id == milestone.id).order_by(Delivery.number.desc()).limit(1)
    delivery_id = (await db.execute(last)).scalar_one()
    db.add(Revision(delivery_id=delivery_id, missing=missing.strip(), asked_by=by, asked_at=at))
    await moves.move(db, contract, milestone, "revision", by=by, at=at)
    await notices.revision(db, contract, milestone, missing.strip(), at=at)


async def accept_delivery(db: Session, milestone: Milestone, *, by: UUID, at: datetime) -> None:
    """The work is good: the money is hers. Raises: MilestoneMoveRefused when nothing is delivered, or twice."""
    contract = await moves.lock_reviewed(db, milestone)
    await moves.release(db, contract, milestone, by=by, at=at)


async def release_unanswered(db: Session, milestone: Milestone, *, at: datetime) -> None:
    """The review period is over without an answer. Does nothing when there was one; a frozen hold is asked again."""
    contract = await moves.lock(db, milestone)
    if milestone.state != "delivered":
        return
    if (await moves.held(db, milestone)).frozen_at is not None:
        again = at + rules.FROZEN_LOOK_AGAIN
        await deadlines.start(db, rules.REVIEW, subject=("milestone", milestone.id), due_at=again)
    else:
        await moves.release(db, contract, milestone, by=None, at=at)


async def cancel_contract(
    db: Session, contract: Contract, *, side: rules.Side, reason: str = "", by: UUID, at: datetime
) -> None:
    """End it: milestones nobody delivered are cancelled, their held money goes back to the employer.

    Raises: ContractOver, Disputed, DeliveryWaits, HeldWork.
    """
    milestones = await moves.lock_all(db, contract)
    rules.check_contract_move(contract.state, "cancelled")
    rules.check_cancel(side, [(each.state, each.due_at) for each in milestones], at=at)
    for milestone in milestones:
        if milestone.state not in rules.OVER:
            await moves.cancel(db, contract, milestone, by=by, at=at)
    contract.ended_at = at
    await moves.move_contract(db, contract, "cancelled", by=by, at=at, why=reason.strip())
    await notices.cancelled(db, contract, by=by, reason=reason.strip(), at=at)


async def lapse(db: Session, contract: Contract, *, at: datetime) -> None:
    """Nobody paid an order in: it is over, and nobody owes anything. Does nothing once money is held or it ended."""
    milestones = await moves.lock_all(db, contract)
    if contract.state != "active" or any(each.state not in ("planned", "funding") for each in milestones):
        return
    for milestone in milestones:
        await moves.cancel(db, contract, milestone, by=None, at=at)
    contract.ended_at = at
    await moves.move_contract(db, contract, "cancelled", by=None, at=at, why="unpaid")
    await notices.order_lapsed(db, contract, at=at)


async def _revisions(db: Session, contract: Contract) -> int:
    """How often something was sent back in this contract."""
    asked = select(func.count()).select_from(Revision).join(Delivery, Delivery.id == Revision.delivery_id)
    query = asked.join(Milestone, Milestone.id == Delivery.milestone_id).where(Milestone.contract_id == contract.id)
    return await db.scalar(query) or 0


async def _write_contract(db: Session, proposal: Proposal, posting: Posting, *, at: datetime) -> Contract:
    fee = await fees.fee_terms(db, "contract", proposal.currency, at=at)
    offer = await offer_of(db, proposal)
    parts = [
        {"number": n, "title": part.title, "amount_minor": part.amount_minor, "days": part.days}
        for n, part in enumerate(offer.milestones, 1)
    ]
    terms: dict[str, Any] = {
        "title": posting.title,
        "description": posting.description,
        "cover": proposal.cover,
        "answers": proposal.answers,
        "currency": proposal.currency,
        "fee_basis_points": fee.basis_points,
        "fee_minimum_minor": fee.minimum_minor,
        "milestones": parts,
    }
    park = select(Freelancer.park_id).where(Freelancer.id == proposal.freelancer_id)
    contract = Contract(
        posting_id=posting.id,
        proposal_id=proposal.id,
        organisation_id=posting.organisation_id,
        freelancer_id=proposal.freelancer_id,
        park_id=(await db.execute(park)).scalar_one(),
        state="active",
        title=posting.title,
        currency=proposal.currency,
        fee_basis_points=fee.basis_points,
        fee_minimum_minor=fee.minimum_minor,
        terms=terms,
        terms_hash=rules.terms_hash(terms),
        started_at=at,
    )
    db.add(contract)
    await db.flush()
    await db.execute(insert(Milestone), [{**part, "contract_id": contract.id, "state": "planned"} for part in parts])
    return contract


async def _hold_of(db: Session, contract: Contract, milestone: Milestone, *, by: UUID, at: datetime) -> Hold:
    if milestone.hold_id is not None:
        return await db.get_one(Hold, milestone.hold_id)
    payee = select(Freelancer.user_id).where(Freelancer.id == contract.freelancer_id)
    hold = await escrow.open_hold(
        db,
        payer_organisation_id=contract.organisation_id,
        payee_user_id=(await db.execute(payee)).scalar_one(),
        purpose=f"{contract.title}: {milestone.title}",
        amount=moves.amount_of(contract, milestone),
        fee=contract.fee,
        by=by,
        at=at,
    )
    milestone.hold_id = hold.id
    await db.flush()
    return hold


def _total(proposal: Proposal) -> Money:
    return Money(proposal.total_minor, proposal.currency)
