"""What the employer may read before the shortlist, and the letter that stands for a person until then; pure."""

import re

HIDDEN = "▒▒▒"
"""Stands where a name, a link or a number was until the shortlist."""

_CONTACTS = re.compile(
    r"""[\w.+-]+@[\w-]+\.[\w.-]+            # e-mail address
    |  (?:https?://|www\.)\S+               # link
    |  \b(?!(?:asp|vb|ado|ml)\.net\b|socket\.io\b)  # address without https, unless it names a technology
       [\w-]+(?:\.[\w-]+)*\.(?:com|net|org|pk|io|dev|me|co|app|site|page|xyz|info)\b(?:/\S*)?
    |  (?<!\w)@[\w.]{3,}                    # handle elsewhere
    |  (?<![\w.,])\+?\d(?:[\s().-]?\d){8,14}(?!\w|[.,]\d)  # phone number
    """,
    re.VERBOSE | re.IGNORECASE,
)


def without_identity(text: str, name: str, handle: str) -> str:
    """`text` as the employer reads it before the shortlist: without her name, her handle, links and numbers.

    Words of her name count from three letters on; a shorter one would take common words along.
    """
    words = [word for word in re.findall(r"\w+", name) if len(word) >= 3]
    own = "|".join(re.escape(word) for word in sorted({*words, handle}, key=len, reverse=True) if word)
    text = _CONTACTS.sub(HIDDEN, text)
    return re.sub(rf"(?<!\w)(?:{own})(?!\w)", HIDDEN, text, flags=re.IGNORECASE) if own else text


def letter(number: int) -> str:
    """1 → A, 26 → Z, 27 → AA: who proposed as the n-th, without a name."""
    assert number > 0
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
