"""The composition root: opens what a process needs once, wires tasks, subscribers and schedules, closes all.

Lower layers get values and open things, never settings.
"""

import importlib
import logging
import pkgutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

import marketplace
from marketplace.engines.files.folder import Folder
from marketplace.engines.ledger.publishing import RootKey
from marketplace.engines.ledger.sealing import JournalKey
from marketplace.engines.notify.mailroom import Mailroom
from marketplace.engines.notify.rendering import Site
from marketplace.engines.notify.textroom import Textroom
from marketplace.engines.paper.press import Press
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.webhooks import WebhookSecrets
from marketplace.engines.search import outbox
from marketplace.engines.search.embedded import EmbeddedSearch
from marketplace.engines.search.meili_client import Meili, SearchUnavailable, WrongMeilisearch
from marketplace.engines.search.meilisearch import MeiliSearch
from marketplace.engines.search.protocol import SearchIndex
from marketplace.engines.search.settings import load_settings
from marketplace.escrow.rails.catalogue import demo_accounts, house_accounts
from marketplace.fairs.tickets import TicketKey
from marketplace.kernel import clock, working_days
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database, Session
from marketplace.kernel.paths import resource
from marketplace.kernel.queue import Services, defer, passed, schedule

_log = logging.getLogger(__name__)

SCHEDULES = {
    "deadlines.sweep": "* * * * *",
    "ledger.seal": "* * * * *",
    "search.index": "* * * * *",
    "payments.sweep": "*/5 * * * *",
    "escrow.sweep": "25 * * * *",
    "payments.copy_books": "5 0 * * *",
    "escrow.reconcile": "15 0 * * *",
    "escrow.sign_root": "20 0 * * *",
    "payments.poll": "*/5 * * * *",
    "jobs.sweep": "*/5 * * * *",
    "files.sweep": "0 2 * * *",
    "notify.sweep": "10 2 * * *",
    "postings.forget_drafts": "20 2 * * *",
    "identity.sweep": "20 2 * * *",
    "discovery.digest": "0 3 * * *",
    "discovery.recommend": "40 3 * * 1",
    "training.digest": "30 3 * * *",
    "privacy.sweep": "35 * * * *",
    "fairs.sweep": "45 * * * *",
}
"""When what runs by itself, in UTC. Handlers are idempotent."""


TELLING = ("discovery.digest", "discovery.recommend", "training.digest")
"""Those that write to people. When the demo's time is moved over their hour, they run at once; others wait for it."""


def load_tasks() -> None:
    """Import every `tasks` and `documents` module: tasks, event subscribers and search loaders register themselves."""
    for module in pkgutil.walk_packages(marketplace.__path__, "marketplace."):
        if module.name.rsplit(".", 1)[-1] in ("tasks", "documents"):
            importlib.import_module(module.name)
    for name, cron in SCHEDULES.items():
        schedule(name, cron)


async def pass_time(db: Session, *, since: datetime, until: datetime) -> None:
    """In the demo, when its time was moved: what is due by then passes, and who would have been told is told."""
    for name in ("deadlines.sweep", *(name for name in passed(since, until) if name in TELLING)):
        await defer(db, name)


def open_services(settings: Settings, database: Database) -> Services:
    """Everything a web process, the worker or a command needs, over an open database."""
    services = Services(
        settings,
        Folder(settings.data_dir / "files"),
        Press(settings.data_dir / "paper", resource("web/static/vendor")),
        JournalKey(settings.journal_key.encode()),
        TicketKey(settings.secret_key.encode()),
        RootKey((settings.journal_key or settings.secret_key).encode()),
        Mailroom(
            Site(settings.name, settings.base_url), settings.mail_from, settings.secret_key, smtp_url=settings.smtp_url
        ),
        Textroom(Site(settings.name, settings.base_url), settings.sms_url, settings.sms_token),
        PaymentClient(settings.stripe_api_key or "sk_test_sandbox", address=settings.stripe_api_url),
        WebhookSecrets(settings.stripe_webhook_secret, settings.stripe_connect_webhook_secret),
    )
    services.add(database, Database)
    services.add(_search(settings, database), SearchIndex)
    accounts = settings.house_accounts or (None if settings.env == "production" else demo_accounts())
    services.add(house_accounts(accounts))
    return services


def _search(settings: Settings, database: Database) -> SearchIndex:
    """Meilisearch where an address is set, else the embedded engine."""
    if not settings.meili_url:
        return EmbeddedSearch(settings.data_dir / "search", resource("search"))
    meili = Meili(settings.meili_url, settings.meili_key)
    return MeiliSearch(meili, load_settings(resource("search")), database, outbox.listing_of)


async def _greet(search: SearchIndex) -> None:
    """An engine that is down comes back, and pages list meanwhile; one that can't be worked with ends the start."""
    try:
        await search.greet()
    except WrongMeilisearch:
        raise
    except SearchUnavailable as error:
        _log.warning("search is down, PostgreSQL lists until it is back: %s", error)


@asynccontextmanager
async def running(settings: Settings) -> AsyncGenerator[Services]:
    """As `open_services`, with a database of its own; all is closed at the end."""
    clock.use_offset_file(settings.clock_file if settings.has_moving_clock else None)
    working_days.use_weekend(settings.weekend)
    load_tasks()
    database = Database(settings.database_url, settings.database_read_url)
    services = open_services(settings, database)
    try:
        await _greet(services[SearchIndex])
        yield services
    finally:
        await services[SearchIndex].close()
        await services[PaymentClient].close()
        await database.close()
