"""Documents of money in the reader's language: statement, receipt, certificate of earnings."""

from collections.abc import Callable, Sequence
from datetime import datetime

from marketplace.engines.paper.press import Document
from marketplace.escrow.statements import EARNED, Line, Receipt, Statement
from marketplace.kernel.i18n import N_, translations
from marketplace.kernel.ids import short
from marketplace.kernel.money import format_money
from marketplace.web.i18n import day_in
from marketplace.web.visit import Visit

TITLES = {
    "fund": N_("Receipt of a payment"),
    "release": N_("Invoice and receipt of a release"),
    "refund": N_("Receipt of a refund"),
    "settlement": N_("Invoice and receipt of a settlement"),
}
_CHECK = N_("Every figure is read from the ledger. The journal behind it can be checked by anybody at %(address)s.")
_HELD = N_("Held milestone funds are kept on the platform's account until release, refund or settlement.")


def statement(visit: Visit, found: Statement, *, name: str, month: str) -> Document:
    """One month of one currency."""
    say = _words(visit)
    rows = tuple((_day(visit, line.change.at), say(line.words), line.purpose, *_figures(line)) for line in found.lines)
    facts = ((say(N_("For")), name), (say(N_("Month")), month), (say(N_("Currency")), found.currency))
    totals = (
        (say(N_("At the beginning")), format_money(found.opening)),
        (say(N_("Fees")), format_money(found.fees)),
        (say(N_("At the end")), format_money(found.closing)),
    )
    columns = _columns(say, (N_("When"), N_("What"), N_("For")), (N_("Before the fee"), N_("Fee"), N_("Amount")))
    return _document(visit, say(N_("Statement")), facts, columns, rows, totals)


def receipt(visit: Visit, found: Receipt) -> Document:
    """One payment, release or refund."""
    say = _words(visit)
    facts = (
        (say(N_("Number")), short(found.id)),
        (say(N_("Date")), _day(visit, found.at)),
        (say(N_("Employer")), found.payer),
        (say(N_("Freelancer")), found.payee),
        (say(N_("For")), found.purpose),
    )
    totals = [(say(N_("Amount")), format_money(found.gross))]
    if found.kind == "settlement":
        totals.append((say(N_("Refunded to the employer")), format_money(found.refunded)))
    if found.kind in EARNED:
        totals += [
            (say(N_("Fee of the platform, paid by the freelancer")), format_money(found.fee)),
            (say(N_("The freelancer receives")), format_money(found.net)),
        ]
    title = say(TITLES.get(found.kind, N_("Receipt")))
    return _document(visit, title, facts, (), (), totals, notes=(say(_HELD),))


def certificate(visit: Visit, found: Statement, *, name: str, year: str) -> Document:
    """What she earned in a year in one currency, by the releases to her."""
    say = _words(visit)
    rows = tuple((_day(visit, line.change.at), line.purpose, *_figures(line)) for line in found.earned)
    net = found.net
    totals = (
        (say(N_("Earned before fees")), format_money(net + found.fees)),
        (say(N_("Fees")), format_money(found.fees)),
        (say(N_("Earned")), format_money(net)),
    )
    facts = ((say(N_("Freelancer")), name), (say(N_("Year")), year), (say(N_("Currency")), found.currency))
    columns = _columns(say, (N_("When"), N_("For")), (N_("Before the fee"), N_("Fee"), N_("Amount")))
    return _document(visit, say(N_("Certificate of earnings")), facts, columns, rows, totals)


def _figures(line: Line) -> tuple[str, str, str]:
    fee = format_money(line.fee) if line.fee else "–"
    return format_money(line.gross), fee, format_money(line.change.money)


def _columns(say: Callable[[str], str], words: Sequence[str], figures: Sequence[str]) -> tuple[tuple[str, bool], ...]:
    return (*((say(each), False) for each in words), *((say(each), True) for each in figures))


def _document(
    visit: Visit,
    title: str,
    facts: Sequence[tuple[str, str]],
    columns: Sequence[tuple[str, bool]],
    rows: Sequence[tuple[str, ...]],
    totals: Sequence[tuple[str, str]],
    notes: Sequence[str] = (),
) -> Document:
    check = _words(visit)(_CHECK) % {"address": f"{visit.settings.base_url}/books"}
    return Document(
        language=visit.locale,
        direction=visit.direction,
        site=visit.settings.name,
        title=title,
        facts=tuple(facts),
        columns=tuple(columns),
        rows=tuple(rows),
        totals=tuple(totals),
        notes=(*notes, check),
    )


def _words(visit: Visit) -> Callable[[str], str]:
    return translations(visit.locale).gettext


def _day(visit: Visit, at: datetime) -> str:
    return day_in(at, visit.locale, visit.zone)
