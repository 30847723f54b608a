"""Claim links: how a certificate reaches its graduate, by mail, text message or a printed list, and becomes hers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, update

from marketplace.engines.notify import actions as post
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.identity.rules import new_secret, secret_hash
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, DomainError, NotAllowed
from marketplace.kernel.i18n import N_
from marketplace.training import certificates
from marketplace.training.models import Certificate, CertificateClaim, ClaimChannel, Enrolment
from marketplace.training.rules import CLAIM_LIMIT

PRINTED = 200
"""Links on one printed list."""


class ClaimLinkOver(DomainError):
    status = 410
    message = N_(
        "This link was used already, was replaced by a newer one, or is too old. Ask who trained you to send another."
    )


class ClaimedAlready(Conflict):
    message = N_("This certificate was claimed already. If that was not you, ask who trained you.")


class OtherAddress(NotAllowed):
    message = N_(
        "This certificate was sent to another address than yours. Sign in with the one it was sent to, or ask who"
        " trained you to send it to the address you use here."
    )


class NoAddress(Conflict):
    message = N_("There is no e-mail address and no phone number for this graduate. Write one, or print the link.")


@dataclass(frozen=True, slots=True)
class Printed:
    """One line of a printed list."""

    student_number: str
    name: str
    course: str
    secret: str


async def look(db: AnySession, secret: str, *, at: datetime) -> tuple[CertificateClaim, Certificate]:
    """What is behind a link that still works. Raises: ClaimLinkOver, ClaimedAlready."""
    claim = await db.scalar(select(CertificateClaim).where(CertificateClaim.secret_hash == secret_hash(secret)))
    if claim is None:
        raise ClaimLinkOver
    certificate = await db.get_one(Certificate, claim.certificate_id)
    _check_open(claim, certificate, at)
    return claim, certificate


async def claim(db: Session, secret: str, user_id: UUID, *, at: datetime) -> Certificate:
    """The certificate is hers from now on; of many at once one gets it.

    Raises: ClaimLinkOver, ClaimedAlready, OtherAddress.
    """
    found, _ = await look(db, secret, at=at)
    held = await certificates.lock(db, found.certificate_id)
    await db.refresh(found)
    _check_open(found, held, at)
    user = await db.get_one(User, user_id)
    if not _is_hers(found, user):
        raise OtherAddress
    await certificates.give(db, held, user_id, at=at)
    found.used_at = at
    await _join(db, held, user_id)
    await db.flush()
    return held


def _check_open(claim: CertificateClaim, certificate: Certificate, at: datetime) -> None:
    if certificate.state == "claimed":
        raise ClaimedAlready
    if certificate.state == "revoked" or claim.used_at is not None or claim.expires_at <= at:
        raise ClaimLinkOver


def _is_hers(claim: CertificateClaim, user: User) -> bool:
    """A mailed link is for the account with that address, a texted one for that number, a printed one for anybody."""
    if claim.channel == "mail":
        return (user.email or "").lower() == claim.sent_to
    if claim.channel == "sms":
        return user.phone == claim.sent_to
    return True


async def _join(db: Session, certificate: Certificate, user_id: UUID) -> None:
    """The learner of the provider's list is this account, unless it has a seat of its own in the cohort."""
    enrolment = await db.get_one(Enrolment, certificate.enrolment_id)
    own = select(Enrolment.id).where(Enrolment.cohort_id == enrolment.cohort_id, Enrolment.user_id == user_id)
    if enrolment.user_id is None and await db.scalar(own) is None:
        enrolment.user_id = user_id


async def send(
    db: Session, certificate: Certificate, *, email: str | None = None, phone: str | None = None, by: UUID, at: datetime
) -> ClaimChannel:
    """Send its link, to a new address where one is given (earlier links stop working). Return by which way it went.

    Raises: RevokedAlready, ClaimedAlready, NoAddress.
    """
    held = await certificates.lock(db, certificate.id)
    _check_unclaimed(held)
    enrolment = await db.get_one(Enrolment, held.enrolment_id)
    if email or phone:
        enrolment.email, enrolment.phone = (email or "").lower() or None, phone
    address = enrolment.email or enrolment.phone
    if not address:
        raise NoAddress
    channel: ClaimChannel = "mail" if enrolment.email else "sms"
    secret = await _make(db, held, channel, address, at=at)
    values = {
        "name": held.holder_name,
        "issuer": held.learned["issuer"],
        "course": held.learned["course"],
        "until": at + CLAIM_LIMIT,
        "link": f"/certificates/claim/{secret}",
    }
    locale = await _locale(db, address)
    if channel == "mail":
        await post.mail(db, to=address, message="certificate_issued", values=values, locale=locale)
    else:
        await post.text(db, to=address, message="certificate_issued", values=values, locale=locale)
    await audit.record(db, "certificate.link_sent", subject=("certificate", held.id), by=by, at=at, channel=channel)
    return channel


async def print_links(db: Session, cohort_id: UUID, *, by: UUID, at: datetime) -> list[Printed]:
    """Fresh links of the graduates who have not claimed yet, to be handed over on paper; earlier ones stop working."""
    unclaimed = (
        select(Certificate)
        .where(Certificate.cohort_id == cohort_id, Certificate.state == "issued")
        .order_by(Certificate.id)
        .limit(PRINTED)
        .with_for_update()
    )
    held = list((await db.scalars(unclaimed)).all())
    secrets = await _make_all(db, held, at=at)
    await audit.record(db, "cohort.links_printed", subject=("cohort", cohort_id), by=by, at=at, count=len(held))
    return [
        Printed(each.student_number, each.holder_name, each.learned["course"], secret)
        for each, secret in zip(held, secrets, strict=True)
    ]


async def _make(db: Session, certificate: Certificate, channel: ClaimChannel, sent_to: str, *, at: datetime) -> str:
    await _end(db, CertificateClaim.certificate_id == certificate.id, at=at)
    secret = new_secret()
    db.add(_row(certificate, channel, sent_to, secret, at))
    await db.flush()
    return secret


async def _make_all(db: Session, held: Sequence[Certificate], *, at: datetime) -> list[str]:
    await _end(db, CertificateClaim.certificate_id.in_([each.id for each in held]), at=at)
    secrets = [new_secret() for _ in held]
    db.add_all(_row(each, "print", "", secret, at) for each, secret in zip(held, secrets, strict=True))
    await db.flush()
    return secrets


def _row(certificate: Certificate, channel: ClaimChannel, sent_to: str, secret: str, at: datetime) -> CertificateClaim:
    return CertificateClaim(
        certificate_id=certificate.id,
        secret_hash=secret_hash(secret),
        channel=channel,
        sent_to=sent_to.lower(),
        created_at=at,
        expires_at=at + CLAIM_LIMIT,
    )


async def _end(db: Session, which: ColumnElement[bool], *, at: datetime) -> None:
    living = which & CertificateClaim.used_at.is_(None) & (CertificateClaim.expires_at > at)
    ended = update(CertificateClaim).where(living).values(expires_at=at)
    await db.execute(ended.execution_options(synchronize_session=False))


def _check_unclaimed(certificate: Certificate) -> None:
    if certificate.state == "claimed":
        raise ClaimedAlready
    if certificate.state == "revoked":
        raise certificates.RevokedAlready


async def _locale(db: AnySession, address: str) -> str:
    """In her language where that is known here; it tells nobody whether she has an account."""
    found: Select[str] = select(User.locale).where((func.lower(User.email) == address) | (User.phone == address))
    return await db.scalar(found) or "en"
