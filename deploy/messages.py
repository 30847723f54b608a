"""Bring the catalogues up to date with the words of the code (`make messages`): what is new stands there without a
translation, what is gone is dropped. Neither dates nor line numbers are written, so nothing changes where no words did.
"""

import sys
import tomllib
from io import BytesIO
from itertools import takewhile
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"src", "templates"}
KEPT_HEADERS = ("Language:", "Plural-Forms:", "MIME-Version:", "Content-Type:", "Content-Transfer-Encoding:")
Found = tuple[str, int, Any]


def main() -> int:
    found = extracted()
    for path in sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po")):
        catalogue = merged(read(path), found)
        path.write_bytes(written(catalogue))
        empty = [message.id for message in catalogue if message.id and not is_said(message)]
        print(f"{path.relative_to(ROOT)}: {len(catalogue)} messages, {len(empty)} without a translation")
        for msgid in empty:
            print("  ", msgid)
    return 0


def extracted(root: Path = ROOT) -> list[Found]:
    """(file, line, msgid; two of them where there is a plural) of all messages, by file and line."""
    mappings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["babel"]["mappings"]
    methods = [(each["pattern"], each["method"]) for each in mappings]
    options = {each["pattern"]: each for each in mappings}

    def is_ours(folder: str) -> bool:
        return Path(folder).relative_to(root).parts[0] in FOLDERS

    keywords = {**DEFAULT_KEYWORDS, "N_": None}
    rows = extract_from_dir(root, methods, options, keywords, directory_filter=is_ours)
    return sorted(((file, line, msgid) for file, line, msgid, *_ in rows), key=lambda row: row[:2])


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parents[1].name, abort_invalid=True)
    lines = path.read_text(encoding="utf-8").splitlines()
    catalogue.header_comment = "\n".join(
        takewhile(lambda line: line.startswith("#"), lines)
    )  # Babel's would lose its lines
    return catalogue


def merged(old: Catalog, found: list[Found]) -> Catalog:
    """The messages of `found` with the translations of `old`."""
    new = Catalog(locale=old.locale, header_comment=old.header_comment, fuzzy=False)
    for file, line, msgid in found:
        known = old.get(msgid if isinstance(msgid, str) else msgid[0])
        new.add(
            msgid,
            string=known.string if known and known.id == msgid else None,
            locations=[(file, line)],
            user_comments=known.user_comments if known else (),
        )
    return new


def written(catalogue: Catalog) -> bytes:
    """The text of the .po file; of the header only what does not change with the day."""
    file = BytesIO()
    write_po(file, catalogue, width=0, sort_by_file=True, include_lineno=False)
    head, blank, rest = file.getvalue().decode().partition("\n\n")
    lines = [line for line in head.split("\n") if not line.startswith('"') or line[1:].startswith(KEPT_HEADERS)]
    return ("\n".join(lines) + blank + rest).rstrip("\n").encode() + b"\n"


def is_said(message: Any) -> bool:
    said = message.string
    return all(said) if isinstance(said, tuple) else bool(said)


if __name__ == "__main__":
    sys.exit(main())
