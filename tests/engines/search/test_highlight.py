"""Highlighting marks what was found and loses no letter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.engines.search.highlight import highlight


def marked(text, query):
    return [piece.text for piece in highlight(text, query) if piece.is_hit]


@given(st.text(max_size=60), st.text(max_size=20))
def test_pieces_join_to_the_text(text, query):
    assert "".join(piece.text for piece in highlight(text, query)) == text


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("WordPress developer", "wordpress", ["WordPress"]),
        ("WordPress developer", "wordp dev", ["WordPress", "developer"]),
        ("A Shopify store", "shpoify", ["Shopify"]),
        ("A Shopify store", "shopfy", ["Shopify"]),
        ("ڈیزائنر درکار", "ڈيزائنر", ["ڈیزائنر"]),
        ("C++ or C", "c++", ["C++"]),
        ("Art and craft", "a", []),
        ("<b>logo</b>", "logo", ["<b>logo</b>"]),
        ("nothing here", "", []),
    ],
)
def test_marks(text, query, expected):
    assert marked(text, query) == expected
