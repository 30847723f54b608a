"""Paper of a fair: order it, see how far it is, load it; type back in what was written on a table's sheet."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar.datastructures import FormMultiDict
from litestar.response import Stream

from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.fairs import day, paper, paper_leaves, paper_typing, results
from marketplace.fairs.day_models import Result
from marketplace.fairs.paper_typing import Typed
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import LOCALES, N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.pages import Flash, attachment, page, redirect
from marketplace.web.visit import Visit

HINTS = {
    "sheets": N_("Her meetings, her code as a QR; in her language. Two on a page."),
    "tables": N_("The day’s meetings with boxes to tick, and a QR that opens the page to type them in."),
    "doors": N_("Everybody with a seat, by name, with a box to tick."),
    "badges": N_("Eight on a page, to cut: name, number and a QR that employers read."),
}
SPARE = 5
"""Lines for whoever sat there without a line of her own."""
_MOST_LINES = 120
_BOXES: dict[str, Result] = {each: each for each in results.ON_PAPER}


@get("/fairs/{slug}/paper", USER)
async def show_paper(visit: Visit, slug: str) -> Answer:
    """What can be printed, what is made and how far the rest is; the tables, to type their sheets in."""
    async with visit.read(fresh=True) as db:
        fair, role = await day.day_of(db, slug, by=visit.user.id, least="supervisor")
        shelves = await paper.shelves_of(db, fair.id)
        tables = await paper_typing.tables_of(db, fair.id)
    context: dict[str, Any] = {"fair": fair, "role": role, "shelves": shelves, "tables": tables}
    context |= {"kinds": paper.KINDS, "hints": HINTS, "is_running": any(each.is_running for each in shelves)}
    return page(visit, "fairs/paper/show.html", fragment="shelves", **context)


@post("/fairs/{slug}/paper", USER)
async def order_paper(visit: Visit, slug: str) -> Answer:
    """Have one kind made anew."""
    sent = await visit.posted()
    kind, locale = sent.get("kind"), sent.get("locale")
    async with visit.write() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="supervisor", lock=True)
        if kind not in paper.KINDS:
            raise Invalid.at("kind", N_("Choose what is to be printed."))
        told: dict[str, Any] = {"site": visit.settings.name, "address": visit.settings.base_url}
        said = locale if locale in LOCALES else visit.locale
        await paper.order(db, fair, kind, locale=said, **told, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/paper", flash=N_("It is being made. Parts can be loaded as they come."))


@get("/fairs/{slug}/paper/{id}/file", USER)
async def send_paper(visit: Visit, slug: str, id: UUID) -> Answer:
    """One part as PDF."""
    async with visit.read(fresh=True) as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="supervisor")
        _, file = await paper.file_of(db, fair.id, id)
    pieces = await files.open_file(visit.services[Folder], file)
    headers = {**attachment(file.name), "Content-Length": str(file.size_bytes)}
    return Stream(pieces, media_type=file.media_type, headers=headers)


@get("/fairs/{slug}/paper/tables/{id}", USER)
async def show_table(visit: Visit, slug: str, id: UUID) -> Answer:
    """A table's sheet as a form: one choice a line, from line to line by the keyboard."""
    return await _table_page(visit, slug, id)


@post("/fairs/{slug}/paper/tables/{id}", USER)
async def type_table(visit: Visit, slug: str, id: UUID) -> Answer:
    """Keep what was typed; lines that could not be kept come back with the reason."""
    lines = _lines(await visit.posted())
    async with visit.write() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="supervisor")
        table, booth = await paper_typing.table_of(db, fair.id, id)
        kept = await paper_typing.type_back(db, fair, table, booth, lines, by=visit.user.id, at=visit.now)
    if kept.faults:
        return await _table_page(visit, slug, id, kept=kept, typed=lines)
    flash = Flash(N_("Kept: %(count)s lines of table %(table)s."), values={"count": kept.count, "table": table.label})
    return redirect(visit, f"/fairs/{slug}/paper", flash=flash)


async def _table_page(
    visit: Visit,
    slug: str,
    id: UUID,
    *,
    kept: paper_typing.Kept | None = None,
    typed: list[Typed] | None = None,
) -> Answer:
    async with visit.read(fresh=True) as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="supervisor")
        table, booth = await paper_typing.table_of(db, fair.id, id)
        lines = await paper_leaves.lines_of(db, table)
        said = await paper_typing.results_at(db, booth.id)
    faults = kept.faults if kept else {}
    codes = {line.candidate.code for line in lines if line.candidate}
    lost = [each for each in typed or [] if each.code in faults and each.code not in codes]
    context: dict[str, Any] = {"fair": fair, "table": table, "booth": booth, "said": said, "kept": kept, "lost": lost}
    context |= {"lines": [line for line in lines if line.candidate], "spare": SPARE, "faults": faults}
    context |= {"results": {each: results.RESULTS[each] for each in results.ON_PAPER}}
    context |= {"typed": {each.code: each for each in typed or []}, "fair_zone": ZoneInfo(fair.time_zone)}
    return page(visit, "fairs/paper/table.html", status=422 if faults else 200, **context)


def _lines(sent: FormMultiDict) -> list[Typed]:
    """The lines in which something was chosen."""
    found: list[Typed] = []
    names = ("code", "result", "was", "word")
    columns = [[str(each) for each in sent.getall(name, [])[:_MOST_LINES]] for name in names]
    for code, result, was, word in zip(*columns, strict=False):
        chosen = _BOXES.get(result)
        if code.strip() and chosen is not None:
            found.append(Typed(code=code.strip(), result=chosen, was=was, word=word.strip()))
    return found


routes = [show_paper, order_paper, send_paper, show_table, type_table]
