"""A centre's file of candidates: from bytes to rows, with every fault named by line; pure.

UTF-8 with or without a byte order mark, comma or semicolon; the first line names the columns, in any order. A phone
without e-mail is enough. What the database knows (who is registered already) is found when the rows are loaded.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from marketplace.fairs.models import FairDay
from marketplace.fairs.presence import Said, window
from marketplace.fairs.registering import Person
from marketplace.identity.phones import read_number
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import parse_money

MOST_BYTES, MOST_ROWS, LONGEST_CELL = 2_000_000, 5_000, 300
COLUMNS: dict[str, str] = {
    "name": N_("The candidate’s name"),
    "phone": N_("Mobile number: the ticket goes there by SMS"),
    "email": N_("May be empty"),
    "language": N_("In which her messages come: ur or en; Urdu when it is empty"),
    "woman": N_("yes or no, for women-only hours; may be empty"),
    "newcomer": N_("yes when it would be the first job; may be empty"),
    "about": N_("What she can do, in one line; may be empty"),
    "skills": N_("With | between them; may be empty"),
    "languages": N_("Codes like ur|en; may be empty"),
    "education": N_("May be empty"),
    "pay_floor": N_("Least pay in PKR; may be empty"),
    "pay_period": N_("month, hour, year or fixed; month when it is empty"),
    "companions": N_("How many come with her; may be empty"),
    "arrives": N_("From when she can be there, like 10:30; may be empty"),
    "leaves": N_("When she must leave, like 15:00; may be empty"),
}
"""What the file may say, and what each column means."""
_YES = {"yes": True, "y": True, "1": True, "no": False, "n": False, "0": False}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one cell; `message` is a msgid."""

    line: int
    column: str
    message: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])

    def stored(self) -> dict[str, Any]:
        """As an import keeps it."""
        return {"line": self.line, "column": self.column, "message": self.message, "values": self.values}


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What rows are read against: the fair's days, how many may come along, skills by any of their folded names."""

    days: Sequence[FairDay]
    zone: ZoneInfo
    max_companions: int
    skills: Mapping[str, UUID]


def rows_of(content: bytes) -> list[dict[str, str]]:
    """The lines as they are, each with its number under "line". Raises: Invalid for no such file."""
    if len(content) > MOST_BYTES:
        raise Invalid.at("file", N_("Files up to 2 MB, please."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid.at("file", N_("Save the file as CSV in UTF-8 and send it again.")) from None
    head = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    try:
        names = [name.strip().lower() for name in next(reader, list[str]())]
        found = [
            {"line": str(reader.line_num), **dict(zip(names, (cell.strip() for cell in row), strict=False))}
            for row in reader
            if any(cell.strip() for cell in row)
        ]
    except csv.Error:
        raise Invalid.at("file", N_("This is no CSV file.")) from None
    if "name" not in names or not {"phone", "email"} & set(names):
        raise Invalid.at("file", N_("The first line must name the columns; name and phone are needed."))
    if len(found) > MOST_ROWS:
        raise Invalid.at("file", N_("At most %(most)s lines in one file."), most=MOST_ROWS)
    return found


def read(rows: Sequence[Mapping[str, str]], frame: Frame) -> tuple[list[Mapping[str, str]], list[Fault]]:
    """The good rows, and all faults of the others."""
    good: list[Mapping[str, str]] = []
    faults: list[Fault] = []
    seen: dict[str, str] = {}
    for row in rows:
        line = int(row["line"])
        try:
            person = person_of(row, frame)
            same = person.phone or person.email or ""
            if same in seen:
                raise Invalid.at("phone", N_("The same as in line %(line)s."), line=seen[same])
            seen[same] = row["line"]
            good.append(row)
        except Invalid as error:
            faults += [Fault(line, column, said[0], dict(error.values)) for column, said in error.fields.items()]
    return good, faults


def person_of(row: Mapping[str, str], frame: Frame, *, needs_address: bool = True) -> Person:
    """One row. Raises: Invalid at its column."""
    said = {name: row.get(name, "") for name in COLUMNS}
    for name, cell in said.items():
        if len(cell) > LONGEST_CELL:
            raise Invalid.at(name, N_("Keep it under %(most)s letters."), most=LONGEST_CELL)
    if not said["name"]:
        raise Invalid.at("name", N_("Write the name."))
    if needs_address and not said["phone"] and not said["email"]:
        raise Invalid.at("phone", N_("Give a phone number or an e-mail address: the ticket goes there."))
    if said["email"] and "@" not in said["email"]:
        raise Invalid.at("email", N_("Write an e-mail address like name@example.com."))
    floor = parse_money(said["pay_floor"], "PKR") if said["pay_floor"] else None
    period = said["pay_period"].lower() or "month"
    if period not in ("month", "hour", "year", "fixed"):
        raise Invalid.at("pay_period", N_("Write month, hour, year or fixed."))
    return Person(
        name=said["name"],
        phone=read_number(said["phone"]) if said["phone"] else None,
        email=said["email"].lower() or None,
        locale="en" if said["language"].lower() == "en" else "ur",
        is_woman=_yes(said["woman"], "woman"),
        is_newcomer=bool(_yes(said["newcomer"], "newcomer")),
        about=said["about"],
        education=said["education"][:200],
        skill_ids=skills_of(said["skills"], frame),
        languages=tuple(part.strip().lower() for part in said["languages"].split("|") if part.strip()),
        pay_floor=floor,
        pay_period=period if floor else None,
        companions=_companions(said["companions"], frame),
        window=window(Said(comes=_time(said, "arrives"), leaves=_time(said, "leaves")), frame.days, frame.zone),
    )


def _yes(text: str, column: str) -> bool | None:
    if text and text.lower() not in _YES:
        raise Invalid.at(column, N_("Write yes or no."))
    return _YES.get(text.lower())


def skills_of(text: str, frame: Frame) -> tuple[UUID, ...]:
    """The skills of a cell, by any of their names. Raises: Invalid."""
    names = [part.strip() for part in text.split("|") if part.strip()]
    for name in names:
        if name.casefold() not in frame.skills:
            raise Invalid.at("skills", N_("We do not know “%(skill)s”. Choose from the list."), skill=name)
    return tuple(dict.fromkeys(frame.skills[name.casefold()] for name in names))


def _companions(text: str, frame: Frame) -> int:
    if not text:
        return 0
    if not text.isdecimal() or int(text) > frame.max_companions:
        raise Invalid.at("companions", N_("At most %(most)s may come along."), most=frame.max_companions)
    return int(text)


def _time(said: Mapping[str, str], column: str) -> time | None:
    try:
        return time.fromisoformat(said[column].zfill(5)) if said[column] else None
    except ValueError:
        raise Invalid.at(column, N_("Write a time like 10:30.")) from None
