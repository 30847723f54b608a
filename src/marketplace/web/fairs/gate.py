"""The phone at a gate: a page that can be installed and works without a network, and what it asks of the server.

A phone proves itself by the secret of its address (`Authorization: Device …`). The contract is pretix's: a nonce
of the phone, its own time, coded refusals, force for what has happened, in and out.
"""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from marketplace.fairs import checkin, checkin_devices, checkin_rules
from marketplace.fairs.checkin_rules import REFUSALS, Reading
from marketplace.fairs.day_models import Direction, Refusal
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_, translations
from marketplace.web.access import PUBLIC, WEBHOOK, Answer, get, post
from marketplace.web.pages import page
from marketplace.web.visit import Visit

HERE = "/gate/read"
CAMERA = {"permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"}
FUTURE = timedelta(minutes=5)
"""How far a phone's clock may be ahead; beyond it our time counts."""
_FILES = ("gate.js", "vendor/jsqr.js", "vendor/pico.min.css", "app.css", "tile.svg")
_WORDS = {
    "no_device": N_("This phone is not known any more. Open its link again."),
    "unsigned": N_("The list was not signed for this phone and is not used."),
    "kept": N_("Kept. It is sent when the network is back."),
    "is_in": N_("is in"),
    "is_out": N_("is out"),
    "offline": N_("by the list"),
    "none": N_("none yet"),
    "camera": N_("Use the camera"),
    "stop_camera": N_("Stop the camera"),
    "no_camera": N_("The camera can't be used here. Type the code."),
}


class Sent(msgspec.Struct):
    """One reading as a phone sends it."""

    nonce: UUID
    scanned: str
    direction: Direction
    read_at: datetime
    companions: int = 0
    force: bool = False
    offline: bool = False
    refused: Refusal | None = None


class Message(msgspec.Struct):
    """What a phone sends."""

    readings: list[Sent]


@get(HERE, PUBLIC)
async def show_gate(visit: Visit) -> Answer:
    """The page: the same for every phone; which one it is stands behind the # of its address."""
    say = translations(visit.locale).gettext
    words: dict[str, Any] = {name: say(text) for name, text in _WORDS.items()}
    words["reasons"] = {code: say(text) for code, text in REFUSALS.items()}
    return page(visit, "fairs/day/gate.html", headers=CAMERA, words=words, gaps=checkin_rules.OFFLINE_GAPS)


@get("/gate/worker.js", PUBLIC)
async def show_worker(visit: Visit) -> Answer:
    """The service worker, with the addresses of what it keeps."""
    files = [HERE, *(visit.site.assets.url(name) for name in _FILES)]
    found, _ = visit.site.assets.find("gate-worker.js")
    assert found is not None
    name = f"gate-{hashlib.sha256(json.dumps(files).encode()).hexdigest()[:12]}"
    head = f"const FILES = {json.dumps(files)}, CACHE = {json.dumps(name)};\n"
    body = head + found.bodies[""].decode()
    return Response(body, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


@get("/gate/manifest.webmanifest", PUBLIC)
async def show_manifest(visit: Visit) -> Answer:
    """So that it can be installed."""
    name = translations(visit.locale).gettext(N_("Read tickets"))
    icon = {"src": visit.site.assets.url("tile.svg"), "sizes": "any", "type": "image/svg+xml"}
    content: dict[str, Any] = {"name": f"{name} · {visit.settings.name}", "short_name": name, "icons": [icon]}
    content |= {"start_url": HERE, "scope": "/gate/", "display": "standalone", "lang": visit.locale}
    content |= {"background_color": "#fbfaf6", "theme_color": "#0b4f8a", "dir": visit.direction}
    return Response(content, media_type="application/manifest+json", headers={"Cache-Control": "no-cache"})


@get("/gate/snapshot", WEBHOOK)
async def take_snapshot(visit: Visit) -> Answer:
    """The signed list of this phone's fair."""
    async with visit.read(fresh=True) as db:
        device, fair, room = await checkin_devices.device_of(db, _secret(visit))
        text, signature = await checkin_devices.snapshot_of(db, device, fair, room, at=visit.now)
    return Response({"snapshot": text, "signature": signature}, media_type="application/json")


@post("/gate/readings", WEBHOOK)
async def take_readings(visit: Visit) -> Answer:
    """Readings of this phone, new or sent again; each gets its answer."""
    try:
        message = msgspec.json.decode(await visit.request.body(), type=Message)
    except msgspec.MsgspecError as error:
        return Response({"error": str(error)}, status_code=422, media_type="application/json")
    if len(message.readings) > checkin_rules.AT_ONCE:
        raise Invalid.at("readings", N_("Too many readings at once."))
    async with visit.write() as db:
        device, fair, room = await checkin_devices.device_of(db, _secret(visit), lock=True)
        door = await checkin.door_of(db, fair, room)
        readings = [_reading(each, at=visit.now) for each in message.readings]
        passed = await checkin.read(db, door, readings, device_id=device.id, at=visit.now)
        device.seen_at = visit.now
    results: list[dict[str, Any]] = [
        {
            **{"nonce": str(each.nonce), "status": "refused" if each.refusal else "ok", "reason": each.refusal},
            **{"forced": each.is_forced, "number": each.number, "name": each.name, "companions": each.companions},
        }
        for each in passed
    ]
    return Response({"results": results}, media_type="application/json")


def _reading(sent: Sent, *, at: datetime) -> Reading:
    read_at = sent.read_at if sent.read_at.tzinfo else at
    return Reading(
        nonce=sent.nonce,
        scanned=sent.scanned[:500],
        direction=sent.direction,
        read_at=at if read_at > at + FUTURE else read_at,
        companions=sent.companions,
        is_forced=sent.force,
        was_offline=sent.offline,
        refused=sent.refused,
    )


def _secret(visit: Visit) -> str:
    kind, _, secret = visit.headers.get("authorization", "").partition(" ")
    if kind != "Device" or not secret:
        raise NotFound
    return secret


routes = [show_gate, show_worker, show_manifest, take_snapshot, take_readings]
