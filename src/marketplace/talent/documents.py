"""Listed freelancers as search knows them: no more name and place than strangers see. Rates are in minor units."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, exists, func, select

from marketplace.engines.search import outbox
from marketplace.engines.search.sql import Listing, epoch, gathered
from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession
from marketplace.places.models import Park
from marketplace.skills.models import Evidence, Skill
from marketplace.skills.queries import SkillEvidence, evidence_of
from marketplace.talent.models import Freelancer
from marketplace.talent.rules import shown_name


async def load(db: AnySession, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The documents of those freelancers who are listed."""
    found = (
        select(Freelancer, User.name, Park.slug)
        .join(User, User.id == Freelancer.user_id)
        .outerjoin(Park, Park.id == Freelancer.park_id)
        .where(Freelancer.id.in_(ids), Freelancer.is_listed, User.closed_at.is_(None))
    )
    rows = (await db.execute(found)).all()
    evidence = await evidence_of(db, [freelancer.user_id for freelancer, _, _ in rows])
    return [
        _document(freelancer, name, park) | _skills(evidence.get(freelancer.user_id, []))
        for freelancer, name, park in rows
    ]


def _document(freelancer: Freelancer, name: str, park: str | None) -> dict[str, Any]:
    return {
        "id": str(freelancer.id),
        "headline": freelancer.headline,
        "name": shown_name(name, shows_name=freelancer.shows_name),
        "about": freelancer.about,
        "languages": [language["code"] for language in freelancer.languages],
        "district": freelancer.district if freelancer.shows_place else None,
        "park": park if freelancer.shows_place else None,
        "currency": freelancer.currency,
        "rate": freelancer.rate_minor,
        "hours_a_week": freelancer.hours_a_week,
        "available": freelancer.hours_a_week > 0,
        "active_at": int(freelancer.updated_at.timestamp()),
    }


def _skills(evidence: list[SkillEvidence]) -> dict[str, Any]:
    skills = {each.skill.slug: each.skill for each in evidence}
    return {
        "skills": list(skills),
        "skill_names": [name for skill in skills.values() for name in skill.search_names],
        "certified_by": certified_by(evidence),
        "proven": is_proven(evidence),
        "newcomer": not any(each.kind == "earned" for each in evidence),
    }


def certified_by(evidence: Sequence[SkillEvidence]) -> list[str]:
    """Who certified a skill of hers; "" stands for an issuer without a name here."""
    return sorted({each.issuer_slug or "" for each in evidence if each.kind == "certified"})


def is_proven(evidence: Sequence[SkillEvidence]) -> bool:
    """Whether somebody else vouches for a skill of hers: a test, a certificate, a finished contract."""
    return any(each.kind in _PROOF for each in evidence)


def _of_her(found: Select[str]) -> ColumnElement[Any]:
    return gathered(found.where(Evidence.user_id == Freelancer.user_id).correlate(Freelancer).distinct())


_PROOF = ("tested", "certified", "earned")
CERTIFIED_BY = _of_her(
    select(func.coalesce(Organisation.slug, Evidence.outside_issuer, ""))
    .select_from(Evidence)
    .outerjoin(Organisation, Organisation.id == Evidence.issuer_organisation_id)
    .where(Evidence.kind == "certified")
)
IS_PROVEN = exists().where(Evidence.user_id == Freelancer.user_id, Evidence.kind.in_(_PROOF))
_HAS_EARNED = exists().where(Evidence.user_id == Freelancer.user_id, Evidence.kind == "earned")
LANGUAGES = gathered(select(func.jsonb_array_elements(Freelancer.languages).op("->>")("code")).correlate(Freelancer))
SHOWN_PARK = case(
    (
        Freelancer.shows_place,
        select(Park.slug).where(Park.id == Freelancer.park_id).correlate(Freelancer).scalar_subquery(),
    )
)
SHOWN_DISTRICT = case((Freelancer.shows_place, Freelancer.district))
_FIELDS = {
    "skills": _of_her(select(Skill.slug).join(Evidence, Evidence.skill_id == Skill.id)),
    "languages": LANGUAGES,
    "district": SHOWN_DISTRICT,
    "park": SHOWN_PARK,
    "currency": Freelancer.currency,
    "available": Freelancer.hours_a_week > 0,
    "newcomer": ~_HAS_EARNED,
    "certified_by": CERTIFIED_BY,
    "proven": IS_PROVEN,
    "rate": Freelancer.rate_minor,
    "hours_a_week": Freelancer.hours_a_week,
    "active_at": epoch(Freelancer.updated_at),
}
_LISTED = (
    select(Freelancer.id)
    .join(User, User.id == Freelancer.user_id)
    .outerjoin(Park, Park.id == Freelancer.park_id)
    .where(Freelancer.is_listed, User.closed_at.is_(None))
)
outbox.register("people", load, Listing(_LISTED, _FIELDS, Freelancer.headline, "active_at", Freelancer.source_ref))
