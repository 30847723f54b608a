"""She types as people type, keeps what she looks for, and hears of the next one once."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

from tests.cli.sites import UpSite
from tests.journeys.person import Person
from tests.journeys.test_way_through import chooses_skills, is_read_by_a_moderator

TITLES = ("Stitching of bridal dresses", "Stitching of school uniforms")
FOUND = "main #results a[href^='/gigs/stitching-of-']"
ALERT = "main a[href^='/dev/mail/']:has-text('new in')"


def test_from_a_slip_to_the_one_mail(someone: Callable[..., Person], site: UpSite) -> None:
    mark = str(time.time_ns() % 1_000_000)
    employer, moderator, seeker = someone("Bilal Ahmed"), someone("Sana Iqbal"), someone("Areeba Javed")
    gig = publishes(employer, TITLES[0], mark)
    is_read_by_a_moderator(moderator, site, gig, f"sana-{mark}@test.example", says=TITLES[0])

    email = f"areeba-{mark}@test.example"
    seeker.signs_up(email)
    for typed in ("stiching bridla", "silai", "silayi", "سلائی", "سلايي"):
        types(seeker, typed)
    is_offered_what_may_be_meant(seeker)
    narrows_down(seeker)
    keeps_it(seeker)

    second = publishes(employer, TITLES[1], mark)
    seeker.waits_for(f"/dev/mail?to={email}", ALERT)
    changes(employer, second)  # however often it is edited, she is told once
    seeker.waits_for("/gigs?q=Thursday", f"main #results a[href='{second}']")
    seeker.opens(f"/dev/mail?to={email}")
    assert seeker.page.locator(ALERT).count() == 1, seeker.reads()
    seeker.presses(ALERT).presses(f"main a[href$='{second}']").arrives(re.escape(second))
    seeker.sees(TITLES[1]).fits_the_screen()


def publishes(employer: Person, title: str, mark: str) -> str:
    """The first time she signs up on the way."""
    employer.opens("/gigs/new").writes(title=title, description="We bring cloth and patterns, you bring a machine.")
    chooses_skills(employer, "tailoring")
    employer.writes(pay_min="20000", pay_max="30000", questions="How many a week?")
    employer.sends("/gigs", "button[value='publish']")
    employer.page.wait_for_load_state("load")
    if "/sign-up" in employer.page.url:
        employer.signs_up(f"bilal-{mark}@test.example", at_page=True).arrives(r"/gigs/new/preview")
        employer.sends("/gigs/new/publish")
    return employer.arrives(r"(/gigs/(?!new)[a-z0-9-]+)$")[1]


def types(seeker: Person, words: str) -> None:
    """Results come while typing, and the address holds what was typed."""
    seeker.waits_for("/gigs?q=bridal", FOUND)
    box = seeker.page.locator("main input[name='q']").first
    box.fill("zzzqqq")
    seeker.page.locator(FOUND).first.wait_for(state="detached")
    box.fill(words)
    seeker.page.locator(FOUND).first.wait_for()
    seeker.fits_the_screen()


def is_offered_what_may_be_meant(seeker: Person) -> None:
    """On a desk the box of every page offers a title while she types."""
    seeker.opens("/help").page.set_viewport_size({"width": 1280, "height": 800})
    seeker.page.locator("header.top input[name='q']").press_sequentially("stitch")
    seeker.page.locator(f"#suggested option[value='{TITLES[0]}']").wait_for(state="attached")
    seeker.page.set_viewport_size({"width": 380, "height": 800})


def narrows_down(seeker: Person) -> None:
    """By a filter with its count; a filter that leaves nothing says so."""
    seeker.opens("/gigs?q=silai&pay=hourly")
    assert not seeker.page.locator(FOUND).count()
    seeker.opens("/gigs?q=silai&pay=fixed").page.locator(FOUND).first.wait_for()


def keeps_it(seeker: Person) -> None:
    seeker.presses("main a[href^='/searches/new']").fits_the_screen()
    seeker.page.locator("main input[name='rhythm'][value='instant']").check()
    seeker.sends("/searches").arrives(r"/searches$")


def changes(employer: Person, gig: str) -> None:
    employer.opens(f"{gig}/edit").writes(description="We bring cloth and patterns on Thursday, you bring a machine.")
    employer.presses("main button:not(.sr-only)[value='save']")


PEOPLE = """ref,name,what,rate
p1-{mark},Ilyas Rauf,Falconry gloves {mark},12
p2-{mark},Mahnoor Zia,Falconry hoods {mark},9
"""
MAPPING = 'key = "{ref}"\n[fields]\nname = "{name}"\nheadline = "{what}"\nrate = "{rate}"\n'


def test_an_operator_loads_people_from_a_file_and_asks_the_index(site: UpSite, tmp_path: Path) -> None:
    mark = str(time.time_ns() % 1_000_000)
    file, mapping = tmp_path / "people.csv", tmp_path / "people.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    loading = ("import", "freelancers", str(file), "--mapping", str(mapping), "--json")

    file.write_text(PEOPLE.replace("{mark}", mark) + f"p3-{mark},,No name,1\n,Nobody,No key,1\n", encoding="utf-8")
    refused = site.run(*loading)
    assert refused.returncode == 1 and "2 bad rows, nothing was loaded" in refused.stderr, refused
    assert "line 4: name: is empty" in refused.stderr and "line 5: key:" in refused.stderr

    loaded = site.run(*loading, "--skip-bad")
    made = {row["source_ref"]: row["id"] for row in json.loads(loaded.stdout)}
    assert set(made) == {f"p1-{mark}", f"p2-{mark}"}, loaded
    for _ in range(20):
        question = ("search", "query", "people", "falconary", mark, "--filter", "rate<=1000", "--json")
        asked = json.loads(site.run(*question).stdout)
        if asked["total"]:
            break
    assert [(hit["id"], hit["source_ref"]) for hit in asked["hits"]] == [(made[f"p2-{mark}"], f"p2-{mark}")], asked

    assert site.run("search", "diff").returncode == 0
    rebuilt = site.run("search", "rebuild", "people")
    assert rebuilt.returncode == 0 and rebuilt.stdout.startswith("people: "), rebuilt
    assert "In use." in site.run("search", "settings", "people").stdout
    assert "0 changes wait" in site.run("search", "tasks").stdout
    assert "no index x" in site.run("search", "query", "x").stderr
