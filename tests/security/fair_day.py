"""A fair that is on: Omar organises it, AgriTrack has a booth there, Ayesha was offered a gig on the spot."""

from datetime import timedelta
from typing import Any

from marketplace.engines.files.models import StoredFile
from marketplace.fairs import checkin_devices, offers, replanning
from marketplace.fairs.day_models import FollowUp
from marketplace.fairs.paper_models import FairPaper
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.replanning import Happening
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from tests.cast import Cast
from tests.fairs.scenes import make_hall, make_timetable

OMAR, NOBODY = frozenset({"omar"}), frozenset[str]()
AYESHA, HIRES = frozenset({"ayesha"}), frozenset({"bilal", "iqra"})
_DAY = "/fairs/<live_fair>/day"
_PERSON = "/fairs/<live_fair>/booths/<live_booth>/people/<follow_up>"
_BADGE = "/fairs/<live_fair>/booths/<live_booth>/badges/C00001"

FAIR_DAY: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "GET /fairs/{slug}/day": (_DAY, OMAR, NOBODY),
    "POST /fairs/{slug}/day/devices": (f"{_DAY}/devices", OMAR, NOBODY),
    "POST /fairs/{slug}/day/devices/{id}/revoke": (f"{_DAY}/devices/<gate_device>/revoke", OMAR, NOBODY),
    "GET /fairs/{slug}/day/doors/{id}": (f"{_DAY}/doors/<gate>", OMAR, NOBODY),
    "POST /fairs/{slug}/day/doors/{id}": (f"{_DAY}/doors/<gate>", OMAR, NOBODY),
    "GET /fairs/{slug}/paper": ("/fairs/<live_fair>/paper", OMAR, NOBODY),
    "POST /fairs/{slug}/paper": ("/fairs/<live_fair>/paper", OMAR, NOBODY),
    "GET /fairs/{slug}/paper/{id}/file": ("/fairs/<live_fair>/paper/<paper>/file", OMAR, NOBODY),
    "GET /fairs/{slug}/paper/tables/{id}": ("/fairs/<live_fair>/paper/tables/<live_table>", OMAR, NOBODY),
    "POST /fairs/{slug}/paper/tables/{id}": ("/fairs/<live_fair>/paper/tables/<live_table>", OMAR, NOBODY),
    "GET /fairs/{slug}/report": ("/fairs/<live_fair>/report", OMAR, NOBODY),
    "GET /fairs/{slug}/report.csv": ("/fairs/<live_fair>/report.csv", OMAR, NOBODY),
    "GET /fairs/{slug}/day/board": (f"{_DAY}/board", OMAR, NOBODY),
    "POST /fairs/{slug}/day/standby": (f"{_DAY}/standby", OMAR, NOBODY),
    "POST /fairs/{slug}/day/meetings/{id}/missed": (f"{_DAY}/meetings/<live_meeting>/missed", OMAR, NOBODY),
    "GET /fairs/{slug}/day/changes": (f"{_DAY}/changes", OMAR, NOBODY),
    "POST /fairs/{slug}/day/changes": (f"{_DAY}/changes", OMAR, NOBODY),
    "GET /fairs/{slug}/day/changes/{id}": (f"{_DAY}/changes/<fair_change>", OMAR, NOBODY),
    "POST /fairs/{slug}/day/changes/{id}/confirm": (f"{_DAY}/changes/<fair_change>/confirm", OMAR, NOBODY),
    "POST /fairs/{slug}/day/changes/{id}/undo": (f"{_DAY}/changes/<fair_change>/undo", OMAR, NOBODY),
    "POST /fairs/{slug}/day/changes/{id}/discard": (f"{_DAY}/changes/<fair_change>/discard", OMAR, NOBODY),
    "GET /fairs/{slug}/booths/{id}/day": ("/fairs/<live_fair>/booths/<live_booth>/day", HIRES, NOBODY),
    "GET /fairs/{slug}/booths/{id}/answers": ("/fairs/<live_fair>/booths/<live_booth>/answers", HIRES, NOBODY),
    "POST /fairs/{slug}/booths/{id}/answers": ("/fairs/<live_fair>/booths/<live_booth>/answers", HIRES, NOBODY),
    "POST /fairs/{slug}/booths/{id}/people/{number}": (_PERSON, HIRES, NOBODY),
    "GET /fairs/{slug}/booths/{id}/queue": ("/fairs/<live_fair>/booths/<live_booth>/queue", HIRES, NOBODY),
    "POST /fairs/{slug}/booths/{id}/queue": ("/fairs/<live_fair>/booths/<live_booth>/queue", HIRES, NOBODY),
    "POST /fairs/{slug}/booths/{id}/queue/call": ("/fairs/<live_fair>/booths/<live_booth>/queue/call", HIRES, NOBODY),
    "GET /fairs/{slug}/booths/{id}/sign": ("/fairs/<live_fair>/booths/<live_booth>/sign", HIRES | OMAR, NOBODY),
    "GET /fairs/{slug}/day/words": (f"{_DAY}/words", OMAR, NOBODY),
    "GET /fairs/{slug}/day/walk-ins": (f"{_DAY}/walk-ins", OMAR, NOBODY),
    "POST /fairs/{slug}/day/walk-ins": (f"{_DAY}/walk-ins", OMAR, NOBODY),
    "GET /fairs/{slug}/day/helpers": (f"{_DAY}/helpers", OMAR, NOBODY),
    "POST /fairs/{slug}/day/helpers": (f"{_DAY}/helpers", OMAR, NOBODY),
    "POST /fairs/{slug}/day/helpers/{id}/end": (f"{_DAY}/helpers/<live_booth>/end", OMAR, NOBODY),
    "GET /fairs/{slug}/booths/{id}/badges/{code}": (_BADGE, HIRES, NOBODY),
    "POST /fairs/{slug}/booths/{id}/badges/{code}": (_BADGE, HIRES, NOBODY),
    "GET /fairs/{slug}/booths/{id}/badges/{code}/offer": (f"{_BADGE}/offer", HIRES, NOBODY),
    "POST /fairs/{slug}/booths/{id}/badges/{code}/offer": (f"{_BADGE}/offer", HIRES, NOBODY),
    "GET /fairs/offers/{id}": ("/fairs/offers/<spot_offer>", AYESHA | HIRES, NOBODY),
    "POST /fairs/offers/{id}/accept": ("/fairs/offers/<spot_offer>/accept", AYESHA, NOBODY),
    "POST /fairs/offers/{id}/decline": ("/fairs/offers/<spot_offer>/decline", AYESHA, NOBODY),
    "POST /fairs/offers/{id}/withdraw": ("/fairs/offers/<spot_offer>/withdraw", HIRES, NOBODY),
}


