"""Freelancer profiles."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, pk, timestamp
from marketplace.kernel.database.base import amount, currency


class Freelancer(Base):
    """`languages` is a list of {"code": "en", "level": "fluent"}; `rate_minor` is per hour, 0 = not said."""

    __tablename__ = "freelancers"
    __table_args__ = (
        CheckConstraint("rate_minor >= 0", name="rate"),
        CheckConstraint("hours_a_week BETWEEN 0 AND 80", name="hours"),
        Index("ix_freelancers_listed", "updated_at", "id", postgresql_where="is_listed"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), unique=True)
    handle: Mapped[str] = mapped_column(unique=True)
    headline: Mapped[str] = mapped_column(server_default="")
    about: Mapped[str] = mapped_column(server_default="")
    rate_minor: Mapped[int] = amount(server_default="0")
    currency: Mapped[str] = currency(server_default="USD")
    hours_a_week: Mapped[int] = mapped_column(server_default="0")
    languages: Mapped[list[Any]] = mapped_column(server_default="[]")
    district: Mapped[str | None] = mapped_column(ForeignKey("districts.slug"))
    park_id: Mapped[UUID | None] = mapped_column(ForeignKey("parks.id"))
    is_listed: Mapped[bool] = mapped_column(server_default="false")
    shows_name: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()
