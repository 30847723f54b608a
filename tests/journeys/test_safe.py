"""A woman blocks and reports, a moderator decides, the other side appeals, another moderator decides."""

import re
import time
from collections.abc import Callable

from tests.cli.sites import UpSite
from tests.journeys.person import Person
from tests.journeys.test_way_through import NOTICE, offers_herself


def test_from_the_block_to_the_second_moderator(someone: Callable[..., Person], site: UpSite) -> None:
    mark = str(time.time_ns() % 1_000_000)
    zara, hassan = someone("Zara Butt"), someone("Hassan Raza")
    moderators = {name: becomes_moderator(someone(name), site, mark) for name in ("Sana Iqbal", "Rabia Noor")}
    zara.signs_up(f"zara-{mark}@test.example")
    offers_herself(hassan, f"hassan-{mark}@test.example", f"Girls only, call me at night {mark}")

    search = f"/people?q=night+{mark}"
    zara.waits_for(search, "main article a[href^='/people/']")
    reports_and_blocks(zara)
    assert zara.opens(search).page.locator("main article a[href^='/people/']").count() == 0, "at once"
    zara.opens("/safety/reports").sees("A moderator decides by").fits_the_screen()

    first, second = decides(moderators, mark)
    hassan.waits_for("/notices", f"{NOTICE}:has-text('propose and apply')")
    hassan.opens("/safety/standing").sees("Nobody is spoken to like that here.").fits_the_screen()
    assert "Zara" not in hassan.page.content(), "who reported is never told"
    appeals(hassan)

    first.opens("/moderation/appeals")
    assert mark not in first.page.content(), "not by whoever decided"
    lifts(second, mark)
    hassan.opens("/safety/standing").sees("He has changed it").fits_the_screen()
    zara.opens("/safety/reports").sees("you were right")


def becomes_moderator(person: Person, site: UpSite, mark: str) -> Person:
    email = f"{person.name.split()[0].lower()}-m{mark}@test.example"
    person.signs_up(email)
    appointed = site.run("staff", email, "moderator")
    assert appointed.returncode == 0, appointed.stderr
    return person


def reports_and_blocks(zara: Person) -> None:
    zara.presses("main article a[href^='/people/']")
    profile = zara.page.url
    zara.presses("main a[href^='/report/profile/']").fits_the_screen()
    zara.page.locator("input[name='reason'][value='sexual']").check()
    zara.writes(text="This is no profile for work.")
    zara.presses("main form[action^='/report/'] button:not(.sr-only)").arrives(r"/safety/reports")
    zara.opens(profile).presses("main a[href^='/safety/block/']").fits_the_screen()
    zara.presses("main form[action^='/safety/block/'] button").arrives(r"/safety/blocked")
    zara.sees("Hassan")


def decides(moderators: dict[str, Person], mark: str) -> tuple[Person, Person]:
    """Whoever owns the case; the queue shows it with its deadline. Returns her and the other one."""
    sana, rabia = moderators.values()
    case = "main #results li:has-text('Hassan') a[href^='/moderation/cases/']"
    sana.waits_for("/moderation", case).fits_the_screen()
    sana.presses(case).sees("Girls only").fits_the_screen()
    if sana.page.locator("form[action$='/take']").count():
        sana.sends("/take")
    sana.page.locator("input[name='decision'][value='restrict']").check()
    sana.writes(reason="Nobody is spoken to like that here. Please write what you do for work.")
    sana.page.locator("main details summary", has_text=re.compile("Restrict")).click()
    sana.page.locator("input[name='what'][value='apply']").check()
    sana.writes(days="14").sends("/decide").arrives(r"/moderation$")
    return sana, rabia


def appeals(hassan: Person) -> None:
    hassan.presses("main a[href$='/appeal']").fits_the_screen()
    hassan.writes(text="I am sorry. I have changed my headline to what I do, please look again.")
    hassan.presses("main form[action$='/appeal'] button:not(.sr-only)").arrives(r"/safety/standing")
    hassan.sees("Your appeal is with another moderator")


def lifts(moderator: Person, mark: str) -> None:
    appeal = "main a[href^='/moderation/appeals/']:has-text('Hassan')"
    moderator.waits_for("/moderation/appeals", appeal).presses(f":nth-match({appeal}, 1)").fits_the_screen()
    moderator.page.locator("input[name='decision'][value='lifted']").check()
    moderator.writes(reason="He has changed it and says that he is sorry.")
    moderator.presses("main form[action^='/moderation/appeals/'] button:not(.sr-only)")
