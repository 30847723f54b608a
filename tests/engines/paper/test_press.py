"""Documents as PDF: in both directions, each set once, and nothing in them is markup."""

import asyncio
import io
from pathlib import Path

import pytest
from pypdf import PdfReader

from marketplace.engines.paper import press as module
from marketplace.engines.paper.press import Document, Press, PressBusy
from marketplace.kernel.paths import resource

FONTS = resource("web/static/vendor")


def document(**changes: object) -> Document:
    given = {
        "language": "en",
        "direction": "ltr",
        "site": "Hunar",
        "title": "Statement",
        "facts": (("For", "Ayesha"),),
        "columns": (("What", False), ("Amount", True)),
        "rows": (("#panic[no] *bold* $x$ \\ @me", "USD 1,200.50"),),
        "totals": (("At the end", "USD 1,200.50"),),
        "notes": ("A note",),
    }
    return Document(**{**given, **changes})  # type: ignore[arg-type]


def words(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


async def test_what_is_given_stands_on_the_paper_as_text(tmp_path: Path) -> None:
    said = words(await Press(tmp_path, FONTS).pdf(document()))
    for each in ("Hunar", "Statement", "Ayesha", "#panic[no] *bold* $x$ \\ @me", "USD 1,200.50", "A note"):
        assert each in said, said


async def test_urdu_is_shaped_and_runs_right_to_left(tmp_path: Path) -> None:
    """Set with the joined forms of the Naskh font: no letter is missing from it."""
    title = "گوشوارہ: فری لانسر کی ادائیگیاں"
    pdf = await Press(tmp_path, FONTS).pdf(document(language="ur", direction="rtl", title=title))
    reader = PdfReader(io.BytesIO(pdf))
    fonts = {str(font["/BaseFont"]) for page in reader.pages for font in _fonts(page)}
    assert any("Naskh" in name for name in fonts), fonts
    assert "USD 1,200.50" in words(pdf)


def _fonts(page):
    return [each.get_object() for each in page["/Resources"]["/Font"].values()]


async def test_the_same_document_is_set_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await Press(tmp_path, FONTS).pdf(document())
    monkeypatch.setattr(module.typst, "compile", None)
    assert await Press(tmp_path, FONTS).pdf(document()) == first
    with pytest.raises(TypeError):
        await Press(tmp_path, FONTS).pdf(document(title="Another"))


async def test_who_comes_when_too_many_wait_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 1)
    press = Press(tmp_path, FONTS)
    done = await asyncio.gather(*(press.pdf(document(title=f"{n}")) for n in range(3)), return_exceptions=True)
    assert [type(each) for each in done] == [bytes, PressBusy, PressBusy]
