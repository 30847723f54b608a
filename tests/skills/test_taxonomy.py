"""The taxonomy's files are whole, and the type-ahead understands what people here type."""

import re

import pytest

from marketplace.engines.search.folding import fold
from marketplace.kernel.paths import resource
from marketplace.skills.taxonomy import SkillName, known_skills, read_taxonomy, resolve, suggestions

ENTRIES = read_taxonomy(resource("search") / "skills")
NAMES = [SkillName(entry.slug, entry.name_en, entry.name_ur, entry.aliases) for entry in ENTRIES]


def test_every_skill_is_complete():
    assert len(ENTRIES) >= 200
    for entry in ENTRIES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.slug), entry.slug
        assert entry.name_en.strip() and re.search(r"[\u0600-\u06ff]", entry.name_ur), entry.slug
        assert entry.uri is None or entry.uri.startswith("http://data.europa.eu/esco/skill/"), entry.slug


def test_no_two_skills_share_a_name():
    for names in ([fold(entry.name_en) for entry in ENTRIES], [fold(entry.name_ur) for entry in ENTRIES]):
        assert len(names) == len(set(names))


def test_parents_come_before_their_children():
    seen: set[str] = set()
    for entry in ENTRIES:
        assert entry.parent is None or entry.parent in seen
        seen.add(entry.slug)


def test_a_missing_parent_is_named(tmp_path):
    (tmp_path / "a.toml").write_text('[[skill]]\nslug="a"\nen="A"\nur="ا"\nparent="nowhere"\n', encoding="utf-8")
    with pytest.raises(ValueError, match="nowhere"):
        read_taxonomy(tmp_path)


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("wp", "wordpress"),
        ("WordP", "wordpress"),
        ("word press", "wordpress"),
        ("js", "javascript"),
        ("seo", "seo"),
        ("silai", "tailoring"),
        ("karhai", "embroidery"),
        ("سلائی", "tailoring"),
        ("سلائي", "tailoring"),
        ("ورڈ", "wordpress"),
        ("node js", "nodejs"),
        ("nodejs", "nodejs"),
        ("c++", "cpp"),
        ("va", "virtual-assistance"),
        ("tarjuma", "translation"),
        ("photoshop", "adobe-photoshop"),
    ],
)
def test_type_ahead_finds(typed, slug):
    assert slug in [skill.slug for skill in suggestions(NAMES, typed, 3)]


def test_type_ahead_puts_the_whole_name_first_and_keeps_the_limit():
    assert suggestions(NAMES, "react", 8)[0].slug == "react"
    assert len(suggestions(NAMES, "d", 8)) == 8
    assert suggestions(NAMES, "   ", 8) == []
    assert suggestions(NAMES, "zzzz", 8) == []


@pytest.mark.parametrize(
    ("typed", "slugs", "unknown"),
    [
        (["wordpress"], ["wordpress"], []),
        (["WordPress, seo", "silai"], ["wordpress", "seo", "tailoring"], []),
        (["سلائي"], ["tailoring"], []),
        (["wp", "WordPress"], ["wordpress"], []),
        (["juggling, css,, "], ["css"], ["juggling"]),
        (["C#", "C++"], ["csharp", "cpp"], []),
        ([], [], []),
    ],
)
def test_typed_names_become_slugs(typed, slugs, unknown):
    assert resolve(typed) == (slugs, unknown)


def test_every_name_resolves_to_its_skill():
    for skill in known_skills().values():
        assert resolve([skill.name_en]) == ([skill.slug], [])
        assert resolve([skill.name_ur]) == ([skill.slug], [])
