"""Folding: one spelling for what people write in many, in documents and in queries alike.

Letters of Urdu keyboards and Arabic keyboards, digits of three scripts, accents, joiners and capitals become one
form; words written with a dot or hyphen are also found written together (node.js, e-commerce).
"""

import re
import unicodedata
from itertools import pairwise

_LETTERS = str.maketrans(
    {
        "ي": "ی",
        "ى": "ی",
        "ې": "ی",
        "ك": "ک",
        "ه": "ہ",
        "ة": "ہ",
        "ۃ": "ہ",
        "ۀ": "ہ",
        "ە": "ہ",
        "ٱ": "ا",
        "ـ": None,
    }
)
_TOKEN = re.compile(r"\.net\b|[^\W_]+[+#]*")
_JOINERS = frozenset(".-'’_/")


def fold(text: str) -> str:
    """One spelling of `text`: NFKC, no capitals, no marks, no joiners, Urdu letters, digits 0-9. Idempotent."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = (_plain(letter) for letter in decomposed if unicodedata.category(letter) not in ("Mn", "Cf"))
    return unicodedata.normalize("NFC", "".join(kept).translate(_LETTERS))


def words(text: str) -> list[str]:
    """The folded words of `text` in order; `c++`, `c#` and `.net` stay whole."""
    return _TOKEN.findall(fold(text))


def joined_forms(text: str) -> list[str]:
    """Words that stand in `text` with a dot, hyphen or slash between them, written together: node.js gives nodejs."""
    return _joined(fold(text))


def _joined(folded: str) -> list[str]:
    if _JOINERS.isdisjoint(folded):
        return []
    matches = list(_TOKEN.finditer(folded))
    forms: list[str] = []
    run = matches[0].group() if matches else ""
    parts = 1
    for left, right in pairwise(matches):
        if folded[left.end() : right.start()] in _JOINERS or right.group().startswith("."):
            run, parts = run + right.group().lstrip("."), parts + 1
            continue
        if parts > 1:
            forms.append(run)
        run, parts = right.group(), 1
    if parts > 1:
        forms.append(run)
    return [form for form in forms if not form.isdecimal()]


def searchable(value: str | list[str] | None) -> str:
    """What the index holds for a text or a list of texts: its folded words, then its joined forms, by single spaces."""
    if value is None:
        return ""
    texts = [value] if isinstance(value, str) else value
    folded = [fold(text) for text in texts]
    found = [word for text in folded for word in _TOKEN.findall(text)]
    found += [form for text in folded for form in _joined(text)]
    return " ".join(found)


def _plain(letter: str) -> str:
    """The ASCII digit of any decimal digit, else the letter itself."""
    digit = unicodedata.decimal(letter, None)
    return letter if digit is None else str(digit)
