"""Leaving: asked for, undone within fourteen days, or done."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.search import outbox
from marketplace.identity import audit
from marketplace.identity.actions import close_account
from marketplace.identity.letters import tell
from marketplace.identity.models import AccountDeletion, User
from marketplace.kernel.database import AnySession, Base, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.queue import defer
from marketplace.privacy.blockers import blockers_of
from marketplace.privacy.exports import person_of
from marketplace.privacy.tables import TABLES, Person, whose
from marketplace.talent.queries import freelancer_of

WAITS = timedelta(days=14)
PAGE = "/account/data"


class NotYet(Conflict):
    message = N_("Something is not finished yet. The page says what it is.")


async def open_one(db: AnySession, user_id: UUID) -> AccountDeletion | None:
    """The deletion she asked for and can still undo."""
    waiting = select(AccountDeletion).where(AccountDeletion.user_id == user_id, *_is_open())
    return (await db.scalars(waiting)).one_or_none()


async def ask(db: Session, user_id: UUID, *, at: datetime) -> None:
    """Her account goes in fourteen days; until then all stays as it is. Asking twice is once. Raises: NotYet."""
    if await blockers_of(db, await person_of(db, user_id)):
        raise NotYet
    due = at + WAITS
    row = insert(AccountDeletion).values(user_id=user_id, asked_at=at, due_at=due).on_conflict_do_nothing()
    if await db.scalar(row.returning(AccountDeletion.id)) is None:
        return
    await audit.record(db, "user.deletion_asked", subject=("user", user_id), by=user_id, at=at)
    await tell(db, await db.get_one(User, user_id), "deletion_asked", {"until": due, "link": PAGE})


async def undo(db: Session, user_id: UUID, *, at: datetime) -> None:
    """She stays. Raises: NotFound when nothing waits."""
    undone = update(AccountDeletion).where(AccountDeletion.user_id == user_id, *_is_open()).values(undone_at=at)
    if await db.scalar(undone.returning(AccountDeletion.id)) is None:
        raise NotFound
    await audit.record(db, "user.deletion_undone", subject=("user", user_id), by=user_id, at=at)
    await tell(db, await db.get_one(User, user_id), "deletion_undone", {"link": "/account"})


async def sweep(db: Session, *, at: datetime) -> None:
    """Those whose fourteen days are over, each in a transaction of its own."""
    due = select(AccountDeletion.user_id).where(AccountDeletion.due_at <= at, *_is_open())
    for user_id in (await db.scalars(due)).all():
        await defer(db, "privacy.delete_account", key=f"privacy.delete_account:{user_id}", user_id=user_id)


async def delete_account(db: Session, user_id: UUID, *, at: datetime) -> bool:
    """Close it and forget her; False when it was undone, or something began meanwhile: then it waits for its end.

    Her rows are emptied or removed as `tables.py` says; the ledger is not touched.
    """
    waiting = select(AccountDeletion).where(AccountDeletion.user_id == user_id, AccountDeletion.due_at <= at)
    deletion = (await db.scalars(waiting.where(*_is_open()).with_for_update())).one_or_none()
    if deletion is None:
        return False
    person = await person_of(db, user_id)
    if await blockers_of(db, person):
        return False
    await close_account(db, user_id, at=at)
    deletion.done_at = at
    await db.flush()
    await _tell_search(db, user_id)
    await forget(db, person)
    db.expire_all()
    return True


async def forget(db: Session, person: Person) -> None:
    """Every row of hers that goes, then every column of hers that is emptied. Children first, as foreign keys ask."""
    tables = [table for table in reversed(Base.metadata.sorted_tables) if table.name in TABLES]
    conditions = {table.name: whose(table.name, person) for table in tables}
    for table in tables:
        if TABLES[table.name].goes:
            gone = delete(table).where(conditions[table.name], *_not_on_its_way(table))
            await db.execute(gone)
    for table in tables:
        if blanked := TABLES[table.name].blanked:
            values = {name: value(table) if callable(value) else value for name, value in blanked.items()}
            await db.execute(update(table).where(conditions[table.name]).values(values))


def _not_on_its_way(table: Table) -> list[ColumnElement[bool]]:
    """The letter that says that it is done still has to leave the house."""
    return [table.c.state != "queued"] if table.name in ("mails", "texts") else []


async def _tell_search(db: Session, user_id: UUID) -> None:
    """Her profile is in no index a few seconds later (its services and postings were told when it was unlisted)."""
    if freelancer := await freelancer_of(db, user_id):
        await outbox.changed(db, "people", freelancer.id)


def _is_open() -> tuple[Any, ...]:
    return AccountDeletion.undone_at.is_(None), AccountDeletion.done_at.is_(None)
