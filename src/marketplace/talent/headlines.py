"""Several headlines for several skills: whoever looks for translation reads what she says as a translator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import aliased

from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.skills.models import Skill
from marketplace.skills.queries import by_slugs
from marketplace.talent.models import Freelancer, Headline
from marketplace.talent.rules import LONGEST_HEADLINE

MOST = 5


@dataclass(frozen=True, slots=True)
class SkillHeadline:
    """A headline and the skill it is for."""

    slug: str
    headline: str


def check(headlines: Mapping[str, str]) -> None:
    """Raises: Invalid for more than five, an empty one or one that is too long."""
    if len(headlines) > MOST:
        raise Invalid.at("headlines", N_("At most 5 headlines, please."))
    if any(not each.strip() for each in headlines.values()):
        raise Invalid.at("headlines", N_("Write a headline for each skill you chose, or take the skill away."))
    if any(len(each) > LONGEST_HEADLINE for each in headlines.values()):
        raise Invalid.at("headlines", N_("Keep each headline under 120 letters."))


async def save(db: Session, freelancer: Freelancer, headlines: Mapping[str, str], *, at: datetime) -> None:
    """Make these her headlines, by the slug of their skill. Raises: Invalid."""
    check(headlines)
    skills = {skill.slug: skill.id for skill in await by_slugs(db, list(headlines))}
    for slug in sorted(headlines.keys() - skills.keys()):
        raise Invalid.at("headlines", N_("We do not know the skill %(skill)s."), skill=slug)
    await db.refresh(freelancer, with_for_update=True)
    await db.execute(delete(Headline).where(Headline.freelancer_id == freelancer.id))
    rows = [
        {"freelancer_id": freelancer.id, "skill_id": skills[slug], "headline": text.strip()}
        for slug, text in headlines.items()
    ]
    if rows:
        await db.execute(insert(Headline), rows)
    subject = ("freelancer", freelancer.id)
    await audit.record(db, "freelancer.headlines", subject=subject, by=freelancer.user_id, at=at)


async def of(db: AnySession, freelancer_id: UUID) -> list[SkillHeadline]:
    """All of hers, by skill."""
    found = select(Skill.slug, Headline.headline).join(Skill, Skill.id == Headline.skill_id)
    rows = await db.execute(found.where(Headline.freelancer_id == freelancer_id).order_by(Skill.slug))
    return [SkillHeadline(row.slug, row.headline) for row in rows.all()]


async def for_skills(db: AnySession, freelancer_ids: Sequence[UUID], slugs: Sequence[str]) -> dict[UUID, str]:
    """What each of these says to somebody who looks for these skills; who has no such headline is not named.

    A headline for the skill itself goes before one for the skill above it, and the first skill before the others.
    """
    if not freelancer_ids or not slugs:
        return {}
    above = aliased(Skill)
    query = (
        select(Headline.freelancer_id, Headline.headline, Skill.slug, above.slug.label("of_slug"))
        .join(above, above.id == Headline.skill_id)
        .join(Skill, (Skill.id == Headline.skill_id) | (Skill.parent_id == Headline.skill_id))
        .where(Headline.freelancer_id.in_(freelancer_ids), Skill.slug.in_(slugs))
    )
    found: dict[UUID, tuple[tuple[bool, int], str]] = {}
    for row in (await db.execute(query)).all():
        fit = (row.slug != row.of_slug, list(slugs).index(row.slug))
        if row.freelancer_id not in found or fit < found[row.freelancer_id][0]:
            found[row.freelancer_id] = fit, row.headline
    return {freelancer_id: headline for freelancer_id, (_, headline) in found.items()}
