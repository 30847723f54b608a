"""Phone numbers however they are written: figures of three scripts, spaced, in words of English and Urdu; pure.

A run is a stretch of figures and number words with nothing between but spaces and marks. A number is a stretch of a
run, from token to token, that looks like a Pakistani mobile number, a landline with its area code, or an
international number with +. Prices, dates, ids and account numbers (IBAN) do not.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

_WORDS = {
    **dict.fromkeys(("zero", "oh", "nil", "sifar", "sifr", "صفر", "زیرو"), "0"),
    **dict.fromkeys(("one", "ek", "aik", "aek", "ایک", "ون"), "1"),
    **dict.fromkeys(("two", "do", "doo", "دو", "ٹو"), "2"),
    **dict.fromkeys(("three", "teen", "tin", "تین", "تھری"), "3"),
    **dict.fromkeys(("four", "char", "chaar", "چار", "فور"), "4"),
    **dict.fromkeys(("five", "panch", "paanch", "پانچ", "فائیو"), "5"),
    **dict.fromkeys(("six", "che", "chay", "chhe", "chey", "چھ", "چہ", "چھے", "سکس"), "6"),
    **dict.fromkeys(("seven", "saat", "sat", "سات", "سیون"), "7"),
    **dict.fromkeys(("eight", "aath", "ath", "آٹھ", "اٹھ", "ایٹ"), "8"),
    **dict.fromkeys(("nine", "nau", "no", "nou", "نو", "نائن"), "9"),
    **dict.fromkeys(("hundred", "sau", "سو"), "00"),
}
_TIMES = {"double": 2, "dabal": 2, "ڈبل": 2, "triple": 3, "tripple": 3, "ٹرپل": 3}
_TOKEN = re.compile(r"\+?[^\W_]+")
_BETWEEN = re.compile(r"[\s.\-_,/()*|:;~=•،۔]{0,4}")
_LOOKALIKES = str.maketrans("oilsb", "01158")
_NUMBER = re.compile(
    r"""(?:\+?92|0092)0?3\d{9}      # Pakistani mobile with its country code
    |   03\d{9}                     # and without
    |   0(?:4[0-9]|5[0-9]|6[0-9]|2[1-9]|7[0-9]|8[0-9]|9[0-9])\d{7,8}  # landline with its area code
    |   \+(?!0)\d{10,14}            # another country's""",
    re.VERBOSE,
)
_SPELLED = re.compile(r"0?3\d{9}|92?3\d{9}")
_CUE = re.compile(
    r"\b(call|number|num|nmbr|no|phone|mobile|cell|contact|whats ?app|sms|text|dial|ring|rabta|raabta)\b[^.!?\d]{0,15}$"
    r"|(رابطہ|نمبر|فون|موبائل|کال)[^.!?\d]{0,15}$"
)
_LONGEST_RUN = 40


@dataclass(frozen=True, slots=True)
class _Token:
    digits: str
    is_word: bool
    start: int
    end: int


def find_phone(folded: str) -> tuple[int, int] | None:
    """Where in a folded text the first phone number stands, as (start, end); None without one."""
    for run in _runs(folded):
        tokens = run[:_LONGEST_RUN]
        for first in range(len(tokens)):
            if (last := _number_from(tokens[first:], folded)) is not None:
                return tokens[first].start, tokens[first + last].end
    return None


def _number_from(tokens: Sequence[_Token], folded: str) -> int | None:
    """The index of the token with which a number ends that begins with the first token."""
    has_cue = bool(_CUE.search(folded, max(0, tokens[0].start - 40), tokens[0].start))
    spelled = 0
    for index, digits in enumerate(accumulate(token.digits for token in tokens)):
        spelled += tokens[index].is_word
        if len(digits) > 16:
            return None
        if _NUMBER.fullmatch(digits) or ((spelled > 3 or has_cue) and _SPELLED.fullmatch(digits)):
            return index
    return None


def _runs(folded: str) -> Iterator[list[_Token]]:
    run: list[_Token] = []
    times = 1
    at = 0
    for match in _TOKEN.finditer(folded):
        word = match.group()
        digits = _digits(word)
        is_near = _BETWEEN.fullmatch(folded, at, match.start()) is not None
        if run and (not is_near or digits is None) and word not in _TIMES:
            yield run
            run = []
        at = match.end()
        if word in _TIMES:
            times = _TIMES[word]
            continue
        if digits is not None:
            run.append(_Token(digits * times, word in _WORDS, match.start(), match.end()))
        times = 1
    if run:
        yield run


def _digits(word: str) -> str | None:
    """The figures that a word stands for; letters that look like figures count beside one figure at least."""
    if word in _WORDS:
        return _WORDS[word]
    bare = word.lstrip("+")
    if bare.isdecimal():
        return word
    mapped = bare.translate(_LOOKALIKES)
    if mapped.isdecimal() and len(bare) >= 3 and any(letter.isdecimal() for letter in bare):
        return mapped
    return None
