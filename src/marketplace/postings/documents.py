"""Open gigs as search knows them. Pay is in minor units, times are seconds since 1970."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select

from marketplace.engines.search import outbox
from marketplace.identity.models import Organisation
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession
from marketplace.postings.models import Posting, PostingSkill
from marketplace.skills.queries import by_ids


async def load(db: AnySession, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The documents of those gigs that take proposals now."""
    found = (
        select(Posting, Organisation.name)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .where(Posting.id.in_(ids), _is_open(), Posting.closes_at > clock.now())
    )
    rows = (await db.execute(found)).all()
    links = select(PostingSkill.posting_id, PostingSkill.skill_id).where(PostingSkill.posting_id.in_(ids))
    skill_ids: dict[UUID, list[UUID]] = {}
    for posting_id, skill_id in (await db.execute(links)).all():
        skill_ids.setdefault(posting_id, []).append(skill_id)
    known = await by_ids(db, sorted({id for each in skill_ids.values() for id in each}))
    return [
        _document(posting, employer) | _skills([known[id] for id in skill_ids.get(posting.id, ())])
        for posting, employer in rows
    ]


def _document(posting: Posting, employer: str) -> dict[str, Any]:
    assert posting.published_at is not None and posting.closes_at is not None
    return {
        "id": str(posting.id),
        "title": posting.title,
        "employer": employer,
        "description": posting.description,
        "pay": posting.pay_kind,
        "currency": posting.currency,
        "pay_min": posting.pay_min_minor,
        "pay_max": posting.pay_max_minor,
        "remote": posting.is_remote,
        "district": posting.district,
        "languages": [posting.language],
        "posted_at": int(posting.published_at.timestamp()),
        "deadline_at": int(posting.closes_at.timestamp()),
    }


def _skills(skills: Sequence[Any]) -> dict[str, Any]:
    names = [name for skill in skills for name in skill.search_names]
    return {"skills": [skill.slug for skill in skills], "skill_names": names}


def _is_open() -> ColumnElement[bool]:
    return and_(Posting.kind == "gig", Posting.state == "open")


outbox.register("gigs", load, ids=select(Posting.id).where(_is_open()))
