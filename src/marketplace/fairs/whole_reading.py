"""The files of a whole fair, read against that fair: every bad line with its reason, or all that they say; pure."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from marketplace.fairs import candidate_files
from marketplace.fairs.booth_models import FairPayPeriod
from marketplace.fairs.registering import LONGEST_CENTRE, Person
from marketplace.fairs.whole_files import FileName, rows_of
from marketplace.fairs.wishes import MOST_MUSTS
from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import EXPONENTS, Money, parse_money

Row = Mapping[str, str]
_LONGEST: dict[str, int] = {"name": 120, "label": 80, "about": 10_000, "note": 10_000, "room": 80, "zone": 40}
_MOMENT = re.compile(r"(?:(?P<day>\d{1,2})\s+)?(?P<time>\d{1,2}:\d{2})\Z")
_FULL = "%Y-%m-%d %H:%M"


@dataclass(frozen=True, slots=True)
class Bad:
    """What is wrong in one cell of one file; `message` is a msgid. Line 0: the file as a whole."""

    file: str
    line: int
    column: str
    message: str
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])


class BadFiles(Conflict):
    """Nothing was loaded; `bad` is every line that is not good, in the order of the files."""

    message = N_("%(count)s lines are not good; nothing was loaded. Mend them and send the files again.")

    def __init__(self, bad: Sequence[Bad]) -> None:
        self.bad = bad
        super().__init__(count=len({(each.file, each.line) for each in bad}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What files are read against. `slots`: numbers of those for meetings; `rooms`: zones by folded name."""

    people: candidate_files.Frame
    capacity: int
    slots: frozenset[int]
    rooms: Mapping[str, str]
    districts: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A candidate of the file."""

    number: int
    state: str
    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """All of it. Booths are columns of their rows; tables and wishes name them by their place in `booths`."""

    booths: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tables: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    guests: list[Guest] = field(default_factory=list[Guest])
    wishes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    @property
    def seated(self) -> int:
        return sum(guest.state != "waiting" for guest in self.guests)

    def counts(self) -> dict[str, int]:
        """How much of each, by file."""
        parts = (self.booths, self.tables, self.guests, self.wishes)
        return dict(zip(("employers", "tables", "candidates", "wishes"), map(len, parts), strict=True))


def read(files: Mapping[FileName, bytes], ground: Ground) -> Whole:
    """Everything the files say. Raises: BadFiles with every line that is not good."""
    reader = _Reader(ground)
    steps: dict[FileName, Callable[[Row], None]] = {
        "employers": reader.employer,
        "tables": reader.table,
        "candidates": reader.candidate,
        "wishes": reader.wish,
    }
    for name, step in steps.items():
        if name in files:
            reader.go_through(name, files[name], step)
    if reader.bad:
        raise BadFiles(reader.bad)
    return reader.whole


def moment(text: str, column: str, ground: Ground) -> datetime | None:
    """A time of a day of the fair, as `moment_text` writes it. Raises: Invalid at `column`."""
    if not text:
        return None
    days, zone = ground.people.days, ground.people.zone
    match = _MOMENT.match(text)
    try:
        if match is None:
            return datetime.strptime(text, _FULL).replace(tzinfo=zone).astimezone(UTC)
        number = int(match["day"] or 1)
        if not 1 <= number <= len(days):
            raise Invalid.at(column, N_("The fair has no such day."))
        of_day = time.fromisoformat(match["time"].zfill(5))
        return datetime.combine(days[number - 1].on, of_day, zone).astimezone(UTC)
    except ValueError:
        raise Invalid.at(column, N_("Write a time like 10:30, or 2 10:30 for the second day.")) from None


def moment_text(at: datetime | None, days: Sequence[Any], zone: ZoneInfo) -> str:
    """`10:30` on the first day, `2 10:30` on the second; with its date where it is on none."""
    if at is None:
        return ""
    local = at.astimezone(zone)
    for number, day in enumerate(days, 1):
        if day.on == local.date():
            return f"{local:%H:%M}" if number == 1 else f"{number} {local:%H:%M}"
    return local.strftime(_FULL)


class _Reader:
    """Goes through the files one after the other and remembers what later ones may name."""

    def __init__(self, ground: Ground) -> None:
        self.ground, self.whole, self.bad = ground, Whole(), list[Bad]()
        self.booths: dict[str, int] = {}
        self.rooms = dict(ground.rooms)
        self.seen: dict[tuple[str, str], str] = {}
        self.numbers: set[int] = set()
        self.musts: Counter[tuple[str, object]] = Counter()

    def go_through(self, name: FileName, content: bytes, step: Callable[[Row], None]) -> None:
        """Every line, whatever is wrong with those before it."""
        try:
            rows = rows_of(name, content)
        except Invalid as error:
            self._note(name, 0, error)
            return
        for row in rows:
            try:
                step(row)
            except Invalid as error:
                self._note(name, int(row["line"]), error)

    def _note(self, name: str, line: int, error: Invalid) -> None:
        for column, said in error.fields.items():
            self.bad.append(Bad(name, line, column, said[0], dict(error.values)))

    def employer(self, row: Row) -> None:
        name, state = _cell(row, "name"), row.get("state", "") or "approved"
        if not name:
            raise Invalid.at("name", N_("Write the name."))
        self._once("employer", name.lower(), "name", row)
        self.booths[name.lower()] = len(self.booths)
        if state not in ("approved", "requested", "invited"):
            raise Invalid.at("state", N_("Write approved, requested or invited."))
        currency = _currency(row)
        low, high = _money(row, "pay_from", currency), _money(row, "pay_to", currency)
        if low and (high is None or high.amount_minor < low.amount_minor):
            raise Invalid.at("pay_to", N_("The most can’t be less than the least."))
        times = {name: moment(row.get(name, ""), name, self.ground) for name in ("arrives", "leaves")}
        if times["arrives"] and times["leaves"] and times["leaves"] <= times["arrives"]:
            raise Invalid.at("leaves", N_("You can’t leave before you arrive."))
        self.whole.booths.append(
            {
                **{"name": name, "state": state, "email": row.get("email", "").lower() or None},
                **{key: _cell(row, key) for key in ("label", "about", "note")},
                **{"wants_tables": _whole(row, "wants_tables", 1, 100, otherwise=1)},
                **{"arrives_at": times["arrives"], "leaves_at": times["leaves"]},
                **{"languages": _several(row, "languages")},
                **{"must_skill_ids": list(self._skills(row))},
                **{"pay_from_minor": low.amount_minor if low else None},
                **{"pay_to_minor": high.amount_minor if high else None, "currency": currency if high else None},
                **{"pay_period": _period(row) if high else None},
            }
        )

    def table(self, row: Row) -> None:
        label, room, zone = _cell(row, "label"), _cell(row, "room"), _cell(row, "zone")
        if not label:
            raise Invalid.at("label", N_("Write the label of the table."))
        self._once("table", label.lower(), "label", row)
        booth = self._booth(row)
        if room and self.rooms.setdefault(room.lower(), zone) != zone:
            raise Invalid.at("zone", N_("This room is in another zone: “%(zone)s”."), zone=self.rooms[room.lower()])
        breaks = [part.strip() for part in row.get("breaks", "").split("|") if part.strip()]
        if any(not each.isdecimal() or int(each) not in self.ground.slots for each in breaks):
            raise Invalid.at("breaks", N_("Write numbers of slots for meetings, with | between them."))
        numbers = sorted({int(each) for each in breaks})
        self.whole.tables.append({"label": label, "booth": booth, "room": room, "zone": zone, "breaks": numbers})

    def candidate(self, row: Row) -> None:
        number = _whole(row, "number", 1, 9_999_999)
        self._once("number", str(number), "number", row)
        self.numbers.add(number)
        person = self._person(row)
        for column, value in (("phone", person.phone), ("email", person.email)):
            if value:
                self._once(column, value, column, row)
        state = row.get("state", "")
        is_free = self.whole.seated < self.ground.capacity
        if state not in ("", "registered", "confirmed", "waiting"):
            raise Invalid.at("state", N_("Write registered, confirmed or waiting."))
        if state in ("registered", "confirmed") and not is_free:
            raise Invalid.at("state", N_("The fair has %(count)s seats; all are taken."), count=self.ground.capacity)
        chosen = state or ("registered" if is_free else "waiting")
        self.whole.guests.append(Guest(number=number, state=chosen, person=person))

    def _person(self, row: Row) -> Person:
        shared = {**row, "arrives": "", "leaves": "", "pay_floor": ""}
        # Walk-ins of an export have their ticket in the hand and no address; whoever is new needs one.
        person = candidate_files.person_of(shared, self.ground.people, needs_address=not row.get("state"))
        district, centre = row.get("district", "").lower() or None, row.get("centre", "")
        if district is not None and district not in self.ground.districts:
            raise Invalid.at("district", N_("Choose a district from the list."))
        if len(centre) > LONGEST_CENTRE:
            raise Invalid.at("centre", N_("Keep it under %(most)s letters."), most=LONGEST_CENTRE)
        floor, sms = _money(row, "pay_floor", _currency(row)), row.get("sms", "").lower()
        if sms not in ("", "yes", "no"):
            raise Invalid.at("sms", N_("Write yes or no."))
        arrives, leaves = (moment(row.get(name, ""), name, self.ground) for name in ("arrives", "leaves"))
        if arrives and leaves and leaves <= arrives:
            raise Invalid.at("leaves", N_("You can’t leave before you arrive."))
        window = replace(person.window, arrives_at=arrives, leaves_at=leaves, away=self._away(row))
        said = replace(person, district=district, centre=centre, window=window, takes_sms=sms != "no")
        return replace(said, pay_floor=floor, pay_period=_period(row) if floor else None)

    def _away(self, row: Row) -> tuple[tuple[datetime, datetime], ...]:
        found: list[tuple[datetime, datetime]] = []
        for part in row.get("away", "").split("|"):
            begins, _, ends = (each.strip() for each in part.partition("/"))
            if not begins and not ends:
                continue
            span = moment(begins, "away", self.ground), moment(ends, "away", self.ground)
            if span[0] is None or span[1] is None or span[1] <= span[0]:
                raise Invalid.at("away", N_("Write times like 12:00/13:00, with | between them."))
            found.append((span[0], span[1]))
        return tuple(found)

    def wish(self, row: Row) -> None:
        booth, text = self._booth(row), row.get("candidate", "")
        if not text.isdecimal() or int(text) not in self.numbers:
            raise Invalid.at("candidate", N_("No candidate of the file has this number."))
        number, side, choice = int(text), row.get("side", ""), row.get("choice", "")
        if side not in ("candidate", "employer"):
            raise Invalid.at("side", N_("Write candidate or employer."))
        if choice not in ("must", "would", "no"):
            raise Invalid.at("choice", N_("Write must, would or no."))
        self._once(f"wish {side}", f"{number} {booth}", "candidate", row)
        whose = (side, number if side == "candidate" else booth)
        self.musts[whose] += choice == "must"
        if choice == "must" and self.musts[whose] > MOST_MUSTS[side]:
            raise Invalid.at("choice", N_("At most %(most)s of one side can be a must."), most=MOST_MUSTS[side])
        rank = _whole(row, "rank", 1, 1_000) if row.get("rank") else None
        self.whole.wishes.append({"number": number, "booth": booth, "side": side, "choice": choice, "rank": rank})

    def _booth(self, row: Row) -> int:
        found = self.booths.get(row.get("employer", "").lower())
        if found is None:
            raise Invalid.at("employer", N_("No employer of the file has this name."))
        return found

    def _skills(self, row: Row) -> tuple[Any, ...]:
        return candidate_files.skills_of(row.get("skills", ""), self.ground.people)

    def _once(self, what: str, value: str, column: str, row: Row) -> None:
        before = self.seen.setdefault((what, value), row["line"])
        if before != row["line"]:
            raise Invalid.at(column, N_("The same as in line %(line)s."), line=before)


def _cell(row: Row, column: str) -> str:
    if len(found := row.get(column, "")) > _LONGEST[column]:
        raise Invalid.at(column, N_("Keep it under %(most)s letters."), most=_LONGEST[column])
    return found


def _several(row: Row, column: str) -> list[str]:
    return [part.strip().lower() for part in row.get(column, "").split("|") if part.strip()]


def _whole(row: Row, column: str, least: int, most: int, *, otherwise: int | None = None) -> int:
    text = row.get(column, "")
    if not text and otherwise is not None:
        return otherwise
    if not text.isdecimal() or len(text) > 9 or not least <= int(text) <= most:
        raise Invalid.at(column, N_("Write a number from %(least)s to %(most)s."), least=least, most=most)
    return int(text)


def _currency(row: Row) -> str:
    if (said := row.get("currency", "").upper() or "PKR") not in EXPONENTS:
        raise Invalid.at("currency", N_("Write a currency like PKR."))
    return said


def _money(row: Row, column: str, currency: str) -> Money | None:
    try:
        return parse_money(row[column], currency) if row.get(column) else None
    except Invalid as error:
        raise Invalid.at(column, error.fields["amount"][0]) from None


def _period(row: Row) -> FairPayPeriod:
    said: Any = row.get("pay_period", "").lower() or "month"
    if said not in ("month", "hour", "year", "fixed"):
        raise Invalid.at("pay_period", N_("Write month, hour, year or fixed."))
    return said
