"""Dates, distances and amounts inside Urdu."""

from datetime import UTC, datetime, timedelta

import pytest

from marketplace.engines.notify.rendering import Site, render
from marketplace.kernel.i18n import translations
from marketplace.web.templates import environments

AT = datetime(2026, 12, 12, 9, 0, tzinfo=UTC)


def _said(source: str, **context: object) -> str:
    return environments(reloads=True)["ur"].from_string(source).render(locale="ur", **context)


def test_a_date_reads_from_its_day_on_whatever_stands_before_it() -> None:
    assert _said("{{ at|date }}", at=AT) == "\u206712 دسمبر 2026\u2069"
    assert _said("{{ at|datetime }}", at=AT) == "\u206712 دسمبر 2026، 14:00 (PKT)\u2069"


def test_a_date_in_a_mail_reads_the_same() -> None:
    values = {"gig": "A", "count": 2, "answer_by": AT.isoformat(), "link": "/x"}
    mail = render("answers_due", values, locale="ur", time_zone="Asia/Karachi", site=Site("Hunar", "https://h.example"))
    assert "\u206712 دسمبر 2026، 14:00 (PKT)\u2069" in mail.text


@pytest.mark.parametrize(
    ("distance", "said"),
    [
        (timedelta(days=3), "3 دن بعد"),
        (timedelta(days=14), "2 ہفتے بعد"),
        (timedelta(hours=-2), "2 گھنٹے پہلے"),
        (timedelta(days=-3), "3 دن پہلے"),
        (timedelta(days=-1), "1 دن پہلے"),
    ],
)
def test_a_distance_is_said_as_people_say_it(distance: timedelta, said: str) -> None:
    assert _said("{{ at|relative }}", at=AT + distance, now=AT) == said


def test_one_and_many_are_told_apart() -> None:
    counted = [translations("ur").ngettext("%(count)s gig", "%(count)s gigs", n) for n in (0, 1, 2)]
    assert counted == ["%(count)s گگیں", "%(count)s گگ", "%(count)s گگیں"]


def test_what_has_no_urdu_is_said_in_english() -> None:
    assert translations("ur").gettext("Nobody wrote this.") == "Nobody wrote this."
