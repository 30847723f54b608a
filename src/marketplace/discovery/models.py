"""Impressions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, timestamp


class Impression(Base):
    """One document shown to one reader (None: not signed in) at one rank of one surface ("gigs", "people", "home")."""

    __tablename__ = "impressions"
    __table_args__ = (Index("ix_impressions_document_id", "document_id", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = timestamp()
    user_id: Mapped[UUID | None]
    surface: Mapped[str]
    document_id: Mapped[UUID]
    rank: Mapped[int]
    query: Mapped[str] = mapped_column(server_default="")
