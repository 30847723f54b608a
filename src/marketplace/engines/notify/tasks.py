"""Sending in the background."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.engines.notify import actions
from marketplace.engines.notify.mailroom import Mailroom
from marketplace.engines.notify.outgoing import TASKS
from marketplace.engines.notify.textroom import Textroom
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import Services, defer, task

FORGOTTEN_AFTER = timedelta(hours=3)


@task("notify.mail", transaction=False)
async def mail(services: Services, *, mail_id: UUID) -> None:
    """Send one mail."""
    await actions.send(services[Database], services[Mailroom], mail_id)


@task("notify.text", transaction=False)
async def text(services: Services, *, text_id: UUID) -> None:
    """Send one SMS. One that is wanted for a code must not be late by much: the queue tries again within seconds."""
    await actions.send_text(services[Database], services[Textroom], text_id)


@task("notify.sweep")
async def sweep(db: Session) -> None:
    """Nightly: defer again what was left in the queue, forget what left the house long ago."""
    now = clock.now()
    await actions.sweep(db, now)
    for kind, (name, id_name) in TASKS.items():
        left = select(kind.id).where(kind.state == "queued", kind.created_at < now - FORGOTTEN_AFTER).limit(500)
        for id in (await db.execute(left)).scalars():
            await defer(db, name, key=f"notify.sweep:{id}", **{id_name: id})
