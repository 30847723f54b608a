"""The day of a fair for those who work there: who is inside, phones at gates, a door without a script."""

from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from wtforms import BooleanField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, NumberRange
from wtforms.widgets import NumberInput

from marketplace.fairs import checkin, checkin_devices, checkin_rules, day, day_counts
from marketplace.fairs.checkin_rules import REFUSALS, Reading
from marketplace.fairs.models import Fair, FairRoom
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Invalid, NotAllowed
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Length, Required, strip
from marketplace.web.pages import page, redirect
from marketplace.web.qr import drawn_qr
from marketplace.web.visit import Visit

DIRECTIONS = {"in": N_("In"), "out": N_("Out")}


def _rooms(form: object, _field: object) -> dict[str, str]:
    return form.rooms if isinstance(form, DeviceForm) else {}


class DeviceForm(CreatingForm):
    """A phone that reads tickets."""

    rooms: dict[str, str] = {}
    name = StringField(N_("Name of the phone"), [Length(max=60)], filters=[strip])
    room = SelectField(N_("Where it reads"), choices=cast(Any, _rooms), validate_choice=False)


class DoorForm(CreatingForm):
    """What a steward types or a scanner writes; the form's own id is the nonce."""

    direction = RadioField(N_("Direction"), choices=cast(Any, DIRECTIONS), default="in")
    scanned = StringField(
        N_("Code or ticket"),
        [Required(), Length(max=500)],
        filters=[strip],
        description=N_("Type the code under the QR and press Enter; a scanner does the same."),
    )
    companions = IntegerField(
        N_("Companions with her"), [InputRequired(), NumberRange(0, 10)], default=0, widget=NumberInput(min=0, max=10)
    )
    is_forced = BooleanField(N_("Let through all the same"))


@get("/fairs/{slug}/day", USER)
async def show_day(visit: Visit, slug: str) -> Answer:
    """What the people who work there see first."""
    async with visit.read() as db:
        fair, role = await day.day_of(db, slug, by=visit.user.id)
        context = await _around(db, fair)
        context["counts"] = await day_counts.counts_of(db, fair)
        context["devices"] = await checkin_devices.devices_of(db, fair.id) if role != "steward" else []
    form = visit.blank(DeviceForm)
    form.rooms = {ids.short(each.id): each.name for each in context["doors"]}
    return page(visit, "fairs/day/show.html", fragment="counts", role=role, form=form, **context)


@post("/fairs/{slug}/day/devices", USER)
async def add_device(visit: Visit, slug: str) -> Answer:
    """The link of a new phone, shown this once: as a QR to read with that phone, and to open."""
    form = await visit.form(DeviceForm)
    async with visit.write() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="supervisor", lock=True)
        if not form.room.data:
            raise Invalid.at("room", N_("Choose the gate or room where it reads."))
        where = ids.parse(str(form.room.data))
        name = (form.name.data or "")[:60]
        device, secret = await checkin_devices.add_device(db, fair, where, name=name, by=visit.user.id, at=visit.now)
    link = f"{visit.settings.base_url}/gate/read#{secret}"
    return page(visit, "fairs/day/device.html", fair=fair, device=device, link=link, qr=drawn_qr(link))


@post("/fairs/{slug}/day/devices/{id}/revoke", USER)
async def revoke_device(visit: Visit, slug: str, id: UUID) -> Answer:
    """A lost phone reads nothing any more."""
    async with visit.write() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="supervisor")
        await checkin_devices.revoke_device(db, fair, id, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/day", flash=N_("This phone reads no tickets any more."))


@get("/fairs/{slug}/day/doors/{id}", USER)
async def show_door(visit: Visit, slug: str, id: UUID) -> Answer:
    """Read tickets here, without a script."""
    async with visit.read() as db:
        fair, role = await day.day_of(db, slug, by=visit.user.id)
        room = await day.door_named(db, fair.id, id)
    return _door_page(visit, fair, role, room, visit.blank(DoorForm))


@post("/fairs/{slug}/day/doors/{id}", USER)
async def read_ticket(visit: Visit, slug: str, id: UUID) -> Answer:
    """One ticket; the answer stands above an empty field for the next."""
    form = await visit.form(DoorForm)
    form.validate()
    async with visit.write() as db:
        fair, role = await day.day_of(db, slug, by=visit.user.id)
        room = await day.door_named(db, fair.id, id)
        if form.errors:
            return _door_page(visit, fair, role, room, form, status=422)
        if form.is_forced.data and role == "steward":
            raise NotAllowed(N_("Only supervisors let somebody through who was refused."))
        door = await checkin.door_of(db, fair, room)
        [passed] = await checkin.read(db, door, [_reading(visit, form)], by=visit.user.id, at=visit.now)
    empty = visit.blank(DoorForm, data={"direction": form.direction.data})
    return _door_page(visit, fair, role, room, empty, passed=passed, status=200)


def _reading(visit: Visit, form: DoorForm) -> Reading:
    return Reading(
        nonce=form.submission_id,
        scanned=form.scanned.data or "",
        direction="out" if form.direction.data == "out" else "in",
        read_at=visit.now,
        companions=form.companions.data or 0,
        is_forced=bool(form.is_forced.data),
    )


def _door_page(
    visit: Visit,
    fair: Fair,
    role: str,
    room: FairRoom,
    form: DoorForm,
    *,
    passed: checkin.Passed | None = None,
    status: int = 200,
) -> Answer:
    context: dict[str, Any] = {"fair": fair, "role": role, "room": room, "form": form, "passed": passed}
    may_force = role != "steward" and passed is not None and passed.refusal in checkin_rules.FORCIBLE
    return page(visit, "fairs/day/door.html", status=status, reasons=REFUSALS, may_force=may_force, **context)


async def _around(db: AnySession, fair: Fair) -> dict[str, Any]:
    return {"fair": fair, "doors": await day.doors_of(db, fair.id), "fair_zone": ZoneInfo(fair.time_zone)}


routes = [show_day, add_device, revoke_device, show_door, read_ticket]
