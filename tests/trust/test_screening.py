"""The screening finds lures and scams in three languages and leaves real work alone."""

import json
import re
from pathlib import Path

import pytest
from bench.screening import CORPUS, HALVES, measure, wilson

from marketplace.trust.phones import find_phone
from marketplace.trust.screening import SAID, rules, screen

PHONES = (
    "0300 1234567",
    "03001234567",
    "0300-123-45-67",
    "+92 300 1234567",
    "0092 300 1234567",
    "923001234567",
    "0 3 0 0 1 2 3 4 5 6 7",
    "o3oo 1234567",
    "O3OO-l234567",
    "zero three zero zero one two three four five six seven",
    "zero three double zero one two three four five six seven",
    "sifar teen sifar sifar ek do teen char panch che saat",
    "صفر تین صفر صفر ایک دو تین چار پانچ چھ سات",
    "۰۳۰۰ ۱۲۳۴۵۶۷",
    "٠٣٠٠١٢٣٤٥٦٧",
    "061-4512345",
    "+44 20 7946 0958",
    "call 3001234567",
)
NOT_PHONES = (
    "PKR 50,000 to 75,000",
    "2026-11-22, 14:00 to 16:00",
    "1,200 invoices of 2024",
    "PK36 SCBL 0000 0011 2345 6702",
    "PK36SCBL0000001123456702",
    "36302-1234567-1",
    "order 0312345, invoice 20261122-0301",
    "version 3.11.4 on 192.168.100.101",
    "one two three, do teen revisions",
    "10.1000/xyz123 and 978-3-16-148410-0",
    "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    "5 to 9 years, 40 hours, 2 to 3 people",
    "USD 1234567890",
)


@pytest.mark.parametrize("text", PHONES)
def test_phone_numbers_in_figures_words_and_three_scripts(text: str) -> None:
    assert "phone" in [signal.rule for signal in screen(f"You reach me under {text}, thank you.", place="message")]


@pytest.mark.parametrize("text", NOT_PHONES)
def test_prices_dates_ids_and_accounts_are_no_phone_numbers(text: str) -> None:
    assert find_phone(text.casefold()) is None
    assert screen(text, place="message") == []


def test_disguised_words_are_found_and_figures_are_not() -> None:
    for text in ("w h a t s a p p", "W.h.a.t.s.A.p.p", "wh4ts4pp", "t3legram", "T e l e g r a m"):
        assert "disguised" in [signal.rule for signal in screen(f"me on {text} please", place="posting")], text
    for text in ("a b c d e f", "html5 css3 es2024", "1 2 3 4 5", "i18n l10n a11y"):
        assert screen(text, place="posting") == [], text


def test_a_message_is_warned_of_and_never_held_for_a_contact_alone() -> None:
    for text in ("my number is 0300 1234567", "contact me on WhatsApp", "mail ali@example.com"):
        assert {signal.severity for signal in screen(text, place="message")} == {"warn"}, text
    assert [signal.severity for signal in screen("contact us on WhatsApp only", place="posting")] == ["hold"]


def test_a_no_before_it_makes_a_fee_harmless() -> None:
    assert screen("There is no registration fee to pay here, 100 % free of charge.", place="posting") == []
    assert screen("The registration fee of 500 rupees is due now.", place="posting")[0].rule == "fee"


def test_an_excerpt_is_short_and_a_long_text_is_quick() -> None:
    [signal, *_] = screen("pay the registration fee of rs. 500 " + "and more " * 5_000, place="posting")
    assert len(signal.excerpt) <= 90


def test_every_rule_has_words_for_reader_and_writer_and_fires_somewhere() -> None:
    named = {rule.id for rule in rules()} | {"phone", "disguised"}
    assert named == set(SAID)
    assert all(said and mend for said, mend in SAID.values())
    assert all(rule.places for rule in rules())


FLOORS = {
    ("tuning", "en"): (0.95, 0.85),
    ("tuning", "roman"): (0.95, 0.93),
    ("tuning", "ur"): (0.95, 0.91),
    ("held_out", "en"): (0.92, 0.59),
    ("held_out", "roman"): (0.92, 0.68),
    ("held_out", "ur"): (0.92, 0.66),
}
"""Precision and recall of what is held, a little under what docs/measured.md says: they may not fall."""


@pytest.mark.parametrize("half", HALVES)
def test_precision_and_recall_hold_their_floors_in_every_language(half: str) -> None:
    tables = measure(half)
    for language in ("en", "roman", "ur"):
        table, (precision, recall) = tables[language], FLOORS[half, language]
        assert table.precision >= precision, (language, table.alarms)
        assert table.recall >= recall, (language, table.missed)


def test_the_corpus_is_large_enough_in_both_halves() -> None:
    tables = [measure(half)["all"] for half in HALVES]
    assert sum(table.scams for table in tables) >= 200
    assert sum(table.quiet + len(table.alarms) for table in tables) >= 500


def test_an_interval_is_wider_where_less_was_seen() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(9, 10) == pytest.approx((0.5958, 0.9821), abs=1e-4)  # Wilson 1927, as statistics tables print it
    assert wilson(90, 100) == pytest.approx((0.8256, 0.9448), abs=1e-4)


def test_the_corpus_is_labelled_and_says_nothing_twice() -> None:
    lines = [line for path in Path(CORPUS).glob("*.jsonl") for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [json.loads(line) for line in lines if line.strip()]
    assert all(row.keys() == {"text", "label", "language"} for row in rows)
    assert {row["label"] for row in rows} == {"scam", "real"}
    assert {row["language"] for row in rows} == {"en", "ur", "roman"}
    texts = [re.sub(r"\s+", " ", row["text"]) for row in rows]
    assert len(texts) == len(set(texts))
