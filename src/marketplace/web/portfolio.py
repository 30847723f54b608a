"""A portfolio: written and ordered by her, shown on her profile; a client agrees to work of a contract, or does not."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from wtforms import MultipleFileField, SelectField, StringField, TextAreaField

from marketplace.contracts import consents
from marketplace.engines.files.rules import MAX_BYTES, FileRefused
from marketplace.kernel import ids
from marketplace.kernel.database import ReadSession, Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.talent import portfolio, queries
from marketplace.talent.models import PortfolioItem
from marketplace.talent.portfolio import Piece
from marketplace.web.access import FREELANCER, PUBLIC, USER, Answer, get, post
from marketplace.web.acquaintance import is_acquainted
from marketplace.web.forms import CreatingForm, Form, Length, strip
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.uploads import keep, person_id, send, uploads
from marketplace.web.visit import Visit

UPLOAD_BYTES = portfolio.MOST_FILES * MAX_BYTES + 1_000_000


class PieceFields:
    """What both forms of a piece ask."""

    title = StringField(N_("What it is"), [Length(max=portfolio.LONGEST_TITLE)], filters=[strip])
    text = TextAreaField(
        N_("What you did"),
        [Length(max=portfolio.LONGEST_TEXT)],
        filters=[strip],
        description=N_("What was asked, what you made, what came of it. Markdown works."),
    )
    link = StringField(N_("Where to see it"), [Length(max=portfolio.LONGEST_LINK)], filters=[strip])
    files = MultipleFileField(
        N_("Pictures or files"),
        description=N_("At most 6, up to 10 MB each. Pictures are shown small."),
    )

    def piece(self, source: str = "own") -> Piece:
        """What was written, as the domain takes it."""
        text = (self.text.data or "").replace("\r\n", "\n")
        return Piece(self.title.data or "", text, self.link.data or "", cast(Any, source))


class NewPieceForm(PieceFields, CreatingForm):
    """A piece to be added; `source` is own, course, or the short id of a completed contract."""

    source = SelectField(N_("Where it comes from"), choices={}, default="own", validate_choice=True)

    def offer(self, works: list[consents.FinishedWork]) -> None:
        """Her own, from a course, or from one of her completed contracts."""
        named = {source: portfolio.SOURCES[source] for source in ("own", "course")}
        paid = {ids.short(work.contract_id): f"{work.title} ({work.organisation})" for work in works}
        self.source.choices = cast(Any, named | paid)


class PieceForm(PieceFields, Form):
    """A piece that exists."""


@get("/portfolio", FREELANCER)
async def list_pieces(visit: Visit) -> Answer:
    """All her pieces in their order, and what their clients said."""
    async with visit.read() as db:
        freelancer = await queries.freelancer_of(db, visit.user.id)
        assert freelancer is not None, "the mark asks for a profile"
        pieces = await portfolio.pieces_of(db, freelancer.id, with_hidden=True)
        states = await consents.states_of(db, freelancer.id)
    return page(
        visit, "portfolio/list.html", fragment="pieces", pieces=pieces, states=states, sources=portfolio.SOURCES
    )


@get("/portfolio/new", FREELANCER)
async def new_piece(visit: Visit) -> Answer:
    """An empty form."""
    async with visit.read() as db:
        works = await consents.finished_work(db, visit.user.id)
    return _new_page(visit, visit.blank(NewPieceForm), works)


def _new_page(visit: Visit, form: NewPieceForm, works: list[consents.FinishedWork], *, status: int = 200) -> Answer:
    form.offer(works)
    return page(
        visit, "portfolio/form.html", fragment="form", status=status, form=form, piece=None, has_paid=bool(works)
    )


@post("/portfolio", FREELANCER, max_bytes=UPLOAD_BYTES)
async def add_piece(visit: Visit) -> Answer:
    """Show a piece of work; one from a contract waits for its client."""
    form = await visit.form(NewPieceForm)
    async with visit.read() as db:
        works = await consents.finished_work(db, visit.user.id)
    form.offer(works)
    if form.validate():
        try:
            with form.catching(portfolio.TooManyItems):
                async with visit.submit(form, back="/portfolio") as step:
                    if step.is_first:
                        await _add(step.db, visit, form)
                        step.location = "/portfolio"
                return redirect(visit, step.location, flash=_added(form.source.data))
        except FileRefused as refusal:
            form.refuse(Invalid.at("files", refusal.msgid, **refusal.values))
    return _new_page(visit, form, works, status=422)


def _added(source: str | None) -> str:
    if source in ("own", "course"):
        return N_("Added. It is on your profile now.")
    return N_("Added. We have asked the client; until the answer only you see it.")


async def _add(db: Session, visit: Visit, form: NewPieceForm) -> None:
    freelancer = await queries.freelancer_of(db, visit.user.id)
    assert freelancer is not None, "the mark asks for a profile"
    chosen = form.source.data or "own"
    piece = form.piece(chosen if chosen in ("own", "course") else "contract")
    given = uploads(form.files.data)
    portfolio.check(piece, len(given))
    files = [await keep(db, visit, upload) for upload in given]
    item = await portfolio.add(db, freelancer, piece, files=files, at=visit.now)
    if piece.source == "contract":
        await consents.ask(db, item, ids.parse(chosen), at=visit.now)


@get("/portfolio/{id}/edit", USER)
async def edit_piece(visit: Visit, id: UUID) -> Answer:
    """What it says now, to be changed."""
    async with visit.read() as db:
        piece = await portfolio.piece_view(db, await portfolio.own_piece(db, id, visit.user.id))
    data = {"title": piece.title, "text": piece.text, "link": piece.link}
    return _edit_page(visit, visit.blank(PieceForm, data=data), piece)


def _edit_page(visit: Visit, form: PieceForm, piece: portfolio.PieceView, *, status: int = 200) -> Answer:
    return page(visit, "portfolio/form.html", fragment="form", status=status, form=form, piece=piece, has_paid=False)


@post("/portfolio/{id}", USER, max_bytes=UPLOAD_BYTES)
async def save_piece(visit: Visit, id: UUID) -> Answer:
    """Write it anew; where a client had agreed, the client is asked again."""
    form = await visit.form(PieceForm)
    if form.validate():
        try:
            with form.catching():
                async with visit.write() as db:
                    await _change(db, visit, form, await portfolio.own_piece(db, id, visit.user.id))
                return redirect(visit, "/portfolio", flash=N_("Saved."))
        except FileRefused as refusal:
            form.refuse(Invalid.at("files", refusal.msgid, **refusal.values))
    async with visit.read() as db:
        piece = await portfolio.piece_view(db, await portfolio.own_piece(db, id, visit.user.id))
    return _edit_page(visit, form, piece, status=422)


async def _change(db: Session, visit: Visit, form: PieceForm, item: PortfolioItem) -> None:
    kept = [ids.parse(str(each)) for each in (await visit.posted()).getall("kept", [])]
    given = uploads(form.files.data)
    portfolio.check(form.piece(), min(len(kept), portfolio.MOST_FILES) + len(given))
    files = [await keep(db, visit, upload) for upload in given]
    await portfolio.change(db, item, form.piece(), kept=kept, files=files, at=visit.now)
    await consents.ask_again(db, item, at=visit.now)


@post("/portfolio/{id}/move", USER)
async def move_piece(visit: Visit, id: UUID) -> Answer:
    """One place up or down."""
    up = (await visit.posted()).get("to") == "up"
    async with visit.write() as db:
        await portfolio.move(db, await portfolio.own_piece(db, id, visit.user.id), up=up, at=visit.now)
    return redirect(visit, "/portfolio")


@get("/portfolio/{id}/delete", USER)
async def ask_delete(visit: Visit, id: UUID) -> Answer:
    """Ask whether it shall go."""
    async with visit.read() as db:
        item = await portfolio.own_piece(db, id, visit.user.id)
    return page(visit, "portfolio/delete.html", item=item)


@post("/portfolio/{id}/delete", USER)
async def delete_piece(visit: Visit, id: UUID) -> Answer:
    """Gone, with its files."""
    async with visit.write() as db:
        await portfolio.remove(db, await portfolio.own_piece(db, id, visit.user.id), at=visit.now)
    return redirect(visit, "/portfolio", flash=Flash(N_("The piece is deleted."), tone="note"))


@get("/people/{handle}/files/{id}/{name}", PUBLIC)
async def send_file(visit: Visit, handle: str, id: UUID, name: str) -> Answer:
    """A file of a piece for whoever sees the piece; the name is only for people."""
    async with visit.read() as db:
        file = await _visible_file(db, visit, handle, id)
    return await send(visit, file)


async def _visible_file(db: ReadSession, visit: Visit, handle: str, file_id: UUID) -> Any:
    reader = person_id(visit)
    knows = await is_acquainted(db, handle, reader=reader)
    try:
        person = await queries.profile_view(db, handle, reader=reader, is_acquainted=knows)
        is_own = person.user_id == reader
        return await portfolio.file_for(db, file_id, freelancer_id=person.id, with_hidden=is_own)
    except NotFound:
        if reader is None:
            raise
    return await consents.file_for(db, file_id, handle=handle, reader=reader)


@get("/consents/{id}", USER)
async def show_consent(visit: Visit, id: UUID) -> Answer:
    """The piece as it would be shown, and what the client says to it."""
    async with visit.read() as db:
        asked = await consents.asked(db, id, reader=visit.user.id)
    return page(visit, "portfolio/consent.html", asked=asked)


@post("/consents/{id}", USER)
async def answer_consent(visit: Visit, id: UUID) -> Answer:
    """Yes or no, for as long as it stands."""
    posted = await visit.posted()
    is_given, seen = posted.get("answer") == "yes", _time(posted.get("seen"))
    async with visit.write() as db:
        await consents.answer(db, id, is_given=is_given, seen=seen, by=visit.user.id, at=visit.now)
    said = N_("Thank you. It may be shown now.") if is_given else N_("Thank you. It stays hidden.")
    return redirect(visit, f"/consents/{ids.short(id)}", flash=said)


def _time(text: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo else None


routes = [
    *(list_pieces, new_piece, add_piece, edit_piece, save_piece, move_piece, ask_delete, delete_piece),
    *(send_file, show_consent, answer_consent),
]
