"""`marketplace stripe setup`: the two webhook endpoints of a live site."""

import click

from marketplace.cli.site import with_services
from marketplace.engines.payments.client import PaymentClient
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
        raise click.ClickException(
            "STRIPE_API_KEY is not set: set it to your secret key. The sandbox needs no endpoints."
        )
    if not site.startswith("https://"):
        raise click.ClickException(f"{site}: Stripe sends events to https:// addresses only, like https://your.site.")

    async def act(services: Services) -> None:
        for name, path, is_connect in ENDPOINTS:
            made = await services[PaymentClient].make_endpoint(site.rstrip("/") + path, is_connect=is_connect)
            click.echo(f"{name}={made['secret']}")

    with_services(settings, act, needs_tables=False)
    click.echo(
        "Set both and start again. Before you run this once more, delete the two endpoints at Stripe: events of an"
        " endpoint whose secret is not set are refused.",
        err=True,
    )
