"""`marketplace check` for money: the journal, the states beside it, and Stripe's own books."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text

from marketplace.engines.ledger import checking as journal
from marketplace.engines.ledger import queries as ledger
from marketplace.engines.ledger.sealing import JournalKey, verify_chain
from marketplace.engines.payments.client import Amounts, PaymentClient
from marketplace.escrow import accounts
from marketplace.escrow.models import PayoutAccount
from marketplace.kernel.database import AnySession

STUCK_AFTER = timedelta(minutes=10)
UNSEALED_AFTER = timedelta(minutes=2)

_RULES = {
    "hold {0} is {1}, but {2} is held": """
        SELECT h.id, h.state, coalesce(a.balance, 0) FROM holds h
        LEFT JOIN ledger_accounts a ON a.code = 'hold:' || h.id
        WHERE (h.state = 'held') <> (coalesce(a.balance, 0) > 0)""",
    "hold {0}: {1} came in, but its releases, refunds and rest add up to {2}": """
        SELECT h.id, h.amount_minor, o.gone + a.balance FROM holds h JOIN ledger_accounts a ON a.code = 'hold:' || h.id
        CROSS JOIN LATERAL (SELECT
            (SELECT coalesce(sum(amount_minor), 0) FROM releases WHERE hold_id = h.id)
            + (SELECT coalesce(sum(amount_minor), 0) FROM refunds
               WHERE hold_id = h.id AND checkout_id IS NULL AND state <> 'failed')
            + (SELECT coalesce(sum(covered_minor), 0) FROM chargebacks WHERE hold_id = h.id) AS gone) o
        WHERE h.funded_at IS NOT NULL AND o.gone + a.balance <> h.amount_minor""",
    "user {0} is owed {1}, but her transfers that are not sent add up to {2}": """
        SELECT coalesce(t.code, a.code), coalesce(a.balance, 0), coalesce(t.open, 0)
        FROM (SELECT * FROM ledger_accounts WHERE code LIKE 'owed:%') a FULL JOIN
        (SELECT 'owed:' || payee_user_id || ':' || currency AS code,
            sum(amount_minor) FILTER (WHERE state <> 'sent') AS open FROM transfers GROUP BY 1) t ON t.code = a.code
        WHERE coalesce(a.balance, 0) <> coalesce(t.open, 0)""",
    "account {0}: balance {1}, but transfers less payouts add up to {2}": """
        SELECT coalesce(m.code, a.code), coalesce(a.balance, 0), coalesce(m.sum, 0)
        FROM (SELECT * FROM ledger_accounts WHERE code LIKE 'connected:%') a FULL JOIN
        (SELECT 'connected:' || user_id || ':' || currency AS code, sum(amount) AS sum FROM (
            SELECT payee_user_id AS user_id, currency, amount_minor AS amount FROM transfers
            WHERE state = 'sent' AND keeper = 'stripe'
            UNION ALL SELECT user_id, currency, -amount_minor FROM payouts
            WHERE rail = 'stripe' AND state IN ('requested', 'sent', 'confirmed')) AS each GROUP BY 1) m
            ON m.code = a.code
        WHERE coalesce(a.balance, 0) <> coalesce(m.sum, 0)""",
    "account {0}: balance {1}, but what was kept less payouts adds up to {2}": """
        SELECT coalesce(m.code, a.code), coalesce(a.balance, 0), coalesce(m.sum, 0)
        FROM (SELECT * FROM ledger_accounts WHERE code LIKE 'payable:%') a FULL JOIN
        (SELECT 'payable:' || user_id || ':' || currency AS code, sum(amount) AS sum FROM (
            SELECT payee_user_id AS user_id, currency, amount_minor AS amount FROM transfers
            WHERE state = 'sent' AND keeper = 'here'
            UNION ALL SELECT user_id, currency, -amount_minor FROM payouts
            WHERE rail <> 'stripe' AND state IN ('requested', 'sent', 'confirmed')) AS each GROUP BY 1) m
            ON m.code = a.code
        WHERE coalesce(a.balance, 0) <> coalesce(m.sum, 0)""",
    "account {0}: balance {1}, but the fees of what was released add up to {2}": """
        SELECT coalesce(r.code, a.code), coalesce(a.balance, 0), coalesce(r.sum, 0)
        FROM (SELECT * FROM ledger_accounts WHERE code LIKE 'platform:fees:%') a FULL JOIN
        (SELECT 'platform:fees:' || currency AS code, sum(fee_minor) AS sum FROM releases GROUP BY 1) r
            ON r.code = a.code
        WHERE coalesce(a.balance, 0) <> coalesce(r.sum, 0)""",
    "payout {0} is {1}, but {2} is in transit": """
        SELECT p.id, p.state, coalesce(a.balance, 0) FROM payouts p
        LEFT JOIN ledger_accounts a ON a.code = 'payout_transit:' || p.id || CASE WHEN p.rate IS NULL THEN '' ELSE
            ':' || p.arrives_currency END
        WHERE coalesce(a.balance, 0) <> CASE WHEN p.state NOT IN ('requested', 'sent') THEN 0
            WHEN p.rail = 'stripe' THEN p.amount_minor ELSE p.arrives_minor + p.rail_fee_minor END""",
    "payout {0} changed its currency, but {1} is left of the first": """
        SELECT p.id, a.balance FROM payouts p JOIN ledger_accounts a ON a.code = 'payout_transit:' || p.id
        WHERE p.rate IS NOT NULL AND a.balance <> 0""",
    "hold {0} is pending, but {1} of {2} have been paid in": """
        SELECT h.id, a.balance, h.amount_minor FROM holds h JOIN ledger_accounts a ON a.code = 'paid_in:' || h.id
        WHERE h.state = 'pending' AND a.balance >= h.amount_minor""",
    "statement line {0} is {1}, but {2} lies in suspense": """
        SELECT l.id, l.state, coalesce(a.balance, 0) FROM statement_lines l
        LEFT JOIN ledger_accounts a ON a.code = 'suspense:' || l.id
        WHERE coalesce(a.balance, 0) <> CASE WHEN l.state = 'open' AND l.is_credit AND l.is_booked
            THEN l.amount_minor ELSE 0 END""",
    "account {0}: the ledger says {1}, the lines of its statements add up to {2}": """
        SELECT coalesce(l.code, a.code), coalesce(-a.balance, 0), coalesce(l.sum, 0)
        FROM (SELECT * FROM ledger_accounts WHERE code LIKE 'world:house:%') a FULL JOIN
        (SELECT 'world:house:' || house || ':' || currency AS code,
            sum(CASE WHEN is_credit THEN amount_minor ELSE -amount_minor END) AS sum
            FROM statement_lines WHERE is_booked GROUP BY 1) l ON l.code = a.code
        WHERE coalesce(-a.balance, 0) <> coalesce(l.sum, 0)""",
    "batch {0} was approved by {1} of two people": """
        SELECT b.id, count(a.user_id) FROM payout_batches b LEFT JOIN batch_approvals a ON a.batch_id = b.id
        WHERE b.state = 'approved' GROUP BY b.id HAVING count(a.user_id) < 2""",
    "refund {0} is {1}, but {2} is in transit": """
        SELECT r.id, r.state, coalesce(a.balance, 0) FROM refunds r
        LEFT JOIN ledger_accounts a ON a.code = 'refund_transit:' || r.id
        WHERE coalesce(a.balance, 0) <> CASE WHEN r.state = 'pending' OR (r.state = 'failed' AND r.checkout_id IS NOT
            NULL AND NOT EXISTS (SELECT FROM refunds n WHERE n.replaces_id = r.id)) THEN r.amount_minor ELSE 0 END""",
    "chargeback {0} is {1}: the bank has {2}, its account says {3}": """
        SELECT c.id, c.state, c.taken_minor, coalesce(-a.balance, 0) FROM chargebacks c
        LEFT JOIN ledger_accounts a ON a.code = 'platform:disputed:' || c.id
        WHERE coalesce(-a.balance, 0) <> CASE WHEN c.state = 'open' THEN c.taken_minor ELSE 0 END""",
    "hold {0} is frozen, but no chargeback is open": """
        SELECT h.id FROM holds h WHERE h.frozen_at IS NOT NULL
        AND NOT EXISTS (SELECT FROM chargebacks c WHERE c.hold_id = h.id AND c.state = 'open')""",
    "refund {0} of {1} {2} failed: a person has to give the money back": """
        SELECT r.id, r.currency, r.amount_minor FROM refunds r WHERE r.state = 'failed' AND r.checkout_id IS NOT NULL
        AND NOT EXISTS (SELECT FROM refunds n WHERE n.replaces_id = r.id)""",
}

_STUCK = {
    "command {0} ({1}) has waited since {2:%Y-%m-%d %H:%M}: {3}": """
        SELECT id, operation, created_at, coalesce(error, 'never answered') FROM payment_commands
        WHERE state IN ('pending', 'sent') AND created_at < :before""",
    "event {0} ({1}) has waited since {2:%Y-%m-%d %H:%M}": """
        SELECT id, type, received_at FROM webhook_events WHERE processed_at IS NULL AND received_at < :before""",
    "event {0} ({1}) could not be read: {2}": """
        SELECT id, type, error FROM webhook_events
        WHERE error IS NOT NULL AND received_at > CAST(:before AS timestamptz) - interval '1 day'""",
}


async def check(
    db: AnySession, client: PaymentClient | None = None, *, at: datetime, key: JournalKey | None = None
) -> list[str]:
    """Everything that is wrong with the money, one line each; empty when all is well.

    With `client`, Stripe's books are compared too: what is under way between us and Stripe (a command not recorded,
    an event not processed) shows as a difference until it has ended. Raises: PaymentRefused, PaymentUnavailable.
    """
    problems = await journal.problems(db)
    for sentence, query in _RULES.items():
        problems += await _broken(db, sentence, query, {})
    for sentence, query in _STUCK.items():
        problems += await _broken(db, sentence, query, {"before": at - STUCK_AFTER})
    problems += await _chain(db, key or JournalKey())
    if client is not None:
        problems += [line async for line in _differences(db, client)]
    return problems


async def _broken(db: AnySession, sentence: str, query: str, values: dict[str, Any]) -> list[str]:
    rows = (await db.execute(text(query + " LIMIT 100"), values)).all()
    return [sentence.format(*row) for row in rows]


async def _chain(db: AnySession, key: JournalKey) -> list[str]:
    report = await verify_chain(db, key)
    if report.problem:
        return [f"hash chain: {report.problem}"]
    now = (await db.execute(text("SELECT clock_timestamp()"))).scalar_one()
    if report.oldest_unsealed_at and report.oldest_unsealed_at < now - UNSEALED_AFTER:
        return [f"hash chain: {report.unsealed} transactions unsealed since {report.oldest_unsealed_at:%Y-%m-%d %H:%M}"]
    return []


async def _differences(db: AnySession, client: PaymentClient) -> AsyncIterator[str]:
    """The platform's balance at Stripe to the cent, and that of each freelancer."""
    ours = -(await ledger.balance(db, accounts.stripe("USD"))).amount_minor
    theirs = _total(await client.balance())
    if ours != theirs:
        yield f"balance at Stripe: {theirs} there, {ours} in the ledger"
    query = select(PayoutAccount).where(PayoutAccount.stripe_account_id.is_not(None)).order_by(PayoutAccount.id)
    for account in (await db.execute(query)).scalars().all():
        ours = (await ledger.balance(db, accounts.connected(account.user_id, "USD"))).amount_minor
        theirs = _total(await client.balance(account.stripe_account_id))
        if ours != theirs:
            yield f"balance of {account.stripe_account_id} at Stripe: {theirs} there, {ours} in the ledger"


def _total(amounts: Amounts) -> int:
    return amounts.available.get("USD", 0) + amounts.pending.get("USD", 0)
