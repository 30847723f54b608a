"""Ids are UUIDv7, made by PostgreSQL, shown in addresses as 26 letters of base32 (Crockford)."""

import re
import unicodedata
from uuid import UUID

from marketplace.kernel.errors import NotFound

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(ALPHABET)}
_LENGTH = 26


def short(id: UUID) -> str:
    """26 lower-case letters that sort like the id."""
    number, letters = id.int, ""
    for _ in range(_LENGTH):
        number, digit = divmod(number, 32)
        letters = ALPHABET[digit] + letters
    return letters


def parse(text: str) -> UUID:
    """The id behind `short(id)`. Raises: NotFound for anything else (an address nobody made)."""
    number = 0
    if len(text) != _LENGTH:
        raise NotFound
    for letter in text.lower():
        if letter not in _VALUES:
            raise NotFound
        number = number * 32 + _VALUES[letter]
    if number >= 1 << 128:
        raise NotFound
    return UUID(int=number)


def tail(id: UUID) -> str:
    """The last 8 letters: 40 random bits of a UUIDv7, unique enough beside the words of a title."""
    return short(id)[-8:]


def slug(title: str, id: UUID) -> str:
    """ASCII words of the title (at most 60 letters) and the tail of the id; it never changes afterwards."""
    words = re.findall(r"[a-z0-9]+", unicodedata.normalize("NFKD", title).lower())
    text = ""
    for word in words:
        if len(text) + len(word) > 60:
            break
        text += f"{word}-"
    return text + tail(id)
