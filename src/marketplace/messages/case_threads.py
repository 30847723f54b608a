"""The conversation about a case: between its moderator and the one person whom it can be asked of.

That is whoever reported or called; for a posting or document to check, whoever it is about. Never both sides of a
report: they don't learn of each other here.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.messages.thread_subjects import ThreadSubject
from marketplace.trust.models import Case

CHECKED = ("posting", "check")
"""Cases about somebody's own thing, which she can explain."""


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
