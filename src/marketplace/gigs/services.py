"""What freelancers do with their services, one verb each. No order that exists is touched by any of it."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Uuid, delete, func, insert, select

from marketplace.engines.search import outbox
from marketplace.gigs import service_rules as rules
from marketplace.gigs.models import Service, ServiceExtra, ServicePackage, ServiceSkill, ServiceState
from marketplace.gigs.service_queries import content_of
from marketplace.gigs.service_rules import Content
from marketplace.identity import audit
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.skills.queries import by_slugs
from marketplace.talent.models import Freelancer
from marketplace.trust import restrictions


async def make(db: Session, freelancer: Freelancer, content: Content, *, at: datetime) -> Service:
    """A draft that only she sees. Raises: Invalid, TooManyServices."""
    rules.check_draft(content)
    await db.refresh(freelancer, with_for_update=True)
    living = select(func.count()).where(Service.freelancer_id == freelancer.id, Service.state != "removed")
    if (await db.scalar(living) or 0) >= rules.MOST_SERVICES:
        raise rules.TooManyServices
    id = (await db.scalars(select(func.uuidv7(type_=Uuid())))).one()
    slug = ids.slug(content.title, id)
    service = Service(id=id, slug=slug, freelancer_id=freelancer.id, state="draft")
    service.created_at = at
    db.add(_said(service, content, at))
    await db.flush()
    await _write_parts(db, service, content)
    await _note(db, service, "made", by=freelancer.user_id, at=at)
    return service


async def edit(db: Session, service: Service, content: Content, *, by: UUID, at: datetime) -> None:
    """Write it anew; an open one stays complete. Raises: Invalid, ServiceMoveRefused once it is removed."""
    await db.refresh(service, with_for_update=True)
    if service.state == "removed":
        raise rules.ServiceMoveRefused(state=rules.STATE_WORDS["removed"])
    if service.state == "draft":
        rules.check_draft(content)
    else:
        rules.check(content)
    _said(service, content, at)
    await db.flush()
    await _write_parts(db, service, content)
    await _note(db, service, "edited", by=by, at=at)


async def publish(db: Session, service: Service, *, by: UUID, at: datetime) -> None:
    """Offer it, for the first time or again: everybody finds it within seconds.

    Raises: Invalid while something is missing, ProfileNotListed, Restricted, ServiceMoveRefused.
    """
    await db.refresh(service, with_for_update=True)
    rules.check_move(_state(service), "open")
    await restrictions.check(db, by, "post", at=at)
    rules.check(await content_of(db, service))
    freelancer = await db.get_one(Freelancer, service.freelancer_id)
    if not freelancer.is_listed:
        raise rules.ProfileNotListed
    service.published_at = service.published_at or at
    await _move(db, service, "open", by=by, at=at)


async def pause(db: Session, service: Service, *, by: UUID, at: datetime) -> None:
    """Take no orders for a while. Raises: ServiceMoveRefused."""
    await db.refresh(service, with_for_update=True)
    await _move(db, service, "paused", by=by, at=at)


async def remove(db: Session, service: Service, *, by: UUID, at: datetime, why: str = "") -> None:
    """Never again; orders of it go on. Raises: ServiceMoveRefused when it is removed already."""
    await db.refresh(service, with_for_update=True)
    await _move(db, service, "removed", by=by, at=at, why=why)


async def tell_search(db: Session, freelancer_id: UUID) -> None:
    """Her profile changed: whether her services are found may have changed with it."""
    hers = select(Service.id).where(Service.freelancer_id == freelancer_id, Service.state == "open")
    for service_id in (await db.scalars(hers)).all():
        await outbox.changed(db, "services", service_id)


def _said(service: Service, content: Content, at: datetime) -> Service:
    service.title, service.description = content.title.strip(), content.description.strip()
    service.currency = content.currency
    service.questions, service.updated_at = [each.strip() for each in content.questions], at
    return service


async def _write_parts(db: Session, service: Service, content: Content) -> None:
    skills = await by_slugs(db, content.skills)
    for slug in sorted(set(content.skills) - {skill.slug for skill in skills}):
        raise Invalid.at("skills", N_("We do not know the skill %(skill)s."), skill=slug)
    for kind in (ServicePackage, ServiceExtra, ServiceSkill):
        await db.execute(delete(kind).where(kind.service_id == service.id))
    key = {"service_id": service.id}
    packages = [
        {**key, "number": n, "name": p.name.strip(), "price_minor": p.price_minor, "days": p.days}
        | {"revisions": p.revisions, "includes": p.includes.strip()}
        for n, p in enumerate(content.packages, 1)
    ]
    extras = [
        {**key, "number": n, "title": e.title.strip(), "price_minor": e.price_minor, "days": e.days}
        for n, e in enumerate(content.extras, 1)
    ]
    for kind, rows in (
        (ServicePackage, packages),
        (ServiceExtra, extras),
        (ServiceSkill, [{**key, "skill_id": skill.id} for skill in skills]),
    ):
        if rows:
            await db.execute(insert(kind), rows)


async def _move(db: Session, service: Service, to: ServiceState, *, by: UUID, at: datetime, why: str = "") -> None:
    rules.check_move(_state(service), to)
    before, service.state, service.updated_at = service.state, to, at
    await db.flush()
    await _note(db, service, to, by=by, at=at, why=why, before=before)


async def _note(
    db: Session, service: Service, what: str, *, by: UUID, at: datetime, why: str = "", **values: str
) -> None:
    await audit.record(db, f"service.{what}", subject=("service", service.id), by=by, at=at, why=why, **values)
    await outbox.changed(db, "services", service.id)


def _state(service: Service) -> ServiceState:
    return cast(ServiceState, service.state)
