"""The browser files that set-up puts into the package, and the wheel that carries them."""

import gzip
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "src/marketplace/web/static/vendor"
FONT_LIMIT_BYTES = 16 * 1024
ALPHABET = "آابپتٹثجچحخدڈذرڑزژسشصضطظعغفقکگلمنںوؤہھۂۃءیئےۓ"
DIGITS_AND_SIGNS = "۰۱۲۳۴۵۶۷۸۹،؛؟۔٪"


def test_they_are_there_and_none_is_committed() -> None:
    assert {"htmx.min.js", "pico.min.css", "noto-naskh-urdu.woff2"} <= {path.name for path in VENDOR.iterdir()}
    listed = subprocess.run(["git", "ls-files", str(VENDOR)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert listed.stdout == ""


def test_the_font_is_small_and_writes_urdu() -> None:
    ttlib = pytest.importorskip("fontTools.ttLib", reason="fonttools is in the build set")
    path = VENDOR / "noto-naskh-urdu.woff2"
    assert path.stat().st_size <= FONT_LIMIT_BYTES
    with ttlib.TTFont(path) as font:
        known = {chr(code) for code in font.getBestCmap()}
        assert set(ALPHABET + DIGITS_AND_SIGNS) - known == set()
        assert {"init", "medi", "fina"} <= {
            record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord
        }


@pytest.mark.parametrize("name", ["htmx.min.js", "pico.min.css"])
def test_compressed_twins_hold_the_same(name: str) -> None:
    brotli = pytest.importorskip("brotli", reason="brotli is in the build set")
    plain = (VENDOR / name).read_bytes()
    assert gzip.decompress((VENDOR / f"{name}.gz").read_bytes()) == plain
    assert brotli.decompress((VENDOR / f"{name}.br").read_bytes()) == plain


@pytest.mark.slow
def test_the_wheel_carries_pages_tables_and_browser_files(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    for folder in ("templates", "migrations", "search"):
        ours = {
            f"marketplace/{path.relative_to(ROOT)}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert ours
        assert ours - names == set()
    for name in ("htmx.min.js", "pico.min.css.br", "noto-naskh-urdu.woff2"):
        assert f"marketplace/web/static/vendor/{name}" in names
    for catalogue in ROOT.glob("locale/*/LC_MESSAGES/*.po"):
        assert f"marketplace/{catalogue.relative_to(ROOT).with_suffix('.mo')}" in names
    assert [name for name in names if name.startswith(("tests/", "node_modules/"))] == []
