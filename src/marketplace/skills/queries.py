"""Skills by what people type, by slug, and with their evidence."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, case, func, select

from marketplace.identity.models import Organisation
from marketplace.kernel.database import AnySession
from marketplace.skills.issuers import outside_name
from marketplace.skills.models import Evidence, Skill
from marketplace.skills.taxonomy import SkillName, suggestions


@dataclass(frozen=True, slots=True)
class KnownSkill(SkillName):
    """A skill with its id, for rows that point to it."""

    id: UUID = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class SkillEvidence:
    """One reason why a user has a skill; `contract_count` says on how many contracts it was earned.

    The issuer is one of ours or an outside one; with kind claimed it is only what she says.
    """

    skill: SkillName
    kind: str
    issuer_slug: str | None
    issuer: str | None
    contract_count: int
    issued_at: datetime


async def suggest(db: AnySession, text: str, limit: int = 8) -> list[SkillName]:
    """Skills for a type-ahead: English, Urdu or Roman Urdu, names or abbreviations."""
    if not text.strip():
        return []
    return suggestions(await all_skills(db), text, limit)


async def all_skills(db: AnySession) -> list[SkillName]:
    """The whole taxonomy, some 250 rows."""
    rows = await db.execute(select(Skill.slug, Skill.name_en, Skill.name_ur, Skill.aliases))
    return [SkillName(slug, name_en, name_ur, tuple(aliases)) for slug, name_en, name_ur, aliases in rows]


async def by_slugs(db: AnySession, slugs: Sequence[str]) -> list[KnownSkill]:
    """The skills of these slugs in their order; unknown ones are left out."""
    if not slugs:
        return []
    found = {skill.slug: skill for skill in await _known(db, Skill.slug.in_(slugs))}
    return [found[slug] for slug in dict.fromkeys(slugs) if slug in found]


async def by_ids(db: AnySession, ids: Sequence[UUID]) -> dict[UUID, KnownSkill]:
    """The skills of these ids."""
    return {skill.id: skill for skill in await _known(db, Skill.id.in_(ids))} if ids else {}


async def evidence_of(db: AnySession, user_ids: Sequence[UUID]) -> dict[UUID, list[SkillEvidence]]:
    """What each of these users can show, best evidence of a skill first; one query for all."""
    if not user_ids:
        return {}
    rows = await db.execute(
        select(
            Evidence.user_id,
            Skill.slug,
            Skill.name_en,
            Skill.name_ur,
            Skill.aliases,
            Evidence.kind,
            Evidence.outside_issuer,
            Organisation.slug.label("issuer_slug"),
            Organisation.name.label("issuer"),
            Evidence.contract_count,
            Evidence.issued_at,
        )
        .join(Skill, Skill.id == Evidence.skill_id)
        .outerjoin(Organisation, Organisation.id == Evidence.issuer_organisation_id)
        .where(Evidence.user_id.in_(user_ids))
        .order_by(case(_BEST_FIRST, value=Evidence.kind), Evidence.contract_count.desc(), Skill.slug)
    )
    found: dict[UUID, list[SkillEvidence]] = {user_id: [] for user_id in user_ids}
    for row in rows:
        skill = SkillName(row.slug, row.name_en, row.name_ur, tuple(row.aliases))
        slug, issuer = row.issuer_slug or row.outside_issuer, row.issuer or outside_name(row.outside_issuer)
        found[row.user_id].append(SkillEvidence(skill, row.kind, slug, issuer, row.contract_count, row.issued_at))
    return found


async def issuer_names(db: AnySession, slugs: Collection[str]) -> dict[str, str]:
    """The names of issuers, ours and outside ones; one query where any is ours."""
    names = {slug: name for slug in slugs if (name := outside_name(slug))}
    ours = set(slugs) - names.keys()
    if not ours:
        return names
    found = await db.execute(select(Organisation.slug, Organisation.name).where(Organisation.slug.in_(ours)))
    return names | {row.slug: row.name for row in found}


async def rarity(db: AnySession, slugs: Collection[str]) -> tuple[dict[str, int], int]:
    """How many users have each of these skills, and how many have any: the document frequencies of matching."""
    everybody = select(func.count(func.distinct(Evidence.user_id))).scalar_subquery()
    rows = await db.execute(
        select(Skill.slug, func.count(func.distinct(Evidence.user_id)), everybody)
        .outerjoin(Evidence, Evidence.skill_id == Skill.id)
        .where(Skill.slug.in_(slugs))
        .group_by(Skill.slug)
    )
    counted = [(slug, count, total or 0) for slug, count, total in rows]
    return {slug: count for slug, count, _ in counted}, max((total for _, _, total in counted), default=0)


_BEST_FIRST = {"earned": 0, "certified": 1, "tested": 2, "claimed": 3}


async def _known(db: AnySession, condition: ColumnElement[bool]) -> list[KnownSkill]:
    columns = select(Skill.id, Skill.slug, Skill.name_en, Skill.name_ur, Skill.aliases)
    return [_skill(row) for row in await db.execute(columns.where(condition))]


def _skill(row: Row[UUID, str, str, str, list[str]]) -> KnownSkill:
    id, slug, name_en, name_ur, aliases = row
    return KnownSkill(slug, name_en, name_ur, tuple(aliases), id=id)
