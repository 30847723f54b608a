"""What may be asked of programmes, courses, cohorts and enrolments; how their states move; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import N_
from marketplace.skills.models import SkillLevel
from marketplace.training.models import CohortState, EnrolmentState, Intent, RevokeReason

LEVELS: dict[SkillLevel, str] = {
    "basic": N_("basic: does it with help"),
    "working": N_("working: does it alone"),
    "advanced": N_("advanced: teaches it"),
}
INTENTS: dict[Intent, str] = {
    "job": N_("A job"),
    "freelance": N_("Work of my own, as a freelancer"),
    "business": N_("A business"),
    "study": N_("More study, or just to learn"),
}
REVOKE_REASONS: dict[RevokeReason, str] = {
    "mistake": N_("It was issued by mistake"),
    "identity": N_("It was issued to the wrong person"),
    "cheating": N_("The work was not the holder's own"),
    "not_completed": N_("The course was not completed"),
    "other": N_("Another reason, told to the holder"),
}
COHORT_STATES: dict[CohortState, str] = {
    "planned": N_("Planned"),
    "open": N_("Takes applications"),
    "running": N_("Under way"),
    "ended": N_("Ended"),
    "cancelled": N_("Cancelled"),
}
COHORT_MOVES: dict[CohortState, tuple[CohortState, ...]] = {
    "planned": ("open", "running", "cancelled"),
    "open": ("running", "planned", "cancelled"),
    "running": ("ended", "cancelled"),
    "ended": (),
    "cancelled": (),
}
ENROLMENT_MOVES: dict[EnrolmentState, tuple[EnrolmentState, ...]] = {
    "applied": ("enrolled", "dropped"),
    "enrolled": ("completed", "dropped"),
    "completed": (),
    "dropped": (),
}
SEATED: tuple[EnrolmentState, ...] = ("enrolled", "completed")
"""Who has a seat."""

CLAIM_LIMIT = timedelta(days=60)
"""How long a claim link works; the provider can send another at any time."""
MOST_SKILLS, MOST_COURSES, MOST_SEATS = 20, 40, 2_000
LONGEST_NAME, LONGEST_ABOUT = 120, 10_000


class CohortMoveRefused(Conflict):
    message = N_("This cohort can't do that now: it is %(state)s.")


class EnrolmentMoveRefused(Conflict):
    message = N_("This was decided already.")


class NoSeatLeft(Conflict):
    message = N_("All seats of this cohort are taken. Apply for another one, or ask the provider.")


class NotTakingApplications(Conflict):
    message = N_("This cohort takes no applications now.")


class WomenOnly(Conflict):
    message = N_("This cohort is for women. The programme's other cohorts are open to everybody.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeText:
    """What a provider says of a programme."""

    name: str
    about: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseText:
    """What a provider says of a course; `skills` are slugs with the level it teaches up to."""

    name: str
    about: str
    hours: int = 0
    skills: Mapping[str, SkillLevel] = field(default_factory=dict[str, SkillLevel])


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortText:
    """One run: `park_id` where it is held in a park of ours."""

    name: str
    starts_on: date
    ends_on: date
    seats: int
    is_women_only: bool = False
    is_online: bool = False
    park_id: UUID | None = None


def check_programme(text: ProgrammeText) -> None:
    """Raises: Invalid."""
    _check_texts(text.name, text.about)


def check_course(text: CourseText) -> None:
    """Raises: Invalid; a course without a skill certifies nothing."""
    _check_texts(text.name, text.about)
    if not text.skills:
        raise Invalid.at("skills", N_("Name at least one skill that the course teaches."))
    if len(text.skills) > MOST_SKILLS:
        raise Invalid.at("skills", N_("Choose at most %(most)s skills."), most=MOST_SKILLS)
    if not 0 <= text.hours <= 5_000:
        raise Invalid.at("hours", N_("Write 0 to 5,000 hours."))


def check_cohort(text: CohortText) -> None:
    """Raises: Invalid."""
    _check_texts(text.name, "")
    if text.ends_on < text.starts_on:
        raise Invalid.at("ends_on", N_("The last day can't be before the first."))
    if text.ends_on - text.starts_on > timedelta(days=3 * 366):
        raise Invalid.at("ends_on", N_("A cohort lasts at most three years."))
    if not 1 <= text.seats <= MOST_SEATS:
        raise Invalid.at("seats", N_("Write 1 to %(most)s seats."), most=MOST_SEATS)


def _check_texts(name: str, about: str) -> None:
    if not 2 <= len(name.strip()) <= LONGEST_NAME:
        raise Invalid.at("name", N_("Write a name of 2 to 120 letters."))
    if len(about) > LONGEST_ABOUT:
        raise Invalid.at("about", N_("Keep this under 10,000 letters."))
