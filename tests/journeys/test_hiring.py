"""A job is posted, thirty apply, one is hired, the posting closed, and nobody is left without an answer."""

import re
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from tests.cli.sites import UpSite
from tests.journeys.person import Person
from tests.journeys.test_way_through import chooses_skills, is_read_by_a_moderator

APPLICANTS = 30


def test_an_employer_hires_one_of_thirty_and_answers_all(someone: Callable[..., Person], site: UpSite) -> None:
    mark = f"{time.time_ns() % 1_000_000}"
    employer, ayesha, moderator = someone("Bilal Ahmed"), someone("Ayesha Khan"), someone("Sana Iqbal")
    job = posts_a_job(employer, mark)
    is_read_by_a_moderator(moderator, site, job, f"sana-jobs-{mark}@test.example", says="Pages for growers")
    crowd(site, "apply", job, str(APPLICANTS - 1))
    hers = applies(ayesha, job, f"ayesha-jobs-{mark}@test.example")

    pipeline = f"{job}/applications"
    employer.opens(pipeline).fits_the_screen().sees("Applicant")
    assert "Ayesha" not in employer.page.content() and "Candidate" not in employer.page.content()
    moves_everybody(employer, pipeline, "submitted", "screening", APPLICANTS)
    rejects_a_page(employer, pipeline)
    interviews(employer, ayesha, hers)
    hires(employer, ayesha, hers)
    closes(employer, job)
    nobody_waits(site, job)
    ayesha.opens("/applications").sees("Hired").fits_the_screen()


def posts_a_job(employer: Person, mark: str) -> str:
    employer.signs_up(f"bilal-jobs-{mark}@test.example")
    employer.opens("/jobs/new").fits_the_screen()
    employer.writes(title=f"Web developer {mark}", description="Pages for growers, small and fast, in Urdu. " * 2)
    chooses_skills(employer, "html")
    employer.writes(pay_min="60000", pay_max="90000", openings="2")
    employer.field("is_remote").check()
    employer.sends("/jobs", "button[value='publish']")
    return employer.arrives(r"(/jobs/(?!new)[a-z0-9-]+)$")[1]


def applies(person: Person, job: str, email: str) -> str:
    person.signs_up(email)
    person.opens(job).fits_the_screen().presses(f"main a[href='{job}/apply']")
    person.fits_the_screen()
    person.writes(headline="Ayesha makes shops", cover="I am Ayesha Khan. I make pages that open fast on old phones.")
    person.sends("/apply")
    return person.arrives(r"(/applications/[0-9a-z]{26})$")[1]


def moves_everybody(employer: Person, pipeline: str, stage: str, to: str, count: int) -> None:
    """Page after page of the list, all ticked, one button."""
    for _ in range(count):
        employer.opens(f"{pipeline}?stage={stage}").fits_the_screen()
        ticks = employer.page.locator("main input[name='id']")
        if not ticks.count():
            return
        for tick in ticks.all():
            tick.check()
        employer.presses(f"main button[name='do'][value='{to}']")
        employer.arrives(rf"stage={to}")
    raise AssertionError(f"{stage} never becomes empty")


def rejects_a_page(employer: Person, pipeline: str) -> None:
    """Those who came first, all of one page, with a reason."""
    employer.opens(f"{pipeline}?stage=screening&sort=oldest")
    for tick in employer.page.locator("main input[name='id']").all():
        tick.check()
    employer.presses("main button[name='do'][value='reject']")
    employer.fits_the_screen().page.locator("main input[name='reason'][value='skills']").check()
    employer.writes(note="We need more of CSS.")
    employer.sends("/applications/reject").sees("told, with your reason")


def interviews(employer: Person, ayesha: Person, hers: str) -> None:
    employer.opens(hers).fits_the_screen().presses(f"main a[href='{hers}/interview']")
    for number in (1, 2):
        at = datetime.now() + timedelta(days=number + 1)  # noqa: DTZ005 - as the browser's own clock says it
        employer.writes(**{f"time_{number}": at.strftime("%Y-%m-%dT%H:00")})
    employer.writes(place="https://meet.example/room")
    employer.fits_the_screen().sends("/interview")
    interview = employer.arrives(r"(/interviews/[0-9a-z]{26})$")[1]
    employer.sees("Ayesha Khan").fits_the_screen()
    ayesha.waits_for("/interviews", f"main a[href='{interview}']").presses(f"main a[href='{interview}']")
    ayesha.fits_the_screen().sends("/pick", "button[name='starts_at']").sees("It is agreed")
    calendar = ayesha.page.request.get(f"{interview}/calendar").text()
    assert "BEGIN:VEVENT" in calendar and "STATUS:CONFIRMED" in calendar


def hires(employer: Person, ayesha: Person, hers: str) -> None:
    employer.opens(hers).presses(f"main a[href='{hers}/offer']")
    today = datetime.now()  # noqa: DTZ005
    starts_on, answer_on = (f"{today + timedelta(days=days):%Y-%m-%d}" for days in (20, 5))
    employer.writes(salary="80000", starts_on=starts_on, answer_on=answer_on)
    employer.writes(text="Pages for growers with us, five days a week.").fits_the_screen().sends("/offer")
    offer = employer.arrives(r"(/offers/[0-9a-z]{26})$")[1]
    ayesha.opens("/").presses(f"main a[href='{offer}']").sees("PKR 80,000").fits_the_screen()
    ayesha.presses(f"main a[href='{offer}/accept']").fits_the_screen().sends("/accept").sees("You are hired")
    employer.opens(offer).sees("accepted and is hired")


def closes(employer: Person, job: str) -> None:
    employer.opens(job).presses(f"main a[href='{job}/close']").fits_the_screen().sends("/close")
    employer.arrives(re.escape(job))


def nobody_waits(site: UpSite, job: str) -> None:
    """The query says 0 rows, as soon as the worker has answered the rest."""
    deadline = time.monotonic() + 30
    while (said := crowd(site, "waiting", job).split()) != ["0", "0", str(APPLICANTS)]:
        assert time.monotonic() < deadline, said


def crowd(site: UpSite, what: str, job: str, *more: str) -> str:
    command = [sys.executable, "-m", "tests.journeys.crowd", what, job.removeprefix("/jobs/"), *more]
    done = subprocess.run(command, env=site.environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
