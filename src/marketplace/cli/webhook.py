"""`marketplace webhook`: stored events of Stripe."""

import click
from sqlalchemy import select, update

from marketplace.cli.site import payments, with_services
from marketplace.engines.payments import inbox
from marketplace.engines.payments.models import WebhookEvent
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services


@click.group("webhook", help="Events of Stripe as they were stored.")
def command() -> None:
    """The worker goes through them; this is for one that could not be read."""


@command.command(
    "replay", help="Go through a stored event once more: by the object's present state, so nothing doubles."
)
@click.argument("event_id")
def replay(event_id: str) -> None:
    async def act(services: Services) -> None:
        client, database = payments(services), services[Database]
        async with database.write.begin() as db:
            again = update(WebhookEvent).where(WebhookEvent.id == event_id).values(processed_at=None, error=None)
            found = (await db.execute(again.returning(WebhookEvent.type))).scalar_one_or_none()
        if found is None:
            raise click.ClickException(f"No event {event_id} was stored: take its id (evt_…) from Stripe's list.")
        has_changed = await inbox.process(database, client, event_id)
        async with database.read() as db:
            error = (await db.execute(select(WebhookEvent.error).where(WebhookEvent.id == event_id))).scalar_one()
        if error:
            raise click.ClickException(f"{found}: Stripe does not show what it is about: {error}")
        click.echo(f"{found}: {'gone through' if has_changed else 'nothing of ours in it'}")

    with_services(Settings.from_env(), act)
