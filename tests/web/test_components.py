"""The pieces of the pages: every template compiles, every piece shows on /dev/components, the look's rules hold."""

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
from jinja2 import TemplateError
from litestar.datastructures import FormMultiDict

from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.i18n import LOCALES, direction
from marketplace.kernel.paths import resource
from marketplace.kernel.queue import Services
from marketplace.web.app import create_app
from marketplace.web.assets import Assets
from marketplace.web.cards import GigCard
from marketplace.web.i18n import device
from marketplace.web.samples import NOW, SampleForm, sample
from marketplace.web.templates import environments
from tests.visitors import Browser

STATIC = Path(__file__).parents[2] / "src/marketplace/web/static"
TEMPLATES = sorted(path.relative_to(resource("templates")).as_posix() for path in resource("templates").rglob("*.html"))
ENVIRONMENTS = environments(reloads=False)
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
VOID |= {"path", "circle", "rect", "line", "use", "ellipse"}


def surroundings(locale: str = "en") -> dict[str, object]:
    """What pages.py gives every template."""
    return {
        **{"user": None, "unread": 0, "locale": locale, "direction": direction(locale), "now": NOW, "flashes": []},
        **{"path": "/gigs", "address": "/gigs?q=a", "csrf_token": "token", "csp_nonce": "n", "site_name": "Hunar"},
        **{"is_demo": True, "base_url": "", "asset": lambda name: f"/static/{name}"},
    }


def say(source: str, locale: str = "en", **context: object) -> str:
    """A template written in the test, with all macros at hand."""
    imports = "".join(
        f'{{% import "components/{name}.html" as {name} with context %}}'
        for name in ("ui", "forms", "states", "cards", "lists")
    )
    return ENVIRONMENTS[locale].from_string(imports + source).render({**surroundings(locale), **context})


