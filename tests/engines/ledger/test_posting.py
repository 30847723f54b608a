"""What the one door lets through, and what it refuses."""

import asyncio
import random
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.engines.ledger.checking import problems
from marketplace.engines.ledger.journal import KeyReused, Line, Overdrawn, post
from marketplace.engines.ledger.queries import balance, balances, entries_of, trial_balance
from marketplace.kernel.database import Database, Session
from marketplace.kernel.money import Money

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SUBJECT = ("test", UUID(int=7))


def usd(minor: int) -> Money:
    return Money(minor, "USD")


async def move(db: Session, source: str, target: str, minor: int, *, key: str = "") -> UUID:
    lines = [Line(source, usd(-minor)), Line(target, usd(minor))]
    return await post(db, key=key or str(uuid4()), kind="test", lines=lines, at=AT, subject=SUBJECT)


async def rows(db: Session, table: str) -> int:
    return (await db.execute(text(f"SELECT count(*) FROM {table}"))).scalar_one()


class TestPosting:
    async def test_moves_money_and_numbers_the_entries(self, db: Session) -> None:
        await move(db, "world:stripe:USD", "hold:1", 100_00)
        await move(db, "hold:1", "owed:ayesha:USD", 60_00)
        assert await balances(db, ["world:stripe:USD", "hold:1", "owed:ayesha:USD", "hold:2"]) == {
            "world:stripe:USD": usd(-100_00),
            "hold:1": usd(40_00),
            "owed:ayesha:USD": usd(60_00),
        }
        newest, oldest = await entries_of(db, "hold:1")
        assert (newest.version, newest.money, newest.balance_after) == (2, usd(-60_00), usd(40_00))
        assert (oldest.version, oldest.subject, oldest.effective_at) == (1, SUBJECT, AT)
        assert await entries_of(db, "hold:1", before=2) == [oldest]
        assert await trial_balance(db) == {"USD": 0}

    async def test_an_account_nobody_posted_to_is_at_zero(self, db: Session) -> None:
        assert await balance(db, "hold:none") == usd(0)

    async def test_the_same_request_twice_happens_once(self, db: Session) -> None:
        first = await move(db, "world:stripe:USD", "hold:1", 5, key="fund:1")
        assert await move(db, "world:stripe:USD", "hold:1", 5, key="fund:1") == first
        assert await balance(db, "hold:1") == usd(5)

    async def test_the_same_key_for_something_else_is_a_mistake(self, db: Session) -> None:
        await move(db, "world:stripe:USD", "hold:1", 5, key="fund:1")
        with pytest.raises(KeyReused):
            await move(db, "world:stripe:USD", "hold:1", 6, key="fund:1")

    async def test_nothing_falls_below_its_floor(self, db: Session) -> None:
        await move(db, "world:stripe:USD", "hold:1", 5)
        with pytest.raises(Overdrawn):
            await move(db, "hold:1", "owed:ayesha:USD", 6)

    @pytest.mark.parametrize(
        "lines",
        [
            [("a", 5, "USD")],
            [("a", 5, "USD"), ("b", -4, "USD")],
            [("a", 5, "USD"), ("b", -5, "EUR")],
            [("a", 0, "USD"), ("b", 0, "USD")],
            [("world:a", 5, "USD"), ("world:a", -5, "USD")],
            [("world:a", -5, "USD"), ("b", 5, "USD"), ("world:eur", -5, "USD"), ("c", 5, "USD")],
        ],
        ids=["one line", "no zero sum", "two currencies", "zeros", "account twice", "account of another currency"],
    )
    async def test_wrong_lines_are_refused(self, db: Session, lines: list[tuple[str, int, str]]) -> None:
        euros = [Line("world:eur", Money(-1, "EUR")), Line("c:eur", Money(1, "EUR"))]
        await post(db, key="euros", kind="test", lines=euros, at=AT, subject=SUBJECT)
        wrong = [Line(code, Money(minor, currency)) for code, minor, currency in lines]
        with pytest.raises(AssertionError, match="ledger:"):
            await post(db, key="wrong", kind="test", lines=wrong, at=AT, subject=SUBJECT)

    @pytest.mark.parametrize(
        ("amounts", "currencies", "first"),
        [
            ("{-5,4}", "{USD,USD}", "world:a"),
            ("{5}", "{USD,USD}", "world:a"),
            ("{0,0}", "{USD,USD}", "world:a"),
            ("{-5,5}", "{USD,EUR}", "world:a"),
            ("{-5,5}", "{USD,USD}", "world:b"),
            ("{-5,5}", "{USD,USD}", "world:c"),
        ],
        ids=["no zero sum", "one line", "zeros", "two currencies", "account twice", "not in their order"],
    )
    async def test_the_door_itself_refuses_them_too(
        self, db: Session, amounts: str, currencies: str, first: str
    ) -> None:
        call = text("""SELECT ledger_post('raw', '', 'test', 'test', uuidv7(), now(),
            ARRAY[CAST(:first AS text), 'world:b'], CAST(CAST(:currencies AS text) AS text[]),
            CAST(CAST(:amounts AS text) AS bigint[]), NULL)""")
        with pytest.raises(DBAPIError, match="ledger: "):
            await db.execute(call, {"amounts": amounts, "currencies": currencies, "first": first})

    async def test_two_currencies_each_add_up(self, db: Session) -> None:
        lines = [Line("world:fx:USD", usd(-10)), Line("a:USD", usd(10))]
        lines += [Line("world:fx:PKR", Money(-2800, "PKR")), Line("a:PKR", Money(2800, "PKR"))]
        await post(db, key="fx", kind="exchange", lines=lines, at=AT, subject=SUBJECT)
        assert await trial_balance(db) == {"USD": 0, "PKR": 0}

    async def test_one_seal_task_stands_for_a_burst_of_postings(self, db: Session) -> None:
        for _ in range(5):
            await move(db, "world:stripe:USD", "hold:1", 5)
        waiting = text("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'ledger.seal'")
        assert (await db.execute(waiting)).scalar_one() == 1


