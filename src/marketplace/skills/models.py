"""Skills and evidence."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, pk, timestamp
from marketplace.kernel.database.states import one_of

EvidenceKind = Literal["claimed", "tested", "certified", "earned"]


class Skill(Base):
    """A node of the taxonomy."""

    __tablename__ = "skills"

    id: Mapped[UUID] = pk()
    slug: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str]
    name_ur: Mapped[str]
    aliases: Mapped[list[str]] = mapped_column(ARRAY(Text))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("skills.id"))
    uri: Mapped[str | None]


class Evidence(Base):
    """Why a user has a skill. `issuer_organisation_id` is set for certified, `contract_count` for earned."""

    __tablename__ = "evidence"
    __table_args__ = (
        one_of("kind", EvidenceKind),
        UniqueConstraint("user_id", "skill_id", "kind", "issuer_organisation_id", postgresql_nulls_not_distinct=True),
        Index("ix_evidence_skill_id", "skill_id"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    skill_id: Mapped[UUID] = mapped_column(ForeignKey("skills.id"))
    kind: Mapped[str]
    issuer_organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    contract_count: Mapped[int] = mapped_column(server_default="0")
    issued_at: Mapped[datetime] = timestamp()
