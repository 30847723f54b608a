"""A fair that is on, and who works there: Omar organises it; nobody else reaches its day."""

from datetime import timedelta

from marketplace.fairs import checkin_devices
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.fairs.scenes import make_hall

OMAR, NOBODY = frozenset({"omar"}), frozenset[str]()
_DAY = "/fairs/<live_fair>/day"

FAIR_DAY: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "GET /fairs/{slug}/day": (_DAY, OMAR, NOBODY),
    "POST /fairs/{slug}/day/devices": (f"{_DAY}/devices", OMAR, NOBODY),
    "POST /fairs/{slug}/day/devices/{id}/revoke": (f"{_DAY}/devices/<gate_device>/revoke", OMAR, NOBODY),
    "GET /fairs/{slug}/day/doors/{id}": (f"{_DAY}/doors/<gate>", OMAR, NOBODY),
    "POST /fairs/{slug}/day/doors/{id}": (f"{_DAY}/doors/<gate>", OMAR, NOBODY),
}


async def fair_day_of(db: Session, cast: Cast) -> dict[str, str]:
    """A fair of the park that began an hour ago, with a phone at its gate."""
    at = clock.now()
    times = {"starts_at": at - timedelta(hours=1), "ends_at": at + timedelta(hours=5), "live_at": at}
    hall = await make_hall(db, cast, state="live", slug="a-live-fair", **times)
    device, _ = await checkin_devices.add_device(db, hall.fair, hall.gate.id, name="Gate", by=cast.omar.id, at=at)
    return {"live_fair": hall.fair.slug, "gate": ids.short(hall.gate.id), "gate_device": ids.short(device.id)}
