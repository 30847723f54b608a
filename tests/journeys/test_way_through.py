"""One gig is posted, found, won, funded, delivered and paid: in English, in Urdu, and without JavaScript."""

import re
import time
from collections.abc import Callable

import pyotp
import pytest

from tests.cli.sites import UpSite
from tests.journeys.person import PASSWORD, Person

PREVIEW = "main button:not(.sr-only)[value='preview']"
NOTICE = "main form[action$='/read'][action^='/notices/'] button"
WAYS = [("en", True), ("ur", True), ("en", False)]
COVER = "I have built twelve shops like yours. You get the first page on Thursday and can still change everything."


@pytest.mark.parametrize(("locale", "javascript"), WAYS, ids=["english", "urdu", "without-javascript"])
def test_from_the_first_word_to_the_paid_rupee(
    someone: Callable[..., Person], site: UpSite, locale: str, javascript: bool
) -> None:
    mark = f"{locale}{int(javascript)}{time.time_ns() % 1_000_000}"
    employer = someone("Bilal Ahmed", locale=locale, javascript=javascript)
    ayesha = someone("Ayesha Khan", locale=locale, javascript=javascript)
    hina = someone("Hina Malik", locale=locale, javascript=javascript)
    for person in (employer, ayesha, hina):
        person.opens("/").chooses_language(locale).fits_the_screen()

    gig = posts_a_gig(employer, mark)
    moderator = someone("Sana Iqbal", locale=locale, javascript=javascript)
    is_read_by_a_moderator(moderator, site, gig, f"sana-{mark}@test.example")
    offers_herself(ayesha, f"ayesha-{mark}@test.example", f"Shopify shops {mark}")
    offers_herself(hina, f"hina-{mark}@test.example", f"Shop design {mark}")
    is_found_within_five_seconds(employer, mark)
    finds_the_gig(ayesha, gig, mark)
    first = proposes(ayesha, gig)
    proposes(hina, gig)
    contract = chooses(employer, gig, first)
    is_told(hina)

    milestone = f"{contract}/milestones/1"
    cannot_deliver_yet(ayesha, milestone)
    funds(employer, milestone)
    delivers(ayesha, milestone, "First version, see the attached note.")
    asks_for_a_revision(employer, milestone)
    delivers(ayesha, milestone, "With the darker blue.", with_file=False)
    accepts(employer, milestone)
    connects_her_bank(ayesha, milestone)
    is_paid(ayesha)
    both_see_the_same(employer, ayesha, contract)
    checked = site.run("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def posts_a_gig(employer: Person, mark: str) -> str:
    """She writes first; sign-up is asked at publish; nothing typed is lost."""
    title = f"Shopify store for blue pottery {mark}"
    employer.opens("/gigs/new").fits_the_screen()
    employer.writes(title=title, description="Move **46 products** into a new shop. You judge by the speed on a phone.")
    chooses_skills(employer, "shopify")
    employer.writes(pay_min="200", pay_max="300", questions="Which shop of yours is most like this?")
    employer.sends("/gigs", "button[value='publish']")
    employer.arrives(r"/sign-up")
    employer.signs_up(f"bilal-{mark}@test.example", at_page=True)
    employer.arrives(r"/gigs/new/preview")
    employer.sees(title).sees("46 products").fits_the_screen()
    employer.sends("/gigs/new/publish")
    return employer.arrives(r"(/gigs/(?!new)[a-z0-9-]+)$")[1]


def is_read_by_a_moderator(moderator: Person, site: UpSite, gig: str, email: str, *, says: str = "46 products") -> None:
    """The first posting of a new employer waits: nobody else finds it, a moderator reads it and lets it out."""
    moderator.signs_up(email)
    appointed = site.run("staff", email, "moderator")
    assert appointed.returncode == 0, appointed.stderr
    moderator.opens("/moderation").fits_the_screen()
    moderator.presses("main #results li:last-child a[href^='/moderation/cases/']")
    moderator.arrives(r"/moderation/cases/").group()
    moderator.sees(says).fits_the_screen()
    moderator.page.locator("main input[name='decision'][value='publish']").check()
    moderator.writes(reason="A clear gig of a real shop.")
    moderator.sends("/decide").arrives(r"/moderation$")
    moderator.opens(gig)


def chooses_skills(person: Person, slug: str, *, name: str = "skills") -> None:
    """With JavaScript by type-ahead, without by typing."""
    field = person.page.locator(f"main #{name}")
    field.click()
    field.press_sequentially(slug[:5])
    suggestion = person.page.locator(f"[data-slug='{slug}'], main [role=option][data-value='{slug}']").first
    if person.page.locator("html.js").count() or person.page.evaluate("typeof htmx !== 'undefined'"):
        suggestion.click()
    else:
        field.fill(slug)


def offers_herself(person: Person, email: str, headline: str) -> None:
    person.signs_up(email)
    person.opens("/profile").fits_the_screen()
    person.writes(headline=headline, about="I build shops that load fast on a phone.", rate="12", hours_a_week="25")
    chooses_skills(person, "shopify")
    person.sends("/profile", "button[value='list']")


def is_found_within_five_seconds(person: Person, mark: str) -> None:
    began = time.monotonic()
    person.waits_for(f"/people?q=Shopify+{mark}", "main article a[href^='/people/']")
    assert time.monotonic() - began < 5


def finds_the_gig(person: Person, gig: str, mark: str) -> None:
    """With a typo; the address holds the state; the gig says why it fits her."""
    person.waits_for(f"/gigs?q=shopfy+{mark}", f"main a[href='{gig}']")
    assert "q=shopfy" in person.page.url
    person.fits_the_screen().presses(f"main a[href='{gig}']")
    person.arrives(re.escape(gig))
    person.sees("Shopify").fits_the_screen()


def proposes(person: Person, gig: str) -> str:
    person.opens(f"{gig}/propose").fits_the_screen()
    person.writes(cover=COVER, **{"answers__0": "blue-shop.example"})
    person.writes(**{"milestones__0__title": "The shop", "milestones__0__amount": "200", "milestones__0__days": "7"})
    person.presses("main button[value='add']")
    person.writes(**{"milestones__1__title": "Training", "milestones__1__amount": "50.50", "milestones__1__days": "2"})
    if person.page.locator(PREVIEW).locator("visible=true").count():
        person.presses(PREVIEW)
    person.sees("USD 225.45")  # 250.50 less a fee of 25.05
    person.sends("/propose", "button[value='send']")
    address = person.arrives(r"(/proposals/[0-9a-z]{26})$")[1]
    person.sees("USD 225.45")
    return address


def chooses(employer: Person, gig: str, proposal: str) -> str:
    """She compares without names, shortlists, sees a name, and accepts."""
    employer.opens(f"{gig}/proposals").fits_the_screen()
    assert "Ayesha" not in employer.page.content()
    assert "Hina" not in employer.page.content()
    employer.sends(f"{proposal}/shortlist")
    employer.opens(f"{gig}/proposals").sees("Ayesha Khan")
    assert "Hina" not in employer.page.content()
    employer.opens(f"{proposal}/accept").fits_the_screen()
    employer.sends(f"{proposal}/accept")
    return employer.arrives(r"(/contracts/[0-9a-z]{26})")[1]


def is_told(person: Person) -> None:
    """That her proposal was sent, and that somebody else was chosen."""
    person.waits_for("/notices", f":nth-match({NOTICE}, 2)")


def cannot_deliver_yet(person: Person, milestone: str) -> None:
    person.opens(milestone).fits_the_screen()
    assert person.page.locator("form[action$='/deliveries']").count() == 0


def funds(employer: Person, milestone: str) -> None:
    """A declined card first, then 3-D Secure, on the hosted page; only the signed webhook funds the milestone."""
    employer.opens(milestone)
    employer.sends("/milestones/1/fund")
    employer.arrives(r"/pay/")
    pays(employer, "4000000000000002")
    employer.page.locator("[role=alert]").wait_for()
    pays(employer, "4000002500003155")
    employer.arrives(r"/challenge")
    employer.presses("button[value='approve']")
    employer.arrives(r"/paid")
    employer.waits_for(milestone, "[data-state='funded']")


def pays(person: Person, card: str) -> None:
    for name, value in {"email": "b@test.example", "number": card, "expiry": "12 / 34", "cvc": "123"}.items():
        person.page.locator(f"[name='{name}']").fill(value)
    person.page.locator("[name='name']").fill(person.name)
    person.presses("main button, form button")


def delivers(person: Person, milestone: str, text: str, *, with_file: bool = True) -> None:
    person.opens(milestone).writes(text=text)
    if with_file:
        note = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"Passwords are in the vault."}
        person.page.locator("main input[type=file]").set_input_files(note)
    person.sends("/deliveries")
    person.opens(milestone).sees(text).fits_the_screen()


