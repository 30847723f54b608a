"""Freelancer profiles, their handles, headlines and portfolios."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.base import amount, currency
from marketplace.kernel.database.states import one_of

Source = Literal["own", "course", "contract"]


class Freelancer(Base):
    """`languages` is a list of {"code": "en", "level": "fluent"}; `rate_minor` is per hour, 0 = not said.

    What `shows_…` says no to, strangers never get: name (else the first), photo, district and park, finished work.
    Until the end of `away_until` she is not recommended. `handle_changed_at` is None until she has chosen one.
    """

    __tablename__ = "freelancers"
    __table_args__ = (
        CheckConstraint("rate_minor >= 0", name="rate"),
        CheckConstraint("hours_a_week BETWEEN 0 AND 80", name="hours"),
        Index("uq_freelancers_source_ref", "source", "source_ref", unique=True),
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
    shows_photo: Mapped[bool] = mapped_column(server_default="false")
    shows_place: Mapped[bool] = mapped_column(server_default="true")
    shows_history: Mapped[bool] = mapped_column(server_default="false")
    photo_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    available_from: Mapped[datetime | None] = optional_timestamp()
    away_until: Mapped[datetime | None] = optional_timestamp()
    away_text: Mapped[str] = mapped_column(server_default="")
    handle_changed_at: Mapped[datetime | None] = optional_timestamp()
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()
    source: Mapped[str] = mapped_column(server_default="")
    source_ref: Mapped[str | None]


class OldHandle(Base):
    """A handle that was hers: its address leads to her for ever, and nobody else gets it."""

    __tablename__ = "old_handles"

    handle: Mapped[str] = mapped_column(primary_key=True)
    freelancer_id: Mapped[UUID] = mapped_column(ForeignKey("freelancers.id"))
    left_at: Mapped[datetime] = timestamp()


class Headline(Base):
    """What she says of herself to whoever looks for this skill, or for one beneath it in the taxonomy."""

    __tablename__ = "headlines"

    freelancer_id: Mapped[UUID] = mapped_column(ForeignKey("freelancers.id"), primary_key=True)
    skill_id: Mapped[UUID] = mapped_column(ForeignKey("skills.id"), primary_key=True)
    headline: Mapped[str]


class PortfolioItem(Base):
    """A piece of work. One from a paid contract `is_cleared` only once the client has agreed (contracts/consents)."""

    __tablename__ = "portfolio_items"
    __table_args__ = (
        one_of("source", Source),
        CheckConstraint("position >= 0", name="position"),
        Index("ix_portfolio_items_freelancer_id", "freelancer_id", "position"),
    )

    id: Mapped[UUID] = pk()
    freelancer_id: Mapped[UUID] = mapped_column(ForeignKey("freelancers.id"))
    position: Mapped[int]
    title: Mapped[str]
    text: Mapped[str] = mapped_column(server_default="")
    link: Mapped[str] = mapped_column(server_default="")
    source: Mapped[str]
    is_cleared: Mapped[bool]
    created_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()


class PortfolioFile(Base):
    """A picture or file of a portfolio item (engines/files keeps its bytes)."""

    __tablename__ = "portfolio_files"

    item_id: Mapped[UUID] = mapped_column(ForeignKey("portfolio_items.id", ondelete="CASCADE"), primary_key=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"), primary_key=True)
    position: Mapped[int]
