"""What `marketplace check` asks of the journal: each rule again, by plain sums over all rows."""

from sqlalchemy import text

from marketplace.engines.ledger.queries import trial_balance
from marketplace.kernel.database import AnySession

_RULES = {
    "account {0}: balance {1}, its entries add up to {2}": """
        SELECT a.code, a.balance, coalesce(sum(e.amount), 0) FROM ledger_accounts a
        LEFT JOIN ledger_entries e ON e.account_id = a.id GROUP BY a.id
        HAVING a.balance <> coalesce(sum(e.amount), 0)""",
    "account {0}: balance {1}, its last entry says {2}": """
        SELECT a.code, a.balance, e.balance_after FROM ledger_accounts a
        JOIN ledger_entries e ON e.account_id = a.id AND e.account_version = a.version
        WHERE a.balance <> e.balance_after""",
    "account {0}: version {1}, but {2} entries": """
        SELECT a.code, a.version, count(e.account_id) FROM ledger_accounts a
        LEFT JOIN ledger_entries e ON e.account_id = a.id GROUP BY a.id
        HAVING a.version <> count(e.account_id) OR a.version <> coalesce(max(e.account_version), 0)""",
    "account {0}: balance {1} is below its floor {2}": """
        SELECT code, balance, floor FROM ledger_accounts WHERE balance < floor""",
    "transaction {0}: an entry in {1} without an account of that currency": """
        SELECT e.transaction_id, e.currency FROM ledger_entries e
        LEFT JOIN ledger_accounts a ON a.id = e.account_id AND a.currency = e.currency WHERE a.id IS NULL""",
    "an entry of transaction {0}, which is not there": """
        SELECT e.transaction_id FROM ledger_entries e
        LEFT JOIN ledger_transactions t ON t.id = e.transaction_id WHERE t.id IS NULL""",
    "transaction {0}: an entry of nothing": """
        SELECT transaction_id FROM ledger_entries WHERE amount = 0""",
    "transaction {0} ({1}): adds up to {2}": """
        SELECT t.id, t.key, sum(e.amount) FROM ledger_transactions t JOIN ledger_entries e ON e.transaction_id = t.id
        GROUP BY t.id, e.currency HAVING sum(e.amount) <> 0""",
    "transaction {0} ({1}): has {2} entries": """
        SELECT t.id, t.key, count(e.account_id) FROM ledger_transactions t
        LEFT JOIN ledger_entries e ON e.transaction_id = t.id
        GROUP BY t.id HAVING count(e.account_id) < 2""",
    "trigger {0} on {1} is switched off": """
        SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE tgrelid IN ('ledger_accounts'::regclass,
        'ledger_transactions'::regclass, 'ledger_entries'::regclass, 'ledger_postings'::regclass)
        AND tgenabled NOT IN ('O', 'A')""",
    "the journal has {0} triggers of 13": """
        SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (
        'ledger_accounts'::regclass, 'ledger_transactions'::regclass, 'ledger_entries'::regclass,
        'ledger_postings'::regclass) HAVING count(*) <> 13""",
}


async def problems(db: AnySession) -> list[str]:
    """Every broken rule in one line each, at most 100 per rule; empty when the journal is sound."""
    found = [f"trial balance of {currency}: {total}" for currency, total in (await trial_balance(db)).items() if total]
    for sentence, query in _RULES.items():
        found += [sentence.format(*row) for row in (await db.execute(text(query + " LIMIT 100"))).all()]
    return found
