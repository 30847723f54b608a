"""Folding makes one spelling of many, keeps nothing twice, and never fails."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.engines.search.folding import fold, joined_forms, searchable, words

TEXTS = st.text(max_size=40)


@given(TEXTS)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@given(TEXTS)
def test_words_are_folded_and_never_empty(text):
    for word in words(text):
        assert word and not word.isspace() and words(word) == [word]


@given(TEXTS, TEXTS)
def test_words_of_two_texts_are_the_words_of_both(left, right):
    assert words(f"{left} {right}") == words(left) + words(right)


@given(TEXTS)
def test_what_is_searchable_begins_with_the_words(text):
    assert searchable(text).split()[: len(words(text))] == words(text)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("ڈيزائنر", "ڈیزائنر"),
        ("لاهور", "لاہور"),
        ("ويب", "ویب"),
        ("كام", "کام"),
        ("اكيڈمي", "اکیڈمی"),
        ("۲۰۲۵", "2025"),
        ("٢٠٢٥", "2025"),
        ("مؤثر", "موثر"),
        ("آن", "ان"),
        ("أحمد", "احمد"),
        ("قائدۂ", "قائدہ"),
        ("ســلائی", "سلائی"),
        ("آن\u200cلائن", "آنلائن"),
        ("اُردو", "اردو"),
        ("Résumé", "resume"),
        ("ＳＥＯ", "seo"),
        ("WORDPRESS", "wordpress"),
    ],
)
def test_equal_spellings(typed, stored):
    assert fold(typed) == fold(stored)


def test_barred_letters_stay_apart():
    assert fold("ے") != fold("ی")
    assert fold("ٹ") != fold("ت")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C++ and C#", ["c++", "and", "c#"]),
        (".NET core", [".net", "core"]),
        ("ASP.NET", ["asp", ".net"]),
        ("node.js", ["node", "js"]),
        ("snake_case", ["snake", "case"]),
        ("", []),
        ("...!", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("node.js", ["nodejs"]),
        ("e-commerce shop", ["ecommerce"]),
        ("UI/UX", ["uiux"]),
        ("ASP.NET", ["aspnet"]),
        ("24/7", []),
        ("one two", []),
        ("a-b-c d.e", ["abc", "de"]),
    ],
)
def test_joined_forms(text, expected):
    assert joined_forms(text) == expected


def test_lists_and_nothing_are_searchable_too():
    assert searchable(["Node.js", "وردپریس"]) == "node js وردپریس nodejs"
    assert searchable(None) == ""
