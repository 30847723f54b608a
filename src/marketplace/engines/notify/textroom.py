"""Where text messages leave the house: an HTTP gateway, or nowhere (the demo's mailbox page)."""

import unicodedata
from dataclasses import dataclass, field

import aiohttp

from marketplace.engines.notify.models import TextMessage
from marketplace.engines.notify.rendering import Site

TIMEOUT_SECONDS = 10
MOST_SEGMENTS = 3
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€")
_PLAIN = str.maketrans({"“": '"', "”": '"', "’": "'", "‘": "'", "–": "-", "—": "-", "…": "...", "\u00a0": " "})


class TextRefused(Exception):
    """The gateway will never take this text (HTTP 4xx)."""


class TextUnavailable(Exception):
    """The gateway did not answer, or said "later" (429, 5xx)."""


@dataclass(frozen=True, slots=True)
class Textroom:
    """`url` takes `POST {"to", "text"}` as JSON; `token` goes along as bearer. Without `url` texts are kept."""

    site: Site
    url: str = ""
    token: str = field(default="", repr=False)

    async def send(self, text: TextMessage, body: str) -> None:
        """Hand it to the gateway; its id is the idempotency key. Raises: TextRefused (final), TextUnavailable."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": str(text.id)}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS)) as gateway,
                gateway.post(self.url, json={"to": text.to, "text": body}, headers=headers) as answer,
            ):
                status, said = answer.status, (await answer.text(errors="replace"))[:200]
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TextUnavailable(str(error) or type(error).__name__) from error
        if status == 429 or status >= 500:
            raise TextUnavailable(f"{status} {said}")
        if status >= 300:
            raise TextRefused(f"{status} {said}")


def segments(body: str) -> int:
    """How many SMS the gateway bills: 160 letters of the GSM alphabet or 70 UTF-16 units, 153 or 67 when joined.

    3GPP TS 23.038, section 6.2.1; TS 23.040, section 9.2.3.24.1.
    """
    if all(letter in _GSM or letter in _GSM_TWICE for letter in body):
        length, alone, joined = sum(2 if letter in _GSM_TWICE else 1 for letter in body), 160, 153
    else:
        length, alone, joined = len(body.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= alone else -(-length // joined)


def simple(body: str) -> str:
    """With plain quotation marks and dashes: one typographic letter would halve what fits. Marks of direction go."""
    kept = "".join(letter for letter in body if letter == "\n" or unicodedata.category(letter) != "Cf")
    return kept.translate(_PLAIN)


def shortened(headline: str, address: str) -> str:
    """`headline` and the whole address within MOST_SEGMENTS; the headline gives way."""
    while segments(f"{headline} {address}".strip()) > MOST_SEGMENTS and headline:
        headline = headline[:-4].rstrip() + "..." if len(headline) > 8 else ""
    return f"{headline} {address}".strip()
