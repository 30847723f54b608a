"""Matches: how well a gig and a freelancer fit, and why. Nothing of who she is counts, only what she says and shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select

from marketplace.contracts.models import Contract
from marketplace.discovery.listing import GigRow, PersonRow, gigs_of, people_of
from marketplace.discovery.reasons import TO_EMPLOYERS, Issuers, Reason, reasons_against, reasons_for
from marketplace.engines.matching.rarity import Rarity
from marketplace.engines.matching.score import Person, Score, Work, score
from marketplace.engines.matching.weights import Weights, read_weights
from marketplace.engines.search.filters import In, Range
from marketplace.engines.search.protocol import Query, SearchIndex
from marketplace.kernel.database import AnySession
from marketplace.kernel.paths import resource
from marketplace.postings.models import Posting, PostingSkill
from marketplace.skills.models import Skill
from marketplace.skills.queries import SkillEvidence, evidence_of, rarity
from marketplace.talent.models import Freelancer
from marketplace.talent.rules import is_away

_CONSIDERED = 200
_YEAR_SECONDS = 365.25 * 86_400


@dataclass(frozen=True, slots=True)
class Match:
    """A score from 0 to 100 with what speaks for it and what is missing."""

    score: Score
    reasons: tuple[Reason, ...]
    missing: tuple[Reason, ...]

    @property
    def percent(self) -> int:
        return round(self.score.total)


@dataclass(frozen=True, slots=True)
class _Profile:
    """What matching knows of a freelancer."""

    id: UUID
    person: Person
    issuers: Issuers


async def explain(db: AnySession, posting_id: UUID, user_id: UUID, *, at: datetime) -> Match | None:
    """How an open gig fits this user; None when she has no freelancer profile or the gig is not open. Five queries."""
    profile = await _profile(db, user_id, at=at)
    gigs = await gigs_of(db, [posting_id], at=at) if profile else []
    if profile is None or not gigs:
        return None
    return (await _matches(db, gigs, profile))[0]


async def gigs_for(
    db: AnySession, index: SearchIndex, user_id: UUID, *, at: datetime, limit: int = 6
) -> list[tuple[GigRow, Match]]:
    """The open gigs that fit her best, each with at least one of her skills; none while her profile names no skill."""
    profile = await _profile(db, user_id, at=at)
    if profile is None or not profile.person.skills:
        return []
    is_running = Range("deadline_at", int(at.timestamp()), None)
    with_her_skills = In("skills", tuple(sorted(profile.person.skills)))
    asked = Query(filter=with_her_skills, groups={"deadline_at": is_running}, sort="posted_at:desc", limit=_CONSIDERED)
    hits = (await index.search("gigs", asked)).hits
    gigs = await gigs_of(db, [hit.id for hit in hits], at=at, viewer=user_id)
    matches = await _matches(db, gigs, profile)
    fitting = [pair for pair in zip(gigs, matches, strict=True) if not pair[1].score.gate and pair[1].reasons]
    return sorted(fitting, key=lambda pair: -pair[1].score.total)[:limit]


async def people_for(
    db: AnySession, index: SearchIndex, posting: Posting, *, at: datetime, viewer: UUID, limit: int = 12
) -> list[tuple[PersonRow, Match]]:
    """The listed freelancers who fit an open posting best, each with at least one of its skills; never who is away."""
    asked = frozenset((await db.scalars(_skills_of(posting.id))).all())
    if not asked:
        return []
    with_skills = Query(filter=In("skills", tuple(sorted(asked))), sort="active_at:desc", limit=_CONSIDERED)
    hits = (await index.search("people", with_skills)).hits
    people = await people_of(db, [hit.id for hit in hits], viewer=viewer)
    people = [each for each in people if not is_away(each.away_until, at=at) and each.user_id != viewer]
    profiles = await _profiles(db, [each.user_id for each in people], at=at)
    known = Rarity(*await rarity(db, asked.union(*(profile.person.skills for profile in profiles.values()))))
    matches = [(each, _of_person(posting, asked, profiles[each.user_id], known)) for each in people]
    fitting = [pair for pair in matches if not pair[1].score.gate and pair[1].reasons]
    return sorted(fitting, key=lambda pair: (-pair[1].score.total, pair[0].id))[:limit]


def stored(found: Score) -> dict[str, Any]:
    """A score as an impression keeps it: its total follows from its parts (`total_of`)."""
    parts = {part.name: [part.value, part.weight, part.reason] for part in found.parts}
    return {"version": found.version, "gate": found.gate, "total": found.total, "parts": parts}


def total_of(kept: Mapping[str, Any]) -> float:
    """The total that the stored parts give."""
    if kept["gate"]:
        return 0.0
    return min(100.0, 100 * sum(value * weight for value, weight, _ in kept["parts"].values()))


@cache
def weights() -> Weights:
    """The weights of this release."""
    return read_weights((resource("search") / "matching.json").read_text(encoding="utf-8"))


async def _matches(db: AnySession, gigs: Sequence[GigRow], profile: _Profile) -> list[Match]:
    needed = {skill.slug for gig in gigs for skill in gig.skills}
    known = Rarity(*await rarity(db, needed | profile.person.skills))
    return [_match(gig, profile, known) for gig in gigs]


def _match(gig: GigRow, profile: _Profile, known: Rarity) -> Match:
    is_hourly = gig.pay_kind == "hourly"
    work = Work(
        skills=frozenset(skill.slug for skill in gig.skills),
        language=gig.language,
        pay_min=gig.pay_min.amount_minor if is_hourly else None,
        pay_max=gig.pay_max.amount_minor if is_hourly else None,
        place=None if gig.is_remote else gig.district,
    )
    found = score(work, profile.person, weights(), known, direction="work")
    currency = gig.pay_max.currency
    return Match(found, reasons_for(found, currency, profile.issuers), reasons_against(found, currency, work.place))


def _of_person(posting: Posting, asked: frozenset[str], profile: _Profile, known: Rarity) -> Match:
    """How a freelancer fits a posting, in words to who hires."""
    is_hourly = posting.pay_kind == "hourly"
    work = Work(
        skills=asked,
        language=posting.language,
        pay_min=posting.pay_min_minor if is_hourly else None,
        pay_max=posting.pay_max_minor if is_hourly else None,
        place=None if posting.is_remote else posting.district,
    )
    found = score(work, profile.person, weights(), known, direction="people")
    said = reasons_for(found, posting.currency, profile.issuers, words=TO_EMPLOYERS)
    return Match(found, said, ())


def _skills_of(posting_id: UUID) -> Select[str]:
    return (
        select(Skill.slug)
        .join(PostingSkill, PostingSkill.skill_id == Skill.id)
        .where(PostingSkill.posting_id == posting_id)
    )


async def _profile(db: AnySession, user_id: UUID, *, at: datetime) -> _Profile | None:
    return (await _profiles(db, [user_id], at=at)).get(user_id)


async def _profiles(db: AnySession, user_ids: Sequence[UUID], *, at: datetime) -> dict[UUID, _Profile]:
    """What matching knows of these users who have a profile: two queries."""
    finished = (
        select(func.count())
        .where(Contract.freelancer_id == Freelancer.id, Contract.state == "completed")
        .scalar_subquery()
    )
    columns = select(
        *(
            Freelancer.id,
            Freelancer.user_id,
            Freelancer.rate_minor,
            Freelancer.hours_a_week,
            Freelancer.languages,
            Freelancer.district,
        ),
        finished.label("finished"),
    )
    rows = (await db.execute(columns.where(Freelancer.user_id.in_(user_ids)))).all()
    evidence = await evidence_of(db, [row.user_id for row in rows])
    return {row.user_id: _made(row, evidence[row.user_id], at) for row in rows}


def _made(row: Any, evidence: Sequence[SkillEvidence], at: datetime) -> _Profile:
    return _Profile(
        id=row.id,
        person=Person(
            skills=frozenset(each.skill.slug for each in evidence),
            languages={language["code"]: language["level"] for language in row.languages},
            proven_years=_proven(evidence, at),
            rate=row.rate_minor,
            hours_a_week=row.hours_a_week,
            place=row.district,
            good=row.finished,
            jobs=row.finished,
        ),
        issuers=_issuers(evidence),
    )


def _proven(evidence: Sequence[SkillEvidence], at: datetime) -> dict[str, float]:
    """Years since a skill was last tested or certified by somebody else than herself."""
    proven: dict[str, float] = {}
    for each in evidence:
        if each.kind in ("tested", "certified"):
            years = max(0.0, (at - each.issued_at).total_seconds() / _YEAR_SECONDS)
            proven[each.skill.slug] = min(years, proven.get(each.skill.slug, years))
    return proven


def _issuers(evidence: Sequence[SkillEvidence]) -> Issuers:
    """Who certified each skill, by name."""
    issuers: dict[str, tuple[str, ...]] = {}
    for each in evidence:
        if each.kind == "certified" and each.issuer:
            issuers[each.skill.slug] = (*issuers.get(each.skill.slug, ()), each.issuer)
    return issuers
