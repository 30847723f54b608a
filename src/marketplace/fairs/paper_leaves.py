"""What stands on the paper of a fair, in the words of whoever holds it."""

import io
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import segno
from babel.dates import format_date
from sqlalchemy import select

from marketplace.engines.paper.press import Bundle, ColumnKind, Layout, Leaf
from marketplace.fairs import results, telling
from marketplace.fairs.booth_models import Booth, FairTable, TableClosure
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair, FairRoom, FairSlot
from marketplace.fairs.paper_models import FairPaper
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.rules import LIVE_MEETINGS, SEATED, SHOWN_BOOTHS
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.i18n import N_, direction, translations

MOST_IN_HALF = 8
"""Meetings that fit on half a page."""
SPARE_LINES = 3
"""Empty lines under a table's day, for whoever walks in."""
_Columns = tuple[tuple[str, ColumnKind], ...]


@dataclass(frozen=True, slots=True)
class Ink:
    """What all leaves of a fair share: whose site prints, and the address that its QR codes open."""

    fair: Fair
    site: str
    address: str

    def code(self, path: str) -> str:
        """A QR of a page of the fair, as SVG."""
        drawn = io.BytesIO()
        made = segno.make(f"{self.address}/fairs/{self.fair.slug}/{path}", micro=False, error="m")
        made.save(drawn, kind="svg", border=1, xmldecl=False, svgns=True)
        return drawn.getvalue().decode()

    def hours(self, slot: FairSlot) -> str:
        """From when to when, with the day where there are several."""
        zone = ZoneInfo(self.fair.time_zone)
        begins, ends = slot.starts_at.astimezone(zone), slot.ends_at.astimezone(zone)
        day = "" if _days(self.fair) == 1 else f"{begins:%d.%m.} "
        return f"{day}{begins:%H:%M}–{ends:%H:%M}"

    def leaf(self, locale: str, name: str, **more: Any) -> Leaf:
        """One in that language."""
        heading = telling.title(self.fair, locale)
        return Leaf(language=locale, direction=direction(locale), heading=heading, name=name, **more)

    def where(self, locale: str) -> tuple[tuple[str, str], ...]:
        """The facts that stand on every sheet."""
        say = translations(locale).gettext
        zone = ZoneInfo(self.fair.time_zone)
        assert self.fair.starts_at and self.fair.ends_at
        first, last = (_day(each.astimezone(zone), locale) for each in (self.fair.starts_at, self.fair.ends_at))
        when = first if first == last else f"{first} – {last}"
        return ((say(N_("Day")), when), (say(N_("Where")), self.fair.venue or self.fair.online_url))


async def bundle_of(db: AnySession, fair: Fair, paper: FairPaper, *, site: str, address: str) -> Bundle:
    """All leaves of one part."""
    ink = Ink(fair, site, address)
    layout: Layout = "pages"
    if paper.kind == "tables":
        layout, leaves = "forms", await _tables(db, ink, paper)
    elif paper.kind == "doors":
        leaves = [_doors(ink, await _people(db, paper), paper.locale)]
    elif paper.kind == "badges":
        layout, leaves = "labels", [_badge(ink, each) for each in await _people(db, paper)]
    else:
        leaves = await _sheets(db, ink, paper)
        layout = "halves" if all(len(leaf.rows) <= MOST_IN_HALF for leaf in leaves) else "pages"
    return Bundle(layout=layout, site=site, title=fair.title_en, leaves=tuple(leaves))


async def _people(db: AnySession, paper: FairPaper) -> Sequence[FairCandidate]:
    here = FairCandidate.fair_id == paper.fair_id, FairCandidate.number.between(paper.first, paper.last)
    found = select(FairCandidate).where(*here, FairCandidate.state.in_(SEATED))
    order = (FairCandidate.name, FairCandidate.number) if paper.kind == "doors" else (FairCandidate.number,)
    return (await db.scalars(found.order_by(*order))).all()


async def _sheets(db: AnySession, ink: Ink, paper: FairPaper) -> list[Leaf]:
    people = await _people(db, paper)
    found = (
        select(Meeting.candidate_id, FairSlot, Booth, FairTable, FairRoom)
        .join(FairSlot, FairSlot.id == Meeting.slot_id)
        .join(Booth, Booth.id == Meeting.booth_id)
        .join(FairTable, FairTable.id == Meeting.table_id)
        .outerjoin(FairRoom, FairRoom.id == FairTable.room_id)
        .where(Meeting.candidate_id.in_([each.id for each in people]), Meeting.state.in_(LIVE_MEETINGS))
        .order_by(FairSlot.number)
    )
    hers: dict[UUID, list[tuple[str, ...]]] = defaultdict(list)
    locales = {each.id: each.locale for each in people}
    for candidate_id, slot, booth, table, room in await db.execute(found):
        where = ((room.name_ur if locales[candidate_id] == "ur" else "") or room.name) if room else ""
        hers[candidate_id].append((ink.hours(slot), booth.name, booth.label, table.label, where))
    return [_sheet(ink, each, tuple(hers[each.id])) for each in people]


def _sheet(ink: Ink, person: FairCandidate, rows: tuple[tuple[str, ...], ...]) -> Leaf:
    say = translations(person.locale).gettext
    columns: _Columns = (
        *((say(N_("Time")), "number"), (say(N_("Employer")), "text"), (say(N_("Booth")), "number")),
        *((say(N_("Table")), "number"), (say(N_("Room")), "number")),
    )
    notes = [say(N_("Show this code at the gate and at every table. Be there five minutes before each meeting."))]
    if not rows:
        notes = [say(N_("You have no meeting yet. Come to the desk: seats become free all day."))]
    if person.companions:
        notes.append(say(N_("With you: %(count)s")) % {"count": person.companions})
    return ink.leaf(
        person.locale,
        person.name,
        number=str(person.number),
        code=person.code,
        qr=ink.code(f"badges/{person.code}"),
        facts=ink.where(person.locale),
        columns=columns,
        rows=rows,
        notes=tuple(notes),
    )


