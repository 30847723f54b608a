"""The form of a whole fair: what it is, when it is open, how its days are cut, its rules."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast
from uuid import UUID

from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    TimeField,
    URLField,
)
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import TextInput

from marketplace.fairs import grid, rules
from marketplace.fairs.grid import Hours
from marketplace.fairs.models import FairMode, FairPlace, FairRoom, Objective
from marketplace.fairs.rules import Room, Shape
from marketplace.kernel import ids
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.places.gazetteer import read_places
from marketplace.web.forms import CreatingForm, Form, Length, Required, strip

PLACES: dict[FairPlace, str] = {
    "venue": N_("In a hall"),
    "online": N_("Online"),
    "both": N_("In a hall and online"),
}
MODES: dict[FairMode, str] = {
    "timetable": N_("A timetable: everybody gets meetings at set times"),
    "open_hall": N_("An open hall: people queue at the booths"),
    "both": N_("Both: a timetable, and queues at free tables"),
}
OBJECTIVES: dict[Objective, str] = {
    "coverage": N_("Nobody is left out who can be served"),
    "score": N_("The best fits first, even if some get no meeting"),
}
ZONES = ("Asia/Karachi", "Asia/Dubai", "Asia/Riyadh", "Europe/London", "UTC")
_SPANS = N_("Like 13:00-14:00, with commas between. They are kept free at every table.")


def _organisers(form: Form, _field: Field) -> dict[str, str]:
    return form.organisers if isinstance(form, FairForm) else {}


def _districts(form: Form, _field: Field) -> dict[str, str]:
    names = {each.slug: each.name_ur if form.locale == "ur" else each.name_en for each in read_places()[0]}
    return {"": form.say(N_("Choose")), **names}


def _number(label: str, default: int, hint: str = "") -> IntegerField:
    return IntegerField(label, [InputRequired()], default=default, widget=TextInput(), description=hint)


class FairForm(CreatingForm):
    """What an organiser says of a fair. Everything below the hours has a default that works."""

    organisers: dict[str, str] = {}
    organiser = SelectField(N_("Organiser"), choices=cast(Any, _organisers), validate_choice=False)
    title_en = StringField(N_("Name of the fair"), [Required(), Length(max=rules.LONGEST_TITLE)], filters=[strip])
    title_ur = StringField(N_("Name in Urdu"), [Length(max=rules.LONGEST_TITLE)], filters=[strip])
    text_en = TextAreaField(
        N_("What people should know"),
        [Length(max=rules.LONGEST_TEXT)],
        filters=[strip],
        description=N_("For the page and the poster. Markdown works."),
    )
    text_ur = TextAreaField(N_("The same in Urdu"), [Length(max=rules.LONGEST_TEXT)], filters=[strip])
    place = RadioField(N_("Where"), choices=cast(Any, PLACES), default="venue")
    venue = StringField(N_("Hall and address"), [Length(max=200)], filters=[strip])
    district = SelectField(N_("District"), choices=cast(Any, _districts), validate_choice=False)
    online_url = URLField(N_("Address of the online meeting"), [Length(max=300)], filters=[strip])
    time_zone = SelectField(N_("Time zone"), choices=cast(Any, {zone: zone for zone in ZONES}))
    mode = RadioField(N_("How people meet employers"), choices=cast(Any, MODES), default="timetable")
    first_on = DateField(N_("First day"), [InputRequired()])
    last_on = DateField(N_("Last day"), [Optional()], description=N_("Leave it empty for one day."))
    opens = TimeField(N_("Opens"), [InputRequired()])
    closes = TimeField(N_("Closes"), [InputRequired()])
    slot_minutes = _number(N_("Minutes per meeting"), 20, N_("15 is the least that works; 20 to 30 is better."))
    breaks = StringField(N_("Breaks"), [Length(max=200)], filters=[strip], description=_SPANS)
    prayers = StringField(N_("Prayer times"), [Length(max=200)], filters=[strip], description=_SPANS)
    women_hours = StringField(
        N_("Hours for women only"), [Length(max=200)], filters=[strip], description=N_("Like 09:00-11:00, every day.")
    )
    women_days = StringField(
        N_("Days for women only"), [Length(max=200)], filters=[strip], description=N_("Like 2026-12-12.")
    )
    rooms = TextAreaField(
        N_("Rooms"),
        [Length(max=3_000)],
        default="Main hall",
        description=N_(
            "One a line. Where rooms are far apart, add a bar and the zone: Hall A | ground floor. "
            "A room online has its address behind a second bar: Room 1 | | https://…"
        ),
    )
    gates = TextAreaField(N_("Gates where tickets are read"), [Length(max=1_000)], default="Gate 1")
    capacity = _number(N_("Seats for candidates"), 200)
    max_companions = _number(N_("Companions each may bring"), 1)
    max_meetings = _number(N_("Most meetings for one candidate"), 6)
    min_meetings = _number(N_("Fewest meetings to aim for"), 1)
    longest_run = _number(N_("Most meetings in a row without a free slot"), 3)
    spares_walks = BooleanField(N_("Never two meetings in a row in zones that are far apart"), default=True)
    keeps_reserve = BooleanField(
        N_("Keep one slot per table free"),
        default=True,
        description=N_("For walk-ins, and for those whose table closes on the day."),
    )
    objective = RadioField(N_("When there are too few seats"), choices=cast(Any, OBJECTIVES), default="coverage")
    grace_minutes = _number(N_("Minutes until a late candidate's seat goes to somebody else"), 5)
    results_due_days = _number(N_("Days after the fair until every candidate has an answer"), 7)

    @property
    def organisation_id(self) -> UUID:
        """Which of her organisers it is for."""
        chosen = self.organiser.data or next(iter(self.organisers), "")
        return ids.parse(str(chosen))

    def shape(self) -> Shape:
        """What was typed, but for the hours."""
        names = [name for name in Shape.__dataclass_fields__ if name not in ("park_id", "district")]
        values: dict[str, Any] = {name: self[name].data for name in names if self[name].data is not None}
        return Shape(**values, district=self.district.data or None)

    def hours(self) -> Hours:
        """Raises: Invalid at its field."""
        first: date = self.first_on.data  # type: ignore[assignment]
        return Hours(
            first_on=first,
            last_on=self.last_on.data or first,
            opens=self.opens.data,  # type: ignore[arg-type]
            closes=self.closes.data,  # type: ignore[arg-type]
            slot_minutes=self.slot_minutes.data or 0,
            breaks=grid.read_spans(self.breaks.data or "", "breaks"),
            prayers=grid.read_spans(self.prayers.data or "", "prayers"),
            women_hours=grid.read_spans(self.women_hours.data or "", "women_hours"),
            women_days=_dates(self.women_days.data or ""),
        )

    def all_rooms(self) -> tuple[Room, ...]:
        """Rooms and gates. Raises: Invalid without a room."""
        rooms = rules.read_rooms(self.rooms.data or "", "room")
        if not rooms:
            raise Invalid.at("rooms", N_("Name at least one room."))
        return *rooms, *rules.read_rooms(self.gates.data or "", "gate")


class MoveForm(Form):
    """To which day a fair moves."""

    first_on = DateField(N_("New first day"), [InputRequired()])


def typed(shape: Shape, hours: Hours | None, rooms: Sequence[FairRoom]) -> dict[str, Any]:
    """What a form shows of a fair that is there; without its days when it is copied."""
    values: dict[str, Any] = {name: getattr(shape, name) for name in Shape.__dataclass_fields__}
    values["district"] = shape.district or ""
    for kind, name in (("room", "rooms"), ("gate", "gates")):
        lines = [
            " | ".join((each.name, each.zone, each.url) if each.url else filter(None, (each.name, each.zone)))
            for each in rooms
            if each.kind == kind
        ]
        values[name] = "\n".join(lines)
    if hours is not None:
        for name in ("breaks", "prayers", "women_hours", "women_days"):
            values[name] = ", ".join(str(each) for each in getattr(hours, name))
        for name in ("first_on", "last_on", "opens", "closes", "slot_minutes"):
            values[name] = getattr(hours, name)
    return values


def _dates(text: str) -> tuple[date, ...]:
    try:
        return tuple(sorted({date.fromisoformat(part.strip()) for part in text.split(",") if part.strip()}))
    except ValueError:
        raise Invalid.at("women_days", N_("Write days like 2026-12-12, with commas between.")) from None
