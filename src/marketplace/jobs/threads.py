"""The conversation about an application, and the application as somebody reports it. Until the shortlist: a letter."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from marketplace.identity.models import Organisation, User
from marketplace.jobs.candidates import candidates
from marketplace.jobs.models import Application
from marketplace.jobs.rules import STAGES, WAITING
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.messages.thread_subjects import ThreadSubject
from marketplace.postings.blind import without_identity
from marketplace.postings.hiring import hirers, hires
from marketplace.postings.models import Posting
from marketplace.talent.models import Freelancer
from marketplace.trust.subjects import Subject


async def application_thread(db: AnySession, application_id: UUID, user_id: UUID) -> ThreadSubject | None:
    """One application, for its writer or for those who hire."""
    return (await application_threads(db, [application_id], user_id)).get(application_id)


async def application_threads(db: AnySession, wanted: Collection[UUID], user_id: UUID) -> dict[UUID, ThreadSubject]:
    """Those of these applications that she wrote or may decide about; one query."""
    found = (
        select(Application.id, Application.letter, Application.state, Application.shortlisted_at, Posting.title)
        .add_columns(Freelancer.user_id, Freelancer.handle, User.name, Organisation.name.label("organisation"))
        .add_columns(hirers().label("hirers"))
        .join(Posting, Posting.id == Application.posting_id)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .where(Application.id.in_(wanted))
        .where(or_(Freelancer.user_id == user_id, and_(hires(user_id), Application.state.in_(STAGES))))
    )
    return {row["id"]: _thread(row) for row in (await db.execute(found)).mappings()}


def _thread(row: Any) -> ThreadSubject:
    hers: UUID = row["user_id"]
    name, handle = row["name"], row["handle"]
    by_id: dict[str, str] = row["hirers"] or {}
    hirers = {UUID(id): each for id, each in by_id.items() if UUID(id) != hers}
    is_known = row["shortlisted_at"] is not None

    def redact(by: UUID, text: str) -> str:
        return text if is_known or by != hers else without_identity(text, name, handle)

    return ThreadSubject(
        title=row["title"],
        href=f"/applications/{ids.short(row['id'])}",
        members=(hers, *hirers),
        may_write=row["state"] in (*WAITING, "hired"),
        sides={hers: "candidate", **dict.fromkeys(hirers, "employer")},
        names={hers: name, **{id: f"{each}, {row['organisation']}" for id, each in hirers.items()}},
        letters={} if is_known else {hers: row["letter"]},
        redact=redact,
        is_acquainted=is_known,
    )


async def reported(db: AnySession, id: UUID, viewer_id: UUID) -> Subject | None:
    """An application as those who hire report it: what they read of it, and no name that they have not been shown."""
    found = (
        select(Application.posting_id, Application.shortlisted_at, Freelancer.user_id, Posting.title)
        .join(Posting, Posting.id == Application.posting_id)
        .join(Freelancer, Freelancer.id == Application.freelancer_id)
        .where(Application.id == id, Application.state.in_(STAGES), hires(viewer_id))
    )
    row = (await db.execute(found)).one_or_none()
    read = await candidates(db, row.posting_id, [id], viewer=viewer_id) if row else []
    if row is None or not read:
        return None
    text = "\n".join([read[0].headline, read[0].cover, *(answer.answer for answer in read[0].answers)])
    return Subject(
        title=f"{row.title}: {read[0].letter}",
        href=f"/applications/{ids.short(id)}",
        about_user_id=row.user_id,
        text=text,
        is_private=True,
        is_named=row.shortlisted_at is not None,
    )
