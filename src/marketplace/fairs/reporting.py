"""A fair in numbers: from registered to paid, by employer and by group; as a page and as CSV.

Every number is counted from rows that are there: who checked in, meetings that took place, scorecards, offers, the
milestones of contracts that came of them, follow-ups that were answered.
"""

import csv
import io
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, distinct, func, select

from marketplace.contracts.models import Milestone
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import FairOffer, FairScorecard, FollowUp
from marketplace.fairs.plan_models import Meeting, TimetableChange
from marketplace.fairs.rules import SEATED
from marketplace.kernel.database import AnySession
from marketplace.kernel.i18n import N_

STEPS = {
    "registered": N_("Registered"),
    "came": N_("Checked in"),
    "met": N_("Met an employer"),
    "shortlisted": N_("Shortlisted"),
    "offered": N_("Had an offer"),
    "accepted": N_("Accepted one"),
    "started": N_("Started: money held, or hired"),
    "paid": N_("Paid"),
    "there_90": N_("Still there after 90 days"),
    "there_180": N_("Still there after 180 days"),
}
"""What is counted, in candidates, in this order."""
_PROMISING = ("shortlisted", "second_interview", "offered")
_STARTED = ("funded", "delivered", "revision", "released", "settled", "disputed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One employer or group: candidates at each step."""

    name: str
    steps: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it. `no_shows` of `meetings` that were to take place; `moved` by changes on the day."""

    total: Row
    groups: list[Row]
    employers: list[Row]
    meetings: int
    no_shows: int
    moved: int
    unanswered: int


async def report_of(db: AnySession, fair_id: UUID) -> Report:
    """Counted now."""
    whole: ColumnElement[bool] = FairCandidate.fair_id == fair_id
    groups = {
        N_("Women"): FairCandidate.is_woman.is_(True),
        N_("Newcomers"): FairCandidate.is_newcomer,
        N_("Walk-ins"): FairCandidate.source == "walk_in",
    }
    booths = (await db.execute(select(Booth.id, Booth.name).where(Booth.fair_id == fair_id).order_by(Booth.name))).all()
    meetings = select(
        func.count().filter(Meeting.state.in_(("done", "no_show"))), func.count().filter(Meeting.state == "no_show")
    )
    due, missed = (await db.execute(meetings.where(Meeting.fair_id == fair_id))).one()
    changed = select(func.coalesce(func.sum(func.jsonb_array_length(TimetableChange.moves["moved"])), 0))
    confirmed = changed.where(TimetableChange.fair_id == fair_id, TimetableChange.state == "confirmed")
    waiting = select(func.count()).where(FairScorecard.fair_id == fair_id, FairScorecard.answered_at.is_(None))
    return Report(
        total=Row(name="", steps=await _steps(db, whole)),
        groups=[Row(name=name, steps=await _steps(db, whole & own)) for name, own in groups.items()],
        employers=[Row(name=row.name, steps=await _steps(db, whole, booth_id=row.id)) for row in booths],
        meetings=due,
        no_shows=missed,
        moved=(await db.scalars(confirmed)).one(),
        unanswered=(await db.scalars(waiting)).one(),
    )


async def _steps(db: AnySession, who: ColumnElement[bool], *, booth_id: UUID | None = None) -> dict[str, int]:
    """Candidates at each step; of one employer those who met it, were judged or offered something by it."""

    async def people(table: Any, *conditions: ColumnElement[bool], joined: Any = None) -> int:
        found = select(func.count(distinct(FairCandidate.id))).join(table, table.candidate_id == FairCandidate.id)
        if joined is not None:
            found = found.join(*joined)
        own = [] if booth_id is None else [(FairOffer if table is FollowUp else table).booth_id == booth_id]
        return (await db.scalars(found.where(who, *conditions, *own))).one()

    state = [FairCandidate.state.in_(SEATED), FairCandidate.checked_in_at.is_not(None)]
    counted = [(await db.scalars(select(func.count()).where(who, condition))).one() for condition in state]
    milestones = (Milestone, Milestone.contract_id == FairOffer.contract_id)
    offers = (FairOffer, FairOffer.id == FollowUp.offer_id)
    began = await people(FairOffer, Milestone.state.in_(_STARTED), joined=milestones)
    hired = await people(FairOffer, FairOffer.application_id.is_not(None), FairOffer.state == "accepted")
    there = {
        day: await people(FollowUp, FollowUp.day == day, FollowUp.answer == "working", joined=offers)
        for day in (90, 180)
    }
    return {
        "registered": counted[0] if booth_id is None else 0,
        "came": counted[1] if booth_id is None else 0,
        "met": await people(Meeting, Meeting.state == "done"),
        "shortlisted": await people(FairScorecard, FairScorecard.result.in_(_PROMISING)),
        "offered": await people(FairOffer),
        "accepted": await people(FairOffer, FairOffer.state == "accepted"),
        "started": began + hired,
        "paid": await people(FairOffer, Milestone.state == "released", joined=milestones),
        "there_90": there[90],
        "there_180": there[180],
    }


def as_csv(report: Report) -> bytes:
    """The same numbers; the first column says what a line is about."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["kind", "name", *STEPS])
    rows = [("all", report.total), *(("group", row) for row in report.groups)]
    for kind, row in [*rows, *(("employer", row) for row in report.employers)]:
        writer.writerow([kind, _harmless(row.name), *(row.steps[step] for step in STEPS)])
    return out.getvalue().encode()


def _harmless(text: str) -> str:
    """A spreadsheet takes no name for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
