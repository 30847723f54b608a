"""Checks of organisations."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

CheckKind = Literal["domain", "registration", "card", "first_paid", "zone"]
CheckState = Literal["waiting", "passed", "refused", "ended"]


class OrganisationCheck(Base):
    """One thing found out about an organisation, or asked to be.

    `number` is the document's own; `domain` and the code belong to kind domain; `verifier_organisation_id` is the
    park operator who is asked or has decided (None: the platform's staff, or the system where `decided_by` is None).
    `expires_on` is the last day on which it holds.
    """

    __tablename__ = "organisation_checks"
    __table_args__ = (
        one_of("kind", CheckKind),
        one_of("state", CheckState),
        CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided"),
        CheckConstraint("kind NOT IN ('registration', 'zone') OR file_id IS NOT NULL", name="document"),
        CheckConstraint("kind <> 'zone' OR expires_on IS NOT NULL", name="expiry"),
        Index(
            "uq_organisation_checks_waiting",
            "organisation_id",
            "kind",
            unique=True,
            postgresql_where="state = 'waiting'",
        ),
        Index(
            "uq_organisation_checks_passed", "organisation_id", "kind", unique=True, postgresql_where="state = 'passed'"
        ),
        Index("ix_organisation_checks_organisation_id", "organisation_id", "id"),
        Index("ix_organisation_checks_waiting", "id", postgresql_where="state = 'waiting' AND kind <> 'domain'"),
        Index("ix_organisation_checks_file_id", "file_id"),
    )

    id: Mapped[UUID] = pk()
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str]
    state: Mapped[str]
    asked_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime] = timestamp()
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = optional_timestamp()
    verifier_organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    number: Mapped[str] = mapped_column(server_default="")
    domain: Mapped[str] = mapped_column(server_default="")
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    expires_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(server_default="")
    code_hash: Mapped[bytes | None]
    code_expires_at: Mapped[datetime | None] = optional_timestamp()
    code_tries: Mapped[int] = mapped_column(server_default="0")
