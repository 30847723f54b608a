"""A provider's file of graduates: from bytes to rows, with every fault named by line; pure.

UTF-8 with or without a byte order mark, comma or semicolon; the first line names the columns, in any order. What rows
must agree with (the cohort, its courses, today) comes in as `Frame`; what the database knows is checked in imports.py.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Protocol

import phonenumbers

from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_

MOST_BYTES, MOST_ROWS, LONGEST_CELL = 1_000_000, 2_000, 200
REQUIRED = ("student_number", "name", "course", "completed_on")
COLUMNS: dict[str, str] = {
    "student_number": N_("Your own number of the student; together with the course it says who this is"),
    "name": N_("The whole name, as the certificate says it"),
    "email": N_("Where the claim link goes; may be empty"),
    "phone": N_("Where it goes by text message when there is no e-mail; may be empty"),
    "course": N_("The course, spelled as on the programme's page"),
    "completed_on": N_("The day the course was completed: 2026-11-30 or 30/11/2026"),
    "skills": N_("Only if not all of the course's skills were reached: those that were, with | between; may be empty"),
    "cohort": N_("The cohort's name, as a check; may be empty"),
}
"""What the file may say. The sample is made from this."""

SAMPLE_ROWS = (
    ("WEB-001", "Ayesha Khan", "ayesha@example.com", "+92 300 1234567", "2026-11-20", ""),
    ("WEB-002", "Sadia Bibi", "", "0301-2345678", "20/11/2026", ""),
    ("WEB-003", "Nadia Aslam", "nadia@example.com", "", "2026-11-20", ""),
)

_EMAIL = re.compile(r"[^\s@<>\"',;]{1,64}@[^\s@<>\"',;]{1,180}\.[^\s@<>\"',;.]{2,60}\Z")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\Z")


class _Reader(Protocol):
    """csv.reader, as the standard library gives it."""

    @property
    def line_num(self) -> int: ...
    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class TaughtSkill:
    """A skill of a course with the names that a file may use for it."""

    slug: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every row must agree with. `courses` are the programme's, by folded name: their id and skills."""

    cohort: str
    starts_on: date
    today: date
    courses: Mapping[str, tuple[str, Sequence[TaughtSkill]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graduate:
    """One good row. `course_id` is text, as it is stored; `skills` are slugs, all of the course's unless it says."""

    line: int
    student_number: str
    name: str
    email: str | None
    phone: str | None
    course: str
    course_id: str
    completed_on: str
    skills: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a line: the column, a msgid and its values."""

    line: int
    column: str
    message: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds: good rows and the faults of all others."""

    rows: tuple[Graduate, ...]
    faults: tuple[Fault, ...]


def read(content: bytes, frame: Frame) -> Reading:
    """All rows of a file, each either good or named with what is wrong.

    Raises: Invalid at "file" when it is no such file at all.
    """
    rows: list[Graduate] = []
    faults: list[Fault] = []
    seen: dict[tuple[str, str], int] = {}
    owners: dict[str, str] = {}
    for line, cells in _lines(content):
        found = list(_faults(cells, frame)) or list(_repeated(cells, line, seen, owners))
        if found:
            faults += [Fault(line, column, message, values) for column, message, values in found]
        else:
            rows.append(_graduate(line, cells, frame))
    if not rows and not faults:
        raise Invalid.at("file", N_("The file has no rows below its first line."))
    return Reading(tuple(rows), tuple(faults))


def sample(course: str, cohort: str) -> bytes:
    """The file to begin from: all columns, three invented graduates. Spreadsheets read its byte order mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for number, name, email, phone, completed_on, skills in SAMPLE_ROWS:
        writer.writerow((number, name, email, phone, course, completed_on, skills, cohort))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def stored(reading: Reading) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows and faults as JSON keeps them."""
    return [asdict(row) for row in reading.rows], [
        {"line": each.line, "column": each.column, "message": each.message, "values": dict(each.values)}
        for each in reading.faults
    ]


def restored(row: Mapping[str, Any]) -> Graduate:
    """A row as `stored` kept it."""
    values: dict[str, Any] = {**row, "skills": tuple(row["skills"])}
    return Graduate(**values)


def fold(text: str) -> str:
    """Names are compared without capitals and double blanks."""
    return " ".join(text.casefold().split())


def _lines(content: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    if len(content) > MOST_BYTES:
        raise Invalid.at("file", N_("The file is larger than 1 MB. Split it."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid.at("file", N_("This is no UTF-8 text. In your spreadsheet choose “CSV UTF-8”.")) from None
    if "\x00" in text:
        raise Invalid.at("file", N_("This is no text file. In your spreadsheet choose “CSV UTF-8”."))
    head = text.lstrip().split("\n", 1)[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from _cells(reader)
    except csv.Error:
        raise Invalid.at(
            "file", N_("A quotation mark is not closed near line %(line)s."), line=reader.line_num
        ) from None


def _cells(reader: _Reader) -> Iterator[tuple[int, dict[str, str]]]:
    empty: list[str] = []
    columns = [re.sub(r"\W+", "_", cell.strip().casefold()) for cell in next(iter(reader), empty)]
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise Invalid.at("file", N_("The first line lacks: %(missing)s."), missing=", ".join(missing))
    count = 0
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        count += 1
        if count > MOST_ROWS:
            raise Invalid.at("file", N_("At most %(most)s rows in one file. Split it."), most=MOST_ROWS)
        named = {name: " ".join(cell.split()) for name, cell in zip(columns, cells, strict=False)}
        yield reader.line_num, {name: named.get(name, "") for name in COLUMNS} | _surplus(columns, cells)


def _surplus(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    return {"+": "1"} if any(cell.strip() for cell in cells[len(columns) :]) else {}


def _faults(cells: Mapping[str, str], frame: Frame) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if "+" in cells:
        yield "", N_("This line has more cells than the first line names."), {}
    for name in REQUIRED:
        if not cells[name]:
            yield name, N_("This must not be empty."), {}
    for name in COLUMNS:
        if len(cells[name]) > LONGEST_CELL:
            yield name, N_("At most %(most)s letters."), {"most": LONGEST_CELL}
    if cells["cohort"] and fold(cells["cohort"]) != fold(frame.cohort):
        yield "cohort", N_("This row is of another cohort: %(cohort)s."), {"cohort": cells["cohort"][:LONGEST_CELL]}
    yield from _course_faults(cells, frame)
    yield from _date_faults(cells["completed_on"], frame)
    if cells["email"] and not _EMAIL.match(cells["email"]):
        yield "email", N_("This is no e-mail address."), {}
    if cells["phone"] and phone_number(cells["phone"]) is None:
        yield "phone", N_("This is no phone number."), {}


def _course_faults(cells: Mapping[str, str], frame: Frame) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if not cells["course"]:
        return
    course = frame.courses.get(fold(cells["course"]))
    if course is None:
        yield "course", N_("This programme has no course “%(course)s”."), {"course": cells["course"][:LONGEST_CELL]}
        return
    taught = {name for skill in course[1] for name in skill.names}
    for named in _named_skills(cells):
        if fold(named) not in taught:
            yield "skills", N_("The course does not teach “%(skill)s”."), {"skill": named[:LONGEST_CELL]}


def _date_faults(text: str, frame: Frame) -> Iterator[tuple[str, str, dict[str, Any]]]:
    if not text:
        return
    day = day_of(text)
    if day is None:
        yield "completed_on", N_("Write the day like 2026-11-30 or 30/11/2026."), {}
    elif day > frame.today:
        yield "completed_on", N_("This day has not come yet."), {}
    elif day < frame.starts_on:
        yield (
            "completed_on",
            N_("The cohort began only on %(day)s."),
            {"day": frame.starts_on.isoformat()},
        )


def _repeated(
    cells: Mapping[str, str], line: int, seen: dict[tuple[str, str], int], owners: dict[str, str]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    key = cells["student_number"], fold(cells["course"])
    if key in seen:
        yield "student_number", N_("The same student and course stand in line %(line)s."), {"line": seen[key]}
    seen.setdefault(key, line)
    for address in (cells["email"].lower(), phone_number(cells["phone"]) or ""):
        if address and owners.setdefault(address, cells["student_number"]) != cells["student_number"]:
            yield "email", N_("Another student of this file has this address or phone number."), {}
            return


def _graduate(line: int, cells: Mapping[str, str], frame: Frame) -> Graduate:
    course_id, taught = frame.courses[fold(cells["course"])]
    named = {fold(each) for each in _named_skills(cells)}
    day = day_of(cells["completed_on"])
    assert day is not None
    return Graduate(
        line=line,
        student_number=cells["student_number"],
        name=cells["name"],
        email=cells["email"].lower() or None,
        phone=phone_number(cells["phone"]),
        course=cells["course"],
        course_id=course_id,
        completed_on=day.isoformat(),
        skills=tuple(skill.slug for skill in taught if not named or skill.names & named),
    )


def _named_skills(cells: Mapping[str, str]) -> list[str]:
    return [each.strip() for each in cells["skills"].split("|") if each.strip()]


def day_of(text: str) -> date | None:
    """2026-11-30, or 30/11/2026 as people here write it."""
    try:
        if slashed := _SLASHED.match(text):
            day, month, year = map(int, slashed.groups())
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        return None


def phone_number(text: str) -> str | None:
    """E.164, read as a number of Pakistan where it has no country."""
    if not text:
        return None
    try:
        number = phonenumbers.parse(text, "PK")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
