"""Threads, what people write in them, saved replies, and the trusted contacts who know of a meeting."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

ThreadKind = Literal["proposal", "application", "contract", "case"]


class Thread(Base):
    """The one conversation about one thing. `last_number` counts its messages; whoever writes locks its row."""

    __tablename__ = "threads"
    __table_args__ = (one_of("kind", ThreadKind), UniqueConstraint("kind", "subject_id"))

    id: Mapped[UUID] = pk()
    kind: Mapped[str]
    subject_id: Mapped[UUID]
    created_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = timestamp()
    last_number: Mapped[int] = mapped_column(server_default="0")
    last_at: Mapped[datetime] = timestamp()


class ThreadMember(Base):
    """How far somebody has read. `unread` counts what others wrote after `read_number`; `told_number` is the message
    of which she was last told by notice and mail; `last_at` is the thread's, for her list. Who left sees no more.
    """

    __tablename__ = "thread_members"
    __table_args__ = (
        Index("ix_thread_members_user_id", "user_id", "last_at", "thread_id", postgresql_where="left_at IS NULL"),
        Index("ix_thread_members_unread", "user_id", postgresql_where="unread > 0 AND left_at IS NULL"),
        CheckConstraint("unread >= 0", name="unread"),
    )

    thread_id: Mapped[UUID] = mapped_column(ForeignKey("threads.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    joined_at: Mapped[datetime] = timestamp()
    left_at: Mapped[datetime | None] = optional_timestamp()
    last_at: Mapped[datetime] = timestamp()
    read_number: Mapped[int] = mapped_column(server_default="0")
    read_at: Mapped[datetime | None] = optional_timestamp()
    unread: Mapped[int] = mapped_column(server_default="0")
    told_number: Mapped[int] = mapped_column(server_default="0")


class ThreadMessage(Base):
    """`number` counts from 1 without gaps. `signals` are the warnings shown beneath it: {"rule", "said"}.

    `words` are its folded words as the other side may find them. A moderator hides a message; its row stays.
    """

    __tablename__ = "thread_messages"
    __table_args__ = (
        UniqueConstraint("thread_id", "number"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("length(text) <= 10000", name="text"),
        Index("ix_thread_messages_words", "words", postgresql_using="gin"),
        Index("ix_thread_messages_sent_by", "sent_by", "sent_at"),
    )

    id: Mapped[UUID] = pk()
    thread_id: Mapped[UUID] = mapped_column(ForeignKey("threads.id"))
    number: Mapped[int]
    sent_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    sent_at: Mapped[datetime] = timestamp()
    text: Mapped[str]
    words: Mapped[str] = mapped_column(TSVECTOR)
    signals: Mapped[list[Any]] = mapped_column(server_default="[]")
    hidden_at: Mapped[datetime | None] = optional_timestamp()
    hidden_reason: Mapped[str] = mapped_column(server_default="")
    case_id: Mapped[UUID | None]


class ThreadFile(Base):
    """A file sent with a message (engines/files keeps its bytes)."""

    __tablename__ = "thread_files"
    __table_args__ = (Index("ix_thread_files_file_id", "file_id"),)

    message_id: Mapped[UUID] = mapped_column(ForeignKey("thread_messages.id"), primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), primary_key=True)


class MessageTemplate(Base):
    """A reply that somebody writes often, for herself alone."""

    __tablename__ = "message_templates"
    __table_args__ = (Index("ix_message_templates_user_id", "user_id", "id"),)

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str]
    text: Mapped[str]
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()


class TrustedContact(Base):
    """Somebody who is told where she meets a stranger. `stopped_at`: this person wants no more of it."""

    __tablename__ = "trusted_contacts"
    __table_args__ = (
        CheckConstraint("email <> '' OR phone <> ''", name="reachable"),
        Index("ix_trusted_contacts_user_id", "user_id", "id"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    name: Mapped[str]
    email: Mapped[str] = mapped_column(server_default="")
    phone: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = timestamp()
    removed_at: Mapped[datetime | None] = optional_timestamp()
    stopped_at: Mapped[datetime | None] = optional_timestamp()


class MeetingNote(Base):
    """Where she is, with whom, how long. `closed_at`: she is back; `alarmed_at`: her contact heard that she is not."""

    __tablename__ = "meeting_notes"
    __table_args__ = (
        CheckConstraint("until > starts_at", name="until"),
        Index("ix_meeting_notes_user_id", "user_id", "id"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    contact_id: Mapped[UUID] = mapped_column(ForeignKey("trusted_contacts.id"))
    place: Mapped[str]
    company: Mapped[str]
    about: Mapped[str] = mapped_column(server_default="")
    starts_at: Mapped[datetime] = timestamp()
    until: Mapped[datetime] = timestamp()
    created_at: Mapped[datetime] = timestamp()
    closed_at: Mapped[datetime | None] = optional_timestamp()
    alarmed_at: Mapped[datetime | None] = optional_timestamp()
