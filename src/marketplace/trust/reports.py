"""Reporting: what somebody says about a thing becomes a case, and she sees what came of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.trust import rules, subjects
from marketplace.trust.cases import open_case
from marketplace.trust.models import Case, Report
from marketplace.trust.subjects import Subject

LONGEST_TEXT = 2_000
LONGEST_SNAPSHOT = 20_000


class OwnThing(Conflict):
    message = N_("This is your own, so there is nothing to report. You can change it or take it away.")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the reporter says: one of rules.REASONS, her own words, and whether the conversation comes along."""

    reason: str
    text: str = ""
    has_conversation: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReport:
    """A report as its writer sees it; `decision` is None while somebody looks at it."""

    id: UUID
    title: str
    reason: str
    created_at: datetime
    due_at: datetime
    decision: str | None
    decided_at: datetime | None


async def reportable(db: AnySession, kind: str, id: UUID, *, by: UUID) -> Subject:
    """The thing that she wants to report. Raises: NotFound when it is not hers to see, OwnThing."""
    subject = await subjects.load(db, kind, id, viewer=by)
    if subject is None:
        raise NotFound
    if subject.about_user_id == by:
        raise OwnThing
    return subject


async def report(db: Session, thing: tuple[str, UUID], said: Complaint, *, by: UUID, at: datetime) -> Report:
    """Make a case of it or add to the one that is open; saying the very same again adds nothing.

    Raises: NotFound, OwnThing, Invalid.
    """
    subject = await reportable(db, *thing, by=by)
    _check(said)
    snapshot = _snapshot(subject)
    if said.has_conversation:
        snapshot |= await subjects.conversation(db, *thing, viewer=by)
    case = await open_case(
        db,
        kind="report",
        subject=thing,
        reason=said.reason,
        about_user_id=subject.about_user_id,
        by=by,
        at=at,
        evidence=snapshot,
        organisation_id=subject.organisation_id,
    )
    if "conversation" in snapshot.keys() - case.evidence.keys():
        case.evidence = {**case.evidence, **snapshot}  # an earlier report of the same thing had left it out
    text = said.text.strip()
    same = select(Report).where(Report.case_id == case.id, Report.reporter_id == by)
    again = (await db.scalars(same.where(Report.reason == said.reason, Report.text == text).limit(1))).first()
    if again is not None:
        return again
    made = Report(case_id=case.id, reporter_id=by, reason=said.reason, text=text, snapshot=snapshot, created_at=at)
    db.add(made)
    await db.flush()
    await audit.record(db, "case.reported", subject=("case", case.id), by=by, at=at, why=said.reason)
    return made


async def reports_of(db: AnySession, user_id: UUID, *, after: UUID | None = None, limit: int) -> list[OwnReport]:
    """Her reports, the newest first, with what came of them."""
    found = (
        select(
            *(Report.id, Report.snapshot["title"].astext.label("title"), Report.reason, Report.created_at),
            *(Case.due_at, Case.decision, Case.decided_at),
        )
        .join(Case, Case.id == Report.case_id)
        .where(Report.reporter_id == user_id)
        .order_by(Report.id.desc())
        .limit(limit)
    )
    rows = await db.execute(found.where(Report.id < after) if after else found)
    return [OwnReport(**row) for row in rows.mappings()]


async def reporters_of(db: AnySession, case_id: UUID) -> list[UUID]:
    """Everybody who reported it, to be told of the outcome."""
    found = select(Report.reporter_id).where(Report.case_id == case_id).distinct().order_by(Report.reporter_id)
    return list((await db.scalars(found)).all())


def _check(said: Complaint) -> None:
    if said.reason not in rules.REASONS:
        raise Invalid.at("reason", N_("Choose what fits best."))
    if said.reason == "other" and not said.text.strip():
        raise Invalid.at("text", N_("Say in a sentence what is wrong."))
    if len(said.text) > LONGEST_TEXT:
        raise Invalid.at("text", N_("Keep it under 2,000 letters."))


def _snapshot(subject: Subject) -> dict[str, Any]:
    """The thing as it was: what is changed later changes nothing here."""
    return {
        "title": subject.title,
        "href": subject.href,
        "text": subject.text[:LONGEST_SNAPSHOT],
        "is_private": subject.is_private,
    }
