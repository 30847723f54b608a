"""Published programmes as search knows them: their courses, what these teach, and who gives them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import array

from marketplace.engines.search import outbox
from marketplace.engines.search.sql import Listing, epoch, gathered
from marketplace.identity.employers.queries import kinds_known, known_kinds
from marketplace.identity.models import Organisation
from marketplace.kernel.database import AnySession
from marketplace.places.models import Park
from marketplace.skills.models import Skill
from marketplace.skills.queries import by_ids
from marketplace.training.models import Cohort, Course, CourseSkill, Programme

INDEX = "training"


async def load(db: AnySession, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The documents of those that everybody may see."""
    found = select(Programme, Organisation.name).join(
        Organisation, Organisation.id == Programme.provider_organisation_id
    )
    rows = (await db.execute(found.where(Programme.id.in_(ids), Programme.published_at.is_not(None)))).all()
    taught = await _taught(db, [programme.id for programme, _ in rows])
    known = await known_kinds(db, sorted({programme.provider_organisation_id for programme, _ in rows}))
    runs = await _runs(db, [programme.id for programme, _ in rows])
    return [
        {
            "id": str(programme.id),
            "name": programme.name,
            "provider": provider,
            "about": programme.about,
            "languages": [programme.language],
            "known": sorted(known.get(programme.provider_organisation_id, ())),
            "posted_at": int((programme.published_at or programme.created_at).timestamp()),
            **runs.get(programme.id, {"district": [], "women_only": False, "online": False}),
            **taught.get(programme.id, {"courses": [], "skills": [], "skill_names": []}),
        }
        for programme, provider in rows
    ]


async def _runs(db: AnySession, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Of each programme with a cohort that takes applications: where, and whether one is for women or online."""
    found = (
        select(
            Cohort.programme_id,
            func.array_agg(Park.district.distinct()).filter(Park.district.is_not(None)).label("district"),
            func.bool_or(Cohort.is_women_only).label("women_only"),
            func.bool_or(Cohort.is_online).label("online"),
        )
        .outerjoin(Park, Park.id == Cohort.park_id)
        .where(Cohort.programme_id.in_(ids), Cohort.state == "open")
        .group_by(Cohort.programme_id)
    )
    return {
        row.programme_id: {"district": row.district or [], "women_only": row.women_only, "online": row.online}
        for row in await db.execute(found)
    }


async def _taught(db: AnySession, ids: Sequence[UUID]) -> dict[UUID, dict[str, list[str]]]:
    """Courses and skills of each programme."""
    found = select(Course.programme_id, Course.name, CourseSkill.skill_id).where(Course.programme_id.in_(ids))
    rows = (await db.execute(found.outerjoin(CourseSkill, CourseSkill.course_id == Course.id))).all()
    known = await by_ids(db, sorted({row.skill_id for row in rows if row.skill_id}))
    taught: dict[UUID, dict[str, dict[str, None]]] = {}
    for row in rows:
        part = taught.setdefault(row.programme_id, {"courses": {}, "skills": {}, "skill_names": {}})
        part["courses"][row.name] = None
        if row.skill_id:
            part["skills"][known[row.skill_id].slug] = None
            part["skill_names"] |= dict.fromkeys(known[row.skill_id].search_names)
    return {id: {name: list(values) for name, values in part.items()} for id, part in taught.items()}


_SKILLS = (
    select(Skill.slug)
    .join(CourseSkill, CourseSkill.skill_id == Skill.id)
    .join(Course, Course.id == CourseSkill.course_id)
    .where(Course.programme_id == Programme.id)
    .distinct()
)
_OPEN = Cohort.programme_id == Programme.id, Cohort.state == "open"
_DISTRICTS = select(Park.district).join(Cohort, Cohort.park_id == Park.id).where(*_OPEN).distinct()
_FIELDS = {
    "district": gathered(_DISTRICTS.correlate(Programme)),
    "women_only": exists().where(*_OPEN, Cohort.is_women_only),
    "online": exists().where(*_OPEN, Cohort.is_online),
    "skills": gathered(_SKILLS.correlate(Programme)),
    "languages": array([Programme.language]),
    "known": gathered(kinds_known(Programme.provider_organisation_id).correlate(Programme)),
    "posted_at": epoch(func.coalesce(Programme.published_at, Programme.created_at)),
}
_PUBLISHED = select(Programme.id).where(Programme.published_at.is_not(None))
outbox.register(INDEX, load, Listing(_PUBLISHED, _FIELDS, Programme.name, "posted_at"))
