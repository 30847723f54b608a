"""Files of others: what a mapping reads, that a bad row is named, and that the same file loads once."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from marketplace.cli.importing import command
from marketplace.discovery.imports import freelancers, postings
from marketplace.discovery.imports.mapping import BadMapping, Row, read_mapping, rows_of
from marketplace.discovery.jobs import jobs_of
from marketplace.discovery.listing import newest_gigs, newest_people
from marketplace.engines.search.protocol import Query
from marketplace.kernel.paths import resource
from marketplace.postings.models import Posting
from marketplace.talent.models import Freelancer
from marketplace.web.cards import gig_card

AT = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
MAPPING = """
kind = "gig"
key = "{ref}"
pay = ["{low} - {high}", "{budget}"]
empty = ["N/A"]
remove = [" - Site"]

[fields]
title = "{title}"
description = "{text}"
skills = "{skills}"
pay_kind = "{hourly}"
posted_at = "{at}"

[values.pay_kind]
yes = "hourly"
no = "fixed"
"""
HEAD = "ref,title,text,skills,hourly,low,high,budget,at\n"
GOOD = (
    HEAD
    + """a1,WordPress shop - Site,"Build <b>a shop</b><br>
for us &amp; you","['WordPress', 'Kilim weaving']",no,,,"$1,500",2026-11-01
a2,Logo,N/A,logo design,yes,5,12.5,,
"""
)
BAD = (
    GOOD
    + """a3,,x,,no,,,10,
