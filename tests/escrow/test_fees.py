"""The fee that is shown is the fee that is charged: preview, statement and ledger, to the smallest unit."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from marketplace.engines.ledger.journal import Line, in_order
from marketplace.escrow import accounts, splitting
from marketplace.escrow.fees import NotAhead, fee_terms, fees_in_force, fees_to_come, publish_fee
from marketplace.escrow.models import Hold
from marketplace.escrow.rules import FeePreview, FeeTerms, fee_preview, split_of
from marketplace.escrow.statements import Whose, statements_of
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.money import EXPONENTS, Money
from tests.escrow.world import World, usd

CASES = 10_000
POSTED = 200
READ = 5
SEED = 20_261_128


@dataclass(slots=True)
class Story:
    """A hold that was funded, released in parts and perhaps split: what was shown before, and what is posted."""

    hold_id: UUID
    user_id: UUID
    shown: FeePreview
    postings: list[list[Line]]


def _story(rng: random.Random) -> Story:
    """Any currency, amount, rate and minimum; up to three parts, then the rest: all to her, or some of it back."""
    currency = rng.choice(sorted(EXPONENTS))
    amount = Money(rng.randint(1, 10 ** rng.randint(1, 11)), currency)
    terms = FeeTerms(rng.choice((0, 1, 333, 750, 1_000, 9_999, 10_000)), rng.choice((0, 0, 1, 50, 5_00)))
    hold = Hold(id=UUID(int=rng.getrandbits(128)), payee_user_id=UUID(int=rng.getrandbits(128)), currency=currency)
    postings = [accounts.move(accounts.stripe(currency), accounts.hold(hold.id), amount)]
    released = Money(0, currency)
    for _ in range(rng.randint(0, 3)):
        part = Money(rng.randint(0, (amount - released).amount_minor), currency)
        fee = terms.of_part(part, released=released)
        assert 0 <= fee.amount_minor <= part.amount_minor, (terms, part)
        postings.append(accounts.release_lines(hold.id, hold.payee_user_id, part, fee) if part else [])
        released += part
    left = amount - released
    last = rng.choice((left, Money(rng.randint(0, left.amount_minor), currency)))
    parts = split_of(left, last, terms.of_part(last, released=released))
    postings.append(accounts.split_lines(hold, parts, hold.id if parts.refund else None))
    return Story(hold.id, hold.payee_user_id, fee_preview(released + last, terms), [each for each in postings if each])


def test_10_000_random_contracts_cost_what_the_preview_says() -> None:
    """However a hold is divided, the lines of its releases add up to what was shown for what she got in all."""
    rng = random.Random(SEED)
    for number in range(CASES):
        story = _story(rng)
        posted: Counter[str] = Counter()
        for line in (line for lines in story.postings for line in lines):
            posted[line.account.rsplit(":", 1)[0]] += line.money.amount_minor
        assert posted["platform:fees"] == story.shown.fee.amount_minor, number
        assert posted[f"owed:{story.user_id}"] == story.shown.net.amount_minor, number
        assert sum(posted.values()) == 0, number


async def test_the_journal_and_the_statements_say_the_same(db: Session) -> None:
    """Some of them through the journal's one door; a statement is what an invoice is made of."""
    rng = random.Random(SEED)
    stories = [_story(rng) for _ in range(POSTED)]
    await _post(db, stories)
    found = dict((await db.execute(text("SELECT code, balance FROM ledger_accounts"))).all())
    fees: Counter[str] = Counter()
    for story in stories:
        fees[f"platform:fees:{story.shown.fee.currency}"] += story.shown.fee.amount_minor
        assert not found[accounts.hold(story.hold_id)]
        assert found.get(f"owed:{story.user_id}:{story.shown.net.currency}", 0) == story.shown.net.amount_minor
    assert {code: sum_ for code, sum_ in fees.items() if sum_} == {
        code: sum_ for code, sum_ in found.items() if code.startswith("platform:fees") and sum_
    }
    paid = [story for story in stories if story.shown.net and len(story.postings) > 3 and _nets(story)][:READ]
    for story in paid:
        now = clock.now()
        day = timedelta(days=1)
        [said] = await statements_of(db, Whose(user_id=story.user_id), since=now - day, until=now + day)
        gross = sum((line.gross for line in said.lines), Money(0, said.currency))
        assert FeePreview(gross, said.fees, said.closing) == story.shown


