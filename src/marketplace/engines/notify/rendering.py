"""Messages to words: templates/email/<message>/, in the reader's language and time zone."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urljoin
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, meta, select_autoescape
from markupsafe import Markup, escape

from marketplace.kernel.i18n import direction, known, translations
from marketplace.kernel.money import Money, format_money
from marketplace.kernel.paths import resource

GIVEN = frozenset({"_", "address", "direction", "locale", "site", "time_zone", "unsubscribe_address"})
"""What every template can use besides the values of its message."""

_BLANK_LINES = re.compile(r"\n\s*\n")
PARTS = ("subject.txt", "body.txt", "body.html")


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in words. `subject` is one line."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Site:
    """What a mail says about who sends it. `base_url` has no slash at its end."""

    name: str
    base_url: str


def messages() -> list[str]:
    """The names of all messages."""
    folder = resource("templates") / "email"
    return sorted(each.name for each in folder.iterdir() if (each / "subject.txt").is_file())


@cache
def needed(message: str) -> frozenset[str]:
    """The values that the templates of `message` use. Raises: jinja2.TemplateNotFound when there is no such message."""
    environment = _environment("en")
    names: set[str] = set()
    for part in PARTS:
        source, *_ = _loader().get_source(environment, f"email/{message}/{part}")
        names |= meta.find_undeclared_variables(environment.parse(source))
        names |= {"link"} if "{% block action %}" in source else set()
    return frozenset(names) - GIVEN


@cache
def needed_by_text(message: str) -> frozenset[str]:
    """The values that the SMS of `message` uses: of its sms.txt, else of its subject line."""
    environment = _environment("en")
    source, *_ = _loader().get_source(environment, _text_template(message))
    return frozenset(meta.find_undeclared_variables(environment.parse(source))) - GIVEN


@cache
def _text_template(message: str) -> str:
    folder = resource("templates") / "email" / message
    return f"email/{message}/{'sms.txt' if (folder / 'sms.txt').is_file() else 'subject.txt'}"


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """`values` as JSON keeps them: money as {"amount_minor", "currency"}, times as ISO 8601, ids as text."""
    return {name: _plain(value) for name, value in values.items()}


def headline(message: str, values: dict[str, Any], *, locale: str, time_zone: str) -> str:
    """The subject line alone: the text of a notice."""
    context = {**values, "locale": locale, "time_zone": time_zone}
    return _line(_environment(known(locale)).get_template(f"email/{message}/subject.txt").render(context))


def render(
    message: str, values: dict[str, Any], *, locale: str, time_zone: str, site: Site, unsubscribe: str = ""
) -> Rendered:
    """The whole mail. `values["link"]` is a path or a full address; `unsubscribe` is the address to end these mails."""
    locale = known(locale)
    environment = _environment(locale)
    context = {
        **values,
        "address": urljoin(f"{site.base_url}/", values.get("link") or ""),
        "direction": direction(locale),
        "locale": locale,
        "site": site,
        "time_zone": time_zone,
        "unsubscribe_address": unsubscribe,
    }
    parts = [environment.get_template(f"email/{message}/{part}").render(context) for part in PARTS]
    return Rendered(_line(parts[0]), _BLANK_LINES.sub("\n\n", parts[1]).strip() + "\n", parts[2])


def text_parts(message: str, values: dict[str, Any], *, locale: str, time_zone: str, site: Site) -> tuple[str, str]:
    """An SMS as (words, address): its sms.txt, which says the address itself if it wants one, else its subject line
    and the address of `values["link"]`.
    """
    locale = known(locale)
    link = values.get("link") or ""
    address = urljoin(f"{site.base_url}/", link) if link else ""
    context = {**values, "address": address, "locale": locale, "site": site, "time_zone": time_zone}
    template = _text_template(message)
    words = _line(_environment(locale).get_template(template).render(context))
    return (words, "") if template.endswith("sms.txt") else (f"{site.name}: {words}", address)


@cache
def _loader() -> FileSystemLoader:
    return FileSystemLoader(resource("templates"))


@cache
def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=_loader(),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    catalogue = translations(locale)
    environment.install_gettext_translations(catalogue, newstyle=True)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - added by the extension
    environment.filters["money"] = _money_in_urdu if direction(locale) == "rtl" else _money
    environment.filters["when"] = _when
    environment.filters["paragraphs"] = _paragraphs
    return environment


def _money(value: dict[str, Any]) -> str:
    return format_money(Money(value["amount_minor"], value["currency"]))


def _money_in_urdu(value: dict[str, Any]) -> str:
    """In a left-to-right isolate (Unicode Annex 9): an amount keeps its order inside Urdu."""
    return f"\u2066{_money(value)}\u2069"


def _when(value: str, time_zone: str, locale: str) -> str:
    """`12 Dec 2026, 14:00 (PKT)`; in Urdu with its comma, in a right-to-left isolate: from the day on."""
    moment = datetime.fromisoformat(value).astimezone(ZoneInfo(time_zone))
    pattern, order = ("d MMM y، HH:mm", "\u2067{}\u2069") if direction(locale) == "rtl" else ("d MMM y, HH:mm", "{}")
    words = format_datetime(moment, pattern, locale=locale, tzinfo=ZoneInfo(time_zone))
    return order.format(f"{words} ({moment.tzname()})")


def _paragraphs(value: str) -> Markup:
    """What a person wrote, with its line breaks, safe in HTML."""
    return Markup("<br>").join(escape(line) for line in value.splitlines())


def _line(text: str) -> str:
    return " ".join(text.split())


def _plain(value: Any) -> Any:
    match value:
        case Money():
            return {"amount_minor": value.amount_minor, "currency": value.currency}
        case datetime():
            assert value.tzinfo is not None
            return value.astimezone(UTC).isoformat()
        case UUID():
            return str(value)
        case _:
            return value
