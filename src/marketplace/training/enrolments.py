"""Applying for a cohort, and what the provider decides. Seats are counted under the lock of their cohort."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages.actions import notify
from marketplace.training import rules
from marketplace.training.models import Cohort, Enrolment, EnrolmentState, Intent, Programme


class AppliedAlready(Conflict):
    message = N_("You have applied for this cohort already. The provider answers you here and by mail.")


async def apply(
    db: Session, cohort: Cohort, user_id: UUID, *, intent: Intent | None, says_woman: bool, at: datetime
) -> Enrolment:
    """She asks for a seat. For a women-only cohort her own word is enough; it is kept with her account, never shown.

    Raises: NotTakingApplications, WomenOnly, AppliedAlready, Invalid.
    """
    await db.refresh(cohort, with_for_update=True)
    if cohort.state != "open":
        raise rules.NotTakingApplications
    user = (await db.scalars(select(User).where(User.id == user_id).with_for_update())).one()
    if cohort.is_women_only:
        _check_woman(user, says_woman=says_woman)
    if await db.scalar(select(Enrolment.id).where(Enrolment.cohort_id == cohort.id, Enrolment.user_id == user_id)):
        raise AppliedAlready
    made = Enrolment(cohort_id=cohort.id, user_id=user_id, name=user.name, email=user.email, phone=user.phone)
    made.state, made.intent, made.created_at = "applied", intent, at
    db.add(made)
    await db.flush()
    await audit.record(db, "enrolment.applied", subject=("enrolment", made.id), by=user_id, at=at)
    return made


def _check_woman(user: User, *, says_woman: bool) -> None:
    """What she said once holds; whoever said nothing yet is asked."""
    if user.gender == "man":
        raise rules.WomenOnly
    if user.gender is None:
        if not says_woman:
            raise Invalid.at("says_woman", N_("This cohort is for women. Please confirm that you are one."))
        user.gender = "woman"


async def is_gender_unsaid(db: AnySession, user_id: UUID) -> bool:
    """Whether she has not said yet whether she is a woman."""
    return await db.scalar(select(User.gender).where(User.id == user_id)) is None


async def decide(db: Session, enrolment: Enrolment, to: EnrolmentState, *, by: UUID, at: datetime) -> None:
    """Give her a seat, or not; note that she completed or left. She is told.

    Raises: NoSeatLeft, EnrolmentMoveRefused.
    """
    cohort = await lock_cohort(db, enrolment.cohort_id)
    await db.refresh(enrolment, with_for_update=True)
    if enrolment.state == to:
        return
    if to not in rules.ENROLMENT_MOVES[enrolment.state]:  # type: ignore[index]
        raise rules.EnrolmentMoveRefused
    if to == "enrolled" and await seats_taken(db, cohort.id) >= cohort.seats:
        raise rules.NoSeatLeft
    is_decision = enrolment.state == "applied"
    enrolment.state = to
    if is_decision:
        enrolment.decided_at = at
    if to in ("completed", "dropped"):
        enrolment.ended_at = at
    await db.flush()
    await audit.record(db, f"enrolment.{to}", subject=("enrolment", enrolment.id), by=by, at=at)
    if is_decision:
        await _tell(db, cohort, enrolment, at=at)


async def lock_cohort(db: Session, cohort_id: UUID) -> Cohort:
    """The cohort, held until COMMIT: whoever counts its seats counts alone."""
    return (await db.scalars(select(Cohort).where(Cohort.id == cohort_id).with_for_update())).one()


async def seats_taken(db: AnySession, cohort_id: UUID) -> int:
    """How many have a seat."""
    taken = select(func.count()).where(Enrolment.cohort_id == cohort_id, Enrolment.state.in_(rules.SEATED))
    return await db.scalar(taken) or 0


async def own_enrolment(db: AnySession, enrolment_id: UUID, *, cohort_id: UUID) -> Enrolment:
    """An enrolment of this cohort. Raises: NotFound."""
    found = await db.get(Enrolment, enrolment_id)
    if found is None or found.cohort_id != cohort_id:
        raise NotFound
    return found


async def _tell(db: Session, cohort: Cohort, enrolment: Enrolment, *, at: datetime) -> None:
    if enrolment.user_id is None:
        return
    programme = await db.get_one(Programme, cohort.programme_id)
    message = "seat_given" if enrolment.state == "enrolled" else "seat_refused"
    values = {"programme": programme.name, "cohort": cohort.name}
    await notify(db, enrolment.user_id, message, values, link=f"/training/{programme.slug}", at=at)
