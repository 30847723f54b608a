"""Messages as pages: the list of conversations, one of them, writing in it. All of it works without JavaScript."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from litestar import Response
from litestar.datastructures import UploadFile
from litestar.enums import MediaType
from litestar.response import Stream
from wtforms import HiddenField, MultipleFileField, TextAreaField

from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.engines.files.models import StoredFile
from marketplace.engines.files.pictures import WIDTHS
from marketplace.engines.files.rules import MAX_BYTES, FileRefused
from marketplace.kernel import ids
from marketplace.kernel.database import ReadSession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages import saved_replies, thread_cases, thread_screening, threads
from marketplace.messages import thread_queries as queries
from marketplace.messages import thread_rules as rules
from marketplace.messages.thread_models import Thread
from marketplace.messages.thread_queries import MessageView, OpenThread
from marketplace.messages.thread_screening import Lure
from marketplace.trust.restrictions import Restricted
from marketplace.web import paging
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Length, strip
from marketplace.web.pages import attachment, page, redirect
from marketplace.web.visit import Visit

UPLOAD_BYTES = rules.MOST_FILES * MAX_BYTES + 1_000_000
LONGEST_QUERY = 200
_PIECE = 256 * 1024
_SANDBOX = "default-src 'none'; sandbox"
_REFUSALS = (Conflict, NotAllowed, Restricted, rules.TooManyToday)


class MessageForm(CreatingForm):
    """What she writes. `warned` stands for the text that she was warned about."""

    warned = HiddenField(default="", validators=[Length(max=32)])
    text = TextAreaField(N_("Your message"), [Length(max=rules.LONGEST_TEXT)], filters=[strip])
    files = MultipleFileField(
        N_("Files"), description=N_("At most 5, up to 10 MB each: PDF, pictures, Office files, text, MP3, MP4 or ZIP.")
    )


@dataclass(frozen=True, slots=True)
class Shown:
    """A message with what the page puts before it: the day, or the line above what is new."""

    message: MessageView
    day: datetime | None
    is_first_unread: bool


@get("/messages", USER)
async def list_messages(visit: Visit) -> Answer:
    """Her conversations, or the messages that have the words."""
    if q := visit.query.get("q", "").strip()[:LONGEST_QUERY]:
        return await _found(visit, q)
    shown = visit.query.get("show", "")
    async with visit.read(fresh=True) as db:
        inbox = await queries.inbox(
            db,
            visit.user.id,
            is_unread=shown == "unread",
            after=cast("tuple[datetime, UUID] | None", paging.decode(visit, datetime, UUID)),
            limit=paging.SIZE,
        )
    next_href = paging.with_query(visit, after=paging.encode(inbox.after)) if inbox.after else None
    return page(visit, "messages/list.html", lines=inbox.lines, next_href=next_href, shown=shown, q="")


async def _found(visit: Visit, q: str) -> Answer:
    cursor = paging.decode(visit, UUID)
    after = cursor[0] if cursor else None
    async with visit.read() as db:
        rows = await queries.search_own(db, visit.user.id, q, after=after, limit=paging.SIZE + 1)
    found = paging.cut(visit, rows, key=lambda row: [row.id])
    return page(visit, "messages/found.html", found=found, q=q, shown="")


@get("/messages/{id}", USER)
async def show_thread(visit: Visit, id: UUID) -> Answer:
    """One conversation: its newest messages, or those before a number; to htmx only what came since one."""
    since, before = _number(visit, "since"), _number(visit, "before")
    async with visit.read(fresh=True) as db:
        opened = await queries.open_thread(db, id, reader=visit.user.id)
        if visit.is_htmx and since is not None:
            newer = await queries.messages_of(db, opened, reader=visit.user.id, since=max(since - 1, 0))
            return _newer(visit, opened, newer, since)
        return await _thread_page(db, visit, opened, visit.blank(MessageForm), before=before)


@get("/messages/about/{kind}/{id}", USER)
async def show_about(visit: Visit, kind: str, id: UUID) -> Answer:
    """The conversation about something: the one there is, or an empty page to begin it."""
    async with visit.read(fresh=True) as db:
        opened = await queries.about(db, kind, id, reader=visit.user.id)
        if opened.id is None:
            return await _thread_page(db, visit, opened, visit.blank(MessageForm))
    return redirect(visit, threads.path_of(opened.id))


@post("/messages/{id}", USER, max_bytes=UPLOAD_BYTES)
async def write_message(visit: Visit, id: UUID) -> Answer:
    """Write in a conversation."""
    async with visit.read() as db:
        opened = await queries.open_thread(db, id, reader=visit.user.id)
    return await _write(visit, opened)


@post("/messages/about/{kind}/{id}", USER, max_bytes=UPLOAD_BYTES)
async def begin_thread(visit: Visit, kind: str, id: UUID) -> Answer:
    """Write the first message about something."""
    async with visit.read() as db:
        opened = await queries.about(db, kind, id, reader=visit.user.id)
    return await _write(visit, opened)


@post("/messages/{id}/read", USER)
async def mark_read(visit: Visit, id: UUID) -> Answer:
    """She has seen what was on the page."""
    upto = _figure(str((await visit.posted()).get("upto", ""))) or 0
    async with visit.write() as db:
        await threads.mark_read(db, id, by=visit.user.id, upto=upto, at=visit.now)
    if visit.is_htmx:
        return Response(content="", status_code=200, media_type=MediaType.HTML)  # the button is gone
    return redirect(visit, threads.path_of(id))


@post("/messages/{id}/moderator", USER)
async def call_moderator(visit: Visit, id: UUID) -> Answer:
    """A mediated conversation goes to a moderator."""
    async with visit.write() as db:
        await thread_cases.call_moderator(db, id, by=visit.user.id, at=visit.now)
    return redirect(
        visit,
        threads.path_of(id),
        flash=N_("A moderator looks at this conversation within 24 hours and writes to you."),
    )


@get("/messages/{id}/files/{file}/{name}", USER)
async def send_thread_file(visit: Visit, id: UUID, file: UUID, name: str) -> Answer:
    """A file of a message, to those in the conversation; `?width=160` the small picture of a picture."""
    async with visit.read() as db:
        found = await queries.file_for(db, id, file, reader=visit.user.id)
    folder = visit.services[Folder]
    if wanted := visit.query.get("width"):
        if wanted not in map(str, WIDTHS):
            raise NotFound
        pieces = await files.open_file(folder, found, width=int(wanted))
        kept = {"Cache-Control": "private, max-age=86400", "Content-Security-Policy": _SANDBOX}
        return Stream(pieces, media_type="image/webp", headers=kept)
    pieces = await files.open_file(folder, found)
    headers = {**attachment(found.name), "Content-Security-Policy": _SANDBOX, "Content-Length": str(found.size_bytes)}
    return Stream(pieces, media_type=found.media_type, headers=headers)


# -- writing


async def _write(visit: Visit, opened: OpenThread) -> Answer:
    form = await visit.form(MessageForm)
    if (await visit.posted()).get("step") == "insert":
        return await _insert(visit, opened, form)
    lures: list[Lure] = []
    if form.validate():
        text = form.text.data or ""
        lures = thread_screening.warnings(text, opened.subject)
        if lures and form.warned.data != thread_screening.mark_of(text):
            form.warned.data = thread_screening.mark_of(text)
        elif location := await _send(visit, opened, form):
            return redirect(visit, location)
        else:
            lures = []
    async with visit.read(fresh=True) as db:
        return await _thread_page(db, visit, opened, form, status=422, lures=lures)


async def _send(visit: Visit, opened: OpenThread, form: MessageForm) -> str | None:
    """Where the message stands; None when it was refused: then the form says why."""
    try:
        with form.catching(*_REFUSALS):
            async with visit.submit(form, back="/messages") as step:
                if step.is_first:
                    step.location = await _keep(step.db, visit, opened, form)
            return step.location
    except FileRefused as refusal:
        form.refuse(Invalid.at("files", refusal.msgid, **refusal.values))
    return None


async def _keep(db: Session, visit: Visit, opened: OpenThread, form: MessageForm) -> str:
    uploads = _uploads(form)
    text, by, at = form.text.data or "", visit.user.id, visit.now
    await threads.check(db, opened.subject, text, len(uploads), by=by, at=at)
    thread: Thread = await threads.thread_about(db, opened.kind, opened.subject_id, by, at=at)
    folder = visit.services[Folder]
    given = [files.Upload(upload.filename, _pieces(upload)) for upload in uploads]
    kept: list[StoredFile] = [await files.store(db, folder, upload, by=by, at=at) for upload in given]
    message = await threads.write(db, thread, text, kept, by=by, at=at)
    return f"{threads.path_of(thread.id)}#m-{message.number}"


def _uploads(form: MessageForm) -> list[UploadFile]:
    return [each for each in cast("list[object]", form.files.data or []) if isinstance(each, UploadFile)]


async def _pieces(upload: UploadFile) -> AsyncIterator[bytes]:
    while piece := await upload.read(_PIECE):
        yield piece


async def _insert(visit: Visit, opened: OpenThread, form: MessageForm) -> Answer:
    """The page again with a saved reply after what she has typed."""
    chosen = str((await visit.posted()).get("reply", ""))
    async with visit.read() as db:
        if chosen:
            reply = await saved_replies.reply_of(db, visit.user.id, ids.parse(chosen))
            said = rules.filled(reply.text, {"name": _called(opened, visit), "posting": opened.subject.title})
            form.text.data = f"{form.text.data or ''}\n\n{said}".strip()
        return await _thread_page(db, visit, opened, form)


def _called(opened: OpenThread, visit: Visit) -> str:
    """How {name} reads: the other's first name; somebody without a name is greeted without one."""
    names = [person.name for person in opened.others if person.name]
    return names[0].split(",")[0].split()[0] if len(names) == 1 else ""


