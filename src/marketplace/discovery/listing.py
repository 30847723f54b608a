"""Rows of the two lists, ready to be shown. Whether somebody may see a row is decided here, never by the index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ARRAY, BindParameter, ColumnElement, Integer, Text, Uuid, bindparam, case, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import aggregate_order_by

from marketplace.engines.search.protocol import PAGE
from marketplace.identity.employers.queries import listed_marks
from marketplace.identity.models import Organisation, User
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession, Prepared, one_of
from marketplace.kernel.money import Money
from marketplace.places.gazetteer import place_name
from marketplace.postings.models import Posting, PostingKind, PostingSkill
from marketplace.postings.rules import GIGS
from marketplace.skills.models import Skill
from marketplace.skills.taxonomy import SkillName, known_skills
from marketplace.talent.models import Freelancer
from marketplace.talent.queries import EvidencedSkill, shown_skills
from marketplace.talent.rules import shown_name
from marketplace.trust.blocks import is_open_to, not_blocked

_EXCERPT = 240
VIEWER: BindParameter[UUID] = bindparam("viewer", type_=Uuid)
LIMIT = bindparam("limit", type_=Integer)


@dataclass(frozen=True, slots=True, kw_only=True)
class GigRow:
    """A gig in a list. `excerpt` is the beginning of its description, as written (Markdown)."""

    id: UUID
    slug: str
    title: str
    organisation: str
    excerpt: str
    pay_kind: str
    pay_min: Money
    pay_max: Money
    is_remote: bool
    district: str | None
    published_at: datetime
    closes_at: datetime
    answer_by: datetime | None
    language: str
    skills: tuple[SkillName, ...]
    level: str | None
    employer_marks: tuple[str, ...] = ()
    """What is known of the employer and stands in lists: first_paid, zone."""

    def place(self, locale: str) -> str | None:
        return place_name(self.district, locale)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """A freelancer in a list; name, place and photo are what strangers may see of her."""

    id: UUID
    user_id: UUID
    handle: str
    name: str
    headline: str
    excerpt: str
    rate: Money
    hours_a_week: int
    languages: tuple[str, ...]
    district: str | None
    has_photo: bool
    away_until: datetime | None
    skills: tuple[EvidencedSkill, ...]

    def place(self, locale: str) -> str | None:
        return place_name(self.district, locale)


async def newest_gigs(db: AnySession, *, at: datetime, limit: int = PAGE, viewer: UUID | None = None) -> list[GigRow]:
    """The open gigs that were published last: one query."""
    return [_gig(row) for row in await _NEWEST_GIGS.rows(db, at=at, limit=limit, viewer=viewer)]


async def gigs_of(db: AnySession, ids: Sequence[UUID], *, at: datetime, viewer: UUID | None = None) -> list[GigRow]:
    """The gigs of these ids that are still open, in the order of the ids: one query."""
    if not ids:
        return []
    rows = {row["id"]: _gig(row) for row in await _GIGS_OF.rows(db, at=at, ids=ids, viewer=viewer)}
    return [rows[id] for id in ids if id in rows]


async def similar_gigs(
    db: AnySession, posting_id: UUID, *, at: datetime, limit: int = 6, viewer: UUID | None = None
) -> list[GigRow]:
    """Open gigs that ask for skills of this one, those that share most first: one query."""
    found = like(_gigs(), posting_id, viewer).limit(limit)
    return [_gig(row) for row in (await db.execute(found, {"at": at})).mappings()]


def like(postings: Any, posting_id: UUID, viewer: UUID | None) -> Any:
    """Those of the postings that ask for a skill of this one: with the most and rarest in common first, then newest.

    A skill counts one over how many postings ask for it. Those that a block keeps from the viewer are left out.
    """
    asked = select(PostingSkill.skill_id).where(PostingSkill.posting_id == posting_id)
    worth = (
        select(PostingSkill.skill_id, (1.0 / func.count()).label("worth"))
        .where(PostingSkill.skill_id.in_(asked))
        .group_by(PostingSkill.skill_id)
        .subquery()
    )
    shared = (
        select(PostingSkill.posting_id, func.sum(worth.c.worth).label("worth"))
        .join(worth, worth.c.skill_id == PostingSkill.skill_id)
        .group_by(PostingSkill.posting_id)
        .subquery()
    )
    others = Posting.id != posting_id, is_open_to(Posting.created_by, Posting.organisation_id, viewer)
    sharing = postings.join(shared, shared.c.posting_id == Posting.id).where(*others)
    return sharing.order_by(shared.c.worth.desc(), Posting.published_at.desc(), Posting.id.desc())


async def newest_people(db: AnySession, *, limit: int = PAGE, viewer: UUID | None = None) -> list[PersonRow]:
    """The listed freelancers whose profile changed last, those who are away after the others: two queries."""
    return await _persons(db, await _NEWEST_PEOPLE.rows(db, at=clock.now(), limit=limit, viewer=viewer))


async def people_of(db: AnySession, ids: Sequence[UUID], *, viewer: UUID | None = None) -> list[PersonRow]:
    """The freelancers of these ids who are still listed, in the order of the ids: two queries."""
    if not ids:
        return []
    persons = await _persons(db, await _PEOPLE_OF.rows(db, ids=ids, viewer=viewer))
    by_id = {person.id: person for person in persons}
    return [by_id[id] for id in ids if id in by_id]


def is_open_gig() -> tuple[ColumnElement[bool], ...]:
    """What everybody may find: open and still taking proposals at the time `:at`."""
    return is_open(GIGS)


def is_open(kinds: Sequence[PostingKind]) -> tuple[ColumnElement[bool], ...]:
    """The same for these kinds of postings."""
    return Posting.kind.in_(kinds), Posting.state == "open", Posting.closes_at > bindparam("at")


def is_listed_person() -> tuple[ColumnElement[bool], ...]:
    """Who everybody may find."""
    return Freelancer.is_listed.is_(True), User.closed_at.is_(None)


def newest(postings: Any) -> Any:
    """Those that were published last and that no block keeps from the viewer."""
    seen = postings.where(is_open_to(Posting.created_by, Posting.organisation_id, VIEWER))
    return seen.order_by(Posting.published_at.desc(), Posting.id.desc()).limit(LIMIT)


def among(postings: Any) -> Any:
    """Those of the `ids` that no block keeps from the viewer."""
    return postings.where(one_of(Posting.id), is_open_to(Posting.created_by, Posting.organisation_id, VIEWER))


def open_postings(kinds: Sequence[PostingKind]) -> Any:
    """The columns of a row in a list, of those that take answers now; `said` reads them."""
    slugs = func.array_agg(aggregate_order_by(Skill.slug, Skill.slug), type_=ARRAY(Text))
    skills = (
        select(slugs)
        .join(PostingSkill, PostingSkill.skill_id == Skill.id)
        .where(PostingSkill.posting_id == Posting.id)
        .scalar_subquery()
    )
    return (
        select(
            *(Posting.id, Posting.slug, Posting.title, Organisation.name.label("organisation")),
            *(func.left(Posting.description, _EXCERPT).label("excerpt"), Posting.pay_kind, Posting.pay_min_minor),
            *(Posting.pay_max_minor, Posting.currency, Posting.is_remote, Posting.district),
            *(Posting.published_at, Posting.closes_at, Posting.answer_by, Posting.language, skills.label("skills")),
            listed_marks(Organisation.id, bindparam("at")).label("employer_marks"),
        )
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .where(*is_open(kinds))
    )


def _gigs() -> Any:
    return open_postings(GIGS).add_columns(Posting.level)


def _gig(row: Any) -> GigRow:
    return GigRow(**said(row))


def said(row: Any) -> dict[str, Any]:
    """A row of `open_postings` as the fields of GigRow."""
    fields, names = dict(row), known_skills()
    currency = fields.pop("currency")
    fields["pay_min"] = Money(fields.pop("pay_min_minor"), currency)
    fields["pay_max"] = Money(fields.pop("pay_max_minor"), currency)
    fields["skills"] = tuple(names.get(slug) or SkillName(slug, slug, slug) for slug in fields["skills"] or ())
    fields["employer_marks"] = tuple(fields["employer_marks"] or ())
    return fields


def _people() -> Any:
    return (
        select(
            *(Freelancer.id, Freelancer.user_id, Freelancer.handle, Freelancer.headline, Freelancer.shows_name),
            *(func.left(Freelancer.about, _EXCERPT).label("excerpt"), Freelancer.rate_minor, Freelancer.currency),
            *(Freelancer.hours_a_week, sql_cast(Freelancer.languages, Text).label("languages"), User.name),
            Freelancer.away_until,
            case((Freelancer.shows_place, Freelancer.district)).label("district"),
            (Freelancer.shows_photo & Freelancer.photo_file_id.is_not(None)).label("has_photo"),
        )
        .join(User, User.id == Freelancer.user_id)
        .where(*is_listed_person())
    )


def _newest_people() -> Any:
    is_away = func.coalesce(Freelancer.away_until > bindparam("at"), False)
    seen = _people().where(not_blocked(Freelancer.user_id, VIEWER))
    return seen.order_by(is_away, Freelancer.updated_at.desc(), Freelancer.id.desc()).limit(LIMIT)


async def _persons(db: AnySession, rows: Sequence[Mapping[str, Any]]) -> list[PersonRow]:
    skills = await shown_skills(db, [row["user_id"] for row in rows])
    return [
        PersonRow(
            id=row["id"],
            user_id=row["user_id"],
            handle=row["handle"],
            name=shown_name(row["name"], shows_name=row["shows_name"]),
            headline=row["headline"],
            excerpt=row["excerpt"],
            rate=Money(row["rate_minor"], row["currency"]),
            hours_a_week=row["hours_a_week"],
            languages=tuple(language["code"] for language in msgspec.json.decode(row["languages"])),
            district=row["district"],
            has_photo=row["has_photo"],
            away_until=row["away_until"],
            skills=tuple(skills.get(row["user_id"], ())),
        )
        for row in rows
    ]


_NEWEST_GIGS = Prepared(lambda: newest(_gigs()))
_GIGS_OF = Prepared(lambda: among(_gigs()))
_NEWEST_PEOPLE = Prepared(_newest_people)
_PEOPLE_OF = Prepared(lambda: _people().where(one_of(Freelancer.id), not_blocked(Freelancer.user_id, VIEWER)))
