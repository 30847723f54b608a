"""Stored files: what is known of the bytes that lie under their SHA-256 in the data folder."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped

from marketplace.kernel.database import Base, pk, timestamp
from marketplace.kernel.database.base import amount


class StoredFile(Base):
    """A name for bytes: `sha256` (64 hexadecimal digits) is their address, shared by equal files. `uploaded_by` is a
    user's id, without a foreign key: engines know no users.
    """

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="sha256"),
        CheckConstraint("size_bytes > 0", name="size"),
        Index("ix_files_sha256", "sha256"),
        Index("ix_files_created_at", "created_at"),
    )

    id: Mapped[UUID] = pk()
    sha256: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size_bytes: Mapped[int] = amount()
    uploaded_by: Mapped[UUID]
    created_at: Mapped[datetime] = timestamp()
