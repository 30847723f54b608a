"""Which postings wait for a moderator before people find them, and what becomes of them then.

A posting waits when it is the first of an employer whom nobody knows yet, or when a rule (trust/rules.toml) holds it.
The employer reads which rule and what to change, may change it meanwhile, and has an answer by the case's deadline.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, insert, select

from marketplace.identity import audit
from marketplace.identity.employers.models import OrganisationCheck
from marketplace.identity.models import Membership, Organisation, User
from marketplace.kernel.database import AnySession, Session
from marketplace.postings.models import Posting
from marketplace.postings.notices import path_of
from marketplace.trust.cases import open_case
from marketplace.trust.models import Case, SignalLine
from marketplace.trust.screening import SAID, Signal, screen
from marketplace.trust.subjects import Subject

CASE = "posting"
"""The kind of our cases: published only once it is decided. A rule that fires on a living posting is a `signal`."""


@dataclass(frozen=True, slots=True)
class HeldRule:
    """A rule that holds a posting: what it says, how the writer mends it, the words on which it fired."""

    said: str
    mend: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Held:
    """Why a posting waits, and until when somebody has read it."""

    case_id: UUID
    due_at: datetime
    is_first: bool
    rules: Sequence[HeldRule]


async def hold(db: Session, posting: Posting, *, by: UUID, at: datetime) -> Case | None:
    """Open a case when this posting has to wait; None when it may go out at once. The posting's row is locked."""
    signals = holding(posting)
    is_first = not await _is_known(db, posting)
    if not signals and not is_first:
        return None
    case = await open_case(
        db,
        kind=CASE,
        subject=("posting", posting.id),
        reason="rule" if signals else "first_posting",
        about_user_id=posting.created_by,
        by=None,
        at=at,
        evidence={**_shown(posting), "is_first": is_first},
        organisation_id=posting.organisation_id,
    )
    await _note(db, case.id, signals, at=at)
    return case


async def look_again(db: Session, posting: Posting, *, by: UUID, at: datetime) -> None:
    """The text was changed: what fires now stands beside the case of a waiting posting, or opens one for a living."""
    signals = holding(posting)
    if posting.state == "pending_review":
        case_id = await db.scalar(_open(posting.id).with_only_columns(Case.id))
        assert case_id is not None, "a posting that waits has a case"
        await _note(db, case_id, signals, at=at)
        await audit.record(db, "case.edited", subject=("case", case_id), by=by, at=at)
    elif signals:
        case = await open_case(
            db,
            kind="signal",
            subject=("posting", posting.id),
            reason="rule",
            about_user_id=posting.created_by,
            by=None,
            at=at,
            evidence=_shown(posting),
            organisation_id=posting.organisation_id,
        )
        await _note(db, case.id, signals, at=at)


async def approve(db: Session, posting: Posting, *, at: datetime) -> None:
    """From now on this employer is known."""
    organisation = await db.get_one(Organisation, posting.organisation_id)
    organisation.postings_approved_at = organisation.postings_approved_at or at
    await db.flush()


async def held(db: AnySession, posting_id: UUID) -> Held | None:
    """Why a posting waits, as its employer reads it: the rules that fire on it as it is now; None when it does not."""
    row = (await db.execute(_open(posting_id))).one_or_none()
    if row is None:
        return None
    posting: Posting = row.Posting
    rules = [HeldRule(signal.said, signal.mend, signal.excerpt) for signal in holding(posting)]
    return Held(row.Case.id, row.Case.due_at, bool(row.Case.evidence.get("is_first")), rules)


def holding(posting: Posting) -> list[Signal]:
    """The rules that hold this text."""
    return [signal for signal in screen(text_of(posting), place="posting") if signal.severity == "hold"]


def text_of(posting: Posting) -> str:
    """All that a posting says in its writer's words."""
    questions = [each if isinstance(each, str) else str(each.get("text", "")) for each in posting.questions]
    return "\n\n".join([posting.title, posting.description, *questions])


async def load_subject(db: AnySession, id: UUID, viewer: UUID) -> Subject | None:
    """A posting as somebody may report it: published, or hers to manage, or read by staff."""
    sees = exists().where(Membership.organisation_id == Posting.organisation_id, Membership.user_id == viewer)
    is_staff = exists().where(User.id == viewer, User.staff_role.in_(("moderator", "operator")))
    is_published = Posting.state.in_(("open", "paused", "filled", "closed", "expired"))
    found = await db.execute(select(Posting).where(Posting.id == id, is_published | sees | is_staff))
    posting = found.scalar_one_or_none()
    if posting is None:
        return None
    return Subject(
        title=posting.title,
        href=path_of(posting),
        about_user_id=posting.created_by,
        text=text_of(posting),
        organisation_id=posting.organisation_id,
    )


async def _is_known(db: Session, posting: Posting) -> bool:
    """A moderator has approved a posting of this employer, or its own domain or its registration is verified."""
    checked = exists().where(
        OrganisationCheck.organisation_id == Organisation.id,
        OrganisationCheck.kind.in_(("domain", "registration")),
        OrganisationCheck.state == "passed",
    )
    other = exists().where(Posting.organisation_id == Organisation.id, Posting.published_at.is_not(None))
    known = Organisation.postings_approved_at.is_not(None) | checked | other.where(Posting.state != "removed")
    found = select(Organisation.id).where(Organisation.id == posting.organisation_id, known)
    return await db.scalar(found) is not None


def _open(posting_id: UUID) -> Any:
    return (
        select(Case, Posting)
        .join(Posting, Posting.id == Case.subject_id)
        .where(Case.kind == CASE, Case.subject_kind == "posting", Case.subject_id == posting_id, Case.state == "open")
    )


def _shown(posting: Posting) -> dict[str, Any]:
    return {"title": posting.title, "href": path_of(posting), "text": text_of(posting)}


async def _note(db: Session, case_id: UUID, signals: Sequence[Signal], *, at: datetime) -> None:
    assert all(signal.rule in SAID for signal in signals)
    rows = [
        {"case_id": case_id, "rule": s.rule, "severity": s.severity, "excerpt": s.excerpt, "created_at": at}
        for s in signals
    ]
    if rows:
        await db.execute(insert(SignalLine), rows)
