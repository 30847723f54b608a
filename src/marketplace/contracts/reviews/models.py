"""Reviews and the replies to them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

ReviewSide = Literal["employer", "freelancer"]

_SHOWN = "shown_at IS NOT NULL AND hidden_at IS NULL"


class Review(Base):
    """What one side of a contract says of the other. `side` wrote it; `scores` is {criterion: 1..5}.

    `private_note` is for the platform's staff only and counts nowhere.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        one_of("side", ReviewSide),
        UniqueConstraint("contract_id", "side"),
        CheckConstraint("hidden_at IS NULL OR shown_at IS NOT NULL", name="hidden"),
        Index(
            "ix_reviews_of_freelancer",
            "freelancer_id",
            "shown_at",
            "id",
            postgresql_where=f"side = 'employer' AND {_SHOWN}",
        ),
        Index(
            "ix_reviews_of_organisation",
            "organisation_id",
            "shown_at",
            "id",
            postgresql_where=f"side = 'freelancer' AND {_SHOWN}",
        ),
    )

    id: Mapped[UUID] = pk()
    contract_id: Mapped[UUID] = mapped_column(ForeignKey("contracts.id"))
    side: Mapped[str]
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    freelancer_id: Mapped[UUID] = mapped_column(ForeignKey("freelancers.id"))
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    scores: Mapped[dict[str, Any]]
    text: Mapped[str]
    private_note: Mapped[str] = mapped_column(server_default="")
    written_at: Mapped[datetime] = timestamp()
    updated_at: Mapped[datetime] = timestamp()
    shown_at: Mapped[datetime | None] = optional_timestamp()
    hidden_at: Mapped[datetime | None] = optional_timestamp()


class ReviewReply(Base):
    """What the reviewed side answers, once."""

    __tablename__ = "review_replies"

    review_id: Mapped[UUID] = mapped_column(ForeignKey("reviews.id"), primary_key=True)
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str]
    written_at: Mapped[datetime] = timestamp()
