"""A candidate's own word after a meeting: one tap and, if she likes, a sentence. Only the organiser reads it."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One word of one candidate."""

    number: int
    name: str
    rating: int
    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OfBooth:
    """What candidates say of their meetings with one employer: how many tapped what, those who wrote first."""

    employer: str
    met: int
    counts: dict[int, int]
    words: list[Said]


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


async def of_fair(db: AnySession, fair_id: UUID) -> list[OfBooth]:
    """Employers of whom somebody said something, those with the most that were not good first; for the organiser."""
    columns = (Booth.id, Booth.name, FairCandidate.number, FairCandidate.name.label("who"))
    found = (
        select(*columns, Meeting.candidate_rating, Meeting.candidate_word)
        .join(Booth, Booth.id == Meeting.booth_id)
        .join(FairCandidate, FairCandidate.id == Meeting.candidate_id)
        .where(Meeting.fair_id == fair_id, Meeting.state == "done")
        .order_by(Meeting.candidate_rating, FairCandidate.number)
    )
    said: dict[tuple[str, UUID], list[Said]] = defaultdict(list)
    met: dict[tuple[str, UUID], int] = defaultdict(int)
    for row in await db.execute(found):
        key = row.name, row.id
        met[key] += 1
        if row.candidate_rating is not None:
            said[key].append(
                Said(number=row.number, name=row.who, rating=row.candidate_rating, word=row.candidate_word)
            )
    booths = [
        OfBooth(
            employer=key[0],
            met=met[key],
            counts={rating: sum(each.rating == rating for each in rows) for rating in RATINGS},
            words=[each for each in rows if each.word],
        )
        for key, rows in said.items()
    ]
    return sorted(booths, key=lambda each: (-each.counts[1], each.employer))


async def counted(db: AnySession, fair_id: UUID) -> tuple[int, int]:
    """How many meetings somebody said something of, and of how many that it went well."""
    said = select(func.count(Meeting.candidate_rating), func.count().filter(Meeting.candidate_rating == 5))
    row = (await db.execute(said.where(Meeting.fair_id == fair_id))).one()
    return row[0], row[1]
