"""The documentation can't rot: every setting and command is told, every picture and link is there."""

import re
from pathlib import Path

import pytest

from marketplace.cli import main

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_every_setting_is_documented() -> None:
    config = (ROOT / "src/marketplace/kernel/config.py").read_text(encoding="utf-8")
    settings = set(re.findall(r'"((?:MARKETPLACE|DATABASE|MIGRATION|MEILI|STRIPE|SMTP|SMS|MAIL)_[A-Z_]+)"', config))
    told = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert len(settings) > 20
    assert sorted(name for name in settings if name not in told) == []


def test_every_command_is_documented() -> None:
    told = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    assert sorted(name for name in main.commands if f"`marketplace {name}" not in told) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_and_pictures_are_there(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_pictures_are_small() -> None:
    pictures = [p for p in (ROOT / "docs").rglob("*") if p.suffix in (".png", ".webp", ".jpg")]
    assert [p.name for p in pictures if p.stat().st_size > 60_000] == []
