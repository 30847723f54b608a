"""Make the lock files anew (`make lock`): for every platform, with hashes, no addresses, and the download's size."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = ["uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes"]
COMPILE += ["--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links"]
LOCKS = {
    "run": ["pyproject.toml", "deploy/requirements/build.in"],
    "dev": [
        "pyproject.toml",
        "deploy/requirements/build.in",
        "--extra",
        "dev",
        "--constraint",
        "deploy/requirements/run.txt",
    ],
    "node": ["deploy/requirements/node.in"],
}


def main(options: list[str]) -> None:
    """`options` go to uv: --upgrade, or --upgrade-package NAME."""
    for name, sources in LOCKS.items():
        target = ROOT / "deploy" / "requirements" / f"{name}.txt"
        run([*COMPILE, *options, *sources, "--output-file", str(target)])
        lines = [line for line in target.read_text().splitlines(keepends=True) if not line.startswith("# download:")]
        target.write_text(
            f"# download: {download_megabytes(target)} MB on this kind of machine: {machine()}\n" + "".join(lines)
        )
    run(["npm", "install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved=true"])
    without_addresses(ROOT / "package-lock.json")


def download_megabytes(lock: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        run(
            [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "--require-hashes",
                "-r",
                str(lock),
                "-d",
                folder,
            ]
        )
        return round(sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6)


def machine() -> str:
    import platform

    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"


def without_addresses(path: Path) -> None:
    lock = json.loads(path.read_text())
    for package in lock["packages"].values():
        package.pop("funding", None)
        package.pop("resolved", None)
    path.write_text(json.dumps(lock, indent=2) + "\n")


def run(command: list[str]) -> None:
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
