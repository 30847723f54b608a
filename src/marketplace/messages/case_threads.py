"""The conversation about a case: between its moderator and the one person whom it can be asked of.

That is whoever reported or called; for a posting or document to check, whoever it is about. Never both sides of a
report: they don't learn of each other here.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.messages.thread_subjects import ThreadSubject
from marketplace.trust.models import Case

CHECKED = ("posting", "check")
"""Cases about somebody's own thing, which she can explain."""


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case about which she and its moderator can write to each other."""

    id: UUID
    title: str
    kind: str
    due_at: datetime


async def open_cases(db: AnySession, user_id: UUID) -> list[OpenCase]:
    """Open cases in which she is the person to be asked and somebody looks already, the next due first."""
    title = Case.evidence["title"].astext
    found = select(Case.id, title, Case.kind, Case.due_at).where(Case.state == "open", Case.owner_id.is_not(None))
    rows = await db.execute(found.where(_is_asked(user_id)).order_by(Case.due_at, Case.id).limit(20))
    return [OpenCase(id, title or "", kind, due_at) for id, title, kind, due_at in rows]


def _is_asked(user_id: UUID) -> ColumnElement[bool]:
    is_own = and_(Case.kind.in_(CHECKED), Case.about_user_id == user_id)
    return or_(is_own, and_(Case.kind.not_in(CHECKED), Case.opened_by == user_id))


async def case_thread(db: AnySession, case_id: UUID, user_id: UUID) -> ThreadSubject | None:
    """One case, for its owner or for the person."""
    return (await case_threads(db, [case_id], user_id)).get(case_id)


async def case_threads(db: AnySession, wanted: Collection[UUID], user_id: UUID) -> dict[UUID, ThreadSubject]:
    """Those of these cases in which she is asked or asks; one query."""
    hers = or_(Case.owner_id == user_id, Case.opened_by == user_id, Case.about_user_id == user_id)
    found = (await db.execute(select(Case).where(Case.id.in_(wanted), hers))).scalars()
    subjects = {case.id: _subject(case, user_id) for case in found}
    return {id: subject for id, subject in subjects.items() if subject is not None}


def _subject(case: Case, reader: UUID) -> ThreadSubject | None:
    person = case.about_user_id if case.kind in CHECKED else case.opened_by
    if person is None or case.owner_id is None or reader not in (person, case.owner_id):
        return None
    return ThreadSubject(
        title=str(case.evidence.get("title", "")),
        href=f"/moderation/cases/{ids.short(case.id)}" if reader == case.owner_id else "/safety/standing",
        members=(person, case.owner_id),
        may_write=case.state == "open",
        sides={person: "person", case.owner_id: "staff"},
        staff=frozenset({case.owner_id}),
    )