def asks_for_a_revision(employer: Person, milestone: str) -> None:
    employer.opens(milestone).sees("note.txt")
    employer.presses("main details summary")
    employer.writes(missing="The blue is too light for print.")
    employer.sends("/revisions")
    employer.opens(milestone).sees("too light")


def accepts(employer: Person, milestone: str) -> None:
    employer.opens(milestone)
    employer.sends("/release")
    employer.opens(milestone).sees("USD 200")


def connects_her_bank(person: Person, milestone: str) -> None:
    """Until then the money stays owed to her."""
    person.opens("/money").sees("USD 180").fits_the_screen()
    person.sends("/money/account")
    person.arrives(r"/onboard/")
    person.page.locator("[name='agree']").check()
    person.presses("form[action^='/onboard/'] button")
    person.arrives(r"/money")
    person.waits_for("/money", "form[action='/money/payout']")


def protects_her_account(person: Person) -> None:
    """The first payout asks for a second factor."""
    person.presses("main a[href='/account/security']").sends("/security/app")
    if "/account/confirm" in person.page.url:
        person.writes(proof=PASSWORD).sends("/account/confirm").sends("/security/app")
    person.arrives(r"/security/app$")
    letters = person.page.locator("main code bdi").text_content() or ""
    person.fits_the_screen().writes(code=pyotp.TOTP(letters.replace(" ", "")).now()).sends("/app/confirm")
    person.arrives(r"/app/confirm")


def is_paid(person: Person) -> None:
    person.opens("/money").writes(amount="180")
    person.sends("/money/payout")
    person.sees("USD 180").fits_the_screen()
    quote = person.page.url
    protects_her_account(person)
    person.opens(quote).sends("/payouts")
    person.waits_for("/money", "[data-state='confirmed']")
    person.fits_the_screen()


def both_see_the_same(employer: Person, ayesha: Person, contract: str) -> None:
    for person in (employer, ayesha):
        person.opens(contract).fits_the_screen()
        assert person.page.locator("main .timeline li, main ol.timeline > li").count() >= 7
        person.opens("/notices")
        assert person.page.locator(NOTICE).count() >= 5
