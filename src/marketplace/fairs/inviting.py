"""An organiser asks listed freelancers to come to a fair. Nobody is asked twice, and saying no counts nowhere."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.fairs import queries, registering, telling
from marketplace.fairs.candidate_models import FairCandidate, FairInvitation
from marketplace.fairs.models import Fair
from marketplace.identity import audit
from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages.actions import notify
from marketplace.talent.models import Freelancer
from marketplace.trust import restrictions
from marketplace.trust.blocks import not_blocked

MOST = 300


class TooManyInvited(Conflict):
    message = N_("You have invited %(most)s people to this fair. That is as many as one fair can ask.")


async def invite(db: Session, fair: Fair, freelancer_id: UUID, *, by: UUID, at: datetime) -> bool:
    """Ask her; False when she was asked or is registered already. The caller holds the fair's row lock.

    Raises: RegistrationClosed, NotFound, Restricted, TooManyInvited.
    """
    if not registering.is_open(fair, at):
        raise registering.RegistrationClosed
    await restrictions.check(db, by, "message", at=at)
    listed = select(Freelancer.user_id, User.locale).join(User, User.id == Freelancer.user_id)
    seen = Freelancer.is_listed, User.closed_at.is_(None), not_blocked(Freelancer.user_id, by)
    person = (await db.execute(listed.where(Freelancer.id == freelancer_id, *seen))).one_or_none()
    if person is None:
        raise NotFound
    if freelancer_id in await stands(db, fair.id, [freelancer_id]):
        return False
    if (await db.scalars(select(func.count()).where(FairInvitation.fair_id == fair.id))).one() >= MOST:
        raise TooManyInvited(most=MOST)
    row = {"fair_id": fair.id, "freelancer_id": freelancer_id, "invited_by": by, "created_at": at}
    await db.execute(insert(FairInvitation).values(row))
    await audit.record(db, "fair.invited", subject=("fair", fair.id), by=by, at=at, freelancer=str(freelancer_id))
    organiser = (await db.scalars(select(Organisation.name).where(Organisation.id == fair.organisation_id))).one()
    said = {"fair": telling.title(fair, person.locale), "organisation": organiser, "starts_at": fair.starts_at}
    await notify(db, person.user_id, "fair_invited", said, link=f"/fairs/{fair.slug}", at=at)
    return True


async def decline(db: Session, fair_id: UUID, *, by: UUID, at: datetime) -> None:
    """She does not come: it leaves her home, and nothing else happens. Raises: NotFound when nobody asked her."""
    mine = select(Freelancer.id).where(Freelancer.user_id == by).scalar_subquery()
    hers = update(FairInvitation).where(FairInvitation.fair_id == fair_id, FairInvitation.freelancer_id == mine)
    if not (await db.execute(hers.values(declined_at=at).returning(FairInvitation.id))).all():
        raise NotFound


async def asking(db: AnySession, by: UUID, *, at: datetime) -> list[Fair]:
    """Fairs in registration to which she may ask people: those of her organisers, the next first."""
    mine = Fair.organisation_id.in_(queries.organised_by(by)), Fair.state == "open"
    found = await db.scalars(select(Fair).where(*mine).order_by(Fair.starts_at, Fair.id))
    return [fair for fair in found if registering.is_open(fair, at)]


async def stand_of(db: AnySession, freelancer_id: UUID, *, by: UUID, at: datetime) -> list[tuple[Fair, str]]:
    """The fairs to which `by` may ask people, each with where this freelancer stands: "" where she was not asked."""
    fairs = await asking(db, by, at=at)
    found = await _stands(db, [fair.id for fair in fairs], [freelancer_id]) if fairs else {}
    return [(fair, found.get((fair.id, freelancer_id), "")) for fair in fairs]


async def waits(db: AnySession, fair_id: UUID, user_id: UUID) -> bool:
    """Whether she was asked to this fair and has neither come nor said no."""
    asked = select(FairInvitation.id).join(Freelancer, Freelancer.id == FairInvitation.freelancer_id)
    open_ = FairInvitation.fair_id == fair_id, FairInvitation.declined_at.is_(None), Freelancer.user_id == user_id
    there = select(FairCandidate.id).where(FairCandidate.fair_id == fair_id, FairCandidate.user_id == user_id)
    return await db.scalar(asked.where(*open_, ~there.exists())) is not None


async def stands(db: AnySession, fair_id: UUID, freelancer_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Where those of them stand who were asked or came: invited, declined or registered; two queries for a page."""
    return {id: stand for (_, id), stand in (await _stands(db, [fair_id], freelancer_ids)).items()}


async def _stands(
    db: AnySession, fair_ids: Sequence[UUID], freelancer_ids: Sequence[UUID]
) -> dict[tuple[UUID, UUID], str]:
    columns = FairInvitation.fair_id, FairInvitation.freelancer_id, FairInvitation.declined_at
    pairs = FairInvitation.fair_id.in_(fair_ids), FairInvitation.freelancer_id.in_(freelancer_ids)
    found = {
        (row.fair_id, row.freelancer_id): "declined" if row.declined_at else "invited"
        for row in await db.execute(select(*columns).where(*pairs))
    }
    came = (
        select(FairCandidate.fair_id, Freelancer.id)
        .join(FairCandidate, FairCandidate.user_id == Freelancer.user_id)
        .where(FairCandidate.fair_id.in_(fair_ids), FairCandidate.state.in_(registering.LIVING))
    )
    here = (await db.execute(came.where(Freelancer.id.in_(freelancer_ids)))).all()
    return found | {(row.fair_id, row.id): "registered" for row in here}
