"""A fair with a timetable, from an empty form to the first paid contract, on phones; one of them without a network."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.journeys.camera import hold_up
from tests.journeys.person import Person
from tests.journeys.test_way_through import accepts, delivers, funds

Make = Callable[..., Person]
SLOT = 20
LATEST = 21
"""From then on a fair of two hours might end tomorrow."""
CODE = re.compile(r"code ([0-9A-Z-]+)\.")


@cache
def here() -> ZoneInfo:
    """A zone in which the next three hours are of one day; the same for the whole run."""
    now = datetime.now(UTC)
    zones = (ZoneInfo(name) for name in ("Asia/Karachi", "UTC"))
    return next(zone for zone in zones if 0 < now.astimezone(zone).hour < LATEST)


def here_and_now() -> tuple[ZoneInfo, datetime]:
    """That zone, and the time there."""
    return here(), datetime.now(here())


EXPECTED = {
    **{"Registered": "3", "Checked in": "2", "Met an employer": "1", "Shortlisted": "1", "Had an offer": "1"},
    **{
        "Accepted one": "1",
        "Started: money held, or hired and there": "1",
        "Paid through this site": "1",
        "Missed by the candidate": "1",
    },
    **{"That it went well": "1"},
}
"""What the report says of this day."""


def test_one_qr_from_the_badge_to_the_paid_contract(someone: Make, film: Path) -> None:
    mark = str(time.time_ns() % 1_000_000)
    organiser, growtech, agritrack = someone("Omar Farooq"), someone("Bilal Ahmed"), someone("Sana Iqbal")
    fair = makes_a_fair(organiser, mark)
    for employer, name in ((growtech, "GrowTech"), (agritrack, "AgriTrack")):
        asks_for_a_booth(employer, fair, f"{name} {mark}")
        approves(organiser, fair, f"{name} {mark}")
    ayesha, hina, nida = someone("Ayesha Khan"), someone("Hina Malik", locale="ur"), someone("Nida Shah")
    ayesha.signs_up(f"ayesha-fair-{mark}@test.example")
    first, second, third = joins(ayesha, fair), joins(hina, fair, mark), joins(nida, fair, mark, leaves_early=True)
    chooses_whom(ayesha, first, f"GrowTech {mark}")
    chooses_whom(hina, second, f"AgriTrack {mark}")
    wants_her(growtech, fair)
    makes_the_timetable(organiser, fair)
    ayesha.opens(first).fits_the_screen().sees(f"GrowTech {mark}")
    hina.opens(second).fits_the_screen()

    begins(organiser, fair)
    codes = [code_of(person, ticket) for person, ticket in ((ayesha, first), (hina, second), (nida, third))]
    hold_up(film, f"https://hunar.example{first}")
    comes_in_without_a_network(someone("Saad"), organiser, fair, codes[1])
    a_seat_is_free(organiser, fair, codes[2])
    all_is_later(organiser, hina, fair, second)
    offer = is_offered_a_gig(growtech, fair, mark, codes[0])
    contract = takes_it(ayesha, first, offer)
    is_paid(growtech, ayesha, f"{contract}/milestones/1")
    assert EXPECTED.items() <= counted(organiser, fair).items()


def makes_a_fair(organiser: Person, mark: str) -> str:
    zone, now = here_and_now()
    organiser.signs_up(f"omar-fair-{mark}@test.example")
    organiser.opens("/fairs").presses("main a[href='/fairs/mine']")
    organiser.opens("/organisations/new").writes(name=f"Park {mark}")
    organiser.page.locator("input[name='kinds'][value='organiser']").check()
    organiser.sends("/organisations").opens("/fairs/new").fits_the_screen()
    opens = now - timedelta(minutes=1)
    organiser.writes(title_en=f"Multan Fair {mark}", venue="Arts Council, Hall A", first_on=f"{now:%Y-%m-%d}")
    organiser.writes(opens=f"{opens:%H:%M}", closes=f"{opens + timedelta(minutes=6 * SLOT):%H:%M}")
    organiser.page.locator("select[name='time_zone']").select_option(str(zone))
    organiser.presses("main form#fair button[value='grid']").sees("6 slots for meetings").fits_the_screen()
    for summary in organiser.page.locator("main form#fair details summary").all():
        summary.click()
    organiser.writes(grace_minutes="0", title_ur="ملتان میلہ")
    organiser.presses("main form#fair .buttons button")
    fair = organiser.arrives(r"(/fairs/multan-fair-[a-z0-9-]+)/organise$")[1]
    organiser.fits_the_screen().sends("/state", "button[value='open']").sees("Registration is open")
    return fair


def asks_for_a_booth(employer: Person, fair: str, name: str) -> None:
    employer.signs_up(f"{name.replace(' ', '-').lower()}@test.example")
    employer.opens("/organisations/new").writes(name=name)
    employer.page.locator("input[name='kinds'][value='employer']").check()
    employer.sends("/organisations")
    employer.opens(fair).fits_the_screen().presses(f"main a[href='{fair}/booth']").fits_the_screen()
    employer.writes(about="People who make pages for growers.").sends("/booth")
    employer.sees("The organiser has it")


def approves(organiser: Person, fair: str, name: str) -> None:
    organiser.opens(f"{fair}/organise/booths").fits_the_screen().presses(f"main a:has-text('{name}')")
    organiser.sends("/decision", "button[value='approved']").fits_the_screen().sends("/tables").sees("Saved")


def joins(person: Person, fair: str, mark: str = "", *, leaves_early: bool = False) -> str:
    """With her account, or by mail; returns the address of her ticket."""
    _, now = here_and_now()
    person.opens(f"{fair}/join").fits_the_screen()
    email = f"{person.name.split()[0].lower()}-fair-{mark}@test.example"
    if mark:
        person.writes(name=person.name, email=email)
    if leaves_early:
        person.writes(leaves=f"{now + timedelta(minutes=2 * SLOT):%H:%M}")
    else:
        person.writes(comes=f"{now + timedelta(minutes=5):%H:%M}")
    person.writes(about="Pages that load fast on a phone.").field("consent").check()
    person.sends("/join")
    if mark:
        person.arrives(r"/joined$")
        person.fits_the_screen().waits_for(f"/dev/mail?to={email}", "main a[href^='/dev/mail/']")
        person.presses("main a[href^='/dev/mail/']").presses("main a[href*='/tickets/']")
    return person.arrives(r"(/tickets/[A-Za-z0-9_-]+)$")[1]


def chooses_whom(person: Person, ticket: str, employer: str) -> None:
    person.opens(ticket).fits_the_screen().presses(f"main a[href='{ticket}/wishes']")
    line = person.page.locator(f"#wishes li:has-text('{employer}')")
    line.locator("button[value='must']").click()
    expect(line.locator("button[aria-pressed='true']")).to_be_visible()
    person.fits_the_screen()


def wants_her(employer: Person, fair: str) -> None:
    """By number and skills: no name is seen before they meet."""
    employer.opens(f"{fair}/booth/candidates").fits_the_screen()
    assert "Ayesha" not in employer.page.content()
    employer.page.locator("#wishes li").first.locator("button[value='would']").click()
    expect(employer.page.locator("#wishes button[aria-pressed='true']")).to_be_visible()


def makes_the_timetable(organiser: Person, fair: str) -> None:
    plan = f"{fair}/organise/timetable"
    organiser.opens(plan).fits_the_screen().sends("/timetable")
    organiser.waits_for(f"{plan}/1", "main dl.figures").fits_the_screen()
    organiser.sees("Left out").sends("/state", "button[value='publish']").sees("Published")


def begins(organiser: Person, fair: str) -> None:
    organiser.opens(f"{fair}/organise").sends("/state", "button[value='live']").sees("The fair is on")


def code_of(person: Person, ticket: str) -> str:
    person.opens(ticket)
    found = re.search(r"\b([0-9A-Z]{6,10})\b", person.page.locator("main figcaption").inner_text())
    assert found, person.reads()
    return found[1]


def comes_in_without_a_network(steward: Person, organiser: Person, fair: str, second: str) -> None:
    """Ayesha's ticket is read by the camera; then the network goes, and Hina's code is typed."""
    organiser.opens(f"{fair}/day").fits_the_screen().writes(name="Saad's phone").sends("/devices")
    link = organiser.fits_the_screen().page.locator("main a[href*='/gate/read#']").get_attribute("href")
    steward.opens(str(link)).fits_the_screen()
    gate = steward.page
    expect(gate.locator("[data-part=list]")).to_have_text(re.compile(r"\d"))
    gate.locator("[data-part=camera]").click()
    expect(gate.locator("[data-part=result]")).to_contain_text("1 · Ayesha Khan is in")
    steward.fits_the_screen().pictures_page("gate-camera")
    gate.locator("[data-part=camera]:has-text('Stop the camera')").click()
    gate.context.set_offline(True)
    expect(gate.locator("[data-part=offline]")).to_be_visible()
    reads(steward, second, "2 · Hina")
    reads(steward, second, "inside already")
    gate.reload()
    reads(steward, "NOBODY99", "Nobody has this ticket")
    expect(gate.locator("[data-part=waiting]")).to_have_text("3")
    steward.fits_the_screen().pictures_page("gate-offline")
    gate.context.set_offline(False)
    expect(gate.locator("[data-part=waiting]")).to_have_text("0")
    organiser.opens(f"{fair}/day").sees("2 candidates are inside").fits_the_screen()


def reads(steward: Person, code: str, said: str) -> None:
    steward.field("scanned").fill(code)
    steward.field("scanned").press("Enter")
    expect(steward.page.locator("[data-part=result]")).to_contain_text(said)


def a_seat_is_free(organiser: Person, fair: str, absent: str) -> None:
    """Nida is missing from the slot that runs: her next seat is free too, once somebody says yes. Taken back, she is
    on the board again; a second time, by her code, it stays.
    """
    board, changes = f"{fair}/day/board", f"{fair}/day/changes"
    organiser.opens(board).fits_the_screen().sees("Nida Shah").pictures_page("board-before")
    organiser.presses("main form[action$='/missed'] button").sees("Noted").sees("A change waits for your yes")
    assert on_the_board(organiser) == ["3"], "she has the next slot too"
    organiser.pictures_page("board-proposed").presses(f"#board a[href^='{changes}/']").sees("Called off")
    organiser.fits_the_screen().sees("Nida Shah").pictures_page("change").sends("/confirm").sees("Those touched")
    assert on_the_board(organiser.opens(board)) == []
    organiser.opens(changes).fits_the_screen().presses("main .lines a.line-title").sends("/undo").sees("Taken back")
    assert on_the_board(organiser.opens(board)) == ["3"]
    organiser.opens(changes).writes(code=absent).presses("main form.card button").sees("Called off")
    organiser.sends("/confirm").sees("Those touched")
    assert on_the_board(organiser.opens(board)) == []
    organiser.fits_the_screen().pictures_page("board-after")


def on_the_board(organiser: Person) -> list[str]:
    """Whether number 3, Nida, comes next."""
    rows = organiser.page.locator("#board table").last.locator("tbody th").all_inner_texts()
    return [number for number in rows if number == "3"]


def all_is_later(organiser: Person, hina: Person, fair: str, ticket: str) -> None:
    """Everything to come is five minutes later: looked at, confirmed, and on the board and on her ticket in Urdu."""
    heading = "#board section h2:has-text('·')"
    before = organiser.reads(heading)
    organiser.opens(f"{fair}/day/changes").writes(minutes="5")
    organiser.page.locator("input[name='cause'][value='delay']").check()
    organiser.presses("main form.card button").sees("Later").fits_the_screen().pictures_page("delay")
    organiser.sends("/confirm").sees("Those touched").opens(f"{fair}/day/board")
    assert (minutes(organiser.reads(heading)) - minutes(before)) % (24 * 60) == 5
    hina.opens(ticket).fits_the_screen().sees("5 منٹ").pictures_page("ticket-later")
    organiser.chooses_language("ur").opens(f"{fair}/day/changes").fits_the_screen().pictures_page("changes-ur")
    organiser.presses("main .lines a.line-title").fits_the_screen().pictures_page("delay-ur")
    organiser.opens(f"{fair}/day/board").fits_the_screen().pictures_page("board-ur").chooses_language("en")


def minutes(heading: str) -> int:
    """Of the day, from the time in a heading."""
    found = re.search(r"(\d\d):(\d\d)", heading)
    assert found, heading
    return 60 * int(found[1]) + int(found[2])


def is_offered_a_gig(employer: Person, fair: str, mark: str, code: str) -> str:
    employer.opens(fair).presses(f"main a:has-text('The day of GrowTech {mark}')").fits_the_screen()
    employer.writes(code=code).presses("main form.card button").sees("Ayesha Khan").fits_the_screen()
    employer.page.locator("input[name='result'][value='shortlisted']").check()
    employer.page.locator("input[name='skill'][value='5']").check()
    employer.writes(word="Your pages are fast. Come on Monday.", note="Start with the price list.")
    employer.presses("main form.card button").sees("She sees her answer").sees("Shortlisted")
    employer.presses("main a:has-text('Ayesha Khan')").presses("main a[href$='/offer']").fits_the_screen()
    employer.writes(title="Price list for growers", text="One page, in Urdu.", pay="200", days="7")
    employer.sends("/offer")
    return employer.fits_the_screen().arrives(r"(/fairs/offers/[0-9a-z]{26})$")[1]


def takes_it(ayesha: Person, ticket: str, offer: str) -> str:
    ayesha.opens(ticket).sees("Come on Monday").fits_the_screen()
    if ayesha.page.locator("form.how").count():
        ayesha.writes(word="They listened.").presses("form.how button[value='5']").sees("The organiser reads it")
        ayesha.fits_the_screen().pictures_page("ticket-said")
    ayesha.presses(f"main a[href='{offer}']").fits_the_screen()
    ayesha.sends("/accept")
    ayesha.fits_the_screen()
    return ayesha.arrives(r"(/contracts/[0-9a-z]{26})$")[1]


def is_paid(employer: Person, ayesha: Person, milestone: str) -> None:
    funds(employer, milestone)
    delivers(ayesha, milestone, "The page is online.", with_file=False)
    accepts(employer, milestone)


def counted(organiser: Person, fair: str) -> dict[str, str]:
    """The figures of the report by their label."""
    organiser.opens(f"{fair}/report").fits_the_screen()
    lines = [each.split("\n") for each in organiser.page.locator("dl.figures > div").all_inner_texts()]
    return {label: " ".join(rest).split()[0] for label, *rest in lines}
