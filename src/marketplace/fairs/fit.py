"""Whether a candidate and an employer of a fair may meet, and why not; pure. Both read the reasons beforehand.

Pay is compared by the month of 160 hours and the year of 12 months; prices for a whole piece of work are compared with
each other only.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from marketplace.fairs.candidate_models import FairPayPeriod
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money

Fault = Literal["pay", "skills", "language"]
FAULTS: dict[Fault, str] = {
    "pay": N_("The pay is below what the candidate asks for."),
    "skills": N_("A skill that the employer needs is missing."),
    "language": N_("They have no language in common."),
}
"""Why a pair can't be in the timetable."""

_MONTHS: dict[FairPayPeriod, tuple[int, int]] = {"month": (1, 1), "hour": (160, 1), "year": (1, 12)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeker:
    """What counts of a candidate. `floor` is None where she says nothing."""

    skill_ids: frozenset[UUID] = frozenset()
    languages: frozenset[str] = frozenset()
    floor: Money | None = None
    period: FairPayPeriod | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What counts of an employer. `top` is the most it pays; no language: any."""

    must_skill_ids: frozenset[UUID] = frozenset()
    languages: frozenset[str] = frozenset()
    top: Money | None = None
    period: FairPayPeriod | None = None


def gap(seeker: Seeker, seat: Seat) -> Money | None:
    """By how much the most that is paid lies below the least she asks, in her own unit; None where it fits, or where
    the two can't be compared (nothing said, another currency, a whole piece of work against a salary).
    """
    if seeker.floor is None or seat.top is None or seeker.floor.currency != seat.top.currency:
        return None
    if seeker.period == seat.period:
        paid = seat.top.amount_minor
    elif seeker.period in _MONTHS and seat.period in _MONTHS:
        (times, over), (hers, her_over) = _MONTHS[seat.period], _MONTHS[seeker.period]
        paid = seat.top.amount_minor * times * her_over // (over * hers)
    else:
        return None
    missing = seeker.floor.amount_minor - paid
    return Money(missing, seeker.floor.currency) if missing > 0 else None


def faults(seeker: Seeker, seat: Seat) -> list[Fault]:
    """All reasons why they can't meet, in the order of FAULTS; none: they may, where neither says no."""
    found: dict[Fault, bool] = {
        "pay": gap(seeker, seat) is not None,
        "skills": not seat.must_skill_ids <= seeker.skill_ids,
        "language": bool(seat.languages and seeker.languages and not seat.languages & seeker.languages),
    }
    return [fault for fault in FAULTS if found[fault]]
