"""Sending in the background."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.notify import actions
from marketplace.engines.notify.mailroom import Mailroom
from marketplace.engines.notify.models import Mail
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import Services, defer, task

FORGOTTEN_AFTER = timedelta(hours=3)


@task("notify.mail", transaction=False)
async def mail(services: Services, *, mail_id: UUID) -> None:
    """Send one mail."""
    await actions.send(services[Database], services[Mailroom], mail_id)


@task("notify.sweep")
async def sweep(db: Session) -> None:
    """Nightly: defer again what was left in the queue, forget what left the house long ago."""
    now = clock.now()
    await actions.sweep(db, now)
    left = select(Mail.id).where(Mail.state == "queued", Mail.created_at < now - FORGOTTEN_AFTER).limit(500)
    for mail_id in (await db.execute(left)).scalars():
        await defer(db, "notify.mail", key=f"notify.sweep:{mail_id}", mail_id=mail_id)
