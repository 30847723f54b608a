"""A copy of what Stripe's own books say, for the nightly comparison with ours."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.models import BalanceMovement
from marketplace.engines.payments.operations import Wire
from marketplace.kernel.database import Database

OVERLAP = timedelta(days=3)
BATCH = 500


async def fetch_movements(database: Database, client: PaymentClient) -> int:
    """Copy every balance transaction that is not here yet and return how many came.

    Reads from three days before the last one: Stripe lists by the second, and some are written late.
    Raises: PaymentRefused, PaymentUnavailable.
    """
    async with database.read() as db:
        last = (await db.execute(select(func.max(BalanceMovement.created_at)))).scalar_one()
    since = last - OVERLAP if last else datetime.fromtimestamp(0, UTC)
    listed = [_row(each) async for each in client.balance_transactions(since=since)]
    come = 0
    for start in range(0, len(listed), BATCH):
        rows = insert(BalanceMovement).values(listed[start : start + BATCH])
        async with database.write.begin() as db:
            added = await db.execute(rows.on_conflict_do_nothing().returning(BalanceMovement.id))
            come += len(added.all())
    return come


def _row(movement: Wire) -> dict[str, Any]:
    return {
        "id": movement["id"],
        "type": movement["type"],
        "source_id": movement["source"] or movement["id"],
        "currency": movement["currency"].upper(),
        "amount_minor": movement["amount"],
        "fee_minor": movement["fee"],
        "net_minor": movement["net"],
        "created_at": datetime.fromtimestamp(movement["created"], UTC),
        "available_at": datetime.fromtimestamp(movement["available_on"], UTC),
    }
