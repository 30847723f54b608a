"""What somebody can show for each skill: the one reader of evidence for pages.

Each skill once, with all its proofs, strongest first. A proof's certificate may show its holder's name: whoever lists
people without a name (applications before the shortlist) leaves `href` out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from marketplace.identity.models import Organisation
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Prepared, one_of
from marketplace.skills.issuers import outside_name
from marketplace.skills.models import Evidence, Skill
from marketplace.talent.rules import STRENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One reason to believe a skill. Claimed with an `issuer`: she says that it was certified, nobody has checked."""

    kind: str
    at: datetime
    issuer: str | None = None
    issuer_slug: str | None = None
    level: str | None = None
    count: int = 0
    href: str | None = None


@dataclass(frozen=True, slots=True)
class EvidencedSkill:
    """A skill and the strongest reason to believe it; `issuer` for certified, `count` contracts for earned."""

    slug: str
    name_en: str
    name_ur: str
    kind: str
    issuer: str | None
    count: int
    proofs: tuple[Proof, ...] = ()

    def name(self, locale: str) -> str:
        """In the reader's language."""
        return self.name_ur if locale == "ur" else self.name_en


async def shown_skills(db: AnySession, user_ids: Sequence[UUID]) -> dict[UUID, list[EvidencedSkill]]:
    """The skills of several people at once, each once with all its evidence, best evidenced first; one query."""
    if not user_ids:
        return {}
    proofs: dict[UUID, dict[tuple[str, str, str], list[Proof]]] = {}
    for row in await _SHOWN.rows(db, ids=user_ids):
        named = (row["slug"], row["name_en"], row["name_ur"])
        proofs.setdefault(row["user_id"], {}).setdefault(named, []).append(_proof(row))
    return {user_id: _sorted(skills) for user_id, skills in proofs.items()}


def _shown() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(Evidence.user_id, Skill.slug, Skill.name_en, Skill.name_ur, Evidence.kind, Evidence.level),
            *(Evidence.reference, Evidence.outside_issuer, Evidence.contract_count, Evidence.issued_at),
            *(Organisation.name.label("issuer"), Organisation.slug.label("issuer_slug")),
        )
        .join(Skill, Skill.id == Evidence.skill_id)
        .outerjoin(Organisation, Organisation.id == Evidence.issuer_organisation_id)
        .where(one_of(Evidence.user_id))
    )


_SHOWN = Prepared(_shown)


def _proof(row: Mapping[str, Any]) -> Proof:
    reference: UUID | None = row["reference"] if row["issuer"] else None
    return Proof(
        kind=row["kind"],
        at=row["issued_at"],
        issuer=row["issuer"] or outside_name(row["outside_issuer"]),
        issuer_slug=row["issuer_slug"] or row["outside_issuer"],
        level=row["level"],
        count=row["contract_count"],
        href=f"/certificates/{ids.short(reference)}" if reference else None,
    )


def _sorted(skills: dict[tuple[str, str, str], list[Proof]]) -> list[EvidencedSkill]:
    made: list[EvidencedSkill] = []
    for named, proofs in skills.items():
        ordered = tuple(sorted(proofs, key=_strength))
        best = ordered[0]
        issuer = best.issuer if best.kind == "certified" else None
        made.append(EvidencedSkill(*named, best.kind, issuer, best.count, ordered))
    return sorted(made, key=lambda skill: (STRENGTH.index(skill.kind), -skill.count, skill.name_en))


def _strength(proof: Proof) -> tuple[int, int, bool, float]:
    """Stronger kinds first, then more contracts, then what somebody else is said to vouch for, then the newest."""
    return STRENGTH.index(proof.kind), -proof.count, proof.issuer is None, -proof.at.timestamp()
