"""The demo's books: compared with the sandbox once, and closed with a first signed root."""

from marketplace.engines.ledger import published
from marketplace.engines.ledger.publishing import RootKey
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.movements import fetch_movements
from marketplace.escrow import reconciling, roots
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services


async def fill(services: Services) -> None:
    """Once; every night the worker does the same."""
    database, client = services[Database], services[PaymentClient]
    async with database.read() as db:
        if await published.roots(db, limit=1):
            return
    await fetch_movements(database, client)
    async with database.write.begin() as db:
        await reconciling.reconcile(db, at=clock.now())
        await roots.sign(db, services[RootKey], at=clock.now())
