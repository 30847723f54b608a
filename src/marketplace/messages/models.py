"""Notices and who wants which of them by mail."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp


class Notice(Base):
    """An in-app message of the system; `message` names its template, rendered in the reader's language."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_user_id_id", "user_id", "id"),
        Index("ix_notices_unread", "user_id", postgresql_where="read_at IS NULL"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    message: Mapped[str]
    values: Mapped[dict[str, Any]]
    link: Mapped[str]
    created_at: Mapped[datetime] = timestamp()
    read_at: Mapped[datetime | None] = optional_timestamp()


class NoticePreference(Base):
    """Whether a user wants a kind of message (rules.KINDS) by mail; no row: she does."""

    __tablename__ = "notice_preferences"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    by_mail: Mapped[bool]