class Reader(HTMLParser):
    """Reads a page as a browser does, and notes what is not closed, and ids that stand twice."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> closes {self.open[-3:]} at {self.getpos()}")
        else:
            self.open.pop()

    def ids(self) -> list[str]:
        return [found for _, attributes in self.attributes if (found := attributes.get("id"))]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_template_compiles(locale: str) -> None:
    broken: dict[str, TemplateError] = {}
    for name in TEMPLATES:
        if not name.startswith("email/"):
            try:
                ENVIRONMENTS[locale].get_template(name)
            except TemplateError as error:
                broken[name] = error
    assert broken == {}


def test_templates_keep_the_rules_of_the_house() -> None:
    assert {name: broken for name in TEMPLATES if (broken := list(_broken_rules(name)))} == {}


def _broken_rules(name: str) -> Iterator[str]:
    source = resource("templates").joinpath(name).read_text(encoding="utf-8")
    if re.search(r"\bhx-on|\bhx-vals=.js:|\son[a-z]+=|<script(?![^>]*\bsrc=)|javascript:", source):
        yield "inline script"
    if re.search(r"hx-trigger=\"[^\"]*\[", source):
        yield "a trigger filter is evaluated by htmx"
    if not name.startswith(("email/", "layouts/mail")) and re.search(r"\sstyle=", source):
        yield "the CSP refuses inline styles"
    links = (tag for tag in re.findall(r"<a\b[^>]*hx-get[^>]*>", source) if " href=" not in tag)
    forms = (tag for tag in re.findall(r"<form\b[^>]*hx-(?:get|post)[^>]*>", source) if " action=" not in tag)
    yield from (f"works only with a script: {tag}" for tag in (*links, *forms))


def test_the_stylesheet_knows_neither_left_nor_right() -> None:
    rules = re.sub(r"/\*.*?\*/", "", (STATIC / "app.css").read_text(encoding="utf-8"), flags=re.S)
    assert re.findall(r"(?<![-\w])(?:margin|padding|border)-(?:left|right)\b", rules) == []
    assert re.findall(r"(?<![-\w])(?:left|right)\s*:|text-align\s*:\s*(?:left|right)", rules) == []
    assert len(re.findall(r"\{", rules)) == len(re.findall(r"\}", rules))


def test_every_icon_that_is_used_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="(\w+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))
    used = {
        name
        for template in TEMPLATES
        for name in re.findall(r'icon\("(\w+)"', resource("templates").joinpath(template).read_text(encoding="utf-8"))
    }
    assert used and used <= drawn


def test_a_first_visit_is_light() -> None:
    """HTML of the home page, styles and scripts, as they go over the wire; the Urdu font is swapped in later."""
    page = ENVIRONMENTS["en"].get_template("home/visitor.html")
    context = sample("en")
    html = page.render({**surroundings(), "gigs": context["postings"] * 3, "people": context["people"] * 2})
    files = Assets()
    names = ("vendor/pico.min.css", "app.css", "vendor/htmx.min.js", "app.js", "icons.svg", "tile.svg")
    sizes = {}
    for name in names:
        asset, _ = files.find(files.url(name).removeprefix("/static/"))
        assert asset is not None
        sizes[name] = len(asset.best("gzip")[1])
    wire = len(gzip.compress(html.encode(), 6))
    assert wire <= 14_000
    assert wire + sum(sizes.values()) <= 60_000, sizes
    assert (STATIC / "vendor/noto-naskh-urdu.woff2").stat().st_size <= 16_384


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("theme", [None, "dark"])
def test_every_piece_is_shown_and_well_formed(locale: str, theme: str | None) -> None:
    template = ENVIRONMENTS[locale].get_template("dev/components.html")
    page = template.render({**surroundings(locale), **sample(locale), "theme": theme})
    read = Reader(page)
    assert read.faults == [] and read.open == []
    twice = {found for found in read.ids() if read.ids().count(found) > 1}
    assert twice == set()
    assert f'dir="{direction(locale)}"' in page


def test_every_macro_has_its_place_on_the_page_of_components() -> None:
    shown = resource("templates").joinpath("dev/components.html").read_text(encoding="utf-8")
    inner = {
        "icon",
        "tile",
        "frieze",
        "when",
        "ago",
        "csrf",
        "field",
        "choices",
        "error_summary",
        "live",
        "start",
        "facet_groups",
    }
    for name in ("ui", "forms", "states", "cards", "lists"):
        source = resource("templates").joinpath(f"components/{name}.html").read_text(encoding="utf-8")
        for macro in re.findall(r"macro ([a-z]\w*)\(", source):
            assert f"{name}.{macro}(" in shown or macro in inner, f"{name}.{macro} is not shown"


async def test_the_page_of_components_is_for_the_demo_only(client: Browser, services: Services) -> None:
    assert (await client.get("/dev/components")).status_code == 404
    demo = Services(replace(services[Settings], env="demo"))
    demo.add(services[Database], Database)
    async with Browser(create_app(demo)) as browser:
        answer = await browser.get("/dev/components?theme=dark")
    assert answer.status_code == 200 and 'data-theme="dark"' in answer.text


def test_a_refused_field_points_at_its_error_and_keeps_what_was_typed() -> None:
    form = SampleForm(FormMultiDict([("title", ""), ("price", "<forty>"), ("category", "web"), ("pricing", "fixed")]))
    assert not form.validate()
    shown = say(
        "{{ forms.start(form) }}{{ forms.field(form.title) }}{{ forms.money_field(form.price, 'USD') }}", form=form
    )
    read = Reader(shown)
    controls = {
        attributes["id"]: attributes for tag, attributes in read.attributes if tag == "input" and "id" in attributes
    }
    assert controls["title"]["aria-invalid"] == "true"
    assert set((controls["title"]["aria-describedby"] or "").split()) <= set(read.ids())
    assert controls["price"]["value"] == "<forty>" and "<forty>" not in shown
    assert 'href="#title"' in shown and 'href="#price"' in shown


def test_a_field_that_is_well_says_nothing_of_errors() -> None:
    shown = say("{{ forms.start(form) }}{{ forms.field(form.title) }}", form=SampleForm())
    assert "aria-invalid" not in shown and "error-summary" not in shown
    assert 'aria-describedby="title-hint"' in shown


def test_chosen_skills_can_be_taken_away_without_a_script() -> None:
    chosen = [SimpleNamespace(slug="figma", name="Figma")]
    shown = say("{{ forms.skill_picker(form.skills, chosen) }}", form=SampleForm(), chosen=chosen)
    assert '<input type="checkbox" name="skills" value="figma" checked>' in shown
    assert re.search(r'<input type="text" id="skills" name="skills"', shown)


def test_a_refused_skill_picker_keeps_typed_skills() -> None:
    form = SampleForm(FormMultiDict([("skills", "figma"), ("skills", "Rilli work, <b>")]))
    shown = say("{{ forms.skill_picker(form.skills) }}", form=form)
    assert 'value="figma" checked' in shown and 'value="Rilli work" checked' in shown and "<b>" not in shown


def test_a_clock_says_until_when_and_what_then() -> None:
    due = NOW + timedelta(days=3)
    shown = say('{{ states.clock(due, "Ayesha has until", "The money is released to you.") }}', due=due)
    assert "25 Nov 2026, 14:30 (PKT)" in shown and "in 3 days" in shown and "released to you" in shown


def test_a_paused_clock_says_why_and_shows_no_time() -> None:
    shown = say('{{ states.clock(due, "until", None, "No power since 08:10.") }}', due=NOW + timedelta(days=3))
    assert "paused" in shown and "No power since 08:10." in shown and "25 Nov" not in shown


def test_a_clock_that_ran_out_says_so() -> None:
    assert "The time is over." in say('{{ states.clock(due, "until") }}', due=NOW - timedelta(minutes=1))


def test_a_status_is_a_word_and_a_shape() -> None:
    shown = say('{{ states.status("revision") }}')
    assert "Sent back for revision" in shown and "<i " in shown and "tone-waiting" in shown


def test_an_unknown_state_is_still_readable() -> None:
    assert "in orbit" in say('{{ states.status("in_orbit") }}')


def test_what_people_wrote_is_text_in_every_card() -> None:
    evil = "<script>alert(1)</script>"
    posting = replace(_posting(), title=evil, organisation=evil, skills=(evil,), excerpt=evil, reasons=(evil,))
    person = SimpleNamespace(name=evil, href="/p", headline=evil, skills=[evil], excerpt=evil, initials=evil)
    shown = say("{{ cards.posting(posting) }}{{ cards.person(person) }}", posting=posting, person=person)
    assert "<script" not in shown and shown.count("&lt;script&gt;") >= 8


def test_a_card_is_drawn_once_and_marked_for_each_search() -> None:
    evil = replace(_posting(), title="<b>Logo</b> & more", href="/gigs/logo")
    shown = say('{{ drawn("posting", p) }}|{{ drawn("posting", p, 2, "logo") }}|{{ drawn("posting", p) }}', p=evil)
    plain, marked, again = shown.split("|")
    assert plain == again and marked.replace("<mark>", "").replace("</mark>", "") == plain
    assert '<a href="/gigs/logo"><mark>&lt;b&gt;Logo&lt;/b&gt;</mark> &amp; more</a>' in marked


def test_a_person_is_away_until_the_day_is_over() -> None:
    away = replace(sample("en")["people"][0], away_until=NOW + timedelta(days=1))
    assert "away until" in say('{{ drawn("person", p) }}', p=away)
    assert "away until" not in say('{{ drawn("person", p) }}', p=away, now=NOW + timedelta(days=2))


def _posting() -> GigCard:
    card: GigCard = sample("en")["postings"][0]
    return card


def test_a_person_without_a_name_is_shown_by_what_she_can_do() -> None:
    person = SimpleNamespace(name=None, letter="B", href="/p", headline="Bookkeeper", skills=["Excel"])
    shown = say("{{ cards.person(person) }}", person=person)
    assert "Bookkeeper" in shown and ">B</span>" in shown


def test_a_posting_without_a_price_is_open_to_offers() -> None:
    assert "Open to offers" in say("{{ cards.price(None) }}")


def test_the_highest_bar_fills_the_chart_and_nothing_divides_by_zero() -> None:
    rows = [("Jun", 0, "0"), ("Jul", 0, "0")]
    assert 'height="0"' in say('{{ lists.chart("x", rows, "Month", "USD") }}', rows=rows)
    shown = say('{{ lists.chart("x", rows, "Month", "USD") }}', rows=[("Jun", 50, "50"), ("Jul", 100, "100")])
    assert 'height="104.0"' in shown and 'height="52.0"' in shown


@pytest.mark.parametrize("status", [401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503, 418])
def test_every_error_has_a_way_out(status: int) -> None:
    template = ENVIRONMENTS["en"].get_template("errors/error.html")
    context = {**surroundings(), "status": status, "message": "Said <b>plainly</b>.", "number": "a1b2"}
    page = template.render(context)
    assert Reader(page).faults == []
    assert "Said &lt;b&gt;plainly" in page and '<a class="button quiet" href="/">' in page
    fragment = ENVIRONMENTS["en"].get_template("errors/fragment.html").render(context)
    assert "Said &lt;b&gt;plainly" in fragment and "<html" not in fragment and "<h1" not in fragment


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        (
            "Mozilla/5.0 (Linux; Android 13; SM-A04) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36",
            "Chrome, Android",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox, Linux"),
        ("curl/8.1", ""),
        (None, ""),
    ],
)
def test_a_device_is_called_as_people_call_it(user_agent: str | None, said: str) -> None:
    assert device(user_agent) == said
