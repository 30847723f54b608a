"""Blocks, cases with their reports and signals, restrictions with their appeals."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, optional_timestamp, pk, timestamp
from marketplace.kernel.database.states import one_of

Severity = Literal["warn", "hold"]
Urgency = Literal["safety", "scam", "other"]
CaseState = Literal["open", "decided"]
Decision = Literal["none", "warn", "remove", "return", "publish", "restrict"]
What = Literal["message", "post", "apply", "sign_in"]
AppealState = Literal["open", "upheld", "lifted"]


class Block(Base):
    """`blocker_id` wants no contact with `blocked_id`: neither finds, reads or reaches the other any more."""

    __tablename__ = "blocks"
    __table_args__ = (
        CheckConstraint("blocker_id <> blocked_id", name="two_people"),
        Index("uq_blocks_blocker_id_blocked_id", "blocker_id", "blocked_id", unique=True),
        Index("ix_blocks_blocked_id", "blocked_id", "blocker_id"),
    )

    id: Mapped[UUID] = pk()
    blocker_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    blocked_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = timestamp()


class Case(Base):
    """Something that waits for a moderator: `reason` why, `due_at` until when, `owner_id` who looks at it.

    `evidence` is what was seen when it was opened: title, address, text as it was, the rules that fired. There is one
    open case for each kind and subject, however many reports it gets.
    """

    __tablename__ = "cases"
    __table_args__ = (
        one_of("urgency", Urgency),
        one_of("state", CaseState),
        one_of("decision", Decision),
        CheckConstraint(
            "(state = 'decided') = (decided_at IS NOT NULL AND decision IS NOT NULL AND decided_by IS NOT NULL)",
            name="decided",
        ),
        Index("uq_cases_open", "kind", "subject_kind", "subject_id", unique=True, postgresql_where="state = 'open'"),
        Index("ix_cases_due_at", "due_at", "id", postgresql_where="state = 'open'"),
        Index("ix_cases_subject", "subject_kind", "subject_id"),
        Index("ix_cases_about_user_id", "about_user_id"),
        Index("ix_cases_organisation_id", "organisation_id"),
        Index("ix_cases_owner_id", "owner_id"),
    )

    id: Mapped[UUID] = pk()
    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    reason: Mapped[str]
    urgency: Mapped[str]
    about_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    opened_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    evidence: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    state: Mapped[str] = mapped_column(server_default="open")
    opened_at: Mapped[datetime] = timestamp()
    due_at: Mapped[datetime] = timestamp()
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decision: Mapped[str | None]
    decision_reason: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = optional_timestamp()


class Report(Base):
    """What somebody says about a thing, with the thing as it was when she said so."""

    __tablename__ = "reports"
    __table_args__ = (
        Index("ix_reports_case_id", "case_id", "id"),
        Index("ix_reports_reporter_id", "reporter_id", "id"),
    )

    id: Mapped[UUID] = pk()
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    reporter_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str]
    text: Mapped[str] = mapped_column(server_default="")
    snapshot: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    created_at: Mapped[datetime] = timestamp()


class SignalLine(Base):
    """A rule (rules.toml) that fired on a text, and the words it fired on."""

    __tablename__ = "signals"
    __table_args__ = (one_of("severity", Severity), Index("ix_signals_case_id", "case_id", "id"))

    id: Mapped[UUID] = pk()
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    rule: Mapped[str]
    severity: Mapped[str]
    excerpt: Mapped[str]
    created_at: Mapped[datetime] = timestamp()


class Restriction(Base):
    """What somebody can't do, why, until when (None: until it is lifted), and who decided so. Never about money."""

    __tablename__ = "restrictions"
    __table_args__ = (
        one_of("what", What),
        CheckConstraint("until_at IS NULL OR until_at > from_at", name="until"),
        Index("ix_restrictions_user_id", "user_id", "what", postgresql_where="lifted_at IS NULL"),
        Index("ix_restrictions_case_id", "case_id"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    what: Mapped[str]
    reason: Mapped[str]
    said: Mapped[str]
    evidence: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("cases.id"))
    from_at: Mapped[datetime] = timestamp()
    until_at: Mapped[datetime | None] = optional_timestamp()
    by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None] = optional_timestamp()
    lifted_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))


class Appeal(Base):
    """A restricted person asks another moderator to look again, once for each restriction."""

    __tablename__ = "appeals"
    __table_args__ = (
        one_of("state", AppealState),
        CheckConstraint("(state = 'open') = (decided_at IS NULL AND decided_by IS NULL)", name="decided"),
        Index("ix_appeals_due_at", "due_at", "id", postgresql_where="state = 'open'"),
    )

    id: Mapped[UUID] = pk()
    restriction_id: Mapped[UUID] = mapped_column(ForeignKey("restrictions.id"), unique=True)
    text: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="open")
    created_at: Mapped[datetime] = timestamp()
    due_at: Mapped[datetime] = timestamp()
    decision_reason: Mapped[str] = mapped_column(server_default="")
    decided_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = optional_timestamp()
