"""`marketplace stripe setup`: the two webhook endpoints of a live site."""

import click

from marketplace.cli.site import with_services
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentRefused, PaymentUnavailable
from marketplace.kernel.config import Settings
from marketplace.kernel.queue import Services

ENDPOINTS = (
    ("STRIPE_WEBHOOK_SECRET", "/webhooks/stripe", False),
    ("STRIPE_CONNECT_WEBHOOK_SECRET", "/webhooks/stripe-connect", True),
)


@click.group("stripe", help="What has to be set up at Stripe.")
def command() -> None:
    """Needs STRIPE_API_KEY."""


@command.command("setup", help="Make the two webhook endpoints and print their secrets, once.")
@click.argument("site")
def setup(site: str) -> None:
    settings = Settings.from_env()
    if not settings.stripe_api_key:
        raise click.ClickException("STRIPE_API_KEY is not set: the sandbox needs no endpoints")
    if not site.startswith("https://"):
        raise click.ClickException("Stripe sends events to https:// addresses only")

    async def act(services: Services) -> None:
        for name, path, is_connect in ENDPOINTS:
            made = await services[PaymentClient].make_endpoint(site.rstrip("/") + path, is_connect=is_connect)
            click.echo(f"{name}={made['secret']}")

    try:
        with_services(settings, act, needs_tables=False)
    except (PaymentRefused, PaymentUnavailable) as error:
        raise click.ClickException(str(error)) from error
