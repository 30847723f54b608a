"""Deadlines."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

DeadlineState = Literal["running", "paused", "done", "cancelled"]


class Deadline(Base):
    """One due time per kind and subject; while it is paused, `due_at` is what it was when the pause began."""

    __tablename__ = "deadlines"
    __table_args__ = (
        one_of("state", DeadlineState),
        UniqueConstraint("kind", "subject_kind", "subject_id"),
        CheckConstraint("(state = 'paused') = (paused_at IS NOT NULL)", name="pause"),
        Index("ix_deadlines_due_at", "due_at", postgresql_where=text("state = 'running'")),
        Index("ix_deadlines_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[UUID] = pk()
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(server_default="running")
    due_at: Mapped[datetime] = timestamp()
    paused_at: Mapped[datetime | None] = optional_timestamp()
    pause_reason: Mapped[str] = mapped_column(server_default="")
