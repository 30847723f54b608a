"""The seal worker."""

from marketplace.engines.ledger import sealing
from marketplace.engines.ledger.journal import SEAL_DELAY
from marketplace.engines.ledger.sealing import JournalKey
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, defer, task


@task("ledger.seal")
async def seal(db: Session) -> None:
    """Seal what has settled. After any work it comes again: transactions that were still open may have ended."""
    services: Services = db.info["services"]
    key = services[JournalKey] if JournalKey in services else JournalKey()
    if await sealing.seal(db, key):
        await defer(db, "ledger.seal", at=clock.now() + SEAL_DELAY)
