"""The staff's page of the books: Stripe's beside ours, what rests too long, trial balance, a balance at a moment."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from wtforms import RadioField, StringField, TextAreaField

from marketplace.engines.ledger import queries as ledger
from marketplace.escrow import reconciling
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.web import paging
from marketplace.web.access import BOOKS, FINANCE, Answer, get, post
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

BOOKED_AS = {
    "own_transfer": N_("Our own money, to or from our bank"),
    "stripe_fee": N_("A fee of Stripe"),
}
TRANSIT = ("payout_transit:", "refund_transit:")
TRANSIT_LIMIT = timedelta(days=3)


class AccountForm(Form):
    """Which account, at which moment."""

    account = StringField(N_("Account"), [Length(max=200)], filters=[strip])
    at = StringField(
        N_("At (UTC)"),
        [Length(max=20)],
        filters=[strip],
        description=N_("Like 2026-11-28 or 2026-11-28 14:30; empty: now."),
    )


class CloseForm(Form):
    """What a difference was."""

    reason = TextAreaField(
        N_("What it was, and what was done about it"), [Required(), Length(max=2_000)], filters=[strip]
    )


class BookForm(CloseForm):
    """What only Stripe knew of, and as what it is booked."""

    closed_as = RadioField(N_("What it was"), choices=cast(Any, BOOKED_AS), validate_choice=False)


@get("/ops/books", BOOKS)
async def show_books(visit: Visit) -> Answer:
    """What does not match, what is in transit for too long, the trial balance, a balance at a point in time."""
    return await _page(visit, visit.blank(CloseForm))


@post("/ops/books/differences/{id}/close", BOOKS)
async def close_difference(visit: Visit, id: UUID) -> Answer:
    """With a reason; the audit log keeps it."""
    form = await visit.form(CloseForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                await reconciling.close_difference(db, id, form.reason.data or "", by=visit.user.id, at=visit.now)
            return redirect(visit, "/ops/books", flash=N_("Closed. It stays in the audit log with your reason."))
    return await _page(visit, form, status=422)


@post("/ops/books/differences/{id}/book", FINANCE)
async def book_difference(visit: Visit, id: UUID) -> Answer:
    """What only Stripe knows of goes into the ledger too."""
    form = await visit.form(BookForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                await reconciling.book_difference(
                    db, id, form.closed_as.data or "", form.reason.data or "", by=visit.user.id, at=visit.now
                )
            return redirect(visit, "/ops/books", flash=N_("Booked. It stays in the audit log with your reason."))
    return await _page(visit, form, status=422)


async def _page(visit: Visit, form: CloseForm, *, status: int = 200) -> Answer:
    cursor = paging.decode(visit, UUID)
    asked = AccountForm(
        None, locale=visit.locale, zone=visit.zone, data={name: visit.query.get(name, "") for name in ("account", "at")}
    )
    moment = _moment(visit, asked)
    async with visit.read() as db:
        last = await reconciling.last_reconciliation(db)
        rows = await reconciling.open_differences(db, after=cursor[0] if cursor else None, limit=paging.SIZE + 1)
        trial = await ledger.trial_lines(db, moment)
        resting = await ledger.resting(db, TRANSIT, before=visit.now - TRANSIT_LIMIT)
        found = await ledger.balance_at(db, asked.account.data, moment) if asked.account.data else None
    context: dict[str, Any] = {"last": last, "sums": _sums(last), "trial": trial, "resting": resting}
    context |= {"asked": asked, "moment": moment, "balance": found, "form": form}
    differences = paging.cut(visit, rows, key=lambda row: [row.id])
    return page(visit, "ops/books.html", status=status, found=differences, money=_money, booked_as=BOOKED_AS, **context)


def _moment(visit: Visit, form: AccountForm) -> datetime:
    """The moment that was asked for, now where none was; a day counts to its end."""
    typed = form.at.data or ""
    for shape, rest in (("%Y-%m-%d %H:%M", timedelta()), ("%Y-%m-%d", timedelta(days=1, microseconds=-1))):
        try:
            return datetime.strptime(typed, shape).replace(tzinfo=UTC) + rest
        except ValueError:
            continue
    if typed:
        form.at.errors = [form.say(N_("Write a day like 2026-11-28, or a day and a time like 2026-11-28 14:30."))]
    return visit.now


def _sums(last: reconciling.Reconciliation | None) -> list[tuple[Money, Money]]:
    """Stripe's and the ledger's sum of each currency."""
    sums = last.sums if last else {}
    return [(Money(of["stripe"], currency), Money(of["ledger"], currency)) for currency, of in sorted(sums.items())]


def _money(minor: int, currency: str) -> Money:
    return Money(minor, currency)


routes = [show_books, close_difference, book_difference]
