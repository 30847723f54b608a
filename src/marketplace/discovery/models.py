"""Impressions, saved searches, and what people were told of."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ForeignKey, Identity, Index, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

Rhythm = Literal["instant", "daily", "weekly", "off"]


class Impression(Base):
    """One document shown to one reader (None: not signed in) at one rank of one surface ("gigs", "people", "home").

    `score` has the parts and the version of a recommendation's score: from it the same total follows (matches.stored).
    Of a list found by words it has the score and how the words were read (impressions.by_words).
    """

    __tablename__ = "impressions"
    __table_args__ = (Index("ix_impressions_document_id", "document_id", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = timestamp()
    user_id: Mapped[UUID | None]
    surface: Mapped[str]
    document_id: Mapped[UUID]
    rank: Mapped[int]
    query: Mapped[str] = mapped_column(server_default="")
    score: Mapped[dict[str, Any] | None]


class SavedSearch(Base):
    """A list with its filters that somebody wants to hear of; `surface` names the list, `query` is its address.

    `known` is what it found when it was saved: no news. Thrown away means `removed_at`, for a while.
    """

    __tablename__ = "saved_searches"
    __table_args__ = (
        one_of("rhythm", Rhythm),
        Index("ix_saved_searches_user_id", "user_id", "id"),
        Index("ix_saved_searches_alerting", "surface", postgresql_where="rhythm <> 'off' AND removed_at IS NULL"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    surface: Mapped[str]
    query: Mapped[str]
    name: Mapped[str]
    rhythm: Mapped[str]
    known: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default="{}")
    created_at: Mapped[datetime] = timestamp()
    told_at: Mapped[datetime | None] = optional_timestamp()
    removed_at: Mapped[datetime | None] = optional_timestamp()


class SearchAlert(Base):
    """One document that one subscriber is told of: its key is why she is told once, however often it is edited."""

    __tablename__ = "search_alerts"
    __table_args__ = (Index("ix_search_alerts_untold", "search_id", postgresql_where="told_at IS NULL"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    search_id: Mapped[UUID] = mapped_column(ForeignKey("saved_searches.id", ondelete="CASCADE"))
    found_at: Mapped[datetime] = timestamp()
    told_at: Mapped[datetime | None] = optional_timestamp()


class Recommendation(Base):
    """A gig that a freelancer was mailed about because it fits: its key is why no gig is recommended by mail twice."""

    __tablename__ = "recommendations"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    told_at: Mapped[datetime] = timestamp()
