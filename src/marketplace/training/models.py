"""Programmes and cohorts."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, pk, timestamp


class Programme(Base):
    """A provider's offer of training."""

    __tablename__ = "programmes"

    id: Mapped[UUID] = pk()
    provider_organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    created_at: Mapped[datetime] = timestamp()


class Cohort(Base):
    """One run of a programme."""

    __tablename__ = "cohorts"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("seats > 0", name="seats"),
    )

    id: Mapped[UUID] = pk()
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    park_id: Mapped[UUID | None] = mapped_column(ForeignKey("parks.id"))
    name: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    seats: Mapped[int]
    is_women_only: Mapped[bool] = mapped_column(server_default="false")
