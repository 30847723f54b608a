"""Certificates of outside issuers: she says so, a moderator checks the number with the issuer, then it counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select

from marketplace.engines.files.models import StoredFile
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages.actions import notify
from marketplace.skills import actions as skills
from marketplace.skills.issuers import outside_issuers
from marketplace.skills.queries import by_slugs
from marketplace.training.models import OutsideCertificate

MOST_OWN, MOST_SKILLS = 20, 10
_EARLIEST = timedelta(hours=14)
"""A day begins so long before it does in UTC, where it begins first."""


class DecidedAlready(Conflict):
    message = N_("This certificate was decided already, or its owner took it back.")


class OwnCase(Conflict):
    message = N_("This is your own certificate: another moderator checks it.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideText:
    """What she says; `skills` are slugs. A link or a file shows it."""

    issuer: str
    title: str
    number: str
    issued_on: date
    skills: Sequence[str]
    link: str = ""


async def add(
    db: Session, text: OutsideText, file: StoredFile | None = None, *, by: UUID, at: datetime
) -> OutsideCertificate:
    """Say that an outside issuer certified her: on her profile as her own word until it is checked. Raises: Invalid."""
    known = await by_slugs(db, text.skills)
    _check(text, file, {skill.slug for skill in known}, at)
    assert file is None or file.uploaded_by == by
    await db.execute(select(User.id).where(User.id == by).with_for_update())
    living = OutsideCertificate.user_id == by, OutsideCertificate.state.in_(("unchecked", "checked"))
    own = select(func.count(), func.count().filter(_same(text.issuer, text.number))).where(*living)
    count, same = (await db.execute(own)).one()
    if same:
        raise Invalid.at("number", N_("You have named this certificate already."))
    if count >= MOST_OWN:
        raise Invalid.at("title", N_("Name at most %(most)s certificates of others."), most=MOST_OWN)
    made = OutsideCertificate(user_id=by, issuer=text.issuer, title=text.title.strip(), number=text.number.strip())
    made.link, made.file_id, made.issued_on = text.link.strip(), file.id if file else None, text.issued_on
    made.skill_ids, made.state, made.created_at = [skill.id for skill in known], "unchecked", at
    db.add(made)
    await db.flush()
    await skills.note_unchecked(db, _proof(made, at), dict.fromkeys(made.skill_ids))
    await audit.record(db, "outside_certificate.added", subject=_subject(made), by=by, at=at, issuer=made.issuer)
    return made


def _check(text: OutsideText, file: StoredFile | None, known: set[str], at: datetime) -> None:
    faults: dict[str, list[str]] = {}
    if text.issuer not in outside_issuers():
        faults["issuer"] = [N_("Choose an issuer from the list.")]
    if not 2 <= len(text.title.strip()) <= 120:
        faults["title"] = [N_("Write a name of 2 to 120 letters.")]
    if not 2 <= len(text.number.strip()) <= 80:
        faults["number"] = [N_("Write the number that stands on the certificate.")]
    if not text.skills or len(text.skills) > MOST_SKILLS:
        faults["skills"] = [N_("Choose one to ten skills that it certifies.")]
    elif set(text.skills) - known:
        faults["skills"] = [N_("We do not know one of these skills. Choose from the list.")]
    if text.issued_on > (at + _EARLIEST).date():
        faults["issued_on"] = [N_("This day has not come yet.")]
    if text.link.strip() and not text.link.strip().startswith("https://"):
        faults["link"] = [N_("Write an address that begins with https://.")]
    if not text.link.strip() and file is None:
        faults["link"] = [N_("Show it: give its address at the issuer, or a file.")]
    if faults:
        raise Invalid(faults)


async def withdraw(db: Session, certificate_id: UUID, *, by: UUID, at: datetime) -> None:
    """She takes it back. Raises: NotFound."""
    held = await _lock(db, certificate_id)
    if held.user_id != by:
        raise NotFound
    if held.state not in ("unchecked", "checked"):
        return
    await _end(db, held, "withdrawn", by=by, at=at)


async def approve(db: Session, certificate_id: UUID, *, by: UUID, at: datetime) -> None:
    """The issuer knows it: it counts as certified from now on. Raises: DecidedAlready, OwnCase, Conflict."""
    held = await _undecided(db, certificate_id, by)
    checked = OutsideCertificate.state == "checked"
    if await db.scalar(select(OutsideCertificate.id).where(_same(held.issuer, held.number), checked)):
        raise Conflict(N_("Somebody else's certificate with this number was checked already: one of them is wrong."))
    held.state, held.decided_at, held.decided_by = "checked", at, by
    await db.flush()
    await skills.withdraw(db, held.id, user_id=held.user_id)
    await skills.certify(db, _proof(held, at), dict.fromkeys(held.skill_ids))
    await audit.record(db, "outside_certificate.checked", subject=_subject(held), by=by, at=at)
    await _tell(db, held, "outside_certificate_checked", at=at)


async def refuse(db: Session, certificate_id: UUID, why: str, *, by: UUID, at: datetime) -> None:
    """The issuer does not know it, or it does not show what she says. Raises: Invalid, DecidedAlready, OwnCase."""
    if not 3 <= len(why.strip()) <= 1_000:
        raise Invalid.at("why", N_("Say why, in 3 to 1,000 letters: she reads it."))
    held = await _undecided(db, certificate_id, by)
    held.decided_why = why.strip()
    await _end(db, held, "refused", by=by, at=at)
    await _tell(db, held, "outside_certificate_refused", at=at)


async def retract(db: Session, certificate_id: UUID, why: str, *, by: UUID, at: datetime) -> None:
    """A checked one turned out wrong: gone everywhere at once. Raises: Invalid, DecidedAlready."""
    if not 3 <= len(why.strip()) <= 1_000:
        raise Invalid.at("why", N_("Say why, in 3 to 1,000 letters: she reads it."))
    held = await _lock(db, certificate_id)
    if held.state != "checked":
        raise DecidedAlready
    held.decided_why = why.strip()
    await _end(db, held, "refused", by=by, at=at)
    await _tell(db, held, "outside_certificate_refused", at=at)


async def _end(db: Session, held: OutsideCertificate, state: str, *, by: UUID, at: datetime) -> None:
    held.state, held.decided_at, held.decided_by = state, at, by
    await db.flush()
    await skills.withdraw(db, held.id, user_id=held.user_id)
    await audit.record(db, f"outside_certificate.{state}", subject=_subject(held), by=by, at=at, why=held.decided_why)


async def _lock(db: Session, certificate_id: UUID) -> OutsideCertificate:
    held = await db.get(OutsideCertificate, certificate_id, with_for_update=True)
    if held is None:
        raise NotFound
    return held


async def _undecided(db: Session, certificate_id: UUID, by: UUID) -> OutsideCertificate:
    held = await _lock(db, certificate_id)
    if held.state != "unchecked":
        raise DecidedAlready
    if held.user_id == by:
        raise OwnCase
    return held


async def _tell(db: Session, held: OutsideCertificate, message: str, *, at: datetime) -> None:
    values = {"issuer": outside_issuers()[held.issuer].name, "course": held.title, "reason": held.decided_why}
    await notify(db, held.user_id, message, values, link="/certificates", at=at)


def _same(issuer: str, number: str):
    return (OutsideCertificate.issuer == issuer) & (func.lower(OutsideCertificate.number) == number.strip().lower())


def _proof(held: OutsideCertificate, at: datetime) -> skills.Certification:
    noon = datetime.combine(held.issued_on, datetime.min.time().replace(hour=12), at.tzinfo)
    return skills.Certification(user_id=held.user_id, reference=held.id, at=noon, outside_issuer=held.issuer)


def _subject(held: OutsideCertificate) -> tuple[str, UUID]:
    return "outside_certificate", held.id
