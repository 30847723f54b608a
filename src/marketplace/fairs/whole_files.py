"""A whole fair as four CSV files, one by one or in a zip: their columns, bytes to rows and back; pure.

UTF-8 with a byte order mark, so that a spreadsheet shows Urdu; comma or semicolon when read, comma when written. What
this house writes reads back and is written again byte for byte. A cell that a spreadsheet would take for a formula is
written with an apostrophe before it, and read without.
"""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_

FileName = Literal["employers", "tables", "candidates", "wishes"]
COLUMNS: dict[FileName, dict[str, str]] = {
    "employers": {
        "name": N_("As it stands at the booth; tables and wishes name it"),
        "label": N_("The booth’s number in the hall; may be empty"),
        "state": N_("approved, requested or invited; approved when it is empty"),
        "email": N_("May be empty"),
        "about": N_("What it hires for; may be empty"),
        "wants_tables": N_("How many tables it asks for; 1 when it is empty"),
        "arrives": N_("Like 10:30, or 2 10:30 on the second day; may be empty"),
        "leaves": N_("Like 10:30, or 2 10:30 on the second day; may be empty"),
        "languages": N_("Codes like ur|en; may be empty"),
        "skills": N_("Those it can’t do without, with | between them; may be empty"),
        "pay_from": N_("May be empty"),
        "pay_to": N_("The most it pays; compared with what candidates ask for"),
        "currency": N_("PKR when it is empty"),
        "pay_period": N_("month, hour, year or fixed; month when it is empty"),
        "note": N_("For you alone; may be empty"),
    },
    "tables": {
        "label": N_("As it stands at the table, like T1"),
        "employer": N_("The name of the employer, as in its file"),
        "room": N_("Made when the fair has no such room; may be empty"),
        "zone": N_("Rooms of one zone are near; may be empty"),
        "breaks": N_("Numbers of the slots in which it takes nobody, with | between them; may be empty"),
    },
    "candidates": {
        "number": N_("What is called at the fair; wishes name it"),
        "name": N_("The candidate’s name"),
        "phone": N_("Mobile number: the ticket goes there by SMS"),
        "email": N_("May be empty"),
        "state": N_("registered, confirmed or waiting; when it is empty a seat while there are any"),
        "language": N_("In which her messages come: ur or en; Urdu when it is empty"),
        "woman": N_("yes or no, for women-only hours; may be empty"),
        "newcomer": N_("yes when it would be the first job; may be empty"),
        "centre": N_("Which centre sends her; may be empty"),
        "district": N_("Its short name, like multan; may be empty"),
        "education": N_("May be empty"),
        "about": N_("What she can do, in one line; may be empty"),
        "skills": N_("With | between them; may be empty"),
        "languages": N_("Codes like ur|en; may be empty"),
        "pay_floor": N_("The least she asks for; may be empty"),
        "currency": N_("PKR when it is empty"),
        "pay_period": N_("month, hour, year or fixed; month when it is empty"),
        "companions": N_("How many come with her; may be empty"),
        "arrives": N_("Like 10:30, or 2 10:30 on the second day; may be empty"),
        "leaves": N_("Like 10:30, or 2 10:30 on the second day; may be empty"),
        "away": N_("When she is away between, like 12:00/13:00, with | between them; may be empty"),
        "sms": N_("no when she wants none; may be empty"),
    },
    "wishes": {
        "candidate": N_("The number of the candidate, as in its file"),
        "employer": N_("The name of the employer, as in its file"),
        "side": N_("Whose wish it is: candidate or employer"),
        "choice": N_("must, would or no"),
        "rank": N_("1 is wished most; may be empty"),
    },
}
"""What each file may say, and what each column means."""
NEEDED: dict[FileName, tuple[str, ...]] = {
    "employers": ("name",),
    "tables": ("label", "employer"),
    "candidates": ("number", "name"),
    "wishes": ("candidate", "employer", "side", "choice"),
}
MOST_ROWS: dict[FileName, int] = {"employers": 500, "tables": 2_000, "candidates": 20_000, "wishes": 200_000}
MOST_BYTES, MOST_UNPACKED = 8_000_000, 40_000_000
"""Of the zip, and of what is in it."""
NO_ZIP = N_("This is no zip with the files of a fair.")
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_TORN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError)
"""What zipfile says of damaged bytes: no zip, no deflate stream, cut off, impossible places or names, a password."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def rows_of(name: FileName, content: bytes) -> list[dict[str, str]]:
    """The lines of one file, each with its number under "line". Raises: Invalid for no such file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid.at(name, N_("Save the file as CSV in UTF-8 and send it again.")) from None
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        columns = [column.strip().lower() for column in next(reader, list[str]())]
        found = [
            {"line": str(reader.line_num), **dict(zip(columns, (_plain(cell) for cell in row), strict=False))}
            for row in reader
            if any(cell.strip() for cell in row)
        ]
    except csv.Error:
        raise Invalid.at(name, N_("This is no CSV file.")) from None
    if missing := [column for column in NEEDED[name] if column not in columns]:
        raise Invalid.at(name, N_("The first line must name the column “%(column)s”."), column=missing[0])
    if len(found) > MOST_ROWS[name]:
        raise Invalid.at(name, N_("At most %(most)s lines in one file."), most=MOST_ROWS[name])
    return found


