"""Reads of services. Others see open ones of listed freelancers, unless one of the two has blocked the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, select, true

from marketplace.gigs.models import Service, ServiceExtra, ServicePackage, ServiceSkill
from marketplace.gigs.service_rules import Content, Extra, Package
from marketplace.identity.models import User
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.skills.models import Skill
from marketplace.skills.taxonomy import SkillName, known_skills
from marketplace.talent.models import Freelancer
from marketplace.talent.rules import is_away, shown_name
from marketplace.trust.blocks import not_blocked
from marketplace.trust.subjects import Subject

EXCERPT = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceView:
    """A service as its page shows it; `name` is what this reader may see of hers."""

    id: UUID
    slug: str
    state: str
    content: Content
    freelancer_id: UUID
    user_id: UUID
    handle: str
    name: str
    headline: str
    has_photo: bool
    away_until: datetime | None
    is_own: bool
    updated_at: datetime

    @property
    def skills(self) -> tuple[SkillName, ...]:
        return skill_names(self.content.skills)

    def is_away(self, at: datetime) -> bool:
        """Whether it can't be ordered just now."""
        return is_away(self.away_until, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRow:
    """A service in a list: its lowest price, its shortest delivery. `name` is what strangers may see."""

    id: UUID
    slug: str
    title: str
    state: str
    excerpt: str
    handle: str
    name: str
    has_photo: bool
    price_from: Money | None
    days_from: int | None
    skills: tuple[SkillName, ...]
    away_until: datetime | None
    published_at: datetime | None


async def service_view(db: AnySession, slug: str, *, reader: UUID | None) -> ServiceView:
    """One service. Raises: NotFound where it is neither open to this reader nor her own."""
    query = (
        select(Service, Freelancer, User.name)
        .join(Freelancer, Freelancer.id == Service.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .where(Service.slug == slug, is_open(reader) | (Freelancer.user_id == reader))
    )
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise NotFound
    service, freelancer, name = row
    is_own = freelancer.user_id == reader
    if is_own and service.state == "removed":
        raise NotFound
    return ServiceView(
        id=service.id,
        slug=service.slug,
        state=service.state,
        content=await content_of(db, service),
        freelancer_id=freelancer.id,
        user_id=freelancer.user_id,
        handle=freelancer.handle,
        name=shown_name(name, shows_name=freelancer.shows_name),
        headline=freelancer.headline,
        has_photo=freelancer.shows_photo and freelancer.photo_file_id is not None,
        away_until=freelancer.away_until,
        is_own=is_own,
        updated_at=service.updated_at,
    )


async def reported(db: AnySession, id: UUID, viewer_id: UUID) -> Subject | None:
    """A service as somebody reports it."""
    slug = await db.scalar(select(Service.slug).where(Service.id == id))
    try:
        seen = await service_view(db, slug or "", reader=viewer_id)
    except NotFound:
        return None
    said = seen.content
    parts = [f"{each.name}: {each.includes}" for each in said.packages] + [each.title for each in said.extras]
    text = "\n".join([said.title, said.description, *parts, *said.questions])
    return Subject(said.title, f"/services/{seen.slug}", seen.user_id, text)


async def own_service(db: AnySession, slug: str, *, user_id: UUID) -> Service:
    """The row that an action takes. Raises: NotFound when it is not hers or removed."""
    hers = select(Service).join(Freelancer, Freelancer.id == Service.freelancer_id)
    found = hers.where(Service.slug == slug, Freelancer.user_id == user_id, Service.state != "removed")
    service = (await db.execute(found)).scalar_one_or_none()
    if service is None:
        raise NotFound
    return service


async def content_of(db: AnySession, service: Service) -> Content:
    """What a service says, as its form takes it."""
    packages = select(ServicePackage).where(ServicePackage.service_id == service.id).order_by(ServicePackage.number)
    extras = select(ServiceExtra).where(ServiceExtra.service_id == service.id).order_by(ServiceExtra.number)
    skills = (
        select(Skill.slug)
        .join(ServiceSkill, ServiceSkill.skill_id == Skill.id)
        .where(ServiceSkill.service_id == service.id)
        .order_by(Skill.name_en)
    )
    return Content(
        title=service.title,
        description=service.description,
        skills=tuple((await db.scalars(skills)).all()),
        packages=tuple(
            Package(each.name, each.price_minor, each.days, each.revisions, each.includes, service.currency)
            for each in (await db.scalars(packages)).all()
        ),
        extras=tuple(
            Extra(each.title, each.price_minor, each.days, service.currency)
            for each in (await db.scalars(extras)).all()
        ),
        questions=tuple(service.questions),
        currency=service.currency,
    )


async def services_of(db: AnySession, freelancer_id: UUID, *, reader: UUID | None) -> list[ServiceRow]:
    """What she offers now, newest first; there are at most 20."""
    found = rows().where(Service.freelancer_id == freelancer_id, is_open(reader))
    return await made(db, found.order_by(Service.published_at.desc(), Service.id.desc()))


async def own_services(db: AnySession, user_id: UUID) -> list[ServiceRow]:
    """All of hers that are not removed; there are at most 20."""
    found = rows().where(Freelancer.user_id == user_id, Service.state != "removed")
    return await made(db, found.order_by(Service.id.desc()))


async def newest_services(db: AnySession, *, reader: UUID | None, limit: int) -> list[ServiceRow]:
    """The open services that were published last: two queries."""
    found = rows().where(is_open(reader)).order_by(Service.published_at.desc(), Service.id.desc())
    return await made(db, found.limit(limit))


async def services_by_id(db: AnySession, ids: Sequence[UUID], *, reader: UUID | None) -> list[ServiceRow]:
    """The services of these ids that this reader may find, in the order of the ids: two queries."""
    if not ids:
        return []
    found = {row.id: row for row in await made(db, rows().where(Service.id.in_(ids), is_open(reader)))}
    return [found[id] for id in ids if id in found]


def is_open(reader: UUID | None) -> ColumnElement[bool]:
    """What a reader may find. The query has joined Freelancer and User."""
    return and_(
        Service.state == "open",
        Freelancer.is_listed,
        User.closed_at.is_(None),
        not_blocked(Freelancer.user_id, reader),
    )


def rows() -> Select[*tuple[Any, ...]]:
    """The columns of ServiceRow, joined with Freelancer and User."""
    packages = (
        select(func.min(ServicePackage.price_minor).label("price"), func.min(ServicePackage.days).label("days"))
        .where(ServicePackage.service_id == Service.id)
        .lateral("packages")
    )
    return (
        select(
            *(Service.id, Service.slug, Service.title, Service.state, Service.currency, Service.published_at),
            *(func.left(Service.description, EXCERPT).label("excerpt"), packages.c.price, packages.c.days),
            *(Freelancer.handle, Freelancer.shows_name, Freelancer.shows_photo, Freelancer.photo_file_id),
            *(Freelancer.away_until, User.name),
        )
        .join(Freelancer, Freelancer.id == Service.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .join(packages, onclause=true())
    )


async def made(db: AnySession, query: Select[*tuple[Any, ...]]) -> list[ServiceRow]:
    """The rows of `rows()` with their skills."""
    found = (await db.execute(query)).all()
    skills = await _skills(db, [row.id for row in found])
    return [
        ServiceRow(
            **{name: getattr(row, name) for name in _SAME},
            name=shown_name(row.name, shows_name=row.shows_name),
            has_photo=row.shows_photo and row.photo_file_id is not None,
            price_from=Money(row.price, row.currency) if row.price else None,
            days_from=row.days,
            skills=skill_names(skills.get(row.id, ())),
        )
        for row in found
    ]


_SAME = ("id", "slug", "title", "state", "excerpt", "handle", "away_until", "published_at")


async def _skills(db: AnySession, service_ids: Sequence[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    if not service_ids:
        return found
    query = (
        select(ServiceSkill.service_id, Skill.slug)
        .join(Skill, Skill.id == ServiceSkill.skill_id)
        .where(ServiceSkill.service_id.in_(service_ids))
        .order_by(Skill.slug)
    )
    for service_id, slug in (await db.execute(query)).all():
        found.setdefault(service_id, []).append(slug)
    return found


def skill_names(slugs: Sequence[str]) -> tuple[SkillName, ...]:
    """The skills of these slugs, with their names."""
    names = known_skills()
    return tuple(names.get(slug) or SkillName(slug, slug, slug) for slug in slugs)
