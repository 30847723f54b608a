"""Rows become cards: links, words in the reader's language, Markdown without its marks."""

from datetime import timedelta
from uuid import uuid4

import pytest

from marketplace.discovery.listing import GigRow, PersonRow
from marketplace.kernel.money import Money
from marketplace.skills.taxonomy import SkillName
from marketplace.web.cards import gig_card, initials, person_card, plain
from marketplace.web.samples import NOW


@pytest.mark.parametrize(
    ("markdown", "said"),
    [
        ("# Task\n\nA **small** shop.", "Task A small shop."),
        ("- one\n- two\n1. three", "one two three"),
        ("See [our page](https://example.org/x) now", "See our page now"),
        ("> quoted `code` _here_", "quoted code here"),
        ("2 * 3 is 6; snake case", "2 * 3 is 6; snake case"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("", ""),
    ],
)
def test_an_excerpt_is_text_without_marks(markdown: str, said: str) -> None:
    assert plain(markdown) == said


def test_initials_are_of_the_first_and_the_last_name() -> None:
    assert [initials(name) for name in ("Ayesha Bibi Khan", "Hina", "")] == ["AK", "H", ""]


def test_a_gig_card_speaks_the_readers_language() -> None:
    row = GigRow(
        **{"id": uuid4(), "slug": "logo-2kd9", "title": "Logo", "organisation": "Agri", "excerpt": "**Two** hues"},
        **{"pay_kind": "fixed", "pay_min": Money(5_000, "USD"), "pay_max": Money(9_000, "USD"), "is_remote": True},
        **{"district": None, "published_at": NOW, "closes_at": NOW + timedelta(days=9), "answer_by": None},
        **{"language": "en", "skills": (SkillName("figma", "Figma", "فگما"),), "level": "mid"},
    )  # fmt: skip
    assert (gig_card(row, "ur").skills, gig_card(row, "en").about) == (("فگما",), ("Experienced",))
    card = gig_card(row, "en", reasons=("1 of 1 skills is yours",))
    assert (card.href, card.excerpt, card.reasons) == (
        "/gigs/logo-2kd9",
        "Two hues",
        ("1 of 1 skills is yours",),
    )


def test_a_person_card_leads_to_her_profile() -> None:
    row = PersonRow(
        **{"id": uuid4(), "user_id": uuid4(), "handle": "ayesha", "name": "Ayesha", "headline": "Shops that load fast"},
        **{"excerpt": "", "rate": Money(1_200, "USD"), "hours_a_week": 30, "languages": ("ur",), "district": None},
        **{"has_photo": False, "away_until": None, "skills": ()},
    )  # fmt: skip
    card = person_card(row, "en")
    assert (card.href, card.initials, card.place) == ("/people/ayesha", "A", None)
