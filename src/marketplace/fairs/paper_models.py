"""Paper of a fair: PDFs to print before the day, in parts."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

PaperKind = Literal["sheets", "tables", "doors", "badges"]


class FairPaper(Base):
    """One file of paper, a part of all of its kind. Without `file_id` it is still to be made.

    `first` and `last` are candidates' numbers, or places in the order of tables. It holds names: it goes a while after
    the fair, and when its kind is made anew.
    """

    __tablename__ = "fair_papers"
    __table_args__ = (
        one_of("kind", PaperKind),
        UniqueConstraint("fair_id", "kind", "part"),
        CheckConstraint("part BETWEEN 1 AND parts", name="part"),
        CheckConstraint("(file_id IS NULL) = (made_at IS NULL)", name="made"),
    )

    id: Mapped[UUID] = pk()
    fair_id: Mapped[UUID] = mapped_column(ForeignKey("fairs.id"))
    kind: Mapped[str]
    part: Mapped[int]
    parts: Mapped[int]
    first: Mapped[int]
    last: Mapped[int]
    locale: Mapped[str]
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    ordered_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    ordered_at: Mapped[datetime] = timestamp()
    made_at: Mapped[datetime | None] = optional_timestamp()
