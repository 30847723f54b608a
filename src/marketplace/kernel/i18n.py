"""Words in the reader's language: gettext catalogues in locale/, English msgids."""

import gettext as _gettext
from functools import cache

from marketplace.kernel.paths import resource

LOCALES = ("en", "ur")
LOCALE_NAMES = {"en": "English", "ur": "اردو"}


def N_(message: str) -> str:  # noqa: N802 - the name gettext's tools look for
    """Mark a message for the catalogues; it is translated where it is shown."""
    return message


@cache
def translations(locale: str) -> _gettext.NullTranslations:
    """The catalogue of `locale`; English, and what is not translated, is the msgid itself."""
    try:
        folder = resource("locale")
    except FileNotFoundError:
        return _gettext.NullTranslations()
    return _gettext.translation("messages", folder, languages=[locale], fallback=True)


def direction(locale: str) -> str:
    """Which way the script runs: "rtl" or "ltr"."""
    return "rtl" if locale == "ur" else "ltr"


def known(locale: str | None) -> str:
    """`locale` when we have it, else English."""
    return locale if locale in LOCALES else "en"