CODES = ["world:a", "platform:b", "hold:c", "hold:d", "owed:e"]
MOVE = st.tuples(
    st.lists(st.sampled_from(CODES), min_size=2, max_size=4, unique=True), st.integers(1, 50), st.booleans()
)


class Model:
    """The ledger in eight lines of Python."""

    def __init__(self) -> None:
        self.balance = dict.fromkeys(CODES, 0)
        self.history: dict[str, list[int]] = {code: [] for code in CODES}

    def post(self, amounts: dict[str, int]) -> bool:
        after = {code: self.balance[code] + amount for code, amount in amounts.items()}
        if any(minor < 0 and not code.startswith(("world:", "platform:")) for code, minor in after.items()):
            return False
        self.balance |= after
        for code, minor in after.items():
            self.history[code].append(minor)
        return True


def amounts_of(codes: list[str], minor: int, is_reversed: bool) -> dict[str, int]:
    """Spread over the other accounts, taken from the first."""
    parts = {code: minor + position for position, code in enumerate(codes[1:])}
    sign = -1 if is_reversed else 1
    return {codes[0]: -sign * sum(parts.values())} | {code: sign * part for code, part in parts.items()}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(MOVE, max_size=12))
async def test_any_sequence_agrees_with_the_model(db: Session, moves: list[tuple[list[str], int, bool]]) -> None:
    model = Model()
    async with db.begin_nested() as savepoint:
        for codes, minor, is_reversed in moves:
            amounts = amounts_of(codes, minor, is_reversed)
            lines = [Line(code, usd(amount)) for code, amount in amounts.items()]
            try:
                async with db.begin_nested():
                    await post(db, key=str(uuid4()), kind="test", lines=lines, at=AT, subject=SUBJECT)
                is_posted = True
            except Overdrawn:
                is_posted = False
            assert is_posted == model.post(amounts)
        await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
        await db.execute(text("SET CONSTRAINTS ALL DEFERRED"))
        for code in CODES:
            history = [entry.balance_after.amount_minor for entry in await entries_of(db, code)]
            assert history == model.history[code][::-1]
            assert (await balance(db, code)).amount_minor == model.balance[code]
        assert await problems(db) == []
        await savepoint.rollback()


class TestConcurrency:
    async def test_twenty_workers_on_few_accounts(self, cloned_database: Database) -> None:
        """No deadlock, nothing lost, nothing below zero, and each balance is the fold of its entries."""
        async with cloned_database.write.begin() as db:
            for number in range(6):
                await move(db, "world:stripe:USD", f"hold:{number}", 100)
        results = await asyncio.gather(*(self._work(cloned_database, seed) for seed in range(20)))
        done, refused = (sum(column) for column in zip(*results, strict=True))
        assert done + refused == 20 * 15
        assert refused > 0, "the accounts were never short: the test proves nothing about floors"
        async with cloned_database.write.begin() as db:
            assert await problems(db) == []
            assert await rows(db, "ledger_transactions") == done + 6

    async def _work(self, database: Database, seed: int) -> tuple[int, int]:
        chance, done, refused = random.Random(seed), 0, 0
        for _ in range(15):
            source, target, third = chance.sample([f"hold:{n}" for n in range(6)] + ["platform:fees:USD"], 3)
            part, rest = chance.randint(1, 80), chance.randint(1, 80)
            lines = [Line(source, usd(-part - rest)), Line(target, usd(part)), Line(third, usd(rest))]
            try:
                async with database.write.begin() as db:
                    await post(db, key=str(uuid4()), kind="test", lines=lines, at=AT, subject=SUBJECT)
                done += 1
            except Overdrawn:
                refused += 1
        return done, refused

    async def test_the_same_key_at_the_same_time_happens_once(self, cloned_database: Database) -> None:
        async def fund() -> UUID:
            async with cloned_database.write.begin() as db:
                return await move(db, "world:stripe:USD", "hold:1", 5, key="fund:1")

        ids = await asyncio.gather(*(fund() for _ in range(10)))
        async with cloned_database.write.begin() as db:
            assert len(set(ids)) == 1
            assert await balance(db, "hold:1") == usd(5)

    async def test_the_last_cent_goes_once(self, cloned_database: Database) -> None:
        async with cloned_database.write.begin() as db:
            await move(db, "world:stripe:USD", "hold:1", 1)

        async def take(number: int) -> bool:
            try:
                async with cloned_database.write.begin() as db:
                    await move(db, "hold:1", f"owed:{number}:USD", 1)
            except Overdrawn:
                return False
            return True

        assert sum(await asyncio.gather(*(take(number) for number in range(10)))) == 1
