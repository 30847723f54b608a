"""An employer asks a freelancer to answer a posting. Nobody is asked twice, and declining counts nowhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.identity import audit
from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages.actions import notify
from marketplace.postings.models import Invitation, Posting
from marketplace.postings.notices import path_of
from marketplace.postings.rules import PostingClosed, takes_proposals
from marketplace.talent.models import Freelancer
from marketplace.trust import restrictions
from marketplace.trust.blocks import is_open_to, keeps_apart

MOST = 30


class TooManyInvitations(Conflict):
    message = N_("You have invited %(most)s people to this posting. Wait for their answers first.")


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation as the one who got it sees it; `path` is the page of the posting."""

    id: UUID
    posting_id: UUID
    title: str
    organisation: str
    path: str
    kind: str
    created_at: datetime
    closes_at: datetime | None


async def invite(db: Session, posting: Posting, freelancer_id: UUID, *, by: UUID, at: datetime) -> bool:
    """Ask her; False when she was asked already. Raises: PostingClosed, NotFound, Restricted, TooManyInvitations."""
    await db.refresh(posting, with_for_update=True)  # two at once count each other
    if not takes_proposals(posting.state, posting.closes_at, at):
        raise PostingClosed
    await restrictions.check(db, by, "message", at=at)
    freelancer = await _listed(db, posting, freelancer_id)
    asked = await db.scalar(select(func.count()).where(Invitation.posting_id == posting.id)) or 0
    row = insert(Invitation).values(posting_id=posting.id, freelancer_id=freelancer_id, invited_by=by, created_at=at)
    made = await db.scalar(row.on_conflict_do_nothing().returning(Invitation.id))
    if made is None:
        return False
    if asked >= MOST:
        raise TooManyInvitations(most=MOST)
    await audit.record(db, "posting.invited", subject=("posting", posting.id), by=by, at=at)
    employer = await db.scalar(select(Organisation.name).where(Organisation.id == posting.organisation_id))
    values = {"posting": posting.title, "organisation": employer or "", "closes_at": posting.closes_at}
    await notify(db, freelancer.user_id, "invited", values, link=path_of(posting), at=at)
    return True


async def decline(db: Session, user_id: UUID, id: UUID, *, at: datetime) -> None:
    """She says no: it leaves her list, and nothing else happens. Raises: NotFound when it is not hers."""
    invitation = await db.get(Invitation, id, with_for_update=True)
    hers = await db.scalar(select(Freelancer.id).where(Freelancer.user_id == user_id))
    if invitation is None or invitation.freelancer_id != hers:
        raise NotFound
    invitation.declined_at = invitation.declined_at or at
    await db.flush()


async def invitations_of(
    db: AnySession, user_id: UUID, *, at: datetime, posting_id: UUID | None = None
) -> list[InvitationView]:
    """Those that wait for her answer, the newest first."""
    waiting = (
        select(Invitation.id, Invitation.created_at, Posting, Organisation.name)
        .join(Freelancer, Freelancer.id == Invitation.freelancer_id)
        .join(Posting, Posting.id == Invitation.posting_id)
        .join(Organisation, Organisation.id == Posting.organisation_id)
        .where(Freelancer.user_id == user_id, Invitation.declined_at.is_(None))
        .where(Posting.state == "open", Posting.closes_at > at)
        .where(is_open_to(Posting.created_by, Posting.organisation_id, user_id))
    )
    if posting_id is not None:
        waiting = waiting.where(Posting.id == posting_id)
    rows = await db.execute(waiting.order_by(Invitation.id.desc()).limit(100))
    return [
        InvitationView(id, posting.id, posting.title, employer, path_of(posting), posting.kind, at, posting.closes_at)
        for id, at, posting, employer in rows.all()
    ]


async def invited_to(db: AnySession, posting_id: UUID) -> Sequence[UUID]:
    """Which freelancers were asked."""
    return (await db.scalars(select(Invitation.freelancer_id).where(Invitation.posting_id == posting_id))).all()


async def _listed(db: Session, posting: Posting, freelancer_id: UUID) -> Freelancer:
    listed = select(Freelancer).join(User, User.id == Freelancer.user_id)
    found = await db.scalar(
        listed.where(Freelancer.id == freelancer_id, Freelancer.is_listed, User.closed_at.is_(None))
    )
    if found is None:
        raise NotFound
    ends = {"created_by": posting.created_by, "organisation_id": posting.organisation_id}
    if await keeps_apart(db, **ends, user_id=found.user_id):
        raise NotFound
    return found
