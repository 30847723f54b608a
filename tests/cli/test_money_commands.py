"""Commands about money, as a person who mistypes and a script that reads them meet them."""

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from marketplace.cli import main
from marketplace.kernel.database import Database
from tests.cast import user_named

SANDBOX = "http://127.0.0.1:1"
"""Nobody answers there: what is asked of it ends as an unreachable Stripe would."""


def run(words: str, url: str, folder: Path, **variables: str) -> Result:
    place = {"MARKETPLACE_ENV": "test", "MARKETPLACE_DATA_DIR": str(folder), "DATABASE_URL": url}
    return CliRunner().invoke(main, words.split(), env={**place, "STRIPE_API_KEY": "", **variables})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("outbox retry strange", "is no id"),
        ("outbox retry 06e4c1p5z3v7t0000000000000", "run this beside `marketplace up`"),
        ("webhook replay evt_none", "run this beside `marketplace up`"),
        ("ledger reconcile", "run this beside `marketplace up`"),
        ("ledger statement nobody@example.org 2026-11", "There is no account"),
        ("ledger statement nobody@example.org 2026-13", "like 2026-11"),
        ("payout batch bank --by nobody@example.org", "`marketplace staff nobody@example.org finance`"),
        ("statement import bank-none FILE", "bank-pkr, bank-usd, wallet-pkr"),
        ("statement import bank-pkr FILE", "no column “Credit”"),
        ("rates import FILE --source Bank", "no text"),
        ("stripe setup https://jobs.example.org", "STRIPE_API_KEY is not set"),
        ("fees publish contract USD 800 --from 2020-01-01", "later moment"),
    ],
)
def test_what_is_refused_says_what_to_do(shared_url: str, tmp_path: Path, words: str, says: str) -> None:
    (tmp_path / "picture.csv").write_bytes(b"\x89PNG\xff\xfe")
    refused = run(words.replace("FILE", str(tmp_path / "picture.csv")), shared_url, tmp_path)
    assert isinstance(refused.exception, SystemExit), "a traceback"
    assert (refused.exit_code in (1, 2), says in refused.output) == (True, True), refused.output


async def test_one_of_finance_stops_all_payouts(cloned_database: Database, tmp_path: Path) -> None:
    async with cloned_database.write.begin() as db:
        farah = await user_named(db, "Farah Zaidi", staff_role="finance")
    url = cloned_database.engine.url.render_as_string(hide_password=False)
    for words, expected in (
        ("freeze Drill", "All payouts are stopped"),
        ("freeze Drill", "stopped already"),
        ("lift", "Payouts go on"),
        ("lift", "not stopped"),
    ):
        said = await asyncio.to_thread(run, f"payout {words} --by {farah.email}", url, tmp_path)
        assert expected in said.output


def test_scripts_read_json(shared_url: str, tmp_path: Path) -> None:
    verified = run("ledger verify --json", shared_url, tmp_path)
    assert (verified.exit_code, json.loads(verified.stdout)["problems"]) == (0, [])
    checked = run("check --json", shared_url, tmp_path, STRIPE_API_URL=SANDBOX)
    assert json.loads(checked.stdout)["compared_with_stripe"] is False
    assert json.loads(run("outbox list --json --failed", shared_url, tmp_path).stdout) == []
    assert json.loads(run("payout batches --json", shared_url, tmp_path).stdout) == []
