"""How values are said in pages: amounts, dates in the reader's zone, Markdown. Filters of the templates."""

import datetime as calendar
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import nh3
from babel.dates import format_date, format_timedelta
from jinja2 import pass_context
from jinja2.runtime import Context
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from marketplace.identity.rules import LEFT
from marketplace.kernel import clock
from marketplace.kernel.i18n import N_, translations
from marketplace.kernel.money import Money, format_money

DEFAULT_ZONE = ZoneInfo("Asia/Karachi")
_BABEL = {"en": "en_GB", "ur": "ur_PK@numbers=latn"}
_SHORT_ZONES = {"Asia/Karachi": "PKT", "UTC": "UTC", "Europe/London": "UK", "Asia/Dubai": "GST"}
_TAGS = {"p", "br", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "a", "h3", "h4", "h5", "h6", "hr"}
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).disable("image")


def _reader(context: Context) -> tuple[str, ZoneInfo]:
    return context.get("locale", "en"), context.get("zone", DEFAULT_ZONE)


_ISOLATED = "\u2066{}\u2069"
"""Left-to-right isolate (Unicode Annex 9): an amount keeps its order inside Urdu, in text and in attributes."""

_ORDERED = {"en": "{}", "ur": "\u2067{}\u2069"}
"""Right-to-left isolate: a date in Urdu reads from its day on, whatever stands before it."""
_COMMA = {"en": ",", "ur": "،"}


@pass_context
def money(context: Context, value: Money | None) -> str:
    """USD 1,200.50; an empty text for no amount."""
    if value is None:
        return ""
    return _ISOLATED.format(format_money(value)) if context.get("locale") == "ur" else format_money(value)


@pass_context
def date(context: Context, at: datetime | calendar.date | None) -> str:
    """12 Dec 2026, in the reader's zone; a day without a time is that day everywhere."""
    if at is None:
        return ""
    locale, zone = _reader(context)
    if not isinstance(at, datetime):
        return _date(at, locale)
    return _date(at.astimezone(zone).date(), locale)


def day_in(at: datetime, locale: str, zone: ZoneInfo) -> str:
    """12 Dec 2026, for what is not a page: the day in that zone, without marks of direction."""
    return format_date(at.astimezone(zone).date(), "d MMM y", locale=_BABEL[locale])


def _date(day: calendar.date, locale: str) -> str:
    return _ORDERED[locale].format(_day(day, locale))


@lru_cache(maxsize=4_096)
def _day(day: calendar.date, locale: str) -> str:
    return format_date(day, "d MMM y", locale=_BABEL[locale])


@pass_context
def month(context: Context, at: datetime | None) -> str:
    """December 2026, in the reader's zone."""
    if at is None:
        return ""
    locale, zone = _reader(context)
    return _ORDERED[locale].format(format_date(at.astimezone(zone), "MMMM y", locale=_BABEL[locale]))


@pass_context
def date_and_time(context: Context, at: datetime | None) -> str:
    """12 Dec 2026, 14:00 (PKT): absolute, with its zone."""
    if at is None:
        return ""
    locale, zone = _reader(context)
    return _date_and_time(at.replace(second=0, microsecond=0), locale, zone)


@lru_cache(maxsize=4_096)
def _date_and_time(at: datetime, locale: str, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    said = f"{_day(local.date(), locale)}{_COMMA[locale]} {local:%H:%M}"
    return _ORDERED[locale].format(f"{said} ({_SHORT_ZONES.get(str(zone)) or local.strftime('%Z')})")


@pass_context
def relative(context: Context, at: datetime | None) -> str:
    """in 3 days, 2 hours ago."""
    if at is None:
        return ""
    locale, _zone = _reader(context)
    distance = at - context.get("now", clock.now())
    return _relative(_rounded(round(distance.total_seconds()) or -1), locale)


def _rounded(seconds: int) -> int:
    """As exact as it is said: to the second below a minute and a half, to the minute below a day, else to the hour."""
    unit = next((unit for limit, unit in ((90, 1), (86_400, 60)) if abs(seconds) < limit), 3_600)
    return int(seconds / unit) * unit


@lru_cache(maxsize=8_192)
def _relative(seconds: int, locale: str) -> str:
    """Our own "in" and "ago": the CLDR's say "within 3 days" and "3 of the days ago" in Urdu."""
    said = N_("in %(time)s") if seconds > 0 else N_("%(time)s ago")
    time = format_timedelta(timedelta(seconds=abs(seconds)), locale=_BABEL[locale].split("@")[0])
    return translations(locale).gettext(said) % {"time": time}


def markdown(text: str | None) -> Markup:
    """Markdown of people as safe HTML: no raw HTML, no pictures, links as a stranger's, headings below the page's."""
    rendered: str = _markdown.render(text or "")
    for level in (3, 2, 1):
        rendered = rendered.replace(f"<h{level}>", f"<h{level + 2}>").replace(f"</h{level}>", f"</h{level + 2}>")
    safe = nh3.clean(
        rendered,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener noreferrer ugc",
    )
    return Markup(safe)  # noqa: S704 - cleaned one line above


@pass_context
def said(context: Context, message: str | None) -> str:
    """A msgid that came as a value (a label, a choice), in the reader's language; plain text, so it is escaped."""
    return translations(context.get("locale", "en")).gettext(message) if message else ""


def short(text: str | None, length: int = 160) -> str:
    """The beginning, cut between words."""
    words = " ".join((text or "").split())
    if len(words) <= length:
        return words
    return words[:length].rsplit(" ", 1)[0] + "…"


_BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
}
_SYSTEMS = {"Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "Mac OS": "macOS"}


def device(user_agent: str | None) -> str:
    """Chrome, Android: what a person would call the device behind a User-Agent; "" when it says nothing we know."""
    text = user_agent or ""
    browser = next((name for mark, name in {**_BROWSERS, "Safari": "Safari"}.items() if mark in text), "")
    system = next((name for mark, name in {**_SYSTEMS, "Linux": "Linux"}.items() if mark in text), "")
    return ", ".join(part for part in (browser, system) if part)


def words(locale: str) -> dict[str, Any]:
    """What templates of one language say words with: `_()` for plain text, gettext and ngettext for {% trans %}.

    As Jinja's own, with two differences: `_()` escapes its message (a label may be somebody's words), and what has no
    variables is made once, since a page says fifty such things.
    """
    catalogue = translations(locale)

    @lru_cache(maxsize=4_096)
    def text(message: str) -> Markup:
        return escape(catalogue.gettext(message) if message else "")

    @lru_cache(maxsize=4_096)
    def markup(message: str) -> Markup:
        return Markup(catalogue.gettext(message))  # noqa: S704 - written in a template

    def say(message: str, /, **values: Any) -> Markup:
        return text(message) % values if values else text(message)

    def gettext(message: str, /, **values: Any) -> Markup:
        return markup(message) % values

    def ngettext(one: str, many: str, count: int, /, **values: Any) -> Markup:
        return Markup(catalogue.ngettext(one, many, count)) % {"num": count, **values}  # noqa: S704 - as above

    return {"_": say, "gettext": gettext, "ngettext": ngettext}


@pass_context
def named(context: Context, name: str) -> str:
    """A person's name; of somebody who deleted her account what is said instead, in the reader's language."""
    return said(context, name) if name == LEFT else name


FILTERS: dict[str, Any] = {
    "device": device,
    "money": money,
    "date": date,
    "datetime": date_and_time,
    "month": month,
    "relative": relative,
    "markdown": markdown,
    "said": said,
    "named": named,
    "short": short,
}
