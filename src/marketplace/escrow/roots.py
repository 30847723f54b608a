"""The signed root of the journal, with our balance at Stripe beside what is held."""

from datetime import datetime

from sqlalchemy import func, select

from marketplace.engines.ledger import publishing
from marketplace.engines.ledger.models import PublicRoot
from marketplace.engines.ledger.publishing import RootKey
from marketplace.engines.payments.models import BalanceMovement
from marketplace.kernel.database import Session


async def sign(db: Session, key: RootKey, *, at: datetime) -> PublicRoot:
    """Publish what is sealed and close it with a root. Stripe's side is what was copied from its books last."""
    await publishing.publish_records(db, key)
    total = func.sum(BalanceMovement.net_minor)
    rows = await db.execute(select(BalanceMovement.currency, total).group_by(BalanceMovement.currency))
    return await publishing.sign_root(db, key, at=at, at_stripe={currency: int(net) for currency, net in rows})
