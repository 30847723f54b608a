"""A fair that is on: Omar organises it, AgriTrack has a booth there, Ayesha was offered a gig on the spot."""

from datetime import timedelta
from typing import Any

from marketplace.fairs import checkin_devices, offers
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.money import Money
from tests.cast import Cast
from tests.fairs.scenes import make_hall

OMAR, NOBODY = frozenset({"omar"}), frozenset[str]()
AYESHA, HIRES = frozenset({"ayesha"}), frozenset({"bilal", "iqra"})
_DAY = "/fairs/<live_fair>/day"
_BADGE = "/fairs/<live_fair>/booths/<live_booth>/badges/C00001"

FAIR_DAY: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "GET /fairs/{slug}/day": (_DAY, OMAR, NOBODY),
    "POST /fairs/{slug}/day/devices": (f"{_DAY}/devices", OMAR, NOBODY),
    "POST /fairs/{slug}/day/devices/{id}/revoke": (f"{_DAY}/devices/<gate_device>/revoke", OMAR, NOBODY),
    "GET /fairs/{slug}/day/doors/{id}": (f"{_DAY}/doors/<gate>", OMAR, NOBODY),
    "POST /fairs/{slug}/day/doors/{id}": (f"{_DAY}/doors/<gate>", OMAR, NOBODY),
    "GET /fairs/{slug}/booths/{id}/day": ("/fairs/<live_fair>/booths/<live_booth>/day", HIRES, NOBODY),
    "GET /fairs/{slug}/badges/{code}": ("/fairs/<live_fair>/badges/C00001", HIRES, NOBODY),
    "GET /fairs/{slug}/booths/{id}/badges/{code}": (_BADGE, HIRES, NOBODY),
    "POST /fairs/{slug}/booths/{id}/badges/{code}": (_BADGE, HIRES, NOBODY),
    "GET /fairs/{slug}/booths/{id}/badges/{code}/offer": (f"{_BADGE}/offer", HIRES, NOBODY),
    "POST /fairs/{slug}/booths/{id}/badges/{code}/offer": (f"{_BADGE}/offer", HIRES, NOBODY),
    "GET /fairs/offers/{id}": ("/fairs/offers/<spot_offer>", AYESHA | HIRES, NOBODY),
    "POST /fairs/offers/{id}/accept": ("/fairs/offers/<spot_offer>/accept", AYESHA, NOBODY),
    "POST /fairs/offers/{id}/decline": ("/fairs/offers/<spot_offer>/decline", AYESHA, NOBODY),
    "POST /fairs/offers/{id}/withdraw": ("/fairs/offers/<spot_offer>/withdraw", HIRES, NOBODY),
}


async def fair_day_of(db: Session, cast: Cast) -> dict[str, str]:
    """A fair of the park that began an hour ago, with a phone at its gate."""
    at = clock.now()
    times = {"starts_at": at - timedelta(hours=1), "ends_at": at + timedelta(hours=5), "live_at": at}
    hall = await make_hall(db, cast, state="live", slug="a-live-fair", **times)
    device, _ = await checkin_devices.add_device(db, hall.fair, hall.gate.id, name="Gate", by=cast.omar.id, at=at)
    hall.candidates[0].user_id = cast.ayesha.id
    words = offers.Words(kind="gig", title="A logo", text="", pay=Money(50_00, "USD"), days=3)
    told: dict[str, Any] = {"by": cast.bilal.id, "at": at}
    offer = await offers.make(db, hall.fair, hall.booths[0], hall.candidates[0], words, **told)
    shown = {"live_booth": ids.short(hall.booths[0].id), "spot_offer": ids.short(offer.id)}
    return shown | {"live_fair": hall.fair.slug, "gate": ids.short(hall.gate.id), "gate_device": ids.short(device.id)}
