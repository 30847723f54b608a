"""Exports and deletions by the clock."""

from uuid import UUID

from marketplace.engines.files.folder import Folder
from marketplace.engines.notify.mailroom import Mailroom
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.queue import task
from marketplace.privacy import deletions, exports


@task("privacy.make_export")
async def make_export(db: Session, *, export_id: UUID) -> None:
    """One person's data in one file."""
    services = db.info["services"]
    site = services[Mailroom].site.name
    await exports.make(db, services[Folder], export_id, site=site, at=clock.now())


@task("privacy.delete_account")
async def delete_account(db: Session, *, user_id: UUID) -> None:
    """One person leaves."""
    await deletions.delete_account(db, user_id, at=clock.now())


@task("privacy.sweep")
async def sweep(db: Session) -> None:
    """Exports past their day, deletions whose day has come."""
    await exports.sweep(db, at=clock.now())
    await deletions.sweep(db, at=clock.now())
