"""Open services as search knows them: nothing of who offers them but her place, where she shows it.

Prices are in minor units, times are seconds since 1970.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, true

from marketplace.engines.search import outbox
from marketplace.engines.search.sql import Listing, epoch, gathered
from marketplace.gigs.models import Service, ServicePackage, ServiceSkill
from marketplace.gigs.service_queries import is_open
from marketplace.identity.models import User
from marketplace.kernel.database import AnySession
from marketplace.skills.models import Skill
from marketplace.skills.queries import KnownSkill, by_ids, evidence_of
from marketplace.talent import documents as talent
from marketplace.talent.models import Freelancer


async def load(db: AnySession, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The documents of those services that can be found now."""
    packages = (
        select(func.min(ServicePackage.price_minor).label("price"), func.min(ServicePackage.days).label("days"))
        .where(ServicePackage.service_id == Service.id)
        .lateral("packages")
    )
    found = (
        select(Service, Freelancer, packages.c.price, packages.c.days, talent.SHOWN_PARK)
        .join(Freelancer, Freelancer.id == Service.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .join(packages, onclause=true())
        .where(Service.id.in_(ids), is_open(None))
    )
    rows = (await db.execute(found)).all()
    skills = await _skills(db, ids)
    evidence = await evidence_of(db, sorted({freelancer.user_id for _, freelancer, *_ in rows}))
    return [
        {
            "id": str(service.id),
            "title": service.title,
            "description": service.description,
            "skills": [skill.slug for skill in skills.get(service.id, [])],
            "skill_names": [name for skill in skills.get(service.id, []) for name in skill.search_names],
            "certified_by": talent.certified_by(evidence[freelancer.user_id]),
            "proven": talent.is_proven(evidence[freelancer.user_id]),
            "languages": [language["code"] for language in freelancer.languages],
            "district": freelancer.district if freelancer.shows_place else None,
            "park": park,
            "currency": service.currency,
            "price": price or 0,
            "days": days or 0,
            "posted_at": int((service.published_at or service.created_at).timestamp()),
        }
        for service, freelancer, price, days, park in rows
    ]


async def _skills(db: AnySession, ids: Sequence[UUID]) -> dict[UUID, list[KnownSkill]]:
    links = select(ServiceSkill.service_id, ServiceSkill.skill_id).where(ServiceSkill.service_id.in_(ids))
    pairs = [(row.service_id, row.skill_id) for row in (await db.execute(links)).all()]
    known = await by_ids(db, sorted({skill_id for _, skill_id in pairs}))
    found: dict[UUID, list[KnownSkill]] = {}
    for service_id, skill_id in pairs:
        found.setdefault(service_id, []).append(known[skill_id])
    return found


_OPEN = (
    select(Service.id)
    .join(Freelancer, Freelancer.id == Service.freelancer_id)
    .join(User, User.id == Freelancer.user_id)
    .where(is_open(None))
)


def _least(column: Any) -> Any:
    """The least of a service's packages; 0 when it has none."""
    least = select(func.min(column)).where(ServicePackage.service_id == Service.id).correlate(Service)
    return func.coalesce(least.scalar_subquery(), 0)


_FIELDS = {
    "skills": gathered(
        select(Skill.slug)
        .join(ServiceSkill, ServiceSkill.skill_id == Skill.id)
        .where(ServiceSkill.service_id == Service.id)
        .correlate(Service)
    ),
    "certified_by": talent.CERTIFIED_BY,
    "languages": talent.LANGUAGES,
    "district": talent.SHOWN_DISTRICT,
    "park": talent.SHOWN_PARK,
    "proven": talent.IS_PROVEN,
    "currency": Service.currency,
    "price": _least(ServicePackage.price_minor),
    "days": _least(ServicePackage.days),
    "posted_at": epoch(func.coalesce(Service.published_at, Service.created_at)),
}
outbox.register("services", load, Listing(_OPEN, _FIELDS, Service.title, "posted_at"))
