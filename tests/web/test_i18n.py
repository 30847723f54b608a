"""How values are said: dates in the reader's zone, Markdown made safe, words escaped."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from marketplace.kernel.money import Money
from marketplace.web.templates import environments

AT = datetime(2026, 12, 12, 9, 0, tzinfo=UTC)


def _said(source: str, *, locale: str = "en", **context: object) -> str:
    return environments(reloads=True)[locale].from_string(source).render(locale=locale, **context)


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        ("Asia/Karachi", "12 Dec 2026, 14:00 (PKT)"),
        ("UTC", "12 Dec 2026, 09:00 (UTC)"),
        ("America/New_York", "12 Dec 2026, 04:00 (EST)"),
    ],
)
def test_a_time_is_said_in_the_readers_zone_with_its_name(zone: str, said: str) -> None:
    assert _said("{{ at|datetime }}", at=AT, zone=ZoneInfo(zone)) == said


def test_a_date_is_that_of_the_readers_day() -> None:
    late = datetime(2026, 12, 12, 20, 0, tzinfo=UTC)
    assert _said("{{ at|date }}", at=late, zone=ZoneInfo("Asia/Karachi")) == "13 Dec 2026"


def test_relative_times_look_both_ways() -> None:
    context = {"now": AT, "soon": AT + timedelta(days=3), "before": AT - timedelta(hours=2)}
    assert _said("{{ soon|relative }}, {{ before|relative }}", **context) == "in 3 days, 2 hours ago"


def test_urdu_keeps_latin_digits() -> None:
    said = _said("{{ at|datetime }} {{ sum|money }}", locale="ur", at=AT, sum=Money(45_000_00, "PKR"))
    assert "12" in said and "14:00" in said and "PKR 45,000" in said


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("**bold**", "<p><strong>bold</strong></p>"),
        ("# Title", "<h3>Title</h3>"),
        ("<script>alert(1)</script>", "&lt;script&gt;"),
        ("<img src=x onerror=alert(1)>", "&lt;img"),
    ],
)
def test_markdown_of_people_is_made_safe(written: str, made: str) -> None:
    assert made in _said("{{ text|markdown }}", text=written)


@pytest.mark.parametrize(
    "written", ["[x](javascript:alert(1))", "[x](data:text/html,x)", "![x](https://evil.example/p.png)"]
)
def test_markdown_leads_nowhere_bad_and_loads_nothing(written: str) -> None:
    said = _said("{{ text|markdown }}", text=written)
    assert 'href="javascript' not in said and 'href="data' not in said and "<img" not in said


def test_links_of_people_are_marked_as_theirs() -> None:
    assert 'rel="nofollow noopener noreferrer ugc"' in _said("{{ text|markdown }}", text="[x](https://a.example)")


def test_a_word_is_escaped_even_when_it_is_somebodys() -> None:
    assert _said("{{ _(label) }}", label="<b>50% off</b>") == "&lt;b&gt;50% off&lt;/b&gt;"
    assert _said('{{ _("Hello %(name)s", name=name) }}', name="<i>") == "Hello &lt;i&gt;"


def test_a_template_may_say_words_with_markup_around_what_people_wrote() -> None:
    source = "{% trans name=name %}<b>{{ name }}</b> has 100%{% endtrans %}"
    assert _said(source, name="<i>") == "<b>&lt;i&gt;</b> has 100%"
    many = "{% trans count=n %}{{ count }} gig{% pluralize %}{{ count }} gigs{% endtrans %}"
    assert [_said(many, n=n) for n in (1, 2)] == ["1 gig", "2 gigs"]


def test_a_long_text_is_cut_between_words() -> None:
    assert _said("{{ text|short(10) }}", text="one two three four") == "one two…"
