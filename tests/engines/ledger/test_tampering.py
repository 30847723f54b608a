"""Nobody changes the journal: the application's role may not, the owner's triggers refuse, the chain tells."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.engines.ledger.checking import problems
from marketplace.engines.ledger.sealing import ChainReport, JournalKey, seal, verify_chain
from marketplace.kernel.database import Database, Session
from marketplace.kernel.database.embedded import EmbeddedPostgres
from tests.conftest import _clone as clone
from tests.engines.ledger.test_posting import move

KEY = JournalKey(b"a key of the tests")

CHANGES = [
    "UPDATE ledger_entries SET amount = amount + 1",
    "UPDATE ledger_entries SET balance_after = balance_after",
    "DELETE FROM ledger_entries",
    "TRUNCATE ledger_entries, ledger_transactions, ledger_accounts",
    "UPDATE ledger_transactions SET kind = 'gift'",
    "UPDATE ledger_transactions SET effective_at = effective_at - interval '1 day'",
    "UPDATE ledger_transactions SET seal_number = 9, seal_hash = '\\x00', kind = 'gift' WHERE seal_number IS NULL",
    "UPDATE ledger_transactions SET seal_number = NULL, seal_hash = NULL WHERE seal_number IS NOT NULL",
    "UPDATE ledger_transactions SET seal_hash = '\\x00' WHERE seal_number IS NOT NULL",
    "DELETE FROM ledger_transactions",
    "DELETE FROM ledger_accounts",
    "UPDATE ledger_accounts SET balance = balance + 1",
    "UPDATE ledger_accounts SET balance = balance + 1, version = version + 1",
    "UPDATE ledger_accounts SET floor = NULL",
    "INSERT INTO ledger_accounts (code, currency, balance, is_shared) VALUES ('owed:me:USD', 'USD', 5, false)",
    """INSERT INTO ledger_entries (transaction_id, account_id, currency, amount, account_version, balance_after)
       SELECT t.id, a.id, 'USD', 5, a.version + 1, a.balance + 5 FROM ledger_accounts a,
       (SELECT id FROM ledger_transactions WHERE key = 'other') t WHERE a.code = 'hold:1'""",
    """INSERT INTO ledger_entries (transaction_id, account_id, currency, amount)
       SELECT t.id, a.id, 'EUR', a.version FROM ledger_accounts a,
       (SELECT id FROM ledger_transactions WHERE key = 'other') t WHERE a.code IN ('hold:1', 'owed:ayesha:USD')""",
    """INSERT INTO ledger_entries (transaction_id, account_id, currency, amount)
       SELECT id, uuidv7(), 'USD', 5 FROM ledger_transactions WHERE key = 'other'""",
    "DO $$ BEGIN UPDATE ledger_accounts SET balance = balance - 1, version = version + 1; END $$",
    """WITH a AS (UPDATE ledger_accounts SET balance = balance + 5, version = version + 1 WHERE code = 'hold:1'
       RETURNING id, balance, version)
       INSERT INTO ledger_entries (transaction_id, account_id, currency, amount, account_version, balance_after)
       SELECT t.id, a.id, 'USD', 5, a.version, a.balance FROM a, ledger_transactions t WHERE t.key = 'other'""",
]


CHANGES += [
    "INSERT INTO ledger_transactions (key, request_hash, kind, subject_kind, subject_id, effective_at)"
    " VALUES ('forged', '', 'gift', 'x', uuidv7(), now())",
    # Balanced, and as the door would write it: still not by hand.
    """INSERT INTO ledger_entries (transaction_id, account_id, currency, amount, account_version, balance_after)
       SELECT t.id, a.id, 'USD', CASE a.code WHEN 'hold:1' THEN -3 ELSE 3 END, a.version + 1, a.balance
       FROM ledger_transactions t, ledger_accounts a
       WHERE t.key = 'other' AND a.code IN ('hold:1', 'owed:ayesha:USD')""",
    "UPDATE ledger_transactions SET seal_number = 4 WHERE seal_number IS NULL",
]


async def fill(database: Database) -> None:
    """Three sealed transactions, one not sealed yet."""
    async with database.write.begin() as db:
        await move(db, "world:stripe:USD", "hold:1", 100, key="one")
        await move(db, "hold:1", "owed:ayesha:USD", 40, key="two")
        await move(db, "world:stripe:USD", "hold:2", 7, key="other")
    async with database.write.begin() as db:
        assert await seal(db, KEY) == 3
    async with database.write.begin() as db:
        await move(db, "hold:1", "owed:ayesha:USD", 1, key="tail")


@pytest.fixture(scope="module")
async def filled(postgres: EmbeddedPostgres, template: str) -> AsyncIterator[Database]:
    async with clone(postgres, template) as url:
        database = Database(url)
        await fill(database)
        yield database
        await database.close()


@pytest.fixture
async def forger(filled: Database) -> AsyncIterator[Session]:
    """A transaction on the filled journal that is rolled back."""
    async with filled.engine.connect() as connection, Session(bind=connection) as db:
        yield db
        await db.rollback()


@pytest.fixture
async def journal(cloned_database: Database) -> Database:
    """A filled journal for tests that commit."""
    await fill(cloned_database)
    return cloned_database


class TestRefusal:
    @pytest.mark.parametrize("change", CHANGES)
    async def test_the_owner_is_refused(self, forger: Session, change: str) -> None:
        with pytest.raises(DBAPIError) as refusal:
            await execute_and_check(forger, change)
        assert refusal.value.orig is not None
        assert getattr(refusal.value.orig.__cause__, "sqlstate", None) == "LE004", refusal.value

    @pytest.mark.parametrize("change", CHANGES)
    async def test_the_application_has_no_right(self, forger: Session, change: str) -> None:
        await forger.execute(text("SET LOCAL ROLE marketplace_app"))
        with pytest.raises(DBAPIError, match="permission denied"):
            await forger.execute(text(change))

    async def test_the_application_posts_and_seals_through_the_door(self, journal: Database) -> None:
        async with journal.write.begin() as db:
            await db.execute(text("SET LOCAL ROLE marketplace_app"))
            await move(db, "hold:1", "owed:ayesha:USD", 5)
        async with journal.write.begin() as db:
            await db.execute(text("SET LOCAL ROLE marketplace_app"))
            assert await seal(db, KEY) == 2
            assert (await verify_chain(db, KEY)).problem == ""


async def execute_and_check(db: Session, change: str) -> None:
    await db.execute(text(change))
    await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))


async def forge(db: Session, change: str) -> None:
    """As one who may switch the triggers off."""
    await db.execute(text("SET LOCAL session_replication_role = replica"))
    await db.execute(text(change))


class TestDetection:
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE ledger_entries SET amount = amount + 1 WHERE amount = 40",
            "UPDATE ledger_entries SET balance_after = 1 WHERE amount = 40",
            "UPDATE ledger_accounts SET code = 'owed:mallory:USD' WHERE code = 'owed:ayesha:USD'",
            "UPDATE ledger_transactions SET effective_at = effective_at + interval '1 day' WHERE key = 'two'",
            "UPDATE ledger_transactions SET subject_id = uuidv7() WHERE key = 'one'",
            "UPDATE ledger_transactions SET seal_hash = '\\x00' WHERE key = 'two'",
            "DELETE FROM ledger_transactions WHERE key = 'one'",
            "UPDATE ledger_transactions SET seal_number = 9 WHERE seal_number = 2",
        ],
    )
    async def test_the_chain_shows_what_was_changed(self, forger: Session, change: str) -> None:
        assert (await verify_chain(forger, KEY)).problem == ""
        await forge(forger, change)
        assert (await verify_chain(forger, KEY)).problem != ""

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ("UPDATE ledger_accounts SET balance = balance + 1 WHERE code = 'hold:2'", "trial balance of USD: 1"),
            ("UPDATE ledger_accounts SET balance = balance + 1 WHERE code = 'hold:2'", "entries add up to 7"),
            ("DELETE FROM ledger_entries WHERE amount = 40", "has 1 entries"),
            ("DELETE FROM ledger_entries WHERE amount = -40", "version 3, but 2 entries"),
            ("UPDATE ledger_accounts SET balance = -1 WHERE code = 'owed:ayesha:USD'", "account owed:ayesha:USD"),
        ],
    )
    async def test_the_sums_show_it_too(self, forger: Session, change: str, problem: str) -> None:
        if "-1" in change:
            await forger.execute(text("ALTER TABLE ledger_accounts DROP CONSTRAINT ck_ledger_accounts_floor"))
        await forge(forger, change)
        found = await problems(forger)
        assert any(problem in line for line in found), found

    @pytest.mark.parametrize(
        "attack",
        [
            "UPDATE ledger_accounts SET balance = balance + 5 WHERE code = 'owed:ayesha:USD'",
            "UPDATE ledger_accounts SET balance = balance + 5, version = version + 1 WHERE code = 'owed:ayesha:USD'",
            """WITH a AS (UPDATE ledger_accounts SET balance = balance + 5, version = version + 1
               WHERE code = 'owed:ayesha:USD' RETURNING id, version, balance)
               INSERT INTO ledger_entries (transaction_id, account_id, currency, amount, account_version, balance_after)
               SELECT t.id, a.id, 'USD', 5, version, balance FROM a, ledger_transactions t WHERE key = 'other'""",
        ],
    )
    async def test_a_trigger_of_the_owners_own_is_found_out(self, forger: Session, attack: str) -> None:
        """At depth 2, as a posting comes in, and gone again afterwards. (What is written is final to it too.)"""
        assert await problems(forger) == []
        for statement in (
            "CREATE TABLE mine (one integer)",
            f"CREATE FUNCTION mine() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {attack}; RETURN NULL; END $$",
            "CREATE TRIGGER mine AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION mine()",
            "INSERT INTO mine VALUES (1)",
            "DROP TABLE mine",
            "DROP FUNCTION mine()",
        ):
            await forger.execute(text(statement))
        assert any("owed:ayesha:USD" in line for line in await problems(forger)), attack

    async def test_triggers_switched_off_are_reported(self, forger: Session) -> None:
        await forger.execute(text("ALTER TABLE ledger_entries DISABLE TRIGGER final"))
        await forger.execute(text("DROP TRIGGER final ON ledger_accounts"))
        assert await problems(forger) == [
            "trigger final on ledger_entries is switched off",
            "the journal has 12 triggers of 13",
        ]

    async def test_another_key_does_not_open_the_chain(self, forger: Session) -> None:
        assert (await verify_chain(forger, JournalKey(b"guessed"))).problem.startswith("seal 1 is broken")


class TestSealing:
    async def test_the_tail_is_shown_until_it_is_sealed(self, journal: Database) -> None:
        async with journal.write.begin() as db:
            report = await verify_chain(db, KEY)
            assert (report.sealed, report.unsealed) == (3, 1)
            assert report.oldest_unsealed_at is not None
            assert await seal(db, KEY) == 1
            assert await verify_chain(db, KEY) == ChainReport(4, 0, None, "")

    async def test_what_is_still_open_waits_and_keeps_its_place(self, journal: Database) -> None:
        """A transaction that began before an open one ended is sealed; later ones wait for the open one."""
        async with journal.write.begin() as slow:
            await move(slow, "world:stripe:USD", "hold:slow", 1, key="slow")
            async with journal.write.begin() as quick:
                await move(quick, "world:quick:USD", "hold:quick", 1, key="quick")
            async with journal.write.begin() as db:
                assert await seal(db, KEY) == 1, "only the tail of the fixture has settled"
        async with journal.write.begin() as db:
            assert await seal(db, KEY) == 2
            order = text("SELECT key FROM ledger_transactions ORDER BY seal_number")
            assert (await db.execute(order)).scalars().all()[-2:] == ["slow", "quick"]

    async def test_postings_inside_a_savepoint_settle_too(self, journal: Database) -> None:
        async with journal.write.begin() as db, db.begin_nested():
            await move(db, "world:stripe:USD", "hold:3", 1, key="nested")
        async with journal.write.begin() as db:
            assert await seal(db, KEY) == 2

    async def test_workers_that_race_make_one_chain(self, journal: Database) -> None:
        async def one(number: int) -> int:
            async with journal.write.begin() as db:
                if number % 2:
                    await move(db, "world:stripe:USD", f"hold:{uuid4()}", 1)
                    return 0
                return await seal(db, KEY)

        await asyncio.gather(*(one(number) for number in range(20)))
        async with journal.write.begin() as db:
            await seal(db, KEY)
            report = await verify_chain(db, KEY)
            assert (report.problem, report.sealed + report.unsealed) == ("", 14)

    async def test_the_unsealed_tail_is_young(self, journal: Database) -> None:
        async with journal.write.begin() as db:
            waiting = text("SELECT execute_after - now() FROM pgqueuer WHERE entrypoint = 'ledger.seal'")
            assert max((await db.execute(waiting)).scalars()) < timedelta(seconds=5)
