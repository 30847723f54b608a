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
        Index("ix_notices_awaiting", "user_id", "id", postgresql_where="awaits_digest"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    message: Mapped[str]
    values: Mapped[dict[str, Any]]
    link: Mapped[str]
    created_at: Mapped[datetime] = timestamp()
    read_at: Mapped[datetime | None] = optional_timestamp()
    awaits_digest: Mapped[bool] = mapped_column(server_default="false")


class NoticePreference(Base):
    """How a user wants a kind of message (rules.KINDS): by mail, at once or in the day's digest; by SMS.

    No row: by mail, at once; by SMS only when she has no e-mail address.
    """

    __tablename__ = "notice_preferences"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    by_mail: Mapped[bool]
    by_sms: Mapped[bool | None]
    in_digest: Mapped[bool] = mapped_column(server_default="false")