# -- the page


async def _thread_page(
    db: ReadSession,
    visit: Visit,
    opened: OpenThread,
    form: MessageForm,
    *,
    before: int | None = None,
    status: int = 200,
    lures: Sequence[Lure] = (),
) -> Answer:
    messages = await queries.messages_of(db, opened, reader=visit.user.id, before=before)
    replies = await saved_replies.replies_of(db, visit.user.id) if opened.subject.may_write else []
    last = messages[-1].number if messages else 0
    return page(
        visit,
        "messages/thread.html",
        status=status,
        opened=opened,
        action=_address(opened),
        shown=_shown(visit, opened, messages),
        newer=[],
        last=last,
        is_newest=last >= opened.last_number,
        earlier=messages[0].number if messages and messages[0].number > 1 else None,
        later=min(last + queries.PAGE, opened.last_number) + 1,
        form=form,
        lures=lures,
        had_files=bool(_uploads(form)),
        replies=replies,
        limits=rules,
    )


def _address(opened: OpenThread) -> str:
    if opened.id is not None:
        return threads.path_of(opened.id)
    return f"/messages/about/{opened.kind}/{ids.short(opened.subject_id)}"


def _newer(visit: Visit, opened: OpenThread, messages: list[MessageView], since: int) -> Answer:
    shown = [each for each in _shown(visit, opened, messages) if each.message.number > since]
    return page(
        visit,
        "messages/thread.html",
        fragment="newest",
        opened=opened,
        newer=shown,
        last=messages[-1].number if messages else since,
        is_newest=True,
    )


def _shown(visit: Visit, opened: OpenThread, messages: Sequence[MessageView]) -> list[Shown]:
    shown: list[Shown] = []
    day: Any = None
    first = next((each.number for each in messages if _is_new(opened, each)), None)
    for message in messages:
        begins = message.sent_at.astimezone(visit.zone).date()
        shown.append(Shown(message, None if begins == day else message.sent_at, message.number == first))
        day = begins
    return shown


def _is_new(opened: OpenThread, message: MessageView) -> bool:
    return opened.unread > 0 and message.number > opened.read_number and not message.sender.is_reader


def _number(visit: Visit, name: str) -> int | None:
    return _figure(visit.query.get(name, ""))


def _figure(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 9 else None


routes = [
    list_messages,
    show_about,
    begin_thread,
    show_thread,
    write_message,
    mark_read,
    call_moderator,
    send_thread_file,
]
