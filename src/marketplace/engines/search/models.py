"""The outbox of changes that an index has not seen yet, and who writes the indexes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, pk, timestamp


class SearchChange(Base):
    """One document of one index that changed or went; deleted when the index has it. `error` is the last failure.

    `is_refused` when the index takes others but not this document: it waits for a person, not for another try.
    """

    __tablename__ = "search_changes"
    __table_args__ = (Index("ix_search_changes_index", "index", "id"),)

    id: Mapped[UUID] = pk()
    index: Mapped[str]
    document_id: Mapped[UUID]
    created_at: Mapped[datetime] = timestamp()
    attempts: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str] = mapped_column(server_default="")
    is_refused: Mapped[bool] = mapped_column(server_default="false")


class SearchWriter(Base):
    """One row: who writes the indexes, and until when nobody else may (writing.py)."""

    __tablename__ = "search_writers"

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    holder: Mapped[UUID]
    until: Mapped[datetime] = timestamp()
