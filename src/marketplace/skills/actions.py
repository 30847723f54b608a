"""Load the taxonomy, and say what somebody claims to be able to do."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.paths import resource
from marketplace.skills.models import Evidence, Skill
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
    gone = Evidence.user_id == user_id, Evidence.kind == "claimed", Evidence.skill_id.not_in(wanted)
    await db.execute(delete(Evidence).where(*gone))
    if wanted:
        rows = [{"user_id": user_id, "skill_id": id, "kind": "claimed", "issued_at": at} for id in wanted]
        await db.execute(insert(Evidence).values(rows).on_conflict_do_nothing())


async def count_earned(db: Session, user_id: UUID, slugs: Sequence[str], *, at: datetime) -> None:
    """Count one more finished contract for these skills of hers."""
    skills = await by_slugs(db, slugs)
    for skill in skills:
        first = {"user_id": user_id, "skill_id": skill.id, "kind": "earned", "issued_at": at, "contract_count": 1}
        key = [Evidence.user_id, Evidence.skill_id, Evidence.kind, Evidence.issuer_organisation_id]
        more = {"contract_count": Evidence.contract_count + 1, "issued_at": at}
        await db.execute(insert(Evidence).values(first).on_conflict_do_update(index_elements=key, set_=more))
