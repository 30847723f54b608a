"""What everybody may read: an issuer, a certificate; what a holder and a moderator read beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.skills.issuers import OutsideIssuer, outside_issuers
from marketplace.skills.queries import by_ids
from marketplace.training.models import Certificate, Course, OutsideCertificate, Programme

FEWEST = 5
"""Numbers under this are not said: they could point at persons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """A certificate as anybody may check it; `name` only where its holder shows it."""

    id: UUID
    course: str
    programme: str
    about: str
    hours: int
    skills: tuple[tuple[str, str], ...]
    issuer: str
    issuer_slug: str
    completed_on: date
    issued_at: datetime
    state: str
    claimed_at: datetime | None
    revoked_at: datetime | None
    revoke_reason: str | None
    name: str | None
    shows_name: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuerView:
    """Who issues: one of ours, or an outside one (then without programmes). Counts under five are None."""

    slug: str
    name: str
    about: str
    website: str
    since: datetime | None
    outside: OutsideIssuer | None
    programmes: tuple[tuple[str, str, int], ...]
    counts: dict[str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideView:
    """A certificate of an outside issuer as its owner and the moderators see it."""

    id: UUID
    user_id: UUID
    who: str
    issuer: OutsideIssuer
    title: str
    number: str
    link: str
    file_id: UUID | None
    issued_on: date
    state: str
    created_at: datetime
    decided_at: datetime | None
    decided_why: str
    skills: tuple[str, ...]


async def certificate_view(db: AnySession, certificate_id: UUID) -> CertificateView:
    """Raises: NotFound."""
    rows = await _views(db, Certificate.id == certificate_id)
    if not rows:
        raise NotFound
    return rows[0]


async def held_by(db: AnySession, user_id: UUID) -> list[CertificateView]:
    """The certificates she has claimed, the newest first; at most a hundred."""
    return await _views(db, Certificate.holder_user_id == user_id)


async def _views(db: AnySession, condition: Any) -> list[CertificateView]:
    found = (
        select(Certificate, Organisation.slug)
        .join(Organisation, Organisation.id == Certificate.issuer_organisation_id)
        .where(condition)
        .order_by(Certificate.claimed_at.desc().nulls_last(), Certificate.id.desc())
        .limit(100)
    )
    return [_view(certificate, slug) for certificate, slug in (await db.execute(found)).all()]


def _view(certificate: Certificate, issuer_slug: str) -> CertificateView:
    learned = certificate.learned
    same = ("id", "completed_on", "issued_at", "state", "claimed_at", "revoked_at", "revoke_reason", "shows_name")
    is_named = certificate.shows_name and certificate.state == "claimed"
    return CertificateView(
        **{name: getattr(certificate, name) for name in same},
        **{name: learned[name] for name in ("course", "programme", "about", "hours", "issuer")},
        skills=tuple((each["slug"], each["level"]) for each in learned["skills"]),
        issuer_slug=issuer_slug,
        name=certificate.holder_name if is_named else None,
    )


async def issuer_view(db: AnySession, slug: str) -> IssuerView:
    """A training provider of ours, or an outside issuer. Raises: NotFound."""
    if (outside := outside_issuers().get(slug)) is not None:
        checked = OutsideCertificate.issuer == slug, OutsideCertificate.state == "checked"
        said = {"checked": _enough(await db.scalar(select(func.count()).where(*checked)) or 0)}
        nothing: dict[str, Any] = {"since": None, "programmes": ()}
        about, website = outside.about, outside.website
        return IssuerView(
            slug=slug, name=outside.name, about=about, website=website, outside=outside, counts=said, **nothing
        )
    found = select(Organisation).where(Organisation.slug == slug)
    organisation = await db.scalar(found)
    if organisation is None or "training_provider" not in organisation.kinds:
        raise NotFound
    return IssuerView(
        slug=slug,
        name=organisation.name,
        about=organisation.about,
        website=organisation.website,
        since=organisation.created_at,
        outside=None,
        programmes=tuple(await _programmes(db, organisation.id)),
        counts=await _counts(db, organisation.id),
    )


async def _programmes(db: AnySession, provider_id: UUID) -> Sequence[tuple[str, str, int]]:
    courses = select(func.count()).where(Course.programme_id == Programme.id).scalar_subquery()
    found = (
        select(Programme.slug, Programme.name, courses)
        .where(Programme.provider_organisation_id == provider_id, Programme.published_at.is_not(None))
        .order_by(Programme.published_at.desc(), Programme.id)
        .limit(50)
    )
    return [(slug, name, count or 0) for slug, name, count in (await db.execute(found)).all()]


async def _counts(db: AnySession, provider_id: UUID) -> dict[str, int | None]:
    """Issued is all that were; claimed and revoked are parts of it."""
    counted = select(
        func.count(),
        func.count(Certificate.claimed_at),
        func.count(Certificate.revoked_at),
    ).where(Certificate.issuer_organisation_id == provider_id)
    row = (await db.execute(counted)).one()
    return {name: _enough(count) for name, count in zip(("issued", "claimed", "revoked"), row, strict=True)}


def _enough(count: int) -> int | None:
    return count if count == 0 or count >= FEWEST else None


async def outside_of(db: AnySession, user_id: UUID) -> list[OutsideView]:
    """What she named herself, the newest first, without what she took back; at most a hundred."""
    own = OutsideCertificate.user_id == user_id, OutsideCertificate.state != "withdrawn"
    return await _outside(db, *own, newest_first=True, limit=100)


async def unchecked(db: AnySession, *, after: UUID | None, limit: int) -> list[OutsideView]:
    """What waits for a moderator, the oldest first."""
    waiting = OutsideCertificate.state == "unchecked", *((OutsideCertificate.id > after,) if after else ())
    return await _outside(db, *waiting, newest_first=False, limit=limit)


async def outside_view(db: AnySession, certificate_id: UUID) -> OutsideView:
    """Raises: NotFound."""
    rows = await _outside(db, OutsideCertificate.id == certificate_id, newest_first=True, limit=1)
    if not rows:
        raise NotFound
    return rows[0]


async def _outside(db: AnySession, *conditions: Any, newest_first: bool, limit: int) -> list[OutsideView]:
    order = OutsideCertificate.id.desc() if newest_first else OutsideCertificate.id
    found = select(OutsideCertificate, User.name).join(User, User.id == OutsideCertificate.user_id)
    rows = (await db.execute(found.where(*conditions).order_by(order).limit(limit))).all()
    names = await by_ids(db, sorted({id for held, _ in rows for id in held.skill_ids}))
    same = ("id", "user_id", "title", "number", "link", "file_id", "issued_on", "state", "created_at")
    return [
        OutsideView(
            **{name: getattr(held, name) for name in same},
            who=who,
            issuer=outside_issuers()[held.issuer],
            decided_at=held.decided_at,
            decided_why=held.decided_why,
            skills=tuple(names[id].slug for id in held.skill_ids if id in names),
        )
        for held, who in rows
    ]
