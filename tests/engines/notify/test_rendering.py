"""Every message has words in both languages, and says nothing that a stranger put into its HTML or its headers."""

import pytest

from marketplace.engines.notify.rendering import Site, headline, messages, needed, plain, render
from marketplace.kernel.money import Money
from tests.engines.notify.samples import SAMPLES

SITE = Site("Hunar", "https://hunar.example")


def rendered(message: str, locale: str, **changes: object):
    return render(
        message,
        plain({**SAMPLES, **changes}),
        locale=locale,
        time_zone="Asia/Karachi",
        site=SITE,
        unsubscribe="https://hunar.example/unsubscribe/x",
    )


@pytest.mark.parametrize("locale", ["en", "ur"])
def test_every_message_renders_in_every_language(locale: str) -> None:
    for message in messages():
        words = rendered(message, locale)

        assert 0 < len(words.subject) < 120, message
        assert "\n" not in words.subject, message
        assert "{" not in words.subject + words.text, message
        assert f'dir="{"rtl" if locale == "ur" else "ltr"}"' in words.html, message
        assert f'lang="{locale}"' in words.html, message
        assert "https://hunar.example/unsubscribe/x" in words.text, message
        assert "https://hunar.example/unsubscribe/x" in words.html, message


def test_the_sample_covers_exactly_what_messages_use() -> None:
    missing = {message: lacks for message in messages() if (lacks := needed(message) - SAMPLES.keys())}
    assert missing == {}


def test_a_message_with_a_link_shows_its_full_address() -> None:
    # The contact of a meeting is no user: that mail says what to do, and leads nowhere but out of the list.
    for message in messages():
        if "link" not in needed(message) or message == "meeting_overdue":
            continue
        words = rendered(message, "en", link="/contracts/1?a=1&b=2")

        assert "https://hunar.example/contracts/1?a=1&b=2" in words.text, message
        assert 'href="https://hunar.example/contracts/1?a=1&amp;b=2"' in words.html, message


def test_text_of_others_stays_text_in_html() -> None:
    words = rendered("revision_asked", "en", organisation="<b>Bad</b>", missing="<script>x</script>\nline two")

    assert "<script>" not in words.html
    assert "<b>Bad" not in words.html
    assert "&lt;script&gt;x&lt;/script&gt;<br>line two" in words.html
    assert "<b>Bad</b>" in words.text


def test_a_subject_is_one_line_whatever_it_says() -> None:
    words = rendered("gig_filled", "en", gig="Logo\r\nBcc: all@example.com")

    assert words.subject == "“Logo Bcc: all@example.com” went to somebody else"


def test_the_number_decides_about_the_plural() -> None:
    assert rendered("answers_due", "en", count=1).subject.startswith("One proposal")
    assert rendered("answers_due", "en", count=3).subject.startswith("3 proposals")


def test_money_and_times_are_said_in_full() -> None:
    words = rendered("milestone_funded", "en", amount=Money(100_00, "USD"), fee=Money(10_00, "USD"))

    assert "USD 100 is held for you" in words.text
    assert "12 Dec 2026, 14:00 (PKT)" in words.text


def test_the_text_has_paragraphs_and_a_signature() -> None:
    assert rendered("password_changed", "en").text == (
        "Hello Ayesha Khan,\n\n"
        "Your password was changed and your other devices were signed out.\n\n"
        "If it was not you, set a new password at once.\n\n"
        "Set a new password:\nhttps://hunar.example/contracts/1\n\n"
        "-- \nHunar\n\n"
        "Stop mails of this kind: https://hunar.example/unsubscribe/x\n"
    )


def test_the_headline_is_the_subject() -> None:
    values = plain(SAMPLES)

    for message in messages():
        line = headline(message, values, locale="en", time_zone="Asia/Karachi")
        assert line == rendered(message, "en").subject


def test_a_missing_value_is_found_when_the_mail_is_written() -> None:
    assert needed("proposal_sent") >= {"gig", "organisation", "amount", "net", "link"}
    assert "time_zone" not in needed("milestone_funded")
