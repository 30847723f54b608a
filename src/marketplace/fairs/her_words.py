"""A candidate's own word after a meeting: one tap and, if she likes, a sentence. Only the organiser reads it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_

from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.plan_models import Meeting
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_

RATINGS: dict[int, str] = {5: N_("It went well"), 3: N_("It was all right"), 1: N_("It was not good")}
"""What is tapped, as it is kept in 1 to 5."""
LONGEST = 300


class NotMet(Conflict):
    message = N_("You can say how it was once you have met.")


@dataclass(frozen=True, slots=True)
class OfBooth:
    """What candidates tapped of their meetings with one employer; `counts` is by rating."""

    employer: str
    met: int
    counts: dict[int, int]


@dataclass(frozen=True, slots=True)
class Said:
    """One word of one candidate; `id` is the meeting's."""

    id: UUID
    rating: int
    word: str
    employer: str
    number: int
    name: str


async def say(
    db: Session, candidate: FairCandidate, meeting_id: UUID, *, rating: int, word: str, by: UUID | None, at: datetime
) -> None:
    """Keep it; said again it is what she says now. Raises: NotFound, NotMet, Invalid."""
    if rating not in RATINGS:
        raise Invalid.at("rating", N_("Choose how it was."))
    if len(word) > LONGEST:
        raise Invalid.at("word", N_("Keep it under 300 letters."))
    meeting = await db.get(Meeting, meeting_id, with_for_update=True)
    if meeting is None or meeting.candidate_id != candidate.id:
        raise NotFound
    if meeting.state != "done":
        raise NotMet
    meeting.candidate_rating, meeting.candidate_word, meeting.updated_at = rating, word.strip(), at
    await db.flush()
    await audit.record(db, "meeting.said", subject=("meeting", meeting.id), by=by, at=at, rating=rating)


async def by_employer(db: AnySession, fair_id: UUID) -> list[OfBooth]:
    """Employers of whom somebody said something, those with the most that were not good first; for the organiser."""
    counts = [func.count().filter(Meeting.candidate_rating == rating) for rating in RATINGS]
    found = (
        select(Booth.name, func.count(), *counts)
        .join(Meeting, Meeting.booth_id == Booth.id)
        .where(Meeting.fair_id == fair_id, Meeting.state == "done")
        .group_by(Booth.id)
        .having(func.count(Meeting.candidate_rating) > 0)
        .order_by(counts[-1].desc(), Booth.name)
    )
    return [OfBooth(name, met, dict(zip(RATINGS, said, strict=True))) for name, met, *said in await db.execute(found)]


async def words_of(db: AnySession, fair_id: UUID, *, after: tuple[int, UUID] | None, limit: int) -> list[Said]:
    """What they wrote, the worst first. `after` is rating and id of the last one seen."""
    columns = (Meeting.id, Meeting.candidate_rating, Meeting.candidate_word)
    found = (
        select(*columns, Booth.name, FairCandidate.number, FairCandidate.name)
        .join(Booth, Booth.id == Meeting.booth_id)
        .join(FairCandidate, FairCandidate.id == Meeting.candidate_id)
        .where(Meeting.fair_id == fair_id, Meeting.state == "done", Meeting.candidate_word != "")
        .order_by(Meeting.candidate_rating, Meeting.id)
        .limit(limit)
    )
    if after is not None:
        found = found.where(tuple_(Meeting.candidate_rating, Meeting.id) > after)
    return [Said(*row) for row in await db.execute(found)]


async def counted(db: AnySession, fair_id: UUID) -> tuple[int, int]:
    """How many meetings somebody said something of, and of how many that it went well."""
    said = select(func.count(Meeting.candidate_rating), func.count().filter(Meeting.candidate_rating == 5))
    row = (await db.execute(said.where(Meeting.fair_id == fair_id))).one()
    return row[0], row[1]
