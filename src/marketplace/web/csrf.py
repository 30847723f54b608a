"""Cross-site requests are refused: by the browser's own words about the origin, and by a token bound to the session.

OWASP, Cross-Site Request Forgery Prevention Cheat Sheet: signed double submit bound to the session, with Fetch Metadata
and Origin as defence in depth. The token is masked anew in every page, so compression betrays nothing of it (BREACH).
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

FIELD = "_csrf_token"
HEADER = "x-csrftoken"
_SIZE = 16


@dataclass(frozen=True, slots=True)
class CsrfTokens:
    """Makes and checks the tokens of one session (or of one anonymous visitor)."""

    key: str
    bound_to: str

    def _digest(self) -> bytes:
        message = f"csrf:{self.bound_to}".encode()
        return hmac.new(self.key.encode(), message, hashlib.sha256).digest()[:_SIZE]

    def make(self) -> str:
        mask = secrets.token_bytes(_SIZE)
        return base64.urlsafe_b64encode(mask + _xor(mask, self._digest())).decode().rstrip("=")

    def accepts(self, token: str) -> bool:
        """Whether `token` was made for this session. Never raises, whatever was sent."""
        try:
            raw = base64.urlsafe_b64decode(token.encode("ascii") + b"==")
        except (UnicodeEncodeError, binascii.Error):
            return False
        if len(raw) != 2 * _SIZE or not self.bound_to:
            return False
        return hmac.compare_digest(_xor(raw[:_SIZE], raw[_SIZE:]), self._digest())


def comes_from_us(headers: dict[str, str]) -> bool:
    """What the browser says about where the request came from; True where it says nothing (the token decides)."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc == headers.get("host", "")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
