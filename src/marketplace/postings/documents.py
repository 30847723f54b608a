"""Open gigs, jobs and internships as search knows them. Pay is in minor units, times are seconds since 1970."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.dialects.postgresql import array

from marketplace.engines.search import outbox
from marketplace.engines.search.sql import Listing, epoch, gathered
from marketplace.identity.employers.models import OrganisationCheck
from marketplace.identity.employers.queries import VERIFIED, kinds_known, known_kinds
from marketplace.identity.models import Organisation
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession
from marketplace.postings.models import Employment, Posting, PostingKind, PostingSkill
from marketplace.postings.rules import GIGS, JOBS
from marketplace.postings.terms import a_month
from marketplace.skills.models import Skill
from marketplace.skills.queries import by_ids


async def load(db: AnySession, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The documents of those gigs that take proposals now."""
    rows = (await db.execute(_open(ids, GIGS))).all()
    skills, verified = await _skills_of(db, ids), await _verified(db, [posting for posting, _ in rows])
    return [
        _document(posting, employer) | verified[posting.id] | skills.get(posting.id, _NO_SKILLS)
        for posting, employer in rows
    ]


async def load_jobs(db: AnySession, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The documents of those jobs and internships that take applications now."""
    with_terms = _open(ids, JOBS).add_columns(Employment).join(Employment, Employment.posting_id == Posting.id)
    rows = (await db.execute(with_terms)).all()
    skills, verified = await _skills_of(db, ids), await _verified(db, [posting for posting, _, _ in rows])
    return [
        _document(posting, employer)
        | _terms(posting, terms)
        | verified[posting.id]
        | skills.get(posting.id, _NO_SKILLS)
        for posting, employer, terms in rows
    ]


def _open(ids: Sequence[UUID], kinds: Sequence[PostingKind]) -> Select[Posting, str]:
    return (
        select(Posting, Organisation.name)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .where(Posting.id.in_(ids), _is_open(kinds), Posting.closes_at > clock.now())
    )


async def _verified(db: AnySession, postings: Sequence[Posting]) -> dict[UUID, dict[str, Any]]:
    """Whether the employer of each is verified."""
    known = await known_kinds(db, sorted({posting.organisation_id for posting in postings}))
    return {
        posting.id: {"verified": not known.get(posting.organisation_id, set()).isdisjoint(VERIFIED)}
        for posting in postings
    }


async def _skills_of(db: AnySession, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    links = select(PostingSkill.posting_id, PostingSkill.skill_id).where(PostingSkill.posting_id.in_(ids))
    skill_ids: dict[UUID, list[UUID]] = {}
    for posting_id, skill_id in (await db.execute(links)).all():
        skill_ids.setdefault(posting_id, []).append(skill_id)
    known = await by_ids(db, sorted({id for each in skill_ids.values() for id in each}))
    return {posting_id: _skills([known[id] for id in of_one]) for posting_id, of_one in skill_ids.items()}


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
        "level": posting.level,
        "women_friendly": posting.women_friendly,
        "posted_at": int(posting.published_at.timestamp()),
        "deadline_at": int(posting.closes_at.timestamp()),
    }


def _terms(posting: Posting, terms: Employment) -> dict[str, Any]:
    kind, hours = posting.pay_kind, terms.hours_a_week
    low, high = a_month(posting.pay_min_minor, kind, hours), a_month(posting.pay_max_minor, kind, hours)
    return {
        "kind": posting.kind,
        "level": terms.level,
        "type": terms.type,
        "women_only": terms.is_women_only,
        "month_min": low,
        "month_max": high,
    }


def _skills(skills: Sequence[Any]) -> dict[str, Any]:
    names = [name for skill in skills for name in skill.search_names]
    return {"skills": [skill.slug for skill in skills], "skill_names": names}


_NO_SKILLS = _skills(())


def _is_open(kinds: Sequence[PostingKind]) -> ColumnElement[bool]:
    return and_(Posting.kind.in_(kinds), Posting.state == "open")


_VOUCHED = kinds_known(Posting.organisation_id).where(OrganisationCheck.kind.in_(VERIFIED))
_FIELDS = {
    "skills": gathered(
        select(Skill.slug)
        .join(PostingSkill, PostingSkill.skill_id == Skill.id)
        .where(PostingSkill.posting_id == Posting.id)
        .correlate(Posting)
    ),
    "verified": kinds_known(Posting.organisation_id)
    .where(OrganisationCheck.kind.in_(VERIFIED))
    .correlate(Posting)
    .exists(),
    "pay": Posting.pay_kind,
    "currency": Posting.currency,
    "pay_min": Posting.pay_min_minor,
    "pay_max": Posting.pay_max_minor,
    "remote": Posting.is_remote,
    "district": Posting.district,
    "languages": array([Posting.language]),
    "level": Posting.level,
    "women_friendly": Posting.women_friendly,
    "posted_at": epoch(Posting.published_at),
    "deadline_at": epoch(Posting.closes_at),
}


def _month(amount: Any) -> ColumnElement[int]:
    """As `a_month`."""
    by_hours = func.div(amount * Employment.hours_a_week * 52, 12)
    return case(
        (Posting.pay_kind == "hourly", by_hours), (Posting.pay_kind == "yearly", func.div(amount, 12)), else_=amount
    )


_TERMS = {
    "kind": Posting.kind,
    "level": Employment.level,
    "type": Employment.type,
    "women_only": Employment.is_women_only,
    "month_min": _month(Posting.pay_min_minor),
    "month_max": _month(Posting.pay_max_minor),
}
_JOBS = select(Posting.id).join(Employment, Employment.posting_id == Posting.id).where(_is_open(JOBS))
_GIGS = select(Posting.id).where(_is_open(GIGS))
_COMMON = (Posting.title, "posted_at", Posting.source_ref)
outbox.register("gigs", load, Listing(_GIGS, _FIELDS, *_COMMON))
outbox.register("jobs", load_jobs, Listing(_JOBS, _FIELDS | _TERMS, *_COMMON))
