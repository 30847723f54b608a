"""Stored files: what is known of the bytes that lie under their SHA-256 in the data folder."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, pk, timestamp


class StoredFile(Base):
    """One upload. Two uploads of the same bytes share them; `uploaded_by` is a user's id (no key: engines know no domain)."""

    __tablename__ = "files"
    __table_args__ = (Index("ix_files_sha256", "sha256"),)

    id: Mapped[UUID] = pk()
    sha256: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size_bytes: Mapped[int] = mapped_column()
    uploaded_by: Mapped[UUID]
    created_at: Mapped[datetime] = timestamp()
