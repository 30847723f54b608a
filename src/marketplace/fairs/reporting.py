"""A fair in numbers: from registered to still there after 180 days, by employer, group and centre; page and CSV.

Every number is counted from rows that are there: who checked in, meetings that took place, scorecards, offers, the
milestones of contracts that came of them, questions that were answered. One statement for each step, whatever the size.
"""

import csv
import io
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select

from marketplace.contracts.models import Milestone
from marketplace.fairs import answering, reporting_day
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import FairOffer, FairScorecard, FollowUp
from marketplace.fairs.models import Fair
from marketplace.fairs.plan_models import Meeting
from marketplace.fairs.reporting_day import DayFigures
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
    "started": N_("Started: money held, or hired and there"),
    "paid": N_("Paid through this site"),
    "salary": N_("First salary received, in their own word"),
    "there_90": N_("Still there after 90 days"),
    "there_180": N_("Still there after 180 days"),
}
"""What is counted, in candidates, in this order."""
OF_EMPLOYERS = tuple(STEPS)[2:]
"""Steps that an employer has a part in."""
LEAST = 10
"""Groups of fewer people are not shown: nobody can be picked out of them."""
_PROMISING = ("shortlisted", "second_interview", "offered")
_STARTED = ("funded", "delivered", "revision", "released", "settled", "disputed")
Pair = tuple[UUID, UUID | None]
"""A candidate, and the employer it happened with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One employer or group: candidates at each step; None for a group too small to be shown."""

    name: str
    steps: dict[str, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one day after the start: how many were asked, who answered, what the two sides say."""

    day: int
    asked: int
    answered: int
    by_employer_only: int
    still_there: int
    disagree: int

    @property
    def span(self) -> tuple[int, int] | None:
        """Within which percentages the share still there lies, of those we know of; None below ten."""
        return wilson(self.still_there, self.answered + self.by_employer_only)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it."""

    total: dict[str, int]
    groups: list[Row]
    centres: list[Row]
    employers: list[Row]
    known: list[Known]
    day: DayFigures


async def report_of(db: AnySession, fair_id: UUID, *, at: datetime) -> Report:
    """Counted now."""
    people = (await db.execute(_people(fair_id))).all()
    steps = _steps(fair_id, at).items()
    pairs = {step: {(who, booth) for who, booth in await db.execute(found)} for step, found in steps}
    pairs["registered"] = {(each.id, None) for each in people if each.state in SEATED or each.checked_in_at}
    pairs["came"] = {(each.id, None) for each in people if each.checked_in_at}

    def row(name: str, chosen: Callable[[Any], bool]) -> Row:
        return _of_group(name, pairs, {each.id for each in people if chosen(each)})

    groups = [
        row(N_("Women"), lambda each: each.is_woman is True),
        row(N_("New to work"), lambda each: each.is_newcomer),
        row(N_("Walk-ins"), lambda each: each.source == "walk_in"),
    ]
    centres = sorted({each.centre for each in people if each.centre})
    booths = select(Booth.id, Booth.name).where(Booth.fair_id == fair_id).order_by(Booth.name, Booth.id)
    return Report(
        total=_count(pairs, lambda _: True),
        groups=groups,
        centres=[row(name, lambda each, name=name: each.centre == name) for name in centres],
        employers=[
            Row(name=name, steps=_count(pairs, lambda pair, id=id: pair[1] == id))
            for id, name in (await db.execute(booths)).all()
        ],
        known=[await _known(db, fair_id, day) for day in (90, 180)],
        day=await reporting_day.figures_of(db, fair_id),
    )


def _people(fair_id: UUID) -> Select[*tuple[Any, ...]]:
    columns = (FairCandidate.id, FairCandidate.state, FairCandidate.checked_in_at, FairCandidate.is_woman)
    more = (FairCandidate.is_newcomer, FairCandidate.source, FairCandidate.centre)
    return select(*columns, *more).where(FairCandidate.fair_id == fair_id)


def _steps(fair_id: UUID, at: datetime) -> dict[str, Select[*tuple[Any, ...]]]:
    """(candidate, booth) of each step."""
    card = select(FairScorecard.candidate_id, FairScorecard.booth_id).where(FairScorecard.fair_id == fair_id)
    offer = select(FairOffer.candidate_id, FairOffer.booth_id).where(FairOffer.fair_id == fair_id)
    accepted = offer.where(FairOffer.state == "accepted")
    money = select(Milestone.id).where(Milestone.contract_id == FairOffer.contract_id)
    met = select(Meeting.candidate_id, Meeting.booth_id).where(Meeting.fair_id == fair_id, Meeting.state == "done")
    held = or_(_has_begun(at), money.where(Milestone.state.in_(_STARTED)).exists())
    salary = select(FollowUp.id).where(FollowUp.offer_id == FairOffer.id, FollowUp.was_paid.is_(True))
    return {
        "met": met,
        "shortlisted": card.where(FairScorecard.result.in_(_PROMISING)),
        "offered": _either(offer, card.where(FairScorecard.result == "offered")),
        "accepted": accepted,
        "started": accepted.where(held),
        "paid": accepted.where(money.where(Milestone.state == "released").exists()),
        "salary": accepted.where(salary.exists()),
        "there_90": accepted.where(_there(90)),
        "there_180": accepted.where(_there(180)),
    }


def _has_begun(at: datetime) -> ColumnElement[bool]:
    """Hired, the first day is there, and neither of the two said that it never began."""
    said = func.coalesce(FollowUp.answer, FollowUp.employer_answer)
    never = select(FollowUp.id).where(FollowUp.offer_id == FairOffer.id, said == "never_started")
    first = func.coalesce(FairOffer.starts_on, func.date(FairOffer.decided_at))
    return FairOffer.application_id.is_not(None) & (first <= at.date()) & ~never.exists()


def _either(one: Select[*tuple[Any, ...]], other: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    both = one.union(other).subquery()
    return select(both.c.candidate_id, both.c.booth_id)


def _there(day: int) -> ColumnElement[bool]:
    """She says so; where she says nothing, her employer does."""
    said = func.coalesce(FollowUp.answer, FollowUp.employer_answer)
    found = select(FollowUp.id).where(FollowUp.offer_id == FairOffer.id, FollowUp.day == day, said == "working")
    return found.exists()


def _count(pairs: dict[str, set[Pair]], chosen: Callable[[Pair], bool]) -> dict[str, int]:
    return {step: len({pair[0] for pair in pairs[step] if chosen(pair)}) for step in STEPS}


def _of_group(name: str, pairs: dict[str, set[Pair]], members: set[UUID]) -> Row:
    steps = _count(pairs, lambda pair: pair[0] in members)
    return Row(name=name, steps=steps if steps["registered"] >= LEAST else None)


async def _known(db: AnySession, fair_id: UUID, day: int) -> Known:
    hers, theirs = FollowUp.answer, FollowUp.employer_answer
    counts = (
        func.count().filter(FollowUp.sent_at.is_not(None)),
        func.count(hers),
        func.count(theirs).filter(hers.is_(None)),
        func.count().filter(func.coalesce(hers, theirs) == "working"),
        func.count().filter(hers != theirs),
    )
    found = select(*counts).where(FollowUp.fair_id == fair_id, FollowUp.day == day)
    asked, answered, only, there, apart = (await db.execute(found)).one()
    return Known(day=day, asked=asked, answered=answered, by_employer_only=only, still_there=there, disagree=apart)


async def is_public(db: AnySession, fair: Fair, *, at: datetime) -> bool:
    """Whether everybody may read what came of it: results were due, and enough people came to hide each of them."""
    if fair.state != "closed" or fair.ends_at is None or at < answering.due_at(fair):
        return False
    came = select(func.count()).where(FairCandidate.fair_id == fair.id, FairCandidate.checked_in_at.is_not(None))
    return (await db.scalars(came)).one() >= LEAST


def wilson(hits: int, of: int) -> tuple[int, int] | None:
    """The 95 % interval of a share in whole percent; None below ten. Wilson, JASA 22 (1927), 209."""
    if of < LEAST:
        return None
    z = 1.96
    share, middle = hits / of, 1 + z * z / of
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    low, high = ((share + z * z / (2 * of) + sign * half) / middle for sign in (-1, 1))
    return math.floor(100 * max(low, 0)), math.ceil(100 * min(high, 1))


def as_csv(report: Report) -> bytes:
    """The same numbers; the first column says what a line is about. Groups too small are empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["kind", "name", *STEPS])
    writer.writerow(["all", "", *report.total.values()])
    for kind, rows in (("group", report.groups), ("centre", report.centres), ("employer", report.employers)):
        for row in rows:
            shown = OF_EMPLOYERS if kind == "employer" else tuple(STEPS)
            steps = {step: row.steps[step] for step in shown} if row.steps else {}
            writer.writerow([kind, _harmless(row.name), *(steps.get(step, "") for step in STEPS)])
    for name, value in _figures(report):
        writer.writerow(["figure", name, "" if value is None else value])
    return out.getvalue().encode()


def _figures(report: Report) -> Iterable[tuple[str, object]]:
    yield from report.day.as_numbers().items()
    for known in report.known:
        for name in ("asked", "answered", "by_employer_only", "still_there", "disagree"):
            yield f"day_{known.day}_{name}", getattr(known, name)


def _harmless(text: str) -> str:
    """A spreadsheet takes no name for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
