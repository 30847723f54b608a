"""Typed words and written text to skills: likeness with a figure, names as they stand, nothing for nonsense."""

import pytest

from marketplace.skills.linking import SURE, Linker, taxonomy_linker


@pytest.mark.parametrize(("typed", "slug"), [
    ("wordpres developer", "wordpress"), ("logo desgin", "logo-design"), ("silaai", "tailoring"),
    ("ویب ڈویلپمنٹ", "web-development"), ("social media marketing expert", "social-media-marketing"),
])  # fmt: skip
def test_what_people_type_is_linked(typed, slug):
    best = taxonomy_linker().link(typed)[0]
    assert best.slug == slug and SURE <= best.confidence <= 1


@pytest.mark.parametrize("typed", ["", "zzzz", "!!", "qwxyzv"])
def test_nonsense_is_not(typed):
    assert all(link.confidence < SURE for link in taxonomy_linker().link(typed))


def test_a_name_itself_is_sure():
    assert taxonomy_linker().link("WordPress")[0].confidence == pytest.approx(1)


def test_names_in_a_text_are_found_in_their_order_the_longest_first():
    text = "We need a Shopify store with good SEO, a logo design and Google Ads; node.js helps."
    assert taxonomy_linker().mentioned(text) == ["shopify", "seo", "logo-design", "google-ads", "nodejs"]
    linker = Linker({"design": ["design"], "logo": ["logo design"]})
    assert linker.mentioned("Logo design, then design") == ["logo", "design"]