def _badge(ink: Ink, person: FairCandidate) -> Leaf:
    about = person.education or person.centre
    facts = (("", about if len(about) <= 60 else f"{about[:59]}…"),) if about else ()
    qr = ink.code(f"badges/{person.code}")
    return ink.leaf(person.locale, person.name, number=str(person.number), code=person.code, qr=qr, facts=facts)


def _doors(ink: Ink, people: Sequence[FairCandidate], locale: str) -> Leaf:
    say = translations(locale).gettext
    columns: _Columns = (
        *((say(N_("No.")), "number"), (say(N_("Name")), "wide"), (say(N_("Code")), "number")),
        *((say(N_("With her")), "number"), (say(N_("Centre")), "text"), (say(N_("In")), "box")),
    )
    rows = tuple(
        (str(each.number), each.name, each.code, str(each.companions or ""), each.centre, "") for each in people
    )
    return ink.leaf(locale, say(N_("Door list")), facts=ink.where(locale), columns=columns, rows=rows)


async def _tables(db: AnySession, ink: Ink, paper: FairPaper) -> list[Leaf]:
    fair_id = paper.fair_id
    found = (
        select(FairTable, Booth, FairRoom)
        .join(Booth, Booth.id == FairTable.booth_id)
        .outerjoin(FairRoom, FairRoom.id == FairTable.room_id)
        .where(FairTable.fair_id == fair_id, Booth.state.in_(SHOWN_BOOTHS))
        .order_by(FairTable.label, FairTable.id)
    )
    part = (await db.execute(found.offset(paper.first - 1).limit(paper.last - paper.first + 1))).all()
    return [_table(ink, table, booth, room, await lines_of(db, table), paper.locale) for table, booth, room in part]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table's sheet: who is to meet when; nobody where the seat is free or a line is spare."""

    number: int
    slot: FairSlot | None = None
    meeting: Meeting | None = None
    candidate: FairCandidate | None = None


async def lines_of(db: AnySession, table: FairTable) -> list[Line]:
    """A table's day, line by line: what is printed, and in the same order what is typed back."""
    closed = select(TableClosure.slot_id).where(TableClosure.table_id == table.id)
    own = FairSlot.fair_id == table.fair_id, FairSlot.kind == "meeting", FairSlot.id.not_in(closed)
    slots = (await db.scalars(select(FairSlot).where(*own).order_by(FairSlot.number))).all()
    found = select(Meeting, FairCandidate).join(FairCandidate, FairCandidate.id == Meeting.candidate_id)
    here = found.where(Meeting.table_id == table.id, Meeting.state != "cancelled").order_by(Meeting.id)
    sitting: dict[UUID | None, list[tuple[Meeting | None, FairCandidate | None]]] = defaultdict(list)
    for meeting, candidate in await db.execute(here):
        sitting[meeting.slot_id].append((meeting, candidate))
    nobody: list[tuple[Meeting | None, FairCandidate | None]] = [(None, None)]
    rows: list[tuple[FairSlot | None, Meeting | None, FairCandidate | None]] = []
    for slot in slots:
        rows += [(slot, meeting, candidate) for meeting, candidate in sitting.pop(slot.id, nobody)]
    rows += [(None, meeting, candidate) for rest in sitting.values() for meeting, candidate in rest]
    return [Line(n, *row) for n, row in enumerate(rows, start=1)]


def _table(ink: Ink, table: FairTable, booth: Booth, room: FairRoom | None, lines: Sequence[Line], locale: str) -> Leaf:
    say = translations(locale).gettext
    columns: _Columns = (
        *(("", "number"), (say(N_("Time")), "number"), (say(N_("No.")), "number"), (say(N_("Name")), "text")),
        (say(N_("Code")), "number"),
        *((say(results.RESULTS[each]), "box") for each in results.ON_PAPER),
        (say(N_("A word for her")), "wide"),
    )
    boxes = [""] * (len(results.ON_PAPER) + 1)
    rows = [(str(line.number), ink.hours(line.slot) if line.slot else "", *_who(line), *boxes) for line in lines]
    spare = range(len(lines) + 1, len(lines) + 1 + SPARE_LINES)
    rows += [(str(n), "", "", "", "", *boxes) for n in spare]
    facts = ink.where(locale)
    if room is not None:
        facts += ((say(N_("Room")), (room.name_ur if locale == "ur" else "") or room.name),)
    return ink.leaf(
        locale,
        f"{table.label} · {booth.name}",
        qr=ink.code(f"paper/tables/{ids.short(table.id)}"),
        facts=facts,
        columns=columns,
        rows=tuple(rows),
        notes=(say(N_("Tick one box in each line. Bring this sheet to the desk: it is typed in there.")),),
    )


def _who(line: Line) -> tuple[str, str, str]:
    her = line.candidate
    return (str(her.number), her.name, her.code) if her else ("", "", "")


def _day(at: datetime, locale: str) -> str:
    return format_date(at.date(), "EEEE d MMMM y", locale=locale)


def _days(fair: Fair) -> int:
    assert fair.starts_at and fair.ends_at
    zone = ZoneInfo(fair.time_zone)
    return (fair.ends_at.astimezone(zone).date() - fair.starts_at.astimezone(zone).date()).days + 1
