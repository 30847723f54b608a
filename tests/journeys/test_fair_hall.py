"""An open hall: somebody walks in, queues at two booths by their codes, is called, met, shortlisted, offered a gig."""

import re
import time
from datetime import timedelta

from playwright.sync_api import expect

from tests.journeys.person import Person
from tests.journeys.test_fair import Make, approves, asks_for_a_booth, begins, here_and_now, is_offered_a_gig, takes_it


def test_walk_in_queue_meet_and_be_offered(someone: Make) -> None:
    mark = str(time.time_ns() % 1_000_000)
    organiser, growtech, agritrack = someone("Omar Farooq"), someone("Bilal Ahmed"), someone("Sana Iqbal")
    fair = makes_an_open_hall(organiser, mark)
    for employer, name in ((growtech, "GrowTech"), (agritrack, "AgriTrack")):
        asks_for_a_booth(employer, fair, f"{name} {mark}")
        approves(organiser, fair, f"{name} {mark}")
    begins(organiser, fair)
    ayesha = someone("Ayesha Khan")
    ayesha.signs_up(f"ayesha-hall-{mark}@test.example")
    ticket, code = walks_in(organiser, fair, ayesha)
    hina, _ = walks_in(organiser, fair, someone("Hina Malik", locale="ur"))

    queues = [queue_of(employer, fair) for employer in (growtech, agritrack)]
    scans(ayesha, growtech, queues[0], ticket)
    types(ayesha, agritrack, queues[1], ticket)
    calls(growtech, queues[0], "Ayesha Khan")
    is_called(ayesha, ticket, fair)
    growtech.sends("/queue", "button[value='here']").sees("The talk has begun").fits_the_screen()
    nobody_else_may_call_her(agritrack, queues[1])

    offer = is_offered_a_gig(growtech, fair, mark, code)
    growtech.opens(queues[0]).sees("Call the next")
    agritrack.opens(queues[1]).presses("main form[action$='/queue/call'] button").sees("Ayesha Khan")
    ayesha.opens(f"{ticket}/queues").sees("It is your turn").sends("/queues", "button[value='leave']").sees("You left")
    ayesha.opens(ticket).sends("/claim").sees("in your account")
    takes_it(ayesha, ticket, offer)
    organiser.opens(f"{fair}/report").fits_the_screen().sees("Walk-ins")
    assert hina != ticket


def makes_an_open_hall(organiser: Person, mark: str) -> str:
    zone, now = here_and_now()
    organiser.signs_up(f"omar-hall-{mark}@test.example")
    organiser.opens("/organisations/new").writes(name=f"Park {mark}")
    organiser.page.locator("input[name='kinds'][value='organiser']").check()
    organiser.sends("/organisations").opens("/fairs/new")
    organiser.writes(title_en=f"Open Hall {mark}", venue="Arts Council, Hall B", first_on=f"{now:%Y-%m-%d}")
    organiser.writes(opens=f"{now:%H:%M}", closes=f"{now + timedelta(hours=2):%H:%M}")
    organiser.page.locator("select[name='time_zone']").select_option(str(zone))
    organiser.page.locator("main form#fair details summary").first.click()
    organiser.page.locator("input[name='mode'][value='open_hall']").check()
    organiser.presses("main form#fair > .buttons button")
    fair = organiser.arrives(r"(/fairs/open-hall-[a-z0-9-]+)/organise$")[1]
    organiser.sends("/state", "button[value='open']").sees("Registration is open")
    return fair


def walks_in(organiser: Person, fair: str, person: Person) -> tuple[str, str]:
    """A name is typed; she reads the QR off the desk's screen: the address in it is her ticket's."""
    organiser.opens(f"{fair}/day/walk-ins").fits_the_screen().writes(name=person.name).sends("/walk-ins")
    organiser.arrives(r"number=\d+").group()
    organiser.fits_the_screen().sees(person.name)
    code = re.search(r"keeps the code\W*([A-Z]{3}\d+)", organiser.reads("figcaption"))
    assert code, organiser.reads()
    ticket = read_qr(organiser)
    person.opens(ticket).fits_the_screen()
    return ticket, code[1]


def read_qr(person: Person) -> str:
    """What a phone reads: the drawn QR as a picture, by the same npm reader that the gate uses."""
    page = person.page
    page.evaluate(
        """async () => {
        const add = Object.assign(document.createElement('script'), {src: '/static/vendor/jsqr.js'});
        await new Promise((onload, onerror) => document.head.append(Object.assign(add, {onload, onerror}))); }"""
    )
    text = page.evaluate(
        """async () => {
        const svg = document.querySelector('figure.qr svg'), text = new XMLSerializer().serializeToString(svg);
        const image = new Image(); image.src = 'data:image/svg+xml,' + encodeURIComponent(text); await image.decode();
        const canvas = document.createElement('canvas'); canvas.width = canvas.height = 300;
        const pen = canvas.getContext('2d'); pen.fillStyle = '#fff'; pen.fillRect(0, 0, 300, 300);
        pen.drawImage(image, 0, 0, 300, 300);
        return jsQR(pen.getImageData(0, 0, 300, 300).data, 300, 300)?.data; }"""
    )
    found = re.search(r"(/(?:tickets|fairs)/\S+)$", str(text))
    assert found, text
    return found[1]


def queue_of(employer: Person, fair: str) -> str:
    employer.opens(fair).presses("main a[href*='/booths/'][href$='/day']").presses("main a[href$='/queue']")
    employer.fits_the_screen().sees("Call the next")
    return employer.arrives(r"(/fairs/\S+/queue)$")[1]


def scans(person: Person, employer: Person, queue: str, ticket: str) -> None:
    """The sign's QR opens the page of the hall; a phone that has not opened a ticket is told how."""
    employer.opens(queue.replace("/queue", "/sign")).fits_the_screen()
    sign = read_qr(employer)
    person.opens(sign).sees("does not know your ticket").fits_the_screen()
    person.opens(f"{ticket}/queues").fits_the_screen().opens(sign).arrives(r"/queues\?booth=")
    person.fits_the_screen().sends("/queues", "button[value='queue']").sees("You stand in the queue")


def types(person: Person, employer: Person, queue: str, ticket: str) -> None:
    code = re.search(r"by typing\W*([0-9A-Z]{6})", employer.opens(queue).reads())
    assert code
    person.opens(ticket).presses("main a[href$='/queues']").writes(booth=code[1].lower())
    person.presses("main form[method='get'] button").sends("/queues", "button[value='queue']")
    expect(person.page.locator("#places > ul > li")).to_have_count(2)
    person.fits_the_screen().sees("You are next")


def calls(employer: Person, queue: str, name: str) -> None:
    employer.opens(queue).presses("main form[action$='/queue/call'] button").sees("Called to table").sees(name)
    employer.fits_the_screen()


def is_called(person: Person, ticket: str, fair: str) -> None:
    """Her page changes by itself; the hall's board shows numbers, no names."""
    expect(person.page.locator("#places .called")).to_contain_text("It is your turn", timeout=15_000)
    person.fits_the_screen().opens(f"{fair}/board").fits_the_screen().sees("Called now")
    assert person.name not in person.reads("main")
    person.opens(f"{ticket}/queues")


def nobody_else_may_call_her(employer: Person, queue: str) -> None:
    employer.opens(queue).sees("1 waits").presses("main form[action$='/queue/call'] button")
    employer.sees("Nobody who waits is free")