a4,Shop,x,,maybe,,,10,
a1,Twice,x,,no,,,10,
a5,Shop,x,,no,,,soon,
a6,Shop,x,,no,,,1,today
"""
)


def read(tmp_path: Path, text: str):
    path = tmp_path / "gigs.csv"
    path.write_text(text, encoding="utf-8-sig")
    return postings.read(rows_of(path), read_mapping(MAPPING, postings.FIELDS), at=AT)


def test_cells_become_fields(tmp_path):
    shop, logo = read(tmp_path, GOOD).good.values()
    assert (shop["title"], shop["skills"], shop["high"], shop["pay_kind"]) == (
        "WordPress shop",
        ("wordpress",),
        1500_00,
        "fixed",
    )
    assert shop["description"] == "Build a shop \n\nfor us & you\n\nKilim weaving"
    assert shop["posted_at"] == datetime(2026, 11, 1, tzinfo=UTC)
    assert (logo["low"], logo["high"], logo["pay_kind"], logo["description"]) == (5_00, 12_50, "hourly", "Logo")


def test_a_place_is_one_of_ours_or_none_and_says_whether_it_can_be_done_from_anywhere(tmp_path):
    def where(kind, cells, fields=("place", "district", "remote")):
        how = "\n".join(f'{name} = "{{{name}}}"' for name in fields)
        mapping = read_mapping(f'kind = "{kind}"\n[fields]\ntitle = "{{title}}"\n{how}', postings.FIELDS)
        row = {"title": "A job", "place": "", "district": "", "remote": ""} | cells
        read = postings.read([Row(2, row)], mapping, at=AT)
        return [(each["district"], each["is_remote"]) for each in read.good.values()] or read.bad

    assert where("job", {"place": "Gulgasht, Multan"}) == [("multan", False)]
    assert where("job", {}) == [(None, False)]
    assert where("job", {"district": "ملتان", "remote": "yes"}) == [("multan", True)]
    assert where("gig", {}) == [(None, True)]
    assert where("gig", {"district": "Atlantis"}) == [(None, False)]
    assert where("gig", {"remote": "perhaps"}) == [(2, "remote: 'perhaps' is neither yes nor no")]


def test_a_gig_has_a_level_only_where_the_file_says_one():
    def level(said):
        mapping = read_mapping('kind = "gig"\n[fields]\ntitle = "Shop"\nlevel = "{level}"', postings.FIELDS)
        read = postings.read([Row(2, {"level": said})], mapping, at=AT)
        return [each["level"] for each in read.good.values()] or read.bad

    assert (level("senior"), level("")) == (["senior"], [""])
    assert level("guru") == [(2, "level: 'guru' is none of entry, junior, mid, senior")]


def test_every_bad_row_is_named_by_its_line_and_reason(tmp_path):
    result = read(tmp_path, BAD)
    assert list(result.good) == ["a1", "a2"]
    lines = [line for line, _ in result.bad]
    assert lines == [5, 6, 7, 8, 9], "the first row takes two lines"
    reasons = [reason.split(":")[0] for _, reason in result.bad]
    assert reasons == ["title", "pay_kind", "key", "pay", "posted_at"]


@pytest.mark.parametrize("amount", ["200K - 300K", "200,000 to 300,000", "PKR 300000 / 200000", "$.2m"])
def test_amounts_as_people_write_them(amount):
    mapping = read_mapping('pay = ["{pay}"]\n[fields]\ntitle = "{t}"', postings.FIELDS)
    said = postings.read([Row(2, {"t": "Driver", "pay": amount})], mapping, at=AT)
    [row] = said.good.values()
    assert row["high"] in (300_000_00, 2_000_000_00)


@pytest.mark.parametrize("text", ["fields = 1 =", '[fields]\nsalary = "x"'])
def test_a_mapping_that_makes_no_sense_is_refused(text):
    with pytest.raises(BadMapping):
        read_mapping(text, postings.FIELDS)


def test_a_column_that_is_not_there_is_named():
    mapping = read_mapping('[fields]\ntitle = "{name}"', postings.FIELDS)
    with pytest.raises(BadMapping, match="name"):
        postings.read([Row(2, {"title": "x"})], mapping, at=AT)


@pytest.mark.parametrize("path", sorted((resource("search") / "mappings").glob("*.toml")), ids=lambda path: path.stem)
def test_the_mappings_of_the_house_can_be_read(path):
    fields = freelancers.FIELDS if path.stem.startswith("freelancers") else postings.FIELDS
    assert read_mapping(path.read_text(encoding="utf-8"), fields).fields


async def test_a_file_is_published_once_and_found(db, cast, index, catch_up, tmp_path):
    said = read(tmp_path, GOOD).good
    said["a1"]["level"] = "mid"
    by = await postings.employer(db, cast.agritrack.slug)
    here = postings.Source("gigs", "gig", by)
    made = await postings.load(db, said, here, at=AT)
    assert list(made) == ["a1", "a2"] and await postings.known(db, here) == made
    assert await postings.load(db, said, here, at=AT) == {}
    await db.commit()
    await catch_up()
    assert {(gig.title, gig.level) for gig in await newest_gigs(db, at=AT)} == {
        ("WordPress shop", "mid"),
        ("Logo", None),
    }
    [hit] = (await index.search("gigs", Query(words="kilim"))).hits
    assert hit.id == made["a1"]
    assert await db.scalar(select(Posting.source_ref).where(Posting.id == hit.id)) == "a1"


async def test_keys_are_those_of_their_file_and_a_job_may_be_where_we_have_no_district(db, cast):
    mapping = read_mapping('kind = "job"\n[fields]\ntitle = "{t}"\nplace = "{p}"', postings.FIELDS)
    said = postings.read([Row(2, {"t": "Storekeeper", "p": "New Cairo"})], mapping, at=AT).good
    by = await postings.employer(db, cast.agritrack.slug)
    first, other = [
        await postings.load(db, said, postings.Source(name, "job", by), at=AT) for name in ("lahore", "karachi")
    ]
    assert list(first) == list(other) == ["2"] and first != other
    [job] = await jobs_of(db, list(first.values()), at=AT)
    assert (job.is_remote, job.district, gig_card(job, "en").place) == (False, None, "New Cairo")


async def test_nobody_is_listed_over_her_head(db, cast):
    mapping = read_mapping('[fields]\nname = "{n}"\nheadline = "{n}"\nemail = "{e}"', freelancers.FIELDS)
    addresses = (cast.ayesha.email.upper(), "new@test.example", "new@test.example", "", "")
    rows = [Row(line, {"n": "Zara", "e": email}) for line, email in enumerate(addresses, start=2)]
    read = freelancers.read(rows, mapping)
    await freelancers.refuse_members(db, read, source="people")
    assert [line for line, _ in sorted(read.bad)] == [2, 4] and list(read.good) == ["3", "5", "6"]
    assert len(await freelancers.load(db, read.good, source="people", at=AT)) == 3


async def test_freelancers_of_a_file_are_listed_once(db, cast, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("n,does,price\nZara Aslam,Logo design,15\nNo Price,Typing,cheap\n", encoding="utf-8")
    text = '[fields]\nname = "{n}"\nheadline = "{does}"\nskills = "{does}"\nrate = "{price}"'
    result = freelancers.read(rows_of(path), read_mapping(text, freelancers.FIELDS))
    assert [line for line, _ in result.bad] == [3]
    await freelancers.load(db, result.good, source="people", at=AT)
    assert await freelancers.load(db, result.good, source="people", at=AT) == {}
    zara = next(person for person in await newest_people(db) if person.headline == "Logo design")
    assert (zara.name, zara.rate.amount_minor) == ("Zara", 15_00)
    assert await db.scalar(select(func.count()).where(Freelancer.source_ref == "2")) == 1


def test_the_command_loads_nothing_of_a_file_with_a_bad_row(tmp_path):
    file, mapping = tmp_path / "gigs.csv", tmp_path / "mine.toml"
    file.write_text(BAD, encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    done = CliRunner().invoke(command, ["postings", str(file), "--mapping", str(mapping), "--organisation", "x"])
    assert done.exit_code == 1
    assert "line 5: title: is empty" in done.output and "5 bad rows, nothing was loaded" in done.output
