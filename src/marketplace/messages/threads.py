"""Conversations: write in a thread, read it, take it along into a case.

What the rooms above call: `register` and `thread_about` (thread_subjects says what a thread is about), `write`,
`mark_read`, `export`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Text, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.files.models import StoredFile
from marketplace.engines.search.folding import joined_forms
from marketplace.engines.search.folding import words as folded
from marketplace.identity.models import User
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.messages import thread_rules as rules
from marketplace.messages import thread_screening
from marketplace.messages.actions import notify
from marketplace.messages.models import Notice
from marketplace.messages.thread_models import Thread, ThreadFile, ThreadMember, ThreadMessage
from marketplace.messages.thread_subjects import ThreadSubject, locked, subject_of
from marketplace.messages.thread_subjects import register as register
from marketplace.messages.thread_subjects import thread_about as thread_about
from marketplace.trust import restrictions

_DAY = timedelta(hours=24)
_LONGEST_WORD = 60


def path_of(thread_id: UUID) -> str:
    """The address of a conversation."""
    return f"/messages/{ids.short(thread_id)}"


async def write(
    db: Session, thread: Thread, text: str, files: Sequence[StoredFile] = (), *, by: UUID, at: datetime
) -> ThreadMessage:
    """Send a message: the next number of its thread, unread for the other side, told to whoever has read so far.

    Raises: NotFound (not hers, or one of the two blocked the other), ThreadClosed, Restricted, NotConfirmed,
    WaitForAnswer, TooManyToday, Invalid.
    """
    text = text.replace("\r\n", "\n").strip()
    thread = await locked(db, thread.id)
    subject = await subject_of(db, thread.kind, thread.subject_id, reader=by)
    await check(db, subject, text, len(files), by=by, at=at)
    await _check_limits(db, thread, subject, text, len(files), by=by, at=at)
    message = await _add(db, thread, subject, text, by=by, at=at)
    for file in files:
        assert file.uploaded_by == by, "a file is sent by whoever uploaded it"
        db.add(ThreadFile(message_id=message.id, file_id=file.id))
    await _count(db, thread, subject, by=by, at=at)
    await _tell(db, thread, subject, message, at=at)
    return message


async def check(db: AnySession, subject: ThreadSubject, text: str, files: int, *, by: UUID, at: datetime) -> None:
    """Whether this person may write this here at all. Raises as `write`."""
    if subject.is_blocked:
        raise NotFound
    if not subject.may_write:
        raise rules.ThreadClosed
    await restrictions.check(db, by, "message", at=at)
    proofs = select(User.email_verified_at, User.phone_verified_at).where(User.id == by)
    if not any((await db.execute(proofs)).one()):
        raise rules.NotConfirmed
    rules.check_text(text, files)
    if subject.is_mediated:
        rules.check_mediated(text, files)


async def _check_limits(
    db: Session, thread: Thread, subject: ThreadSubject, text: str, files: int, *, by: UUID, at: datetime
) -> None:
    today = select(func.count()).where(ThreadMessage.sent_by == by, ThreadMessage.sent_at > at - _DAY)
    if (await db.scalar(today) or 0) >= rules.MOST_A_DAY:
        raise rules.TooManyToday(most=rules.MOST_A_DAY)
    if subject.is_acquainted:
        return
    is_theirs = ThreadMessage.sent_by.in_(subject.others(by))
    counts = select(func.count().filter(ThreadMessage.sent_by == by), func.count().filter(is_theirs))
    written, answers = (await db.execute(counts.where(ThreadMessage.thread_id == thread.id))).one()
    rules.check_first(text, files, written=written, is_answered=answers > 0)
    begun = select(func.count()).where(Thread.created_by == by, Thread.created_at > at - _DAY, Thread.id != thread.id)
    if not written and not answers and (await db.scalar(begun) or 0) >= rules.NEW_A_DAY:
        raise rules.TooManyToday(most=rules.NEW_A_DAY)


async def _add(
    db: Session, thread: Thread, subject: ThreadSubject, text: str, *, by: UUID, at: datetime
) -> ThreadMessage:
    thread.last_number, thread.last_at = thread.last_number + 1, at
    message = ThreadMessage(
        thread_id=thread.id,
        number=thread.last_number,
        sent_by=by,
        sent_at=at,
        text=text,
        words=words_of(subject.redact(by, text)),
        signals=thread_screening.kept(thread_screening.warnings(text, subject)),
    )
    db.add(message)
    await db.flush()
    return message


def words_of(text: str) -> ColumnElement[str]:
    """The folded words of a text as PostgreSQL searches them; its own parser knows neither Urdu nor C++."""
    found = {word[:_LONGEST_WORD] for word in (*folded(text), *joined_forms(text))}
    return func.array_to_tsvector(cast(sorted(found), ARRAY(Text)))


async def _count(db: Session, thread: Thread, subject: ThreadSubject, *, by: UUID, at: datetime) -> None:
    """Members are those of today; the other side has one more to read."""
    others = subject.others(by)
    rows = [
        {"thread_id": thread.id, "user_id": member, "joined_at": at, "last_at": at, "unread": int(member in others)}
        for member in sorted(subject.members)
    ]
    upsert = insert(ThreadMember).values(rows)
    changes = {"left_at": None, "last_at": at, "unread": ThreadMember.unread + upsert.excluded.unread}
    await db.execute(upsert.on_conflict_do_update(index_elements=["thread_id", "user_id"], set_=changes))
    here = update(ThreadMember).where(ThreadMember.thread_id == thread.id)
    gone = here.where(ThreadMember.user_id.not_in(subject.members), ThreadMember.left_at.is_(None))
    await db.execute(gone.values(left_at=at, unread=0))
    had_read_all = ThreadMember.read_number == thread.last_number - 1
    own = here.where(ThreadMember.user_id == by, had_read_all)
    await db.execute(own.values(read_number=thread.last_number, read_at=at))


async def _tell(db: Session, thread: Thread, subject: ThreadSubject, message: ThreadMessage, *, at: datetime) -> None:
    """One notice and one mail, then silence until she has read: the next ones are on the same page."""
    others = subject.others(message.sent_by)
    waiting = ThreadMember.told_number <= ThreadMember.read_number
    mine = (ThreadMember.thread_id == thread.id) & ThreadMember.user_id.in_(others)
    told = update(ThreadMember).where(mine, waiting).values(told_number=message.number)
    readers = sorted((await db.execute(told.returning(ThreadMember.user_id))).scalars())
    letter = subject.letters.get(message.sent_by, "")
    name = await db.scalar(select(User.name).where(User.id == message.sent_by))
    values = {
        "letter": letter,
        "who": "" if letter or message.sent_by in subject.staff else subject.names.get(message.sent_by, name),
        "about": subject.title,
        "excerpt": rules.excerpt(subject.redact(message.sent_by, message.text)),
    }
    for reader in readers:
        await notify(db, reader, "message_received", values, link=path_of(thread.id), at=at)


async def mark_read(db: Session, thread_id: UUID, *, by: UUID, upto: int, at: datetime) -> None:
    """She has read up to that number; what came meanwhile stays unread. Raises: NotFound unless the thread is hers."""
    thread = await locked(db, thread_id)
    subject = await subject_of(db, thread.kind, thread.subject_id, reader=by)
    row = {"thread_id": thread.id, "user_id": by, "joined_at": at, "last_at": thread.last_at}
    await db.execute(insert(ThreadMember).values(row).on_conflict_do_nothing())
    read = func.greatest(ThreadMember.read_number, min(upto, thread.last_number))
    hers = update(ThreadMember).where(ThreadMember.thread_id == thread.id, ThreadMember.user_id == by)
    number = await db.scalar(hers.values(read_number=read, read_at=at).returning(ThreadMember.read_number)) or 0
    own = set(subject.members) - subject.others(by)
    rest = select(func.count()).where(
        ThreadMessage.thread_id == thread.id, ThreadMessage.number > number, ThreadMessage.sent_by.not_in(own)
    )
    left = await db.scalar(rest) or 0
    await db.execute(hers.values(unread=left))
    if not left:
        notices = update(Notice).where(Notice.user_id == by, Notice.link == path_of(thread.id))
        await db.execute(notices.where(Notice.read_at.is_(None)).values(read_at=at))


async def export(db: AnySession, thread_id: UUID, *, most: int = 200) -> dict[str, Any]:
    """The newest `most` messages as evidence: who wrote what and when, files by their SHA-256. JSON-able."""
    newest = (
        select(ThreadMessage, User.name)
        .join(User, User.id == ThreadMessage.sent_by)
        .where(ThreadMessage.thread_id == thread_id)
        .order_by(ThreadMessage.number.desc())
        .limit(most)
    )
    rows = list(reversed((await db.execute(newest)).all()))
    files = await _hashes(db, [message.id for message, _ in rows])
    return {
        "thread": ids.short(thread_id),
        "messages": [
            {
                **{"number": message.number, "by": str(message.sent_by), "name": name, "text": message.text},
                **{"at": message.sent_at.isoformat(), "files": files.get(message.id, [])},
                "is_hidden": message.hidden_at is not None,
            }
            for message, name in rows
        ],
    }


async def _hashes(db: AnySession, message_ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    found = (
        select(ThreadFile.message_id, StoredFile.name, StoredFile.sha256, StoredFile.size_bytes)
        .join(StoredFile, StoredFile.id == ThreadFile.file_id)
        .where(ThreadFile.message_id.in_(message_ids))
        .order_by(StoredFile.id)
    )
    files: dict[UUID, list[dict[str, Any]]] = {}
    for message_id, name, sha256, size in (await db.execute(found)).all():
        files.setdefault(message_id, []).append({"name": name, "sha256": sha256, "size_bytes": size})
    return files
