"""Our stylesheets, scripts, pictures and fonts: read once, named by their content, kept by browsers for a year."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"
NEEDED = ("vendor/htmx.min.js", "vendor/pico.min.css", "vendor/noto-naskh-urdu.woff2", "vendor/jsqr.js")
_COMPRESSED_ELSEWHERE = (".br", ".gz")
_TEXT = (".css", ".js", ".svg", ".txt", ".json", ".webmanifest")


class MissingAssets(RuntimeError):
    """Files that are fetched at set-up are not there."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file in the forms in which it can be sent; `bodies` maps content codings to bytes ("" is plain)."""

    address: str
    media_type: str
    etag: str
    bodies: dict[str, bytes]

    def best(self, accepted: str) -> tuple[str, bytes]:
        """The smallest form the browser takes, and its coding."""
        codings = {part.split(";", 1)[0].strip() for part in accepted.split(",")}
        fitting = [coding for coding in self.bodies if not coding or coding in codings]
        chosen = min(fitting, key=lambda coding: len(self.bodies[coding]))
        return chosen, self.bodies[chosen]


class Assets:
    """All files under static/, by name and by hashed name. Only what was found at start can be asked for."""

    def __init__(self, folder: Path = FOLDER) -> None:
        missing = [name for name in NEEDED if not (folder / name).is_file()]
        if missing:
            raise MissingAssets(f"{', '.join(missing)}: not there. Run `make setup` (it fetches the browser files).")
        self._by_name = {name: _read(path, name) for name, path in sorted(_files(folder).items())}
        self._by_address = {asset.address: asset for asset in self._by_name.values()}

    def url(self, name: str) -> str:
        """The address of a file, in pages `asset("app.css")`. Raises: KeyError for a file that is not there."""
        return f"/static/{self._by_name[name].address}"

    def find(self, address: str) -> tuple[Asset | None, bool]:
        """The file at an address below /static/, and whether the address names its very content."""
        if found := self._by_address.get(address):
            return found, True
        if found := self._by_name.get(address):
            return found, False
        stem, dot, rest = address.rpartition("/")
        first, *middle, last = rest.split(".") if rest.count(".") >= 2 else (rest, "")
        former = f"{stem}{dot}{'.'.join([first, *middle[:-1], last])}"  # a page older than the last release asks so
        return self._by_name.get(former), False


@cache
def assets() -> Assets:
    """Those of this process. Raises: MissingAssets when set-up was not run."""
    return Assets()


def _files(folder: Path) -> dict[str, Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(folder).as_posix(): path for path in found if path.suffix not in _COMPRESSED_ELSEWHERE}


def _read(path: Path, name: str) -> Asset:
    body = path.read_bytes()
    digest = hashlib.sha256(body).hexdigest()[:12]
    bodies = {"": body}
    for coding, suffix in (("br", ".br"), ("gzip", ".gz")):
        twin = path.with_name(path.name + suffix)
        if twin.is_file() and twin.stat().st_mtime >= path.stat().st_mtime:
            bodies[coding] = twin.read_bytes()
    if "gzip" not in bodies and path.suffix in _TEXT:
        bodies["gzip"] = gzip.compress(body, 9, mtime=0)
    stem, _, suffix = name.rpartition(".")
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(f"{stem}.{digest}.{suffix}", media_type, f'"{digest}"', bodies)
