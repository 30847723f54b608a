"""Statements of the platform's own accounts: read once, and the lines that a person has to look at."""

from typing import Any, cast
from uuid import UUID

from litestar.datastructures import UploadFile
from wtforms import FileField, RadioField, StringField, TextAreaField

from marketplace.engines.banking.statements import MOST_BYTES
from marketplace.escrow.rails import desk, matching, statements
from marketplace.escrow.rails.catalogue import HouseAccounts
from marketplace.escrow.rails.statements import Given
from marketplace.kernel.i18n import N_
from marketplace.web import paging
from marketplace.web.access import FINANCE, Answer, get, post
from marketplace.web.forms import ChoiceField, Form, Length, Required, strip
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

EXPLANATIONS = {
    "bank_fee": N_("A fee of the bank or wallet"),
    "own_transfer": N_("Between our own accounts"),
    "other": N_("Something else: say what"),
}


class StatementForm(Form):
    """A file of one of our accounts."""

    house = ChoiceField(N_("Account"), validate_choice=False)
    file = FileField(N_("Statement"), description=N_("camt.053, or the CSV of this account's bank. Up to 5 MB."))


class MatchForm(Form):
    """To which payout a line belongs."""

    reference = StringField(N_("Reference"), [Required(), Length(max=40)], filters=[strip])


class ExplainForm(Form):
    """What a line is that belongs to nobody."""

    explanation = RadioField(N_("What it is"), choices=cast(Any, EXPLANATIONS), validate_choice=False)
    why = TextAreaField(N_("In your words"), [Required(), Length(max=1_000)], filters=[strip])


@get("/ops/statements", FINANCE)
async def list_statements(visit: Visit) -> Answer:
    """Statements that were read, and the form for the next one."""
    return await _list(visit)


async def _list(visit: Visit, form: StatementForm | None = None, *, status: int = 200) -> Answer:
    cursor = paging.decode(visit, UUID)
    async with visit.read() as db:
        rows = await desk.statements(db, before=cursor[0] if cursor else None, limit=paging.SIZE + 1)
        count = await desk.open_lines(db)
    form = form or visit.blank(StatementForm)
    houses = visit.services[HouseAccounts].by_slug
    form.house.choices = cast(Any, {each.slug: f"{each.bank}, {each.currency}" for each in houses.values()})
    found = paging.cut(visit, rows, key=lambda row: [row.statement.id])
    return page(visit, "ops/statements.html", status=status, form=form, found=found, open_lines=count, houses=houses)


@post("/ops/statements", FINANCE, max_bytes=MOST_BYTES + 100_000)
async def import_statement(visit: Visit) -> Answer:
    """Read a file: what it confirms is confirmed, what nobody understands is listed."""
    form = await visit.form(StatementForm)
    given: object = form.file.data
    house = visit.services[HouseAccounts].by_slug.get(form.house.data or "")
    if house is None or not isinstance(given, UploadFile):
        form.file.errors = [form.say(N_("Choose an account and a file."))]
        return await _list(visit, form, status=422)
    content = await given.read()
    with form.catching():
        async with visit.write() as db:
            made = await statements.import_statement(
                db, Given(given.filename, content), house, by=visit.user.id, at=visit.now
            )
        flash = Flash(N_("%(count)s new lines were read."), values={"count": made.statement.new_lines})
        if not made.is_new:
            flash = Flash(N_("This file was read before: nothing has changed."), tone="note")
        return redirect(visit, "/ops/lines", flash=flash)
    return await _list(visit, form, status=422)


@get("/ops/lines", FINANCE)
async def list_lines(visit: Visit) -> Answer:
    """Lines that nobody understands yet, the oldest first."""
    return await _lines(visit)


async def _lines(visit: Visit, wrong: tuple[UUID, Form] | None = None, *, status: int = 200) -> Answer:
    cursor = paging.decode(visit, UUID)
    async with visit.read() as db:
        rows = await desk.lines(db, after=cursor[0] if cursor else None, limit=paging.SIZE + 1)
    found = paging.cut(visit, rows, key=lambda row: [row.line.id])
    context: dict[str, Any] = {"hints": matching.HINTS, "explanations": EXPLANATIONS, "wrong": wrong}
    return page(visit, "ops/lines.html", status=status, found=found, **context)


@post("/ops/lines/{id}/match", FINANCE)
async def match_line(visit: Visit, id: UUID) -> Answer:
    """A person says to which payout it belongs."""
    form = await visit.form(MatchForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                await matching.match_by_hand(db, id, form.reference.data or "", by=visit.user.id, at=visit.now)
            return redirect(visit, "/ops/lines", flash=N_("Matched."))
    return await _lines(visit, (id, form), status=422)


@post("/ops/lines/{id}/explain", FINANCE)
async def explain_line(visit: Visit, id: UUID) -> Answer:
    """A person says what it is."""
    form = await visit.form(ExplainForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                await matching.explain(
                    db, id, form.explanation.data or "", form.why.data or "", by=visit.user.id, at=visit.now
                )
            return redirect(visit, "/ops/lines", flash=N_("Written down."))
    return await _lines(visit, (id, form), status=422)


routes = [list_statements, import_statement, list_lines, match_line, explain_line]
