"""The board, and re-planning on the day: what happened is worked out, looked at, confirmed or put away."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from wtforms import Field, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from marketplace.fairs import day, day_board, day_changes, hall_queries, replanning, replanning_undo, results
from marketplace.fairs.hall_queues import OPEN_HALL
from marketplace.fairs.models import Fair
from marketplace.fairs.replanning import CAUSES, Happening
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Form, Length, strip
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

_CHOOSABLE = {cause: label for cause, label in CAUSES.items() if cause != "undo"}


def _tables(form: Form, _field: Field) -> dict[str, str]:
    return {"": "–", **(form.tables if isinstance(form, ChangeForm) else {})}


class ChangeForm(CreatingForm):
    """What happened."""

    tables: dict[str, str] = {}
    cause = RadioField(N_("What happened"), choices=cast(Any, _CHOOSABLE), default="no_show")
    code = StringField(
        N_("Codes of the candidates"), [Length(max=1_000)], filters=[strip], description=N_("With commas between them.")
    )
    table = SelectField(N_("Table"), choices=cast(Any, _tables), validate_choice=False)
    minutes = IntegerField(
        N_("Minutes"), [Optional()], widget=TextInput(), description=N_("By how much it is later, or until she comes.")
    )


@get("/fairs/{slug}/board", PUBLIC)
async def show_board(visit: Visit, slug: str) -> Answer:
    """For the screen in the hall: numbers, tables, the time left. No names."""
    async with visit.read() as db:
        fair = await day_board.public_fair(db, slug)
        board = await day_board.board_of(db, fair, at=visit.now)
        queues = await _queues(db, fair)
    context: dict[str, Any] = {"fair": fair, "board": board, "queues": queues, "fair_zone": ZoneInfo(fair.time_zone)}
    return page(visit, "fairs/day/board.html", fragment="board", is_staff=False, proposed=(), **context)


@get("/fairs/{slug}/day/board", USER)
async def show_own_board(visit: Visit, slug: str) -> Answer:
    """The same with names, who is missing, and the standby list."""
    async with visit.read() as db:
        fair, role = await day.day_of(db, slug, by=visit.user.id)
        board = await day_board.board_of(db, fair, at=visit.now)
        standby = await day_board.standby_of(db, fair.id)
        queues = await _queues(db, fair)
        waiting = [each for each in await replanning.changes_of(db, fair.id) if each.state == "proposed"]
    context: dict[str, Any] = {"fair": fair, "board": board, "queues": queues, "fair_zone": ZoneInfo(fair.time_zone)}
    context |= {"role": role, "standby": standby, "proposed": waiting, "causes": CAUSES}
    return page(visit, "fairs/day/board.html", fragment="board", is_staff=True, **context)


async def _queues(db: AnySession, fair: Fair) -> list[hall_queries.BoothQueue]:
    return await hall_queries.queues_of(db, fair) if fair.mode in OPEN_HALL else []


@post("/fairs/{slug}/day/meetings/{id}/missed", USER)
async def miss(visit: Visit, slug: str, id: UUID) -> Answer:
    """One tap: she did not come, the seat goes to whoever waits; for her next ones a change is worked out."""
    async with visit.write() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id)
        missed = await day_board.meeting_of(db, fair, id)
        given = await day_board.miss(db, fair, missed, by=visit.user.id, at=visit.now)
    if fair.mode != "open_hall" and fair.state == "live":
        async with visit.write() as db:
            await replanning.after_no_show(db, fair, missed.candidate_id, by=visit.user.id, at=visit.now)
    said = (
        N_("Noted. The seat went to the first who waits.") if given else N_("Noted. Nobody who waits fits this seat.")
    )
    return redirect(visit, f"/fairs/{slug}/day/board", flash=said)


@post("/fairs/{slug}/day/standby", USER)
async def stand_by(visit: Visit, slug: str) -> Answer:
    """Somebody waits in the hall for a seat."""
    code = str((await visit.posted()).get("code") or "")[:500]
    async with visit.write() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id)
        if not code.strip():
            raise Invalid.at("code", N_("Say who, by the code of the ticket."))
        candidate = await results.candidate_by_code(db, fair.id, code)
        await day_board.stand_by(db, candidate, at=visit.now)
        position = len(await day_board.standby_of(db, fair.id))
    values: dict[str, str | int] = {"number": candidate.number, "position": position}
    flash = Flash(N_("Number %(number)s waits; %(position)s are on the list."), values=values)
    return redirect(visit, f"/fairs/{slug}/day/board", flash=flash)


@get("/fairs/{slug}/day/changes", USER)
async def list_changes(visit: Visit, slug: str) -> Answer:
    """What was changed so far, and a form for what happened now."""
    return await _changes_page(visit, slug, visit.blank(ChangeForm))


@post("/fairs/{slug}/day/changes", USER)
async def propose(visit: Visit, slug: str) -> Answer:
    """Work it out; nothing changes yet."""
    form = await visit.form(ChangeForm)
    if form.validate():
        with form.catching(replanning.NoTimetable):
            async with visit.submit(form, back=f"/fairs/{slug}/day/changes") as step:
                if step.is_first:
                    fair, _ = await day.day_of(step.db, slug, by=visit.user.id, least="supervisor")
                    what = await _happening(visit, step.db, fair.id, form)
                    change = await replanning.propose(step.db, fair, what, by=visit.user.id, at=visit.now)
                    step.location = f"/fairs/{slug}/day/changes/{ids.short(change.id)}"
            return redirect(visit, step.location)
    return await _changes_page(visit, slug, form, status=422)


async def _happening(visit: Visit, db: AnySession, fair_id: UUID, form: ChangeForm) -> Happening:
    """What was typed, as the domain takes it. Raises: Invalid, NotFound."""
    typed = [each.strip() for each in (form.code.data or "").split(",") if each.strip()]
    who = [(await results.candidate_by_code(db, fair_id, code)).id for code in typed]
    if form.cause.data in ("no_show", "late", "walk_in", "withdrawal") and not who:
        raise Invalid.at("code", N_("Say who, by the code of the ticket."))
    table = str(form.table.data or "")
    if form.cause.data == "table_closed" and not table:
        raise Invalid.at("table", N_("Choose the table."))
    minutes = form.minutes.data or 0
    is_late = form.cause.data == "late"
    return Happening(
        cause=form.cause.data,
        candidate_ids=tuple(who),
        table_id=ids.parse(table) if table and form.cause.data == "table_closed" else None,
        minutes=0 if is_late else minutes,
        until=visit.now + timedelta(minutes=minutes or 20) if is_late else None,
    )


@get("/fairs/{slug}/day/changes/{id}", USER)
async def show_change(visit: Visit, slug: str, id: UUID) -> Answer:
    """The difference: kept, moved, new, called off."""
    async with visit.read(fresh=True) as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="supervisor")
        change = await replanning.change_of(db, fair.id, id)
        shown = await day_changes.shown(db, change)
    context: dict[str, Any] = {"fair": fair, "change": change, "shown": shown, "causes": CAUSES}
    context["states"] = day_changes.STATES
    return page(visit, "fairs/day/change.html", fair_zone=ZoneInfo(fair.time_zone), **context)


@post("/fairs/{slug}/day/changes/{id}/confirm", USER)
async def confirm(visit: Visit, slug: str, id: UUID) -> Answer:
    """It is true from now on, and those touched are told."""
    async with visit.write() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="supervisor", lock=True)
        change = await replanning.change_of(db, fair.id, id)
        await replanning.confirm(db, fair, change, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/day/changes", flash=N_("Changed. Those touched are told, nobody else."))


@post("/fairs/{slug}/day/changes/{id}/discard", USER)
async def discard(visit: Visit, slug: str, id: UUID) -> Answer:
    """Nobody hears of it."""
    async with visit.write() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="supervisor")
        change = await replanning.change_of(db, fair.id, id)
        await replanning.discard(db, change, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/day/changes", flash=N_("Put away. Nothing has changed."))


@post("/fairs/{slug}/day/changes/{id}/undo", USER)
async def undo(visit: Visit, slug: str, id: UUID) -> Answer:
    """As before, while nothing has happened since; those touched are told again."""
    async with visit.write() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="supervisor", lock=True)
        change = await replanning.change_of(db, fair.id, id)
        await replanning_undo.undo(db, fair, change, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/day/changes", flash=N_("Taken back. Those touched are told again."))


async def _changes_page(visit: Visit, slug: str, form: ChangeForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="supervisor")
        form.tables = await day_changes.open_tables(db, fair.id)
        changes = await replanning.changes_of(db, fair.id)
    context: dict[str, Any] = {"fair": fair, "form": form, "changes": changes, "causes": CAUSES}
    return page(visit, "fairs/day/changes.html", status=status, states=day_changes.STATES, **context)


routes = [
    *(show_board, show_own_board, miss, stand_by),
    *(list_changes, propose, show_change, confirm, discard, undo),
]
