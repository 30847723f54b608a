"""A batch of payments as the CSV file that a wallet operator takes; which column holds what is data."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.engines.banking.credit_transfers import Payment
from marketplace.kernel.money import EXPONENTS

_SIGNS = "=+-@\t\r"
"""What a spreadsheet would take for a formula at the beginning of a cell."""


@dataclass(frozen=True, slots=True)
class TableLayout:
    """Pairs of a heading and a pattern over number, account, name, amount, currency, reference, purpose."""

    columns: tuple[tuple[str, str], ...]
    delimiter: str = ","
    has_heading: bool = True


def table(layout: TableLayout, payments: Sequence[Payment]) -> bytes:
    """The file, in UTF-8 with the line ends of RFC 4180."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=layout.delimiter)
    if layout.has_heading:
        writer.writerow([heading for heading, _ in layout.columns])
    for number, payment in enumerate(payments, 1):
        values = _values(number, payment)
        writer.writerow([pattern.format(**values) for _, pattern in layout.columns])
    return out.getvalue().encode()


def _values(number: int, payment: Payment) -> dict[str, object]:
    places = EXPONENTS[payment.money.currency]
    texts = {"account": payment.account, "name": payment.name, "purpose": payment.purpose}
    return {
        **{name: " ".join(text.split()).lstrip(_SIGNS) for name, text in texts.items()},
        "number": number,
        "amount": f"{payment.money.decimal:.{places}f}",
        "currency": payment.money.currency,
        "reference": payment.reference,
    }
