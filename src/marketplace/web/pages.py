"""The answer: a whole page, or the one block that htmx asked for; a redirect; a file."""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
from jinja2 import TemplateNotFound
from litestar import Response
from litestar.enums import MediaType

from marketplace.kernel.i18n import translations
from marketplace.web import htmx
from marketplace.web.access import Answer
from marketplace.web.templates import MADE
from marketplace.web.visit import Visit

FLASH_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Flash:
    """One message after a step; `message` is a msgid, said by the next page. Tones: good, note, waiting, danger."""

    message: str
    tone: str = "good"
    values: Mapping[str, str | int] | None = None


def page(
    visit: Visit,
    template: str,
    *,
    status: int = 200,
    fragment: str | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Answer:
    """Render `template` after the transaction. Where htmx wants a part, only the block `fragment` is rendered."""
    body = render(visit, template, fragment=fragment if visit.is_htmx else None, status=status, **context)
    sent = {"Vary": htmx.VARY, "Cache-Control": "private, no-store" if visit.is_signed_in else "private, no-cache"}
    return Response(content=body, status_code=status, media_type=MediaType.HTML, headers={**sent, **(headers or {})})


def render(visit: Visit, template: str, *, fragment: str | None = None, **context: Any) -> str:
    """The HTML of a page, or of one block of it."""
    found = visit.site.templates[visit.locale].get_template(template)
    if fragment is None:
        return found.render(
            {**_surroundings(visit), "csp_nonce": visit.nonce, "flashes": _take_flashes(visit), **context}
        )
    if fragment not in found.blocks:
        raise TemplateNotFound(f"{template}#{fragment}")
    variables = found.new_context({**_surroundings(visit), **context})
    return "".join(found.blocks[fragment](variables))


def _surroundings(visit: Visit) -> dict[str, Any]:
    """What every template may use."""
    return {
        MADE: {},
        "user": visit.person,
        "unread": visit.person.unread if visit.person else 0,
        "unread_threads": visit.person.unread_threads if visit.person else 0,
        "locale": visit.locale,
        "direction": visit.direction,
        "zone": visit.zone,
        "now": visit.now,
        "path": visit.path,
        "address": visit.address,
        "csrf_token": visit.csrf_token,
        "site_name": visit.settings.name,
        "base_url": visit.settings.base_url,
        "is_demo": visit.settings.is_demo,
    }


def redirect(visit: Visit, url: str, *, flash: str | Flash | None = None) -> Answer:
    """To the page of the result: 303, and for htmx the header that makes it load a page.

    `url` is one of ours, or the payment service gave it; what a visitor sent passes local_path() first.
    """
    if flash is not None:
        _keep_flash(visit, flash if isinstance(flash, Flash) else Flash(flash))
    if visit.headers.get("hx-request") == "true":
        return Response(content="", status_code=200, media_type=MediaType.HTML, headers={"HX-Redirect": url})
    return Response(content="", status_code=303, media_type=MediaType.HTML, headers={"Location": url})


def download(content: bytes, *, name: str, media_type: str) -> Answer:
    """A file to be kept, never shown inside our pages."""
    return Response(content=content, media_type=media_type, headers=attachment(name))


def attachment(name: str) -> dict[str, str]:
    """The headers of a file to be kept under that name."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name) or "file"
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    return {"Content-Disposition": disposition, "Cache-Control": "private, no-store"}


def local_path(text: str | None, otherwise: str = "/") -> str:
    """`text` when it is a path of ours (for `next=`), else `otherwise`."""
    if text and re.fullmatch(r"/(?![/\\])[^\x00-\x20\\]{0,500}", text):
        return text
    return otherwise


# -- flashes: a signed cookie that lives a minute and is taken by the next whole page


def _keep_flash(visit: Visit, flash: Flash) -> None:
    packed = msgspec.json.encode([flash.tone, flash.message, dict(flash.values or {})])
    visit.set_cookie("flash", f"{_encode(packed)}.{_sign(visit, packed)}", max_age=FLASH_SECONDS)


def _take_flashes(visit: Visit) -> list[dict[str, str]]:
    text, _, signature = visit.cookie("flash").partition(".")
    if not text:
        return []
    visit.drop_cookie("flash")
    try:
        packed = base64.urlsafe_b64decode(text + "==")
    except (binascii.Error, ValueError):
        return []
    if not hmac.compare_digest(_sign(visit, packed), signature):
        return []
    tone, message, values = msgspec.json.decode(packed, type=tuple[str, str, dict[str, str | int]])
    said = translations(visit.locale).gettext(message)
    return [{"tone": tone, "text": said % values if values else said}]


def _sign(visit: Visit, packed: bytes) -> str:
    return _encode(hmac.new(visit.settings.secret_key.encode(), b"flash:" + packed, hashlib.sha256).digest()[:18])


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
