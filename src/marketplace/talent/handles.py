"""The name in the address of a profile: hers to choose, never anybody else's again."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select

from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.events import publish
from marketplace.kernel.i18n import N_
from marketplace.talent.events import ProfileChanged
from marketplace.talent.models import Freelancer, OldHandle

PAUSE = timedelta(days=30)
LONGEST = 30
_RESERVED = """
    about account accounts admin administrator api app appeal appeals auth blog certificates contact contracts courses
    dashboard demo dev escrow fairs fees files gigs government handle handles health help home hunar internships jobs
    legal live login logout mail messages mine moderator money new news notices null official ops organisation
    organisations page pages park parks pay payments people places policy portfolio preview privacy profile proposals
    ready report reports review reviews root safety search security services settings sign-in sign-out sign-up skills
    staff static support system team terms training trust undefined unsubscribe user users verified webhooks www
"""
RESERVED = frozenset(_RESERVED.split())
"""Words that anybody would take for ours."""
_SHAPE = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LOCK = 0x4A4D1E  # any number that nothing else locks: all changes of handles go one by one


class ChangedLately(Conflict):
    message = N_("You can change it every 30 days; next on %(day)s (UTC).")


def check(handle: str) -> None:
    """Raises: Invalid unless it is 3 to 30 letters and figures of ASCII and nobody could mistake it for ours."""
    if not 3 <= len(handle) <= LONGEST or not _SHAPE.fullmatch(handle):
        raise Invalid.at(
            "handle", N_("Use 3 to 30 small letters and figures, with single hyphens between; begin with a letter.")
        )
    if handle in RESERVED:
        raise Invalid.at("handle", N_("This word is kept for our own pages. Please choose another."))


def next_change(changed_at: datetime | None) -> datetime | None:
    """From when she may change it (again); None: at any time."""
    return changed_at + PAUSE if changed_at else None


async def choose(db: Session, freelancer: Freelancer, handle: str, *, at: datetime) -> None:
    """Give her this handle; the address with the old one leads to it for ever.

    Raises: Invalid when it is no handle or somebody's, ChangedLately.
    """
    handle = handle.strip().lower()
    check(handle)
    await db.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    await db.refresh(freelancer, with_for_update=True)
    if handle == freelancer.handle:
        return
    free_from = next_change(freelancer.handle_changed_at)
    if free_from is not None and at < free_from:
        raise ChangedLately(day=f"{free_from:%d %b %Y}")
    if await _is_taken(db, handle, freelancer.id):
        raise Invalid.at("handle", N_("Somebody has or had this one. Please choose another."))
    await db.execute(delete(OldHandle).where(OldHandle.handle == handle))  # her own of before
    before = freelancer.handle
    db.add(OldHandle(handle=before, freelancer_id=freelancer.id, left_at=at))
    freelancer.handle, freelancer.handle_changed_at = handle, at
    await db.flush()
    subject = ("freelancer", freelancer.id)
    await audit.record(db, "freelancer.handle", subject=subject, by=freelancer.user_id, at=at, before=before)
    await publish(db, ProfileChanged(freelancer_id=freelancer.id))


async def successor(db: AnySession, handle: str) -> str | None:
    """Where an old handle leads: the present one of the same person."""
    found = select(Freelancer.handle).join(OldHandle, OldHandle.freelancer_id == Freelancer.id)
    return await db.scalar(found.where(OldHandle.handle == handle))


async def _is_taken(db: Session, handle: str, freelancer_id: UUID) -> bool:
    now = select(Freelancer.id).where(Freelancer.handle == handle)
    before = select(OldHandle.freelancer_id).where(OldHandle.handle == handle, OldHandle.freelancer_id != freelancer_id)
    return await db.scalar(now) is not None or await db.scalar(before) is not None
