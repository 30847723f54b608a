"""Short references that people type and banks cut, print in capitals and put blanks into: `PO 7KQ2 M8XW 4`.

Two letters say what it is for, eight are random, the last checks the others: with a prime number of letters and
growing weights any one wrong letter and any two neighbours changed over are noticed.
"""

import re
import secrets

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""31 letters and digits without those that look alike."""
_LENGTH = 8
PAYOUT, PAY_IN, SENT_BACK = "PO", "IN", "RF"


def make(kind: str) -> str:
    """A new reference of that kind, like `PO7KQ2M8XW4`. Unique as far as chance goes: the table says so for sure."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(_LENGTH))
    return kind + body + _check(body)


def found_in(text: str, kind: str) -> list[str]:
    """All references of that kind in a bank's narration, in the order they stand there, each once."""
    plain = re.sub(r"[^A-Z0-9]", "", text.upper())
    length = _LENGTH + 1
    ends = (match.end() for match in re.finditer(f"(?={kind})..", plain))
    cut = (plain[end : end + length] for end in ends)
    return list(dict.fromkeys(kind + body for body in cut if is_whole(kind + body)))


def is_whole(reference: str) -> bool:
    """Its letters are ours and the last one fits the others."""
    body = reference[2:]
    return len(body) == _LENGTH + 1 and set(body) <= set(ALPHABET) and _check(body[:-1]) == body[-1]


def _check(body: str) -> str:
    total = sum(weight * ALPHABET.index(letter) for weight, letter in enumerate(body, 2))
    return ALPHABET[total % len(ALPHABET)]
