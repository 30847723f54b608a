"""Load the taxonomy; what somebody claims to be able to do, and what speaks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.events import publish
from marketplace.kernel.i18n import N_
from marketplace.kernel.paths import resource
from marketplace.skills.events import EvidenceChanged
from marketplace.skills.models import Evidence, EvidenceKind, Skill
from marketplace.skills.queries import by_slugs
from marketplace.skills.taxonomy import read_taxonomy

MOST_SKILLS = 30


async def load_skills(db: Session) -> int:
    """Bring the table in line with search/skills/*.toml and return how many skills there are.

    Skills that left the files stay: somebody's evidence may stand on them.
    """
    entries = read_taxonomy(resource("search") / "skills")
    rows = [
        {
            "slug": entry.slug,
            "name_en": entry.name_en,
            "name_ur": entry.name_ur,
            "aliases": list(entry.aliases),
            "uri": entry.uri,
        }
        for entry in entries
    ]
    saved = insert(Skill).values(rows)
    fresh = {name: saved.excluded[name] for name in ("name_en", "name_ur", "aliases", "uri")}
    saved = saved.on_conflict_do_update(index_elements=[Skill.slug], set_=fresh).returning(Skill.slug, Skill.id)
    ids = {row.slug: row.id for row in await db.execute(saved)}
    parents = [{"id": ids[each.slug], "parent_id": ids[each.parent] if each.parent else None} for each in entries]
    await db.execute(update(Skill), parents)
    return len(entries)


async def claim_skills(db: Session, user_id: UUID, slugs: Sequence[str], *, at: datetime) -> None:
    """Make `slugs` the skills that she claims. Tested, certified and earned evidence is not hers to change.

    Raises: Invalid for an unknown skill or more than 30.
    """
    if len(set(slugs)) > MOST_SKILLS:
        raise Invalid.at("skills", N_("Choose at most %(most)s skills."), most=MOST_SKILLS)
    skills = await by_slugs(db, slugs)
    unknown = set(slugs) - {skill.slug for skill in skills}
    if unknown:
        raise Invalid.at("skills", N_("We do not know the skill %(skill)s."), skill=min(unknown))
    wanted = [skill.id for skill in skills]
    own = Evidence.user_id == user_id, Evidence.kind == "claimed", Evidence.reference.is_(None)
    await db.execute(delete(Evidence).where(*own, Evidence.skill_id.not_in(wanted)))
    if wanted:
        rows = [{"user_id": user_id, "skill_id": id, "kind": "claimed", "issued_at": at} for id in wanted]
        await db.execute(insert(Evidence).values(rows).on_conflict_do_nothing())


async def count_earned(db: Session, user_id: UUID, slugs: Sequence[str], *, at: datetime) -> None:
    """Count one more finished contract for these skills of hers."""
    skills = await by_slugs(db, slugs)
    for skill in skills:
        first = {"user_id": user_id, "skill_id": skill.id, "kind": "earned", "issued_at": at, "contract_count": 1}
        more = {"contract_count": Evidence.contract_count + 1, "issued_at": at}
        await db.execute(insert(Evidence).values(first).on_conflict_do_update(constraint="uq_evidence_once", set_=more))


@dataclass(frozen=True, slots=True, kw_only=True)
class Certification:
    """A certificate as evidence: whose it is, its own id, when it was earned, and who issued it (one of the two)."""

    user_id: UUID
    reference: UUID
    at: datetime
    issuer_organisation_id: UUID | None = None
    outside_issuer: str | None = None


async def certify(db: Session, proof: Certification, skills: Mapping[UUID, str | None]) -> None:
    """Her certificate speaks for these skills (their level by id): on her profile, in search, in matches."""
    await _write(db, proof, "certified", skills)


async def note_unchecked(db: Session, proof: Certification, skills: Mapping[UUID, str | None]) -> None:
    """She says that somebody certified these skills; it counts as her own word until it is checked."""
    await _write(db, proof, "claimed", skills)


async def withdraw(db: Session, reference: UUID, *, user_id: UUID) -> None:
    """What this certificate proved is proved by it no more."""
    await db.execute(delete(Evidence).where(Evidence.reference == reference, Evidence.user_id == user_id))
    await publish(db, EvidenceChanged(user_id=user_id))


async def _write(db: Session, proof: Certification, kind: EvidenceKind, skills: Mapping[UUID, str | None]) -> None:
    shared = {
        "user_id": proof.user_id,
        "kind": kind,
        "reference": proof.reference,
        "issued_at": proof.at,
        "issuer_organisation_id": proof.issuer_organisation_id,
        "outside_issuer": proof.outside_issuer,
    }
    rows = [{**shared, "skill_id": skill_id, "level": level} for skill_id, level in skills.items()]
    await db.execute(insert(Evidence).values(rows).on_conflict_do_nothing())
    await publish(db, EvidenceChanged(user_id=proof.user_id))
