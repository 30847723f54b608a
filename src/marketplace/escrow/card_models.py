"""Cards that employers asked to keep."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp


class SavedCard(Base):
    """A card that Stripe keeps for an organisation; here are its brand, last four digits and expiry, never its number.

    Each has a customer at Stripe of its own. `fingerprint` is Stripe's, the same for the same card: an organisation
    keeps it once. `removed_at`: it can't be charged any more.
    """

    __tablename__ = "saved_cards"
    __table_args__ = (
        CheckConstraint("exp_month BETWEEN 1 AND 12", name="exp_month"),
        CheckConstraint("removed_by_user_id IS NULL OR removed_at IS NOT NULL", name="removed"),
        Index("ix_saved_cards_organisation_id", "organisation_id", "id"),
        Index(
            "uq_saved_cards_in_use",
            "organisation_id",
            "fingerprint",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = pk()
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    stripe_customer_id: Mapped[str]
    stripe_payment_method_id: Mapped[str] = mapped_column(unique=True)
    brand: Mapped[str]
    last4: Mapped[str]
    exp_month: Mapped[int]
    exp_year: Mapped[int]
    fingerprint: Mapped[str]
    saved_by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime] = timestamp()
    removed_by_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    removed_at: Mapped[datetime | None] = optional_timestamp()

    @property
    def title(self) -> str:
        """The brand as people write it."""
        return BRANDS.get(self.brand, self.brand.replace("_", " ").title())

    def is_expired(self, at: datetime) -> bool:
        """Whether the month printed on it is over."""
        return (self.exp_year, self.exp_month) < (at.year, at.month)


BRANDS = {"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "unionpay": "UnionPay", "jcb": "JCB"}
