"""A provider certifies by a file, the graduate claims by a link, an employer finds her by it, the provider revokes."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from tests.journeys.person import Person
from tests.journeys.test_way_through import chooses_skills, offers_herself


def test_from_the_file_to_the_facet_and_back(someone: Callable[..., Person]) -> None:
    mark = str(time.time_ns() % 1_000_000)
    trainer, graduate, employer = someone("Samina Gul"), someone("Areeba Javed"), someone("Bilal Ahmed")
    email, school = f"areeba-{mark}@test.example", f"Academy {mark}"
    trainer.signs_up(f"samina-{mark}@test.example")
    cohort = plans_a_cohort(trainer, school)
    offers_herself(graduate, email, f"Shops {mark}")

    certifies(trainer, cohort, email)
    claims(graduate, email, school)

    facet = f"input[name='certified'][value^='academy-{mark}']"
    employer.waits_for(f"/people?q=Shops+{mark}", facet)
    slug = employer.page.locator(facet).first.get_attribute("value")
    found = f"/people?certified={slug}"
    employer.waits_for(found, "main article a[href^='/people/']").fits_the_screen()
    employer.presses("main article a[href^='/people/']").sees(school).fits_the_screen()

    trainer.opens(cohort).presses("main a[href$='/revoke']").fits_the_screen()
    trainer.page.locator("input[name='reason'][value='mistake']").check()
    trainer.sends("/revoke").arrives(cohort)
    began = time.monotonic()
    gone(employer, found)
    assert time.monotonic() - began < 5
    graduate.opens("/certificates").sees("revoked")


def plans_a_cohort(trainer: Person, school: str) -> str:
    """From nothing: an organisation, a programme with a course, a cohort that has begun."""
    trainer.opens("/training").presses("main a[href='/training/mine']")
    trainer.presses("main a[href='/organisations/new']").writes(name=school)
    trainer.page.locator("input[name='kinds'][value='training_provider']").check()
    trainer.sends("/organisations").opens("/training/mine").presses("main a[href='/training/new']")
    trainer.fits_the_screen().writes(name="Shops in ninety days", about="Two evenings a week, one real shop.")
    trainer.sends("/training").arrives(r"/training/shops-in-ninety-days-")
    programme = trainer.page.url
    trainer.presses("main a[href$='/courses/new']").fits_the_screen()
    trainer.writes(name="Shops", about="Sets up a shop that loads fast.", hours="90")
    chooses_skills(trainer, "shopify", name="working")
    trainer.sends("/courses").arrives(r"/training/shops-in-ninety-days-[a-z0-9]+$")
    trainer.opens(programme).sends("/publish")
    trainer.presses("main a[href$='/cohorts/new']").fits_the_screen()
    today = datetime.now(UTC).date()
    first, last = today - timedelta(days=30), today + timedelta(days=30)
    trainer.writes(name="Spring", starts_on=first.isoformat(), ends_on=last.isoformat(), seats="20")
    trainer.sends("/cohorts").arrives(r"/training/cohorts/[0-9a-z]{26}$")
    trainer.sends("/state", "button[value='open']").sends("/state", "button[value='running']")
    return trainer.page.url.split("#")[0]


def certifies(trainer: Person, cohort: str, email: str) -> None:
    """One good line, one bad: the bad one is named with its line and why, and is left out by choice."""
    day = (datetime.now(UTC).date() - timedelta(days=2)).isoformat()
    lines = [f"A-1,Areeba Javed,{email},Shops,{day}", f"A-2,Sobia Naz,,Shoes,{date(2020, 1, 1).isoformat()}"]
    content = "\n".join(["student_number,name,email,course,completed_on", *lines])
    trainer.opens(cohort).presses("main a[href$='/graduates']").fits_the_screen()
    sent = {"name": "graduates.csv", "mimeType": "text/csv", "buffer": content.encode()}
    trainer.page.locator("main input[type=file]").set_input_files(sent)
    trainer.sends("/graduates").arrives(r"/training/imports/")
    trainer.sees("1 line can be loaded").sees("1 line is not good").fits_the_screen()
    trainer.page.locator("input[name='skips_bad']").check()
    trainer.page.locator("input[name='sends_links']").check()
    trainer.sends("/confirm").sees("1 new certificates of 1 lines")


def claims(graduate: Person, email: str, school: str) -> None:
    graduate.waits_for(f"/dev/mail?to={email}", "main a[href^='/dev/mail/']:has-text('certificate')")
    graduate.presses("main a[href^='/dev/mail/']:has-text('certificate')")
    graduate.presses("main a[href*='/certificates/claim/']").sees(school).fits_the_screen()
    graduate.presses("main form[action*='/certificates/claim/'] button").arrives(r"/certificates$")
    graduate.sees(school).fits_the_screen()


def gone(employer: Person, found: str) -> None:
    for _ in range(100):
        if not employer.opens(found).page.locator("main article a[href^='/people/']").count():
            return
        employer.page.wait_for_timeout(50)
    raise AssertionError(employer.reads()[:800])
