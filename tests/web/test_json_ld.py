"""Search engines read a live posting as schema.org JobPosting, find it in the sitemap, and forget what has ended."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from marketplace.discovery import sitemap
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.postings import actions
from marketplace.postings.models import Posting
from tests.cast import Cast
from tests.postings.writing import JOB, draft_job, opened, opened_job
from tests.visitors import Browse, Browser

RULES = jsonschema.Draft202012Validator(json.loads(Path(__file__).with_name("job_posting.schema.json").read_text()))
_BLOCK = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


@pytest.fixture
def at():
    return clock.now()


def said(html: str) -> dict[str, Any] | None:
    """The one data block of a page, None without one."""
    blocks = _BLOCK.findall(html)
    assert len(blocks) <= 1
    return json.loads(blocks[0]) if blocks else None


async def live(client: Browser, db: Session, posting: Posting) -> dict[str, Any]:
    await db.commit()
    shown = await client.get(f"/{'gigs' if posting.kind == 'gig' else 'jobs'}/{posting.slug}")
    assert shown.status_code == 200
    found = said(shown.text)
    assert found is not None
    RULES.validate(found)
    return found


async def test_every_kind_of_posting_fits_the_rules(client: Browser, db: Session, cast: Cast, at) -> None:
    assert JOB.terms is not None
    writes = (db, cast.agritrack.id, cast.bilal.id, at)
    here = await live(client, db, await opened_job(*writes))
    assert here["jobLocation"]["address"]["addressLocality"] == "Multan" and "jobLocationType" not in here
    assert here["baseSalary"]["value"] == {
        **{"@type": "QuantitativeValue", "unitText": "MONTH"},
        **{"minValue": 80_000, "maxValue": 120_000},
    }
    assert (here["employmentType"], here["hiringOrganization"]["name"]) == ("FULL_TIME", "AgriTrack")
    assert here["validThrough"].startswith((at + timedelta(days=14)).date().isoformat())

    terms = replace(JOB.terms, type="part_time", starts_on=at.date() + timedelta(days=40))
    far = {"is_remote": True, "district": None, "terms": terms, "pay_kind": "hourly", "pay_max_minor": 80_000_00}
    remote = await live(client, db, await opened_job(*writes, **far))
    assert remote["applicantLocationRequirements"] == {"@type": "Country", "name": "Pakistan"}
    assert (remote["employmentType"], remote["baseSalary"]["value"]["unitText"]) == ("PART_TIME", "HOUR")
    assert remote["baseSalary"]["value"]["value"] == 80_000

    intern = await live(client, db, await opened_job(*writes, kind="internship", terms=replace(JOB.terms, months=3)))
    assert intern["employmentType"] == "INTERN"
    gig = await live(client, db, await opened(*writes))
    assert gig["employmentType"] == "CONTRACTOR" and "baseSalary" not in gig


async def test_nothing_breaks_out_of_the_data_block(client: Browser, db: Session, cast: Cast, at) -> None:
    title = "</script><script>alert(1)</script> & <b>bold</b>"
    posting = await opened_job(db, cast.agritrack.id, cast.bilal.id, at, title=title)
    await db.commit()
    page = await client.get(f"/jobs/{posting.slug}")
    assert "<script>alert" not in page.text
    found = said(page.text)
    assert found is not None and found["title"] == title
    assert "unsafe-inline" not in page.headers["content-security-policy"]


async def test_only_what_takes_answers_now_has_it(browse: Browse, client: Browser, db: Session, cast: Cast, at) -> None:
    by = {"by": cast.bilal.id, "at": at}
    paused = await opened_job(db, cast.agritrack.id, cast.bilal.id, at)
    await actions.pause(db, paused, **by)
    late = await opened_job(db, cast.agritrack.id, cast.bilal.id, at, closes_at=at + timedelta(hours=1))
    draft = await draft_job(db, cast.agritrack.id, cast.bilal.id, at)
    await db.commit()
    clock.advance(timedelta(hours=2))
    his = await browse(cast.bilal)
    for posting, reader in ((paused, client), (late, client), (draft, his)):
        shown = await reader.get(f"/jobs/{posting.slug}")
        assert shown.status_code == 200 and said(shown.text) is None and "noindex" in shown.text


async def test_what_has_ended_is_gone_and_offers_what_is_like_it(
    browse: Browse, client: Browser, db: Session, cast: Cast, at
) -> None:
    by = {"by": cast.bilal.id, "at": at}
    other = await opened_job(db, cast.agritrack.id, cast.bilal.id, at, title="Another teacher")
    strange = await opened_job(db, cast.agritrack.id, cast.bilal.id, at, title="Something else", skills=("python",))
    for make, path in ((opened_job, "/jobs"), (opened, "/gigs")):
        closed, removed = [await make(db, cast.agritrack.id, cast.bilal.id, at) for _ in range(2)]
        await actions.close(db, closed, **by)
        await actions.remove(db, removed, by=cast.sana.id, at=at, why="scam")
        expired = await make(db, cast.agritrack.id, cast.bilal.id, at)
        await actions.expire(db, expired, at=at)
        await db.commit()
        for posting in (closed, expired, removed):
            gone = await client.get(f"{path}/{posting.slug}")
            assert gone.status_code == 410 and said(gone.text) is None and "noindex" in gone.text
            assert (posting.title.split("'")[0] in gone.text) == (posting is not removed)
        assert (await (await browse(cast.bilal)).get(f"{path}/{closed.slug}")).status_code == 200
    shown = (await client.get(f"/jobs/{expired.slug}")).status_code
    assert shown == 404
    ended = await opened_job(db, cast.agritrack.id, cast.bilal.id, at)
    await actions.close(db, ended, **by)
    await db.commit()
    page = (await client.get(f"/jobs/{ended.slug}")).text
    assert other.slug in page and strange.slug not in page


async def addresses(client: Browser) -> set[str]:
    """All addresses of the sitemap, through its index."""
    found: set[str] = set()
    for page in _locations((await client.get("/sitemap.xml")).text):
        found |= set(_locations((await client.get(page)).text))
    return found


def _locations(xml: str) -> list[str]:
    root = ElementTree.fromstring(xml)
    return [each.text or "" for each in root.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]


async def test_the_sitemap_has_what_is_live_and_forgets_at_once(client: Browser, db: Session, cast: Cast, at) -> None:
    job = await opened_job(db, cast.agritrack.id, cast.bilal.id, at)
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    draft = await draft_job(db, cast.agritrack.id, cast.bilal.id, at)
    cast.hina_profile.is_listed = False
    await db.commit()
    base = "http://127.0.0.1:8000"
    shown = {f"{base}/jobs/{job.slug}", f"{base}/gigs/{gig.slug}", f"{base}/people/ayesha"}
    assert await addresses(client) == {*shown, f"{base}/organisations/agritrack"}
    assert draft.slug not in str(await addresses(client))

    await actions.pause(db, job, by=cast.bilal.id, at=at)
    await actions.remove(db, gig, by=cast.sana.id, at=at, why="scam")
    await db.commit()
    assert await addresses(client) == {f"{base}/people/ayesha", f"{base}/organisations/agritrack"}


async def test_the_sitemap_comes_in_pages(client: Browser, db: Session, cast: Cast, at) -> None:
    made = [await opened_job(db, cast.agritrack.id, cast.bilal.id, at) for _ in range(5)]
    first = [id for kind, id in await sitemap.starts(db, at=at, size=2) if kind == "jobs"]
    assert first == [made[0].id, made[2].id, made[4].id]
    pages = [await sitemap.places(db, "jobs", id, at=at, size=2) for id in first]
    assert [place.path for page in pages for place in page] == [f"/jobs/{posting.slug}" for posting in made]
    for path in ("/sitemaps/users-00000000000000000000000000.xml", "/sitemaps/jobs-x.xml", "/sitemaps/jobs"):
        assert (await client.get(path)).status_code == 404


async def test_robots_know_the_sitemap_and_keep_out_of_what_is_private(client: Browser) -> None:
    text = (await client.get("/robots.txt")).text
    assert "Sitemap: http://127.0.0.1:8000/sitemap.xml" in text
    assert "Disallow: /account" in text and "Disallow: /jobs\n" not in text
