"""May she show this work? The client of a contract is asked, and says yes or no to one text with its pictures."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from marketplace.contracts import notices
from marketplace.contracts.columns import is_theirs
from marketplace.contracts.models import Contract, PortfolioConsent
from marketplace.engines.files.models import StoredFile
from marketplace.identity import audit
from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.talent import portfolio
from marketplace.talent.models import Freelancer, PortfolioFile, PortfolioItem
from marketplace.talent.portfolio import PieceView


class PieceChanged(Conflict):
    message = N_("She has changed it since you opened this page. Please look at it again.")


@dataclass(frozen=True, slots=True)
class FinishedWork:
    """A completed contract of hers that a piece of work may come from."""

    contract_id: UUID
    title: str
    organisation: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What the client is asked: the piece as it would be shown, by whom, from which contract."""

    piece: PieceView
    freelancer: str
    handle: str
    contract_id: UUID
    contract: str
    state: str


async def finished_work(db: AnySession, user_id: UUID) -> list[FinishedWork]:
    """Her completed contracts, the newest 50."""
    query = (
        select(Contract.id, Contract.title, Organisation.name)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .join(Freelancer, Freelancer.id == Contract.freelancer_id)
        .where(Freelancer.user_id == user_id, Contract.state == "completed")
        .order_by(Contract.ended_at.desc())
        .limit(50)
    )
    return [FinishedWork(row.id, row.title, row.name) for row in (await db.execute(query)).all()]


async def ask(db: Session, item: PortfolioItem, contract_id: UUID, *, at: datetime) -> None:
    """Ask the client of a completed contract of hers, anew where it was asked before.

    Raises: Invalid for a contract that is not hers or not completed.
    """
    hers = Contract.id == contract_id, Contract.freelancer_id == item.freelancer_id, Contract.state == "completed"
    contract = (await db.execute(select(Contract).where(*hers))).scalar_one_or_none()
    if contract is None or item.source != "contract":
        raise Invalid.at("contract", N_("Choose one of your completed contracts."))
    assert not item.is_cleared, "a written piece waits for its client"
    fresh = {"contract_id": contract_id, "state": "asked", "asked_at": at, "answered_at": None, "answered_by": None}
    row = insert(PortfolioConsent).values(item_id=item.id, **fresh)
    await db.execute(row.on_conflict_do_update(index_elements=["item_id"], set_=fresh))
    await notices.consent_asked(db, contract, item.id, item.title, at=at)


async def ask_again(db: Session, item: PortfolioItem, *, at: datetime) -> None:
    """The piece was changed: its client is asked about what it is now. Does nothing where no client is."""
    query = select(PortfolioConsent.contract_id).where(PortfolioConsent.item_id == item.id)
    contract_id = await db.scalar(query)
    if contract_id is not None:
        await ask(db, item, contract_id, at=at)


async def asked(db: AnySession, item_id: UUID, *, reader: UUID) -> Asked:
    """What a client is asked. Raises: NotFound for whoever is not of the contract's employer."""
    item, contract, consent = await _asked(db, item_id, reader)
    names = select(User.name, Freelancer.handle).join(Freelancer, Freelancer.user_id == User.id)
    name, handle = (await db.execute(names.where(Freelancer.id == item.freelancer_id))).one()
    piece = await portfolio.piece_view(db, item)
    return Asked(piece, name, handle, contract.id, contract.title, consent.state)


async def answer(db: Session, item_id: UUID, *, is_given: bool, seen: datetime | None, by: UUID, at: datetime) -> None:
    """The client's answer, for as long as it stands: a yes can be taken back, a no can become one.

    `seen` is the `updated_at` of the piece that was read. Raises: NotFound, PieceChanged.
    """
    locked = select(PortfolioItem).where(PortfolioItem.id == item_id).with_for_update()
    await db.execute(locked.execution_options(populate_existing=True))
    item, contract, consent = await _asked(db, item_id, by)
    if item.updated_at != seen:
        raise PieceChanged
    state = "given" if is_given else "refused"
    if consent.state == state:
        return
    consent.state, consent.answered_at, consent.answered_by = state, at, by
    await db.flush()
    await portfolio.clear(db, item, is_cleared=is_given, by=by, at=at)
    await audit.record(db, f"consent.{state}", subject=("contract", contract.id), by=by, at=at, piece=item.title)
    await notices.consent_answered(db, contract, item.title, is_given=is_given, at=at)


async def states_of(db: AnySession, freelancer_id: UUID) -> dict[UUID, str]:
    """What the clients said to each of her pieces from contracts."""
    query = (
        select(PortfolioConsent.item_id, PortfolioConsent.state)
        .join(PortfolioItem, PortfolioItem.id == PortfolioConsent.item_id)
        .where(PortfolioItem.freelancer_id == freelancer_id)
    )
    return {row.item_id: row.state for row in (await db.execute(query)).all()}


async def file_for(db: AnySession, file_id: UUID, *, handle: str, reader: UUID) -> StoredFile:
    """A file of a hidden piece of hers, for the client who is asked about it. Raises: NotFound."""
    asked_about = (
        select(PortfolioItem.freelancer_id)
        .join(Freelancer, Freelancer.id == PortfolioItem.freelancer_id)
        .join(PortfolioConsent, PortfolioConsent.item_id == PortfolioItem.id)
        .join(Contract, Contract.id == PortfolioConsent.contract_id)
        .join(PortfolioFile, PortfolioFile.item_id == PortfolioItem.id)
        .where(PortfolioFile.file_id == file_id, Freelancer.handle == handle, is_theirs(reader))
    )
    freelancer_id = await db.scalar(asked_about.limit(1))
    if freelancer_id is None:
        raise NotFound
    return await portfolio.file_for(db, file_id, freelancer_id=freelancer_id, with_hidden=True)


async def _asked(db: AnySession, item_id: UUID, reader: UUID) -> tuple[PortfolioItem, Contract, PortfolioConsent]:
    query = (
        select(PortfolioItem, Contract, PortfolioConsent)
        .join(PortfolioConsent, PortfolioConsent.item_id == PortfolioItem.id)
        .join(Contract, Contract.id == PortfolioConsent.contract_id)
        .where(PortfolioItem.id == item_id, is_theirs(reader))
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    return row[0], row[1], row[2]
