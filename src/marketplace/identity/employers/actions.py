"""Find something out about an organisation: by a mailed code, by a document, by its payments."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import any_, exists, select, text, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.deadlines import actions as deadlines
from marketplace.engines.files.models import StoredFile
from marketplace.engines.notify.actions import mail
from marketplace.engines.search import outbox
from marketplace.identity import audit
from marketplace.identity.employers import rules
from marketplace.identity.employers.events import CheckDecided, StandingChanged
from marketplace.identity.employers.models import CheckKind, OrganisationCheck
from marketplace.identity.models import Membership, Organisation, User
from marketplace.identity.rules import secret_hash
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.events import publish
from marketplace.kernel.i18n import N_


@dataclass(frozen=True, slots=True)
class Document:
    """What is handed in. `verifier_id`: the park operator who is asked; None: our staff."""

    kind: CheckKind
    number: str
    file: StoredFile
    expires_on: date | None = None
    verifier_id: UUID | None = None


async def describe(
    db: Session, organisation_id: UUID, *, about: str, website: str, by: UUID, at: datetime
) -> Organisation:
    """What an owner says of the organisation. With another domain the confirmed one ends. Raises: Invalid."""
    website = rules.check_website(website)
    organisation = await _locked(db, organisation_id)
    has_moved = rules.domain_of(website) != rules.domain_of(organisation.website)
    organisation.about, organisation.website = about.strip(), website
    await db.flush()
    if has_moved:
        await _end(db, organisation_id, "domain", at=at)
    await outbox.changed(db, "organisations", organisation_id)
    await audit.record(db, "organisation.described", subject=("organisation", organisation_id), by=by, at=at)
    return organisation


async def clear_words(db: Session, organisation_id: UUID, *, by: UUID, why: str, at: datetime) -> None:
    """A moderator decided: what it says of itself and its website are taken away, with the confirmed domain."""
    organisation = await _locked(db, organisation_id)
    organisation.about = organisation.website = ""
    await db.flush()
    await _end(db, organisation_id, "domain", at=at)
    subject = ("organisation", organisation_id)
    await audit.record(db, "organisation.cleared", subject=subject, by=by, at=at, why=why)


async def ask_domain(db: Session, organisation_id: UUID, mailbox: str, *, by: UUID, at: datetime) -> str:
    """Mail a code to an address at the website's domain; returns the address. An earlier code stops working.

    Raises: NoDomain, Invalid at "mailbox".
    """
    organisation = await _locked(db, organisation_id)
    address = rules.check_mailbox(mailbox, organisation.website)
    await _end(db, organisation_id, "domain", at=at, state="waiting")
    code = rules.new_code()
    check = OrganisationCheck(
        organisation_id=organisation_id,
        kind="domain",
        state="waiting",
        asked_by=by,
        asked_at=at,
        domain=rules.domain_of(organisation.website),
        code_hash=_hash(organisation_id, code),
        code_expires_at=at + rules.CODE_LIFE,
    )
    db.add(check)
    await db.flush()
    asker = await db.get_one(User, by)
    values = {"organisation": organisation.name, "code": code}
    await mail(db, to=address, message="domain_code", values=values, locale=asker.locale, time_zone=asker.time_zone)
    await _note(db, check, "asked", by=by, at=at)
    return address


async def confirm_domain(db: Session, organisation_id: UUID, code: str, *, by: UUID, at: datetime) -> bool:
    """The code that came by mail. False, and one try less, when it is another one. Raises: CodeOver."""
    await _locked(db, organisation_id)
    waiting = select(OrganisationCheck).where(
        OrganisationCheck.organisation_id == organisation_id,
        OrganisationCheck.kind == "domain",
        OrganisationCheck.state == "waiting",
    )
    check = (await db.execute(waiting.with_for_update())).scalar_one_or_none()
    if check is None or check.code_expires_at is None or check.code_expires_at <= at:
        raise rules.CodeOver
    if check.code_tries >= rules.MOST_TRIES:
        raise rules.CodeOver
    check.code_tries += 1
    await db.flush()
    if check.code_hash != _hash(organisation_id, rules.plain_code(code)):
        return False
    await _pass(db, check, by=None, at=at)
    await _note(db, check, "passed", by=by, at=at)
    return True


async def hand_in(db: Session, organisation_id: UUID, document: Document, *, by: UUID, at: datetime) -> None:
    """Give somebody a document to look at. Raises: Invalid; WaitsAlready."""
    if not document.number.strip():
        raise Invalid.at("number", N_("Write the number that stands on the document."))
    if document.kind == "zone":
        rules.check_expiry(document.expires_on, at=at)
    await _locked(db, organisation_id)
    if document.verifier_id is not None and not await may_vouch(db, document.verifier_id):
        raise Invalid.at("verifier", N_("Choose one from the list."))
    waits = exists().where(
        OrganisationCheck.organisation_id == organisation_id,
        OrganisationCheck.kind == document.kind,
        OrganisationCheck.state == "waiting",
    )
    if await db.scalar(select(waits)):
        raise rules.WaitsAlready
    check = OrganisationCheck(
        organisation_id=organisation_id,
        kind=document.kind,
        state="waiting",
        asked_by=by,
        asked_at=at,
        number=document.number.strip(),
        file_id=document.file.id,
        expires_on=document.expires_on if document.kind == "zone" else None,
        verifier_organisation_id=document.verifier_id if document.kind == "zone" else None,
    )
    db.add(check)
    await db.flush()
    await _note(db, check, "asked", by=by, at=at)


async def decide(
    db: Session, check: OrganisationCheck, *, is_passed: bool, reason: str, by: UUID, at: datetime
) -> None:
    """Say whether the document shows what it should. Raises: Invalid without a reason; DecidedAlready, OwnOrganisation.

    Who may decide was asked by the query that found the check.
    """
    if not is_passed and not reason.strip():
        raise Invalid.at("reason", N_("Say why, so that it can be put right."))
    await _locked(db, check.organisation_id)
    await db.refresh(check, with_for_update=True)
    if check.state != "waiting":
        raise rules.DecidedAlready
    member = exists().where(Membership.organisation_id == check.organisation_id, Membership.user_id == by)
    if await db.scalar(select(member)):
        raise rules.OwnOrganisation
    check.reason = reason.strip()
    if is_passed:
        await _pass(db, check, by=by, at=at)
    else:
        check.state, check.decided_by, check.decided_at = "refused", by, at
        await db.flush()
    await _note(db, check, check.state, by=by, at=at, why=check.reason)
    if is_passed and check.expires_on is not None:
        due_at, subject = rules.reminder_at(check.expires_on), ("organisation_check", check.id)
        await deadlines.start(db, rules.REMIND, subject=subject, due_at=due_at)
    await publish(db, CheckDecided(check_id=check.id, organisation_id=check.organisation_id, is_passed=is_passed))


async def pass_by_payment(db: Session, organisation_id: UUID, kind: CheckKind, *, at: datetime) -> None:
    """Money has shown it (`card`, `first_paid`); the first time counts, every other changes nothing."""
    row = insert(OrganisationCheck).values(
        organisation_id=organisation_id, kind=kind, state="passed", asked_at=at, decided_at=at
    )
    once = row.on_conflict_do_nothing(index_elements=["organisation_id", "kind"], index_where=text("state = 'passed'"))
    made = await db.scalar(once.returning(OrganisationCheck.id))
    if made is not None:
        subject = ("organisation", organisation_id)
        await audit.record(db, "check.passed", subject=subject, by=None, at=at, kind=kind)


async def note_opening(db: Session, check: OrganisationCheck, *, reason: str, by: UUID, at: datetime) -> None:
    """Somebody opens the private document; its owners can read who and why. Raises: Invalid without a reason."""
    if not reason.strip():
        raise Invalid.at("reason", N_("Say why you open it; the organisation can read that."))
    await _note(db, check, "document_opened", by=by, at=at, why=reason.strip())


async def may_vouch(db: AnySession, organisation_id: UUID) -> bool:
    """Whether this is a park operator whose own registration our staff has seen."""
    registered = exists().where(
        OrganisationCheck.organisation_id == Organisation.id,
        OrganisationCheck.kind == "registration",
        OrganisationCheck.state == "passed",
    )
    is_park = any_(Organisation.kinds) == "park_operator"
    query = select(exists().where(Organisation.id == organisation_id, is_park, registered))
    return bool(await db.scalar(query))


async def _pass(db: Session, check: OrganisationCheck, *, by: UUID | None, at: datetime) -> None:
    """The newest takes the place of the former one."""
    await _end(db, check.organisation_id, check.kind, at=at)
    check.state, check.decided_by, check.decided_at, check.code_hash = "passed", by, at, None
    await db.flush()
    await _tell_search(db, check.organisation_id)


async def _end(db: Session, organisation_id: UUID, kind: str, *, at: datetime, state: str = "passed") -> None:
    former = update(OrganisationCheck).where(
        OrganisationCheck.organisation_id == organisation_id,
        OrganisationCheck.kind == kind,
        OrganisationCheck.state == state,
    )
    ended = {"state": "ended", "code_hash": None} | ({"decided_at": at} if state == "waiting" else {})
    await db.execute(former.values(ended).execution_options(synchronize_session=False))
    if state == "passed":
        await _tell_search(db, organisation_id)


async def _tell_search(db: Session, organisation_id: UUID) -> None:
    await outbox.changed(db, "organisations", organisation_id)
    await publish(db, StandingChanged(organisation_id=organisation_id))


async def _locked(db: Session, organisation_id: UUID) -> Organisation:
    """Nobody else changes what is known of it now; payments that mention it need not wait (FOR NO KEY UPDATE)."""
    query = select(Organisation).where(Organisation.id == organisation_id).with_for_update(key_share=True)
    return (await db.execute(query.execution_options(populate_existing=True))).scalar_one()


async def _note(
    db: Session, check: OrganisationCheck, what: str, *, by: UUID | None, at: datetime, why: str = ""
) -> None:
    subject = ("organisation", check.organisation_id)
    await audit.record(db, f"check.{what}", subject=subject, by=by, at=at, why=why, kind=check.kind)


def _hash(organisation_id: UUID, code: str) -> bytes:
    return secret_hash(f"{organisation_id}:{code}")