def _nets(story: Story) -> bool:
    """Whether every release brought her something: what the fee took whole is no line of hers."""
    return all(any(line.account.startswith("owed:") for line in lines) for lines in story.postings[1:])


async def _post(db: Session, stories: Sequence[Story]) -> None:
    rows = [
        {
            **{"key": f"{story.hold_id}:{number}", "kind": "release" if number else "fund", "hold": str(story.hold_id)},
            "codes": [line.account for line in lines],
            "currencies": [line.money.currency for line in lines],
            "amounts": [line.money.amount_minor for line in lines],
        }
        for story in stories
        for number, lines in enumerate(map(in_order, story.postings))
    ]
    await db.execute(_POST, {"rows": json.dumps(rows), "at": clock.now()})


_POST = text("""
    SELECT count(ledger_post(key, '', kind, 'hold', hold, :at, codes, currencies, amounts, NULL))
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS row (key text, kind text, hold uuid, codes text[], currencies text[], amounts bigint[])
""")


class TestTheLedger:
    @pytest.mark.parametrize(("points", "minimum"), [(333, 0), (1_000, 5_00)])
    async def test_parts_of_a_hold_cost_what_the_whole_was_said_to(
        self, world: World, points: int, minimum: int
    ) -> None:
        hold = await world.funded(usd(99.99), fee_basis_points=points, fee_minimum_minor=minimum)
        for part in (usd(0.09), usd(3.33), usd(33.33)):
            await world.release(hold, part)
        async with world.database.write.begin() as db:
            by, at = world.cast.bilal.id, clock.now()
            await splitting.split(db, hold, usd(40.01), settlement_id=hold.id, by=by, at=at)
        shown = fee_preview(usd(76.76), FeeTerms(points, minimum))
        assert await world.ledger("platform:fees:USD") == shown.fee
        assert (await world.balance()).owed == shown.net
        async with world.database.write.begin() as db:
            said = await db.execute(text("SELECT sum(fee_minor), sum(amount_minor) FROM releases"))
        assert said.one() == (shown.fee.amount_minor, shown.gross.amount_minor)


class TestTheTable:
    async def test_every_kind_is_published_in_both_currencies(self, db: Session) -> None:
        found = {(fee.kind, fee.currency) for fee in await fees_in_force(db, at=clock.now())}
        kinds = ("contract", "order", "pay_in", "refund")
        assert found == {(kind, currency) for kind in kinds for currency in ("USD", "PKR")}

    async def test_a_change_counts_from_its_day_on(self, db: Session) -> None:
        now, later = clock.now(), clock.now() + timedelta(days=30)
        await publish_fee(db, "contract", "USD", FeeTerms(800, 1_00), valid_from=later, at=now)
        assert await fee_terms(db, "contract", "USD", at=now) == FeeTerms(1_000)
        assert await fee_terms(db, "contract", "USD", at=later) == FeeTerms(800, 1_00)
        assert await fee_terms(db, "contract", "PKR", at=later) == FeeTerms(1_000)
        assert [fee.terms for fee in await fees_to_come(db, at=now)] == [FeeTerms(800, 1_00)]

    async def test_nothing_that_was_published_changes(self, db: Session) -> None:
        now = clock.now()
        later = now + timedelta(days=30)
        await publish_fee(db, "order", "USD", FeeTerms(800), valid_from=later, at=now)
        for too_early in (now, later, later - timedelta(days=1)):
            with pytest.raises(NotAhead):
                await publish_fee(db, "order", "USD", FeeTerms(900), valid_from=too_early, at=now)