def written(name: FileName, rows: Iterable[Mapping[str, str]]) -> bytes:
    """One file with all its columns."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS[name])
    for row in rows:
        writer.writerow([_safe(column, row.get(column, "").strip()) for column in COLUMNS[name]])
    return out.getvalue().encode("utf-8-sig")


def unpacked(content: bytes) -> dict[FileName, bytes]:
    """The files of a zip, in whatever folder they lie there. Raises: Invalid."""
    if len(content) > MOST_BYTES:
        raise Invalid.at("file", N_("This file is too big; up to 8 MB, please."))
    found: dict[FileName, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if _file_of(entry.filename)]
            if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
                raise Invalid.at("file", N_("This file is too big; up to 8 MB, please."))
            if any(entry.compress_type not in _PACKINGS for entry in entries):
                raise Invalid.at("file", NO_ZIP)
            for entry in entries:
                name = _file_of(entry.filename)
                assert name
                if name in found:
                    raise Invalid.at("file", N_("%(file)s is twice in this zip."), file=f"{name}.csv")
                found[name] = archive.read(entry)
    except _TORN:
        raise Invalid.at("file", NO_ZIP) from None
    return _some(found)


def packed(files: Mapping[FileName, bytes]) -> bytes:
    """A zip of them: the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in COLUMNS:
            if name in files:
                entry = zipfile.ZipInfo(f"{name}.csv", date_time=_LONG_AGO)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, files[name])
    return out.getvalue()


def read_path(path: Path) -> dict[FileName, bytes]:
    """A folder with the files, or a zip of them. Raises: Invalid."""
    if not path.is_dir():
        return unpacked(path.read_bytes())
    return _some({name: (path / f"{name}.csv").read_bytes() for name in COLUMNS if (path / f"{name}.csv").exists()})


def write_path(path: Path, files: Mapping[FileName, bytes]) -> None:
    """Into a zip where the name ends so, else into a folder."""
    if path.suffix.lower() == ".zip":
        path.write_bytes(packed(files))
        return
    path.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (path / f"{name}.csv").write_bytes(content)


def _some(files: dict[FileName, bytes]) -> dict[FileName, bytes]:
    if not files:
        names = ", ".join(f"{name}.csv" for name in COLUMNS)
        raise Invalid.at("file", N_("There is none of %(names)s in it."), names=names)
    return files


def _file_of(path: str) -> FileName | None:
    last = path.rsplit("/", 1)[-1].lower()
    return next((name for name in COLUMNS if last == f"{name}.csv" and "__MACOSX" not in path), None)


def _safe(column: str, cell: str) -> str:
    """A phone number begins with + and is no formula."""
    return f"'{cell}" if column != "phone" and cell.lstrip("'").startswith(_FORMULA) else cell


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell
