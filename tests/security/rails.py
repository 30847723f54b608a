"""Ayesha's details and a payout of hers in a batch; a card of AgriTrack; a line of a statement that nobody knows."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from marketplace.engines.ledger import journal
from marketplace.escrow import accounts
from marketplace.escrow.card_models import SavedCard
from marketplace.escrow.rails import batches, methods, payouts, statements
from marketplace.escrow.rails.models import StatementLine
from marketplace.escrow.rails.payouts import Wanted
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.engines.banking.writing import camt, entry
from tests.escrow.rails.paying import BY_HAND, HOUSE
from tests.escrow.world import usd


async def money_of(db: Session, cast: Cast) -> dict[str, Any]:
    """By the names that things.py uses."""
    at, ayesha = clock.now(), cast.ayesha.id
    farah = (await db.execute(select(User).where(User.name == "Farah Zaidi"))).scalar_one()
    method = await methods.add_method(db, ayesha, BY_HAND, by=ayesha, at=at - timedelta(days=4))
    lines = accounts.move("world:test:USD", accounts.payable(ayesha, "USD"), usd(100))
    await journal.post(db, key="test:payable", kind="test", lines=lines, at=at, subject=("user", ayesha))
    payout = await payouts.request_payout(db, ayesha, Wanted(usd(60), "manual"), house=HOUSE, by=ayesha, at=at)
    [batch] = await batches.prepare(db, "manual", house=HOUSE, site="Hunar", by=farah.id, at=at)
    given = statements.Given("a.xml", camt(entry("DBIT", "25.00", [("CHARGES", "25.00", "")], key="F1")))
    await statements.import_statement(db, given, HOUSE.by_slug["bank-pkr"], by=farah.id, at=at)
    line = (await db.execute(select(StatementLine))).scalar_one()
    card = SavedCard(
        organisation_id=cast.agritrack.id,
        **{"stripe_customer_id": "cus_t", "stripe_payment_method_id": "pm_t", "fingerprint": "f"},
        **{"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2034},
        saved_by_user_id=cast.bilal.id,
        saved_at=at,
    )
    db.add(card)
    await db.flush()
    return {"method": method, "payout": payout, "batch": batch, "line": line, "card": card}
