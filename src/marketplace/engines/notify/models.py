"""Outgoing mail and text messages."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

MailState = Literal["queued", "sent", "kept", "failed"]


class Mail(Base):
    """One mail to one address. `subject`, `text` and `html` are empty until it is rendered, and again once an SMTP
    server has taken it: a mail may hold a secret link. `unsubscribe` says for whom its unsubscribe link is ("" = none).
    """

    __tablename__ = "mails"
    __table_args__ = (
        one_of("state", MailState),
        Index("ix_mails_queued", "created_at", postgresql_where="state = 'queued'"),
        Index("ix_mails_created_at", "created_at", "id"),
    )

    id: Mapped[UUID] = pk()
    to: Mapped[str]
    message: Mapped[str]
    locale: Mapped[str]
    time_zone: Mapped[str]
    values: Mapped[dict[str, Any]]
    unsubscribe: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="queued")
    subject: Mapped[str] = mapped_column(server_default="")
    text: Mapped[str] = mapped_column(server_default="")
    html: Mapped[str] = mapped_column(server_default="")
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None] = optional_timestamp()
    error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = timestamp()
    sent_at: Mapped[datetime | None] = optional_timestamp()


class TextMessage(Base):
    """One SMS to one number. `body` is empty until it is rendered, and again once the gateway has taken it."""

    __tablename__ = "texts"
    __table_args__ = (
        one_of("state", MailState),
        Index("ix_texts_queued", "created_at", postgresql_where="state = 'queued'"),
        Index("ix_texts_created_at", "created_at", "id"),
        Index("ix_texts_to", "to"),
    )

    id: Mapped[UUID] = pk()
    to: Mapped[str]
    message: Mapped[str]
    locale: Mapped[str]
    time_zone: Mapped[str]
    values: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(server_default="queued")
    body: Mapped[str] = mapped_column(server_default="")
    segments: Mapped[int] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None] = optional_timestamp()
    error: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime] = timestamp()
    sent_at: Mapped[datetime | None] = optional_timestamp()
