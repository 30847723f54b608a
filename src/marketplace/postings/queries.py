"""Reads of postings. What a person may see is decided here: not visible is not found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.sql import ColumnElement

from marketplace.identity.models import Membership, Organisation
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.places.models import District
from marketplace.postings.hiring import hires
from marketplace.postings.models import Employment, Posting, PostingKind, PostingSkill
from marketplace.postings.rules import GIGS, HIRING_ROLES, Content, takes_proposals
from marketplace.postings.screening import Question, questions_of
from marketplace.postings.terms import Terms, friendly
from marketplace.skills.models import Skill
from marketplace.skills.taxonomy import SkillName
from marketplace.trust.blocks import is_open_to

PUBLIC_STATES = ("open", "paused", "filled", "closed", "expired")
"""What was published and not removed; only the open ones are found by search. Pages of ended ones answer 410."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostingView:
    """A posting as its page shows it. `may_manage`: the reader hires for its organisation."""

    id: UUID
    kind: str
    state: str
    slug: str
    title: str
    description: str
    pay_kind: str
    pay_min_minor: int
    pay_max_minor: int
    currency: str
    is_remote: bool
    district: str | None
    district_en: str | None
    district_ur: str | None
    language: str
    level: str | None
    women_friendly: list[str]
    questions: list[Any]
    closes_at: datetime | None
    answer_by: datetime | None
    published_at: datetime | None
    ended_at: datetime | None
    updated_at: datetime
    organisation_id: UUID
    organisation_name: str
    organisation_slug: str
    organisation_since: datetime
    is_personal: bool
    may_manage: bool
    skills: tuple[SkillName, ...] = ()
    terms: Terms | None = None

    @property
    def screening(self) -> tuple[Question, ...]:
        return questions_of(self.questions)

    @property
    def friendly(self) -> tuple[str, ...]:
        """What the employer promises to women, in words."""
        return friendly(self.women_friendly)

    @property
    def pay_min(self) -> Money:
        return Money(self.pay_min_minor, self.currency)

    @property
    def pay_max(self) -> Money:
        return Money(self.pay_max_minor, self.currency)

    def takes_proposals(self, at: datetime) -> bool:
        return takes_proposals(self.state, self.closes_at, at)

    def place(self, locale: str) -> str | None:
        return self.district_ur if locale == "ur" else self.district_en


async def posting_view(
    db: AnySession, slug: str, *, reader: UUID | None, kinds: Sequence[PostingKind] = GIGS
) -> PostingView:
    """The page of a posting. Raises: NotFound unless it was published or the reader hires for its organisation."""
    manages = hires(reader)
    own = [name for name in PostingView.__dataclass_fields__ if hasattr(Posting, name)]
    found = (
        select(
            *(getattr(Posting, name) for name in own),
            Organisation.name.label("organisation_name"),
            Organisation.slug.label("organisation_slug"),
            Organisation.created_at.label("organisation_since"),
            Organisation.is_personal,
            District.name_en.label("district_en"),
            District.name_ur.label("district_ur"),
            manages.label("may_manage"),
        )
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .outerjoin(District, District.slug == Posting.district)
        .where(Posting.slug == slug, Posting.kind.in_(kinds), _is_shown_to(reader) | manages)
    )
    row = (await db.execute(found)).mappings().one_or_none()
    if row is None:
        raise NotFound
    skills = await skills_of(db, row["id"])
    return PostingView(**row, skills=skills, terms=await terms_of(db, row["id"]) if row["kind"] not in GIGS else None)


async def terms_of(db: AnySession, posting_id: UUID) -> Terms:
    """What a job or internship says beyond a gig."""
    said = select(*(getattr(Employment, name) for name in Terms.__dataclass_fields__))
    return Terms(**(await db.execute(said.where(Employment.posting_id == posting_id))).mappings().one())


async def was_removed(db: AnySession, slug: str, *, kinds: Sequence[PostingKind]) -> bool:
    """Whether a moderator took away what was published under this address."""
    is_gone = Posting.state == "removed", Posting.published_at.is_not(None)
    return bool(await db.scalar(select(exists().where(Posting.slug == slug, Posting.kind.in_(kinds), *is_gone))))


async def skills_of(db: AnySession, posting_id: UUID) -> tuple[SkillName, ...]:
    """The skills that a posting asks for, by name."""
    asked = (
        select(Skill.slug, Skill.name_en, Skill.name_ur)
        .join(PostingSkill, PostingSkill.skill_id == Skill.id)
        .where(PostingSkill.posting_id == posting_id)
        .order_by(Skill.name_en)
    )
    return tuple(SkillName(*row) for row in (await db.execute(asked)).all())


async def managed(db: AnySession, slug: str, *, by: UUID, kinds: Sequence[PostingKind] = GIGS) -> Posting:
    """The row of a posting that this person hires for. Raises: NotFound otherwise."""
    found = await db.execute(select(Posting).where(Posting.slug == slug, Posting.kind.in_(kinds), hires(by)))
    posting = found.scalar_one_or_none()
    if posting is None:
        raise NotFound
    return posting


async def published(db: AnySession, slug: str, *, kinds: Sequence[PostingKind] = GIGS) -> Posting:
    """The row of a posting that everybody may read. Raises: NotFound otherwise."""
    is_there = Posting.slug == slug, Posting.kind.in_(kinds), Posting.state.in_(PUBLIC_STATES)
    found = await db.execute(select(Posting).where(*is_there))
    posting = found.scalar_one_or_none()
    if posting is None:
        raise NotFound
    return posting


async def content_of(db: AnySession, posting: Posting) -> Content:
    """What the posting says, as the form takes it."""
    skills = tuple(skill.slug for skill in await skills_of(db, posting.id))
    names = [name for name in Content.__dataclass_fields__ if hasattr(Posting, name)]
    same: dict[str, Any] = {name: getattr(posting, name) for name in names}
    same["women_friendly"] = tuple(posting.women_friendly)
    if posting.kind in GIGS:
        same.update(questions=tuple(posting.questions))
        return Content(**same, skills=skills)
    same.update(questions=(), screening=questions_of(posting.questions))
    return Content(**same, skills=skills, terms=await terms_of(db, posting.id))


async def hiring_organisations(db: AnySession, user_id: UUID) -> list[tuple[UUID, str]]:
    """(id, name) of the organisations that this person may publish for, her own first."""
    hers = (
        select(Organisation.id, Organisation.name)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user_id, Membership.role.in_(HIRING_ROLES))
        .order_by(Organisation.is_personal.desc(), Organisation.name)
    )
    return [(row.id, row.name) for row in (await db.execute(hers)).all()]


async def hiring_members(db: AnySession, organisation_id: UUID) -> list[UUID]:
    """Who is told about proposals: everybody who hires for the organisation."""
    members = select(Membership.user_id).where(
        Membership.organisation_id == organisation_id, Membership.role.in_(HIRING_ROLES)
    )
    return list((await db.execute(members.order_by(Membership.user_id))).scalars())


def _is_shown_to(reader: UUID | None) -> ColumnElement[bool]:
    """Published, and no block stands between the reader and the employer."""
    return Posting.state.in_(PUBLIC_STATES) & is_open_to(Posting.created_by, Posting.organisation_id, reader)
