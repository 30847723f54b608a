"""Reads of conversations. Only a member of today reads; until the shortlist nobody's name is in them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, cast, select, tuple_
from sqlalchemy.dialects.postgresql import TSQUERY

from marketplace.engines.files.models import StoredFile
from marketplace.engines.search.folding import words as folded
from marketplace.identity.models import User
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.messages.thread_models import Thread, ThreadFile, ThreadMember, ThreadMessage
from marketplace.messages.thread_rules import excerpt
from marketplace.messages.thread_subjects import ThreadSubject, subject_of, subjects_of

PAGE = 30
"""Messages on one page of a conversation."""
_SHOWN = 120


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever wrote: her name, or her letter while she has no name yet, or a moderator (both without name and id)."""

    id: UUID | None
    name: str
    letter: str = ""
    is_reader: bool = False
    is_staff: bool = False


@dataclass(frozen=True, slots=True)
class FileView:
    """A file of a message."""

    id: UUID
    name: str
    media_type: str
    size_bytes: int

    @property
    def has_preview(self) -> bool:
        return self.media_type.startswith("image/")


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """A message as its reader may see it. `warnings` are groups and words of trust's rules."""

    id: UUID
    number: int
    sender: Person
    sent_at: datetime
    text: str
    files: tuple[FileView, ...]
    warnings: tuple[dict[str, str], ...]
    is_hidden: bool
    hidden_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadLine:
    """A conversation in her list, with its last line."""

    id: UUID
    kind: str
    title: str
    others: tuple[Person, ...]
    sender: Person
    excerpt: str
    is_hidden: bool
    last_at: datetime
    unread: int
    is_mediated: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    """One page of her list; `after` is the cursor of the next one, None at the end."""

    lines: list[ThreadLine]
    after: tuple[datetime, UUID] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenThread:
    """A conversation that this person may read. `thread` is None until somebody writes."""

    kind: str
    subject_id: UUID
    subject: ThreadSubject
    others: tuple[Person, ...]
    id: UUID | None = None
    last_number: int = 0
    read_number: int = 0
    unread: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A message that has the words."""

    id: UUID
    thread_id: UUID
    number: int
    title: str
    sender: Person
    excerpt: str
    sent_at: datetime


async def inbox(
    db: AnySession, user_id: UUID, *, is_unread: bool = False, after: tuple[datetime, UUID] | None = None, limit: int
) -> Inbox:
    """Her conversations, the newest first. One of which she is no member any more is left out."""
    found = _lines(user_id).limit(limit + 1)
    if is_unread:
        found = found.where(ThreadMember.unread > 0)
    if after is not None:
        found = found.where(tuple_(ThreadMember.last_at, ThreadMember.thread_id) < after)
    rows = (await db.execute(found)).mappings().all()
    cursor = (rows[limit - 1]["last_at"], rows[limit - 1]["id"]) if len(rows) > limit else None
    rows = rows[:limit]
    subjects = await subjects_of(db, [(row["kind"], row["subject_id"]) for row in rows], reader=user_id)
    names = await _names(db, subjects.values(), (row["sent_by"] for row in rows))
    seen = [(row, subjects[row["subject_id"]]) for row in rows if row["subject_id"] in subjects]
    return Inbox([_line(row, subject, names, user_id) for row, subject in seen], cursor)


def _lines(user_id: UUID) -> Select[*tuple[Any, ...]]:
    last = (ThreadMessage.thread_id == Thread.id) & (ThreadMessage.number == Thread.last_number)
    return (
        select(Thread.id, Thread.kind, Thread.subject_id, ThreadMember.last_at, ThreadMember.unread)
        .add_columns(ThreadMessage.sent_by, ThreadMessage.text, ThreadMessage.hidden_at.is_not(None).label("is_hidden"))
        .join(Thread, Thread.id == ThreadMember.thread_id)
        .join(ThreadMessage, last)
        .where(ThreadMember.user_id == user_id, ThreadMember.left_at.is_(None))
        .order_by(ThreadMember.last_at.desc(), ThreadMember.thread_id.desc())
    )


def _line(row: Any, subject: ThreadSubject, names: Mapping[UUID, str], reader: UUID) -> ThreadLine:
    text = subject.text_for(reader, row["sent_by"], row["text"])
    return ThreadLine(
        **{name: row[name] for name in ("id", "kind", "last_at", "unread", "is_hidden")},
        title=subject.title,
        others=_others(subject, names, reader),
        sender=_person(row["sent_by"], subject, names, reader),
        excerpt="" if row["is_hidden"] else excerpt(text, _SHOWN),
        is_mediated=subject.is_mediated,
    )


async def open_thread(db: AnySession, thread_id: UUID, *, reader: UUID) -> OpenThread:
    """A conversation by its id. Raises: NotFound unless it is hers."""
    thread = await db.get(Thread, thread_id)
    if thread is None:
        raise NotFound
    return await about(db, thread.kind, thread.subject_id, reader=reader)


async def about(db: AnySession, kind: str, subject_id: UUID, *, reader: UUID) -> OpenThread:
    """The conversation about something, begun or not. Raises: NotFound unless it is hers."""
    subject = await subject_of(db, kind, subject_id, reader=reader)
    is_hers = (ThreadMember.thread_id == Thread.id) & (ThreadMember.user_id == reader)
    found = (
        select(Thread.id, Thread.last_number, ThreadMember.read_number, ThreadMember.unread)
        .outerjoin(ThreadMember, is_hers)
        .where(Thread.kind == kind, Thread.subject_id == subject_id)
    )
    row = (await db.execute(found)).one_or_none()
    others = _others(subject, await _names(db, [subject], ()), reader)
    if row is None:
        return OpenThread(kind=kind, subject_id=subject_id, subject=subject, others=others)
    numbers = {"last_number": row.last_number, "read_number": row.read_number or 0, "unread": row.unread or 0}
    return OpenThread(kind=kind, subject_id=subject_id, subject=subject, others=others, id=row.id, **numbers)


async def messages_of(
    db: AnySession, opened: OpenThread, *, reader: UUID, before: int | None = None, since: int | None = None
) -> list[MessageView]:
    """A page of a conversation, the oldest first: its newest messages, those before a number, or all since one."""
    found = (
        select(ThreadMessage)
        .where(ThreadMessage.thread_id == opened.id)
        .order_by(ThreadMessage.number.desc())
        .limit(PAGE)
    )
    if before is not None:
        found = found.where(ThreadMessage.number < before)
    if since is not None:
        found = found.where(ThreadMessage.number > since)
    rows = list(reversed((await db.execute(found)).scalars().all())) if opened.id else []
    files = await _files(db, [row.id for row in rows if row.hidden_at is None])
    names = await _names(db, [opened.subject], (row.sent_by for row in rows))
    return [_message(row, opened.subject, names, files.get(row.id, ()), reader) for row in rows]


def _message(
    row: ThreadMessage, subject: ThreadSubject, names: Mapping[UUID, str], files: tuple[FileView, ...], reader: UUID
) -> MessageView:
    is_hidden = row.hidden_at is not None
    return MessageView(
        id=row.id,
        number=row.number,
        sender=_person(row.sent_by, subject, names, reader),
        sent_at=row.sent_at,
        text="" if is_hidden else subject.text_for(reader, row.sent_by, row.text),
        files=files,
        warnings=() if is_hidden else tuple(row.signals),
        is_hidden=is_hidden,
        hidden_reason=row.hidden_reason,
    )


async def search_own(db: AnySession, user_id: UUID, q: str, *, after: UUID | None = None, limit: int) -> list[Found]:
    """Messages of her conversations that have all the words (the last one may be unfinished), the newest first."""
    wanted = [word.replace("'", "")[:60] for word in folded(q)][:10]
    if not wanted:
        return []
    query = cast(" & ".join(f"'{word}'" for word in wanted) + ":*", TSQUERY)
    found = (
        select(ThreadMessage, Thread.kind, Thread.subject_id)
        .join(Thread, Thread.id == ThreadMessage.thread_id)
        .join(ThreadMember, ThreadMember.thread_id == Thread.id)
        .where(ThreadMember.user_id == user_id, ThreadMember.left_at.is_(None), ThreadMessage.hidden_at.is_(None))
        .where(ThreadMessage.words.op("@@")(query))
        .order_by(ThreadMessage.id.desc())
        .limit(limit)
    )
    if after is not None:
        found = found.where(ThreadMessage.id < after)
    rows = (await db.execute(found)).all()
    subjects = await subjects_of(db, [(kind, subject_id) for _, kind, subject_id in rows], reader=user_id)
    names = await _names(db, subjects.values(), (message.sent_by for message, _, _ in rows))
    return [_found(message, subjects[id], names, user_id) for message, _, id in rows if id in subjects]


def _found(message: ThreadMessage, subject: ThreadSubject, names: Mapping[UUID, str], reader: UUID) -> Found:
    return Found(
        id=message.id,
        thread_id=message.thread_id,
        number=message.number,
        title=subject.title,
        sender=_person(message.sent_by, subject, names, reader),
        excerpt=excerpt(subject.text_for(reader, message.sent_by, message.text), 200),
        sent_at=message.sent_at,
    )


async def file_for(db: AnySession, thread_id: UUID, file_id: UUID, *, reader: UUID) -> StoredFile:
    """A file that was sent in a conversation of hers. Raises: NotFound."""
    await open_thread(db, thread_id, reader=reader)
    found = (
        select(StoredFile)
        .join(ThreadFile, ThreadFile.file_id == StoredFile.id)
        .join(ThreadMessage, ThreadMessage.id == ThreadFile.message_id)
        .where(StoredFile.id == file_id, ThreadMessage.thread_id == thread_id, ThreadMessage.hidden_at.is_(None))
    )
    file = (await db.execute(found)).scalar_one_or_none()
    if file is None:
        raise NotFound
    return file


async def _files(db: AnySession, message_ids: Sequence[UUID]) -> dict[UUID, tuple[FileView, ...]]:
    if not message_ids:
        return {}
    found = (
        select(ThreadFile.message_id, StoredFile.id, StoredFile.name, StoredFile.media_type, StoredFile.size_bytes)
        .join(StoredFile, StoredFile.id == ThreadFile.file_id)
        .where(ThreadFile.message_id.in_(message_ids))
        .order_by(StoredFile.id)
    )
    files: dict[UUID, list[FileView]] = {}
    for row in await db.execute(found):
        file = FileView(row.id, row.name, row.media_type, row.size_bytes)
        files.setdefault(row.message_id, []).append(file)
    return {message_id: tuple(each) for message_id, each in files.items()}


async def _names(db: AnySession, subjects: Iterable[ThreadSubject], senders: Iterable[UUID]) -> dict[UUID, str]:
    """Names of everybody whom the subjects don't name, in one query; those who left too."""
    subjects = list(subjects)
    wanted = {*senders, *(member for subject in subjects for member in subject.members)}
    unnamed = wanted - {id for subject in subjects for id in (*subject.names, *subject.letters)}
    if not unnamed:
        return {}
    rows = await db.execute(select(User.id, User.name).where(User.id.in_(unnamed)))
    return {row.id: row.name for row in rows}


def _others(subject: ThreadSubject, names: Mapping[UUID, str], reader: UUID) -> tuple[Person, ...]:
    found = [_person(member, subject, names, reader) for member in subject.others(reader)]
    return tuple(sorted(found, key=lambda person: (person.letter, person.name)))


def _person(user_id: UUID, subject: ThreadSubject, names: Mapping[UUID, str], reader: UUID) -> Person:
    letter = subject.letters.get(user_id, "")
    if letter and user_id != reader:
        return Person(None, "", letter)
    if user_id in subject.staff and user_id != reader:
        return Person(None, "", is_staff=True)
    return Person(user_id, subject.names.get(user_id) or names.get(user_id, ""), is_reader=user_id == reader)
