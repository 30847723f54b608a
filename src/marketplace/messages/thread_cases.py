"""Conversations and moderators: what is reported, what a moderator may read, what a decision does."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages import threads
from marketplace.messages.thread_models import Thread, ThreadMessage
from marketplace.messages.thread_queries import open_thread
from marketplace.messages.thread_subjects import locked, subject_of
from marketplace.trust.cases import open_case
from marketplace.trust.models import Case
from marketplace.trust.reports import LONGEST_SNAPSHOT
from marketplace.trust.subjects import Subject


class NotMediated(Conflict):
    message = N_("This conversation is not mediated. You can report a message instead.")


async def message_subject(db: AnySession, id: UUID, viewer_id: UUID) -> Subject | None:
    """A message as its reader may report it."""
    message = await db.get(ThreadMessage, id)
    if message is None:
        return None
    try:
        opened = await open_thread(db, message.thread_id, reader=viewer_id)
    except NotFound:
        return None
    return Subject(
        title=opened.subject.title,
        href=f"{threads.path_of(message.thread_id)}?before={message.number + 6}#m-{message.number}",
        about_user_id=message.sent_by,
        text="" if message.hidden_at else opened.subject.text_for(viewer_id, message.sent_by, message.text),
        is_private=True,
        is_named=message.sent_by not in opened.subject.letters,
    )


async def thread_subject(db: AnySession, id: UUID, viewer_id: UUID) -> Subject | None:
    """A whole conversation; it is about nobody yet."""
    try:
        opened = await open_thread(db, id, reader=viewer_id)
    except NotFound:
        return None
    return Subject(opened.subject.title, threads.path_of(id), None, "", is_private=True)


async def around_message(db: AnySession, id: UUID, viewer_id: UUID) -> dict[str, Any]:
    """The conversation around a message as evidence, by a member's own choice. Raises: NotFound."""
    message = await db.get(ThreadMessage, id)
    if message is None:
        raise NotFound
    return await around_thread(db, message.thread_id, viewer_id)


async def around_thread(db: AnySession, id: UUID, viewer_id: UUID) -> dict[str, Any]:
    """A conversation as evidence: its text, whose words it holds, times and hashes of files. Raises: NotFound."""
    await open_thread(db, id, reader=viewer_id)
    exported = await threads.export(db, id)
    owners = sorted({each["by"] for each in exported["messages"]})
    return {"text": _as_text(exported), "owners": owners, "is_private": True, "conversation": exported}


def _as_text(exported: dict[str, Any]) -> str:
    """The newest part that fits."""
    lines = [
        f"#{each['number']} {each['at'][:16]} UTC, {each['name']}: {each['text']}"
        + "".join(f"\n[{file['name']}, SHA-256 {file['sha256']}]" for file in each["files"])
        for each in exported["messages"]
    ]
    return "\n\n".join(lines)[-LONGEST_SNAPSHOT:]


async def call_moderator(db: Session, thread_id: UUID, *, by: UUID, at: datetime) -> Case:
    """A member of a mediated conversation wants somebody to look: the conversation goes into the case.

    Raises: NotFound, NotMediated.
    """
    thread = await locked(db, thread_id)
    subject = await subject_of(db, thread.kind, thread.subject_id, reader=by)
    if not subject.is_mediated:
        raise NotMediated
    evidence = {"title": subject.title, "href": subject.href, **await around_thread(db, thread_id, by)}
    return await open_case(
        db,
        kind="mediation",
        subject=("thread", thread_id),
        reason="mediation",
        about_user_id=None,
        by=by,
        at=at,
        evidence=evidence,
    )


async def read_by_staff(db: AnySession, thread_id: UUID, *, case_id: UUID) -> dict[str, Any]:
    """A conversation for a moderator: only of an open case about it or about a message in it. Raises: NotFound.

    The caller writes the audit line that the members see (trust), in the same transaction.
    """
    messages = select(ThreadMessage.id).where(ThreadMessage.thread_id == thread_id)
    is_about = or_(
        (Case.subject_kind == "thread") & (Case.subject_id == thread_id),
        (Case.subject_kind == "message") & Case.subject_id.in_(messages),
    )
    open_one = select(Case.id).where(Case.id == case_id, Case.state == "open", is_about)
    if await db.scalar(open_one) is None:
        raise NotFound
    return await threads.export(db, thread_id)


async def hide(db: Session, message_id: UUID, *, reason: str, case_id: UUID, by: UUID, at: datetime) -> None:
    """A moderator removed it: its row stays, readers see that it was removed and why. Twice is once."""
    message = await db.get(ThreadMessage, message_id, with_for_update=True, populate_existing=True)
    if message is None or message.hidden_at is not None:
        return
    message.hidden_at, message.hidden_reason, message.case_id = at, reason, case_id
    await db.flush()
    subject = ("thread", message.thread_id)
    await audit.record(db, "message.hidden", subject=subject, by=by, at=at, why=reason, number=message.number)


async def thread_of(db: AnySession, message_id: UUID) -> Thread | None:
    """In which conversation a message stands; for moderators, who find it by the case."""
    found = select(Thread).join(ThreadMessage, ThreadMessage.thread_id == Thread.id)
    return (await db.execute(found.where(ThreadMessage.id == message_id))).scalar_one_or_none()
