"""The demo world is filled behind a running site, shows every part of it, and filling it again changes nothing."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from marketplace.cli.site import with_services
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Base, Database
from marketplace.kernel.queue import Services
from tests.cli.sites import UpSite
from tests.demo.morning import until_morning

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="as tests/cli/test_up.py"),
]
THE_WORKERS = {"mails", "notices", "webhook_events", "transfers", "rate_counts", "deadlines"}
"""Tables that the worker goes on writing while we count."""
THE_DAY = {"checkins", "fair_candidates", "fair_messages", "fair_scorecards", "meetings", "queue_entries"}
THE_DAY |= {"audit_lines", "texts"}
"""Tables in which the fairs that are on now move with the clock, by `marketplace demo` too."""
SHOWN = {
    "a file of graduates waits": "SELECT count(*) FROM graduate_imports WHERE state = 'previewed'",
    "certificates are claimed": "SELECT count(*) FROM certificates WHERE state = 'claimed'",
    "one is revoked": "SELECT count(*) FROM certificates WHERE state = 'revoked'",
    "outside certificates wait": "SELECT count(*) FROM outside_certificates WHERE state = 'unchecked'",
    "applicants wait for a seat": "SELECT count(*) FROM enrolments WHERE state = 'applied'",
    "a message warns": "SELECT count(*) FROM thread_messages WHERE jsonb_array_length(signals) > 0",
    "a milestone in rupees came by transfer": "SELECT count(*) FROM holds WHERE currency = 'PKR' AND state = 'held'",
    "cases wait": "SELECT count(*) FROM cases WHERE state = 'open'",
    "a posting waits": "SELECT count(*) FROM postings WHERE state = 'pending_review'",
    "an appeal waits": "SELECT count(*) FROM appeals WHERE state = 'open'",
    "one was lifted": "SELECT count(*) FROM appeals WHERE state = 'lifted'",
    "private text was read": "SELECT count(*) FROM audit_lines WHERE action = 'moderation.read'",
    "a review is blind": "SELECT count(*) FROM reviews WHERE shown_at IS NULL",
    "reviews are shown": "SELECT count(*) FROM reviews WHERE shown_at IS NOT NULL",
    "one has a reply": "SELECT count(*) FROM review_replies",
    "employers have levels": "SELECT count(*) FROM organisation_checks WHERE state = 'passed'",
    "a fair in each state": "SELECT (count(DISTINCT state) = 7)::int FROM fairs",
    "a thousand candidates at the one that is on": "SELECT (seats_taken = 1000)::int FROM fairs WHERE state = 'live'",
    "its day is half over": "SELECT count(*) FROM checkins JOIN fairs ON fairs.id = fair_id WHERE state = 'live'",
    "an offer on the spot waits": "SELECT count(*) FROM fair_offers WHERE state = 'sent'",
    "somebody objects": "SELECT count(*) FROM fair_objections",
    "a document waits": "SELECT count(*) FROM organisation_checks WHERE state = 'waiting'",
}


@pytest.fixture(scope="module")
def site() -> Iterator[UpSite]:
    folder = Path(tempfile.mkdtemp(prefix="mkt-demo-"))
    running = UpSite(folder / "data", MARKETPLACE_ENV="demo")
    (folder / "data").mkdir()
    (folder / "data" / "demo-filled").touch()  # we fill it ourselves
    running.start()
    running.run("clock", "advance", f"{until_morning() // timedelta(minutes=1)}m").check_returncode()
    yield running
    running.stop()
    shutil.rmtree(folder)


def counts(site: UpSite, queries: dict[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}

    async def count(services: Services) -> None:
        async with services[Database].read() as db:
            for name, query in queries.items():
                found[name] = await db.scalar(text(query)) or 0

    with_services(Settings.from_env(site.environment), count)
    return found


def test_it_shows_every_part_and_a_second_filling_changes_nothing(site: UpSite) -> None:
    first = site.run("demo")
    assert first.returncode == 0, first.stderr
    shown = counts(site, SHOWN)
    assert [name for name, count in shown.items() if not count] == []
    rows = {name: f"SELECT count(*) FROM {name}" for name in sorted(set(Base.metadata.tables) - THE_WORKERS - THE_DAY)}
    before = counts(site, rows)
    again = site.run("demo")
    assert again.returncode == 0, again.stderr
    assert counts(site, rows) == before
