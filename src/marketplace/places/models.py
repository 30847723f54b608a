"""Districts, parks, outages."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp


class District(Base):
    """A district or city, as coarse as we ever show a person's place."""

    __tablename__ = "districts"

    slug: Mapped[str] = mapped_column(primary_key=True)
    name_en: Mapped[str]
    name_ur: Mapped[str]
    province: Mapped[str]


class Park(Base):
    """A technology park or e-Rozgaar centre."""

    __tablename__ = "parks"

    id: Mapped[UUID] = pk()
    slug: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    name_ur: Mapped[str]
    district: Mapped[str] = mapped_column(ForeignKey("districts.slug"))
    operator_organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))


class Outage(Base):
    """A stretch of time in which a park or a whole district could not work; `ended_at` is empty while it lasts."""

    __tablename__ = "outages"
    __table_args__ = (CheckConstraint("num_nonnulls(park_id, district) = 1", name="one_place"),)

    id: Mapped[UUID] = pk()
    park_id: Mapped[UUID | None] = mapped_column(ForeignKey("parks.id"))
    district: Mapped[str | None] = mapped_column(ForeignKey("districts.slug"))
    cause: Mapped[str]
    began_at: Mapped[datetime] = timestamp()
    ended_at: Mapped[datetime | None] = optional_timestamp()
    reported_by: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
