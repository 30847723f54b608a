"""What every answer carries, errors too: security headers, cookies, compression; and one line in the access log."""

import gzip
import logging
import time
from typing import Any, cast
from urllib.parse import urlsplit

from litestar.types import Message, Send

from marketplace.kernel.config import Settings
from marketplace.web.visit import Visit

log = logging.getLogger("marketplace.access")

FIXED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=63072000; includeSubDomains"
_LEAST = 600
"""Bytes below which compressing is not worth it."""
_COMPRESSIBLE = ("text/", "application/json", "application/problem+json", "image/svg+xml")


def content_security_policy(settings: Settings, nonce: str) -> str:
    """No inline script, nothing from other hosts; forms may lead to the pages of the payment service."""
    style = f" 'nonce-{nonce}'" if nonce else ""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'{style}; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; form-action 'self' {_payment_hosts(settings)}; manifest-src 'self'; base-uri 'none'; "
        "frame-ancestors 'none'; object-src 'none'"
    )


def _payment_hosts(settings: Settings) -> str:
    if settings.stripe_api_url:
        return "{0.scheme}://{0.netloc}".format(urlsplit(settings.stripe_api_url))
    return "https://checkout.stripe.com https://connect.stripe.com"


class Envelope:
    """Stands between the application and the server for one request."""

    def __init__(self, visit: Visit, send: Send, *, method: str) -> None:
        self._visit, self._send, self._method = visit, send, method
        self._started = time.perf_counter()
        self._start: dict[str, Any] | None = None
        self._bytes = 0
        self._status = 0

    async def send(self, message: Message) -> None:
        """Hold the start back until the first part of the body is there, so that its length is known."""
        if message["type"] == "http.response.start":
            self._start = cast("dict[str, Any]", message)
            return
        part = cast("dict[str, Any]", message)
        if self._start is not None:
            part = await self._begin(self._start, part)
        self._bytes += len(part["body"])
        await self._send(cast(Message, part))
        if not part.get("more_body", False):
            self._note()

    async def _begin(self, start: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
        self._start = None
        self._status = start["status"]
        headers = _Headers(start["headers"])
        body: bytes = part.get("body", b"")
        if not part.get("more_body", False):
            body = self._compressed(headers, body)
        self._add(headers)
        await self._send(cast(Message, {**start, "headers": headers.items}))
        if self._method == "HEAD":
            return {"type": "http.response.body", "body": b"", "more_body": False}
        return {**part, "body": body}

    def _compressed(self, headers: "_Headers", body: bytes) -> bytes:
        kind = headers.get("content-type")
        if len(body) < _LEAST or headers.get("content-encoding") or not kind.startswith(_COMPRESSIBLE):
            return body
        headers.vary("Accept-Encoding")
        if "gzip" not in self._visit.headers.get("accept-encoding", ""):
            return body
        packed = gzip.compress(body, 5, mtime=0)
        headers.set("content-encoding", "gzip")
        headers.set("content-length", str(len(packed)))
        return packed

    def _add(self, headers: "_Headers") -> None:
        visit = self._visit
        for name, value in FIXED.items():
            if not headers.get(name):
                headers.set(name, value)
        if not headers.get("content-security-policy"):  # a file brings a stricter one
            headers.set("content-security-policy", content_security_policy(visit.settings, visit.nonce_if_used))
        if visit.settings.is_secure:
            headers.set("strict-transport-security", HSTS)
        if not headers.get("cache-control"):
            headers.set("cache-control", "private, no-store")
        for cookie in visit.cookies_to_set:
            headers.items.append(cookie.to_encoded_header())

    def _note(self) -> None:
        """Method and path only: queries carry tokens, bodies carry everything."""
        took = (time.perf_counter() - self._started) * 1000
        who = self._visit.person.id if self._visit.person else "-"
        log.info("%s %s %s %.1fms %sB %s", self._method, self._visit.logged_path, self._status, took, self._bytes, who)


class _Headers:
    """The raw list of an ASGI answer, changed by lower-case names."""

    def __init__(self, items: Any) -> None:
        self.items: list[tuple[bytes, bytes]] = [(bytes(name).lower(), bytes(value)) for name, value in items]

    def get(self, name: str) -> str:
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.items if key == wanted), "")

    def set(self, name: str, value: str) -> None:
        key = name.encode()
        self.items = [item for item in self.items if item[0] != key]
        self.items.append((key, value.encode("latin-1")))

    def vary(self, on: str) -> None:
        """Add to Vary what is not there yet."""
        present = self.get("vary")
        if on.lower() not in present.lower():
            self.set("vary", f"{present}, {on}" if present else on)