async def fair_day_of(db: Session, cast: Cast, file: StoredFile) -> dict[str, str]:
    """A fair of the park that began an hour ago, with a phone at its gate."""
    at = clock.now()
    times = {"starts_at": at - timedelta(hours=1), "ends_at": at + timedelta(hours=5), "live_at": at}
    hall = await make_hall(db, cast, state="live", slug="a-live-fair", **times)
    device, _ = await checkin_devices.add_device(db, hall.fair, hall.gate.id, name="Gate", by=cast.omar.id, at=at)
    hall.candidates[0].user_id = cast.ayesha.id
    words = offers.Words(kind="gig", title="A logo", text="", pay=Money(50_00, "USD"), days=3)
    told: dict[str, Any] = {"by": cast.bilal.id, "at": at}
    offer = await offers.make(db, hall.fair, hall.booths[0], hall.candidates[0], words, **told)
    plan = await make_timetable(db, hall.fair)
    where: dict[str, Any] = {"booth_id": hall.booths[1].id, "table_id": hall.tables[1].id, "slot_id": hall.slots[4].id}
    who: dict[str, Any] = {"candidate_id": hall.candidates[1].id, "timetable_id": plan.id}
    meeting = Meeting(fair_id=hall.fair.id, created_at=at, updated_at=at, **where, **who)
    db.add(meeting)
    await db.flush()
    what = Happening(cause="no_show", candidate_ids=(hall.candidates[1].id,))
    change = await replanning.propose(db, hall.fair, what, by=cast.omar.id, at=at)
    part: dict[str, Any] = {"kind": "doors", "part": 1, "parts": 1, "first": 1, "last": 3, "locale": "en"}
    printed = FairPaper(
        fair_id=hall.fair.id, file_id=file.id, made_at=at, ordered_by=cast.omar.id, ordered_at=at, **part
    )
    about: dict[str, Any] = {"fair_id": hall.fair.id, "candidate_id": hall.candidates[0].id, "offer_id": offer.id}
    asked = FollowUp(**about, day=30, due_on=at.date())
    db.add_all([printed, asked])
    await db.flush()
    shown = {"live_meeting": ids.short(meeting.id), "fair_change": ids.short(change.id)}
    shown |= {"live_booth": ids.short(hall.booths[0].id), "spot_offer": ids.short(offer.id)}
    shown |= {"follow_up": ids.short(asked.id)}
    shown |= {"paper": ids.short(printed.id), "live_table": ids.short(hall.tables[0].id)}
    return shown | {"live_fair": hall.fair.slug, "gate": ids.short(hall.gate.id), "gate_device": ids.short(device.id)}
