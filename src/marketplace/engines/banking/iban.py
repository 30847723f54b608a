"""International bank account numbers (ISO 13616): their form and check digits. Whether one exists only a bank knows."""

import re

from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_

LENGTHS = {"PK": 24, "AE": 23, "SA": 24, "GB": 22, "DE": 22, "NL": 18, "FR": 27, "BH": 22, "QA": 29, "KW": 30}
"""Of the countries that freelancers here bank in; of other countries only form and check digits are read."""


class NoIban(Invalid):
    """What somebody typed is no IBAN."""


def read_iban(text: str, *, field: str = "iban") -> str:
    """The IBAN without blanks, in capitals. Raises: NoIban at `field`, saying what is wrong."""
    iban = re.sub(r"[\s-]", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        raise NoIban.at(
            field, N_("An IBAN begins with two letters and two digits, like PK36 SCBL 0000 0011 2345 6702.")
        )
    if len(iban) != LENGTHS.get(iban[:2], len(iban)):
        raise NoIban.at(field, N_("This IBAN has too few or too many letters. Look again."))
    digits = "".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])
    if int(digits) % 97 != 1:
        raise NoIban.at(field, N_("A letter or digit of this IBAN is wrong. Look again."))
    return iban
