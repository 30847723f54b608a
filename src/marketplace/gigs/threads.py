"""The conversation about a proposal: between its writer and those who hire. Until the shortlist she is a letter."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select

from marketplace.gigs.models import Proposal
from marketplace.gigs.rules import SEEN_BY_EMPLOYER, WAITING
from marketplace.identity.models import Organisation, User
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.messages.thread_subjects import ThreadSubject
from marketplace.postings.blind import without_identity
from marketplace.postings.hiring import hirers, hires
from marketplace.postings.models import Posting
from marketplace.talent.models import Freelancer


async def proposal_thread(db: AnySession, proposal_id: UUID, user_id: UUID) -> ThreadSubject | None:
    """One proposal, for its writer or for those who hire."""
    return (await proposal_threads(db, [proposal_id], user_id)).get(proposal_id)


async def proposal_threads(db: AnySession, wanted: Collection[UUID], user_id: UUID) -> dict[UUID, ThreadSubject]:
    """Those of these proposals that she wrote or may decide about; one query."""
    found = (
        select(Proposal.id, Proposal.letter, Proposal.state, Proposal.shortlisted_at, Posting.title)
        .add_columns(Freelancer.user_id, Freelancer.handle, User.name, Organisation.name.label("organisation"))
        .add_columns(hirers().label("hirers"))
        .join(Posting, Posting.id == Proposal.posting_id)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .join(Freelancer, Freelancer.id == Proposal.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .where(Proposal.id.in_(wanted), Proposal.letter.is_not(None))
        .where(or_(Freelancer.user_id == user_id, and_(hires(user_id), Proposal.state.in_(SEEN_BY_EMPLOYER))))
    )
    return {row["id"]: _subject(row) for row in (await db.execute(found)).mappings()}


def _subject(row: Any) -> ThreadSubject:
    hers: UUID = row["user_id"]
    name, handle = row["name"], row["handle"]
    by_id: dict[str, str] = row["hirers"] or {}
    hirers = {UUID(id): each for id, each in by_id.items() if UUID(id) != hers}
    is_known = row["shortlisted_at"] is not None or row["state"] == "accepted"

    def redact(by: UUID, text: str) -> str:
        return text if is_known or by != hers else without_identity(text, name, handle)

    return ThreadSubject(
        title=row["title"],
        href=f"/proposals/{ids.short(row['id'])}",
        members=(hers, *hirers),
        may_write=row["state"] in (*WAITING, "accepted"),
        sides={hers: "freelancer", **dict.fromkeys(hirers, "employer")},
        names={hers: name, **{id: f"{each}, {row['organisation']}" for id, each in hirers.items()}},
        letters={} if is_known else {hers: row["letter"]},
        redact=redact,
        is_acquainted=is_known,
    )
