"""Buying a service: an order is a contract with one milestone, agreed at the price that the page said.

What was ordered is a snapshot in the contract's terms; later edits of the service change no order. She hears of it
when it is paid in, and the delivery time begins then. What nobody pays in lapses after three days.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from marketplace.contracts import rules
from marketplace.contracts.models import Contract, Milestone
from marketplace.engines.deadlines import actions as deadlines
from marketplace.escrow import fees
from marketplace.escrow.rules import FeePreview, FeeTerms, fee_preview
from marketplace.gigs import service_rules
from marketplace.gigs.models import Service
from marketplace.gigs.service_queries import content_of, is_open
from marketplace.gigs.service_rules import Choice, Content
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.talent.models import Freelancer
from marketplace.talent.rules import is_away


@dataclass(frozen=True, slots=True)
class Order:
    """What an employer sends: package and extras by their numbers, what is to be done, and the price it has read."""

    package: int
    extras: tuple[int, ...]
    brief: str
    answers: tuple[str, ...]
    price: Money


def preview(choice: Choice, fee: FeeTerms) -> FeePreview:
    """What the employer pays and what she gets: the ledger posts the same."""
    return fee_preview(choice.price, fee)


async def order(
    db: Session, service_id: UUID, wanted: Order, *, organisation_id: UUID, by: UUID, at: datetime
) -> Contract:
    """Make the contract of an order; the same order sent again while it is not paid in is the one there is.

    `by` may buy for the organisation: asked by whoever calls.
    Raises: NotFound when it is not offered to this person (blocked, paused), OwnService, SellerAway, ServiceChanged,
    OrderWaits, Invalid with all faults at their fields.
    """
    service, freelancer = await _lock_offered(db, service_id, by)
    content = await content_of(db, service)
    choice = service_rules.choose(content, wanted.package, wanted.extras)
    service_rules.check_brief(wanted.brief, wanted.answers, content.questions)
    terms = await _terms(db, service, content, (choice, wanted), at=at)
    if waiting := await _waiting(db, service.id, organisation_id):
        if waiting.terms_hash != rules.terms_hash(terms):
            raise rules.OrderWaits
        return waiting
    if freelancer.user_id == by:
        raise rules.OwnService
    if is_away(freelancer.away_until, at=at):
        raise rules.SellerAway(day=f"{freelancer.away_until:%d %b %Y}")
    if wanted.price != choice.price:
        raise service_rules.ServiceChanged
    return await _write(db, (service, freelancer, organisation_id), choice, terms, by=by, at=at)


async def _lock_offered(db: Session, service_id: UUID, by: UUID) -> tuple[Service, Freelancer]:
    """The service, ours until the transaction ends: orders of one service go one by one."""
    await db.execute(select(Service.id).where(Service.id == service_id).with_for_update())
    found = (
        select(Service, Freelancer)
        .join(Freelancer, Freelancer.id == Service.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .where(Service.id == service_id, is_open(by))
        .execution_options(populate_existing=True)
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1]


async def _waiting(db: Session, service_id: UUID, organisation_id: UUID) -> Contract | None:
    """The one order of this service that the organisation has not paid in."""
    theirs = Contract.service_id == service_id, Contract.organisation_id == organisation_id
    query = select(Contract).where(*theirs, Contract.unpaid_until.is_not(None), Contract.state == "active")
    return (await db.execute(query)).scalar_one_or_none()


async def wait_again(db: Session, contract: Contract, *, at: datetime) -> None:
    """What funded an order was taken back: it has as long to be paid in as a new one, and then lapses."""
    until = at + rules.ORDER_PATIENCE
    await deadlines.start(db, rules.ORDER_UNPAID, subject=("contract", contract.id), due_at=until)
    assert contract.service_id is not None
    if await _waiting(db, contract.service_id, contract.organisation_id) is None:
        contract.unpaid_until = until
        await db.flush()


async def _terms(
    db: Session, service: Service, content: Content, taken: tuple[Choice, Order], *, at: datetime
) -> dict[str, Any]:
    choice, wanted = taken
    package = choice.package
    part = {"number": 1, "title": package.name, "amount_minor": choice.price.amount_minor, "days": choice.days}
    questions = zip(content.questions, wanted.answers, strict=False)
    fee = await fees.fee_terms(db, "order", service.currency, at=at)
    return {
        "title": content.title,
        "description": content.description,
        "skills": list(content.skills),
        "package": {
            **{"number": choice.number, "name": package.name, "price_minor": package.price_minor},
            **{"days": package.days, "revisions": package.revisions, "includes": package.includes},
        },
        "extras": [
            {"title": extra.title, "price_minor": extra.price_minor, "days": extra.days} for extra in choice.extras
        ],
        "brief": wanted.brief.strip(),
        "answers": [{"question": question, "answer": answer.strip()} for question, answer in questions],
        "currency": service.currency,
        "fee_basis_points": fee.basis_points,
        "fee_minimum_minor": fee.minimum_minor,
        "milestones": [part],
    }


async def _write(
    db: Session,
    parties: tuple[Service, Freelancer, UUID],
    choice: Choice,
    terms: dict[str, Any],
    *,
    by: UUID,
    at: datetime,
) -> Contract:
    service, freelancer, organisation_id = parties
    until = at + rules.ORDER_PATIENCE
    contract = Contract(
        service_id=service.id,
        organisation_id=organisation_id,
        freelancer_id=freelancer.id,
        park_id=freelancer.park_id,
        state="active",
        title=service.title,
        currency=service.currency,
        fee_basis_points=terms["fee_basis_points"],
        fee_minimum_minor=terms["fee_minimum_minor"],
        terms=terms,
        terms_hash=rules.terms_hash(terms),
        started_at=at,
        revisions_included=choice.package.revisions,
        unpaid_until=until,
    )
    db.add(contract)
    await db.flush()
    [part] = terms["milestones"]
    await db.execute(insert(Milestone).values(**part, contract_id=contract.id, state="planned"))
    subject = ("contract", contract.id)
    await deadlines.start(db, rules.ORDER_UNPAID, subject=subject, due_at=until)
    total: dict[str, Any] = {"amount_minor": choice.price.amount_minor, "currency": contract.currency}
    await audit.record(db, "contract.ordered", subject=subject, by=by, at=at, **total)
    return contract
