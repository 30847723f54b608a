"""Skills and evidence."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.kernel.database import Base, pk, timestamp
from marketplace.kernel.database.states import one_of

EvidenceKind = Literal["claimed", "tested", "certified", "earned"]
SkillLevel = Literal["basic", "working", "advanced"]


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
    """Why a user has a skill.

    Certified by `issuer_organisation_id` (one of ours) or `outside_issuer` (a slug of search/issuers.toml), proved by
    the certificate whose id is `reference`: one row per certificate, gone when it is revoked. A row that is claimed and
    has an issuer is what she says of a certificate that nobody has checked. `contract_count` is set for earned.
    """

    __tablename__ = "evidence"
    __table_args__ = (
        one_of("kind", EvidenceKind),
        one_of("level", SkillLevel),
        UniqueConstraint(
            *("user_id", "skill_id", "kind", "issuer_organisation_id", "reference"),
            name="uq_evidence_once",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("num_nonnulls(issuer_organisation_id, outside_issuer) <= 1", name="one_issuer"),
        Index("ix_evidence_skill_id", "skill_id"),
        Index("ix_evidence_reference", "reference", postgresql_where="reference IS NOT NULL"),
    )

    id: Mapped[UUID] = pk()
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    skill_id: Mapped[UUID] = mapped_column(ForeignKey("skills.id"))
    kind: Mapped[str]
    issuer_organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    outside_issuer: Mapped[str | None]
    reference: Mapped[UUID | None]
    level: Mapped[str | None]
    contract_count: Mapped[int] = mapped_column(server_default="0")
    issued_at: Mapped[datetime] = timestamp()
