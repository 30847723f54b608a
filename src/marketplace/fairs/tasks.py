"""What fairs do by themselves: tell everybody, make timetables."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.fairs import (
    answering,
    candidate_imports,
    follow_ups,
    offers,
    organising,
    paper,
    paper_run,
    planning,
    planning_run,
    registering,
    telling,
    whole_loading,
)
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Meeting, Timetable
from marketplace.fairs.rules import LIVE_MEETINGS
from marketplace.fairs.tickets import TicketKey
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.queue import Services, task


@task(telling.TASK)
async def tell_everybody(db: Session, *, fair_id: UUID, message: str, about: str) -> None:
    """Each of one thing once, however often this runs."""
    fair = await db.get_one(Fair, fair_id)
    await telling.everybody(db, fair, message, about=about, at=clock.now())


@task(telling.SAY)
async def say(
    db: Session,
    *,
    message: str,
    values: dict[str, Any],
    fair_id: UUID | None = None,
    each: dict[UUID, dict[str, Any]] | None = None,
    candidate_id: UUID | None = None,
) -> None:
    """One message to candidates without an account; what it says to each besides what it says to all.

    Tasks that were queued before 29 Nov 2026 name one `candidate_id` in place of the fair and `each`.
    """
    if candidate_id is not None:
        fair_id, each = (await db.get_one(FairCandidate, candidate_id)).fair_id, {candidate_id: {}}
    fair = await db.get_one(Fair, fair_id)
    await telling.say(db, db.info["services"][TicketKey], fair, message, values, each=each or {})


@task(registering.TELL)
async def tell_candidates(db: Session, *, fair_id: UUID, candidate_ids: list[UUID], message: str) -> None:
    """Each her seat, or her place on the waiting list; each time it comes about once."""
    fair, at = await db.get_one(Fair, fair_id), clock.now()
    await registering.tell(db, fair, candidate_ids, message, about=f"{message} {at:%Y-%m-%d %H:%M}", at=at)


@task("fairs.tell_candidate")
async def tell_candidate(db: Session, *, candidate_id: UUID, message: str) -> None:
    """As tell_candidates, for what was queued before 29 Nov 2026."""
    her = await db.get_one(FairCandidate, candidate_id)
    await tell_candidates(db, fair_id=her.fair_id, candidate_ids=[candidate_id], message=message)


@task(planning.TASK, transaction=False)
async def plan(services: Services, *, timetable_id: UUID) -> None:
    """A new version of a timetable, made in a process of its own."""
    await planning_run.run(services, timetable_id, at=clock.now())


@task(telling.TIMETABLE_TASK)
async def tell_of_timetable(db: Session, *, timetable_id: UUID) -> None:
    """Those who have a meeting in it, on both sides, that it is shown or published."""
    made = await db.get_one(Timetable, timetable_id)
    fair = await db.get_one(Fair, made.fair_id)
    if made.state not in ("provisional", "published"):
        return
    here = Meeting.timetable_id == made.id, Meeting.state.in_(LIVE_MEETINGS)
    people = (await db.scalars(select(Meeting.candidate_id).where(*here).distinct())).all()
    stands = (await db.scalars(select(Meeting.booth_id).where(*here).distinct())).all()
    message = "fair_timetable_shown" if made.state == "provisional" else "fair_timetable_published"
    said: dict[str, Any] = {"until": made.objections_until} if made.state == "provisional" else {}
    about, at = f"timetable {made.number} {made.published_at or made.provisional_at}", clock.now()
    await telling.candidates_of(db, fair, message, people, about=about, at=at, **said)
    link = f"/fairs/{fair.slug}/booth/timetable"
    await telling.booths_of(db, fair, message, stands, about=about, at=at, link=link, **said)


@task(answering.ANSWER_ALL)
async def answer_all(db: Session, *, booth_id: UUID, word: str, by: UUID) -> None:
    """The same answer for the next of those who wait."""
    await answering.answer_step(db, booth_id, word=word, by=by, at=clock.now())


@task(candidate_imports.TASK)
async def load_candidates(db: Session, *, import_id: UUID) -> None:
    """The next rows of a centre's file."""
    await candidate_imports.load_step(db, db.info["services"][TicketKey], import_id, at=clock.now())


@task(paper.TASK, transaction=False)
async def print_paper(services: Services, *, fair_id: UUID, kind: str, site: str, address: str) -> None:
    """The parts of one kind of paper, each there as soon as it is set."""
    await paper_run.run(services, fair_id, kind, site=site, address=address)


@task("fairs.sweep")
async def sweep(db: Session) -> None:
    """What comes after a fair: its end, reminders of results, offers that ran out, questions after 30 to 180 days."""
    at = clock.now()
    await organising.close_over(db, at=at)
    await offers.expire(db, at=at)
    await answering.sweep(db, at=at)
    await follow_ups.sweep(db, db.info["services"][TicketKey], at=at)
    await paper.forget(db, at=at)


@task(whole_loading.TELL)
async def tell_loaded(db: Session, *, fair_id: UUID) -> None:
    """Everybody of a loaded fair her ticket."""
    await whole_loading.tell(db, await db.get_one(Fair, fair_id), at=clock.now())
