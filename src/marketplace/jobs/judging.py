"""What colleagues write about an application for each other: private notes, scorecards, the criteria of a posting."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.jobs import rules, stages
from marketplace.jobs.models import Application, ApplicationNote, Pipeline, Scorecard
from marketplace.jobs.rules import Card
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.postings.models import Posting


@dataclass(frozen=True, slots=True)
class Note:
    """A private note and who wrote it."""

    id: UUID
    text: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class GivenCard:
    """A colleague's scorecard."""

    by_user_id: UUID
    by_name: str
    scores: dict[str, int]
    average: float
    recommendation: str
    comment: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Judgement:
    """The scorecards as one colleague may read them: hers, and the others' once she gave hers."""

    own: GivenCard | None
    others: tuple[GivenCard, ...]
    count: int

    @property
    def average(self) -> float | None:
        """Of all cards, None until she gave hers."""
        if self.own is None:
            return None
        return sum(card.average for card in (self.own, *self.others)) / (1 + len(self.others))


async def add_note(db: Session, application: Application, text: str, *, by: UUID, at: datetime) -> ApplicationNote:
    """Write a note that only those who hire read. Raises: Invalid."""
    if not 0 < len(text.strip()) <= rules.LONGEST_PRIVATE_NOTE:
        raise Invalid.at("text", N_("Write a note of up to 2,000 letters."))
    note = ApplicationNote(application_id=application.id, by_user_id=by, text=text.strip(), created_at=at)
    db.add(note)
    await db.flush()
    await audit.record(db, "application.noted", subject=("application", application.id), by=by, at=at)
    return note


async def give_card(db: Session, application: Application, card: Card, *, by: UUID, at: datetime) -> None:
    """Score it; giving it again changes one's own card. Raises: Invalid."""
    await stages.lock(db, application)
    rules.check_card(card, await criteria_of(db, application.posting_id))
    said = {
        "scores": card.scores,
        "average": card.average,
        "recommendation": card.recommendation,
        "comment": card.comment.strip(),
        "updated_at": at,
    }
    row = insert(Scorecard).values(application_id=application.id, by_user_id=by, **said)
    await db.execute(row.on_conflict_do_update(index_elements=["application_id", "by_user_id"], set_=said))
    await audit.record(db, "application.scored", subject=("application", application.id), by=by, at=at)


async def set_criteria(db: Session, posting: Posting, criteria: Sequence[str], *, by: UUID, at: datetime) -> None:
    """What colleagues score from now on; cards that were given keep what they say. Raises: Invalid."""
    wanted = [each.strip() for each in criteria if each.strip()]
    rules.check_criteria(wanted)
    row = insert(Pipeline).values(posting_id=posting.id, criteria=wanted)
    await db.execute(row.on_conflict_do_update(index_elements=["posting_id"], set_={"criteria": wanted}))
    await audit.record(db, "posting.criteria_set", subject=("posting", posting.id), by=by, at=at)


async def criteria_of(db: AnySession, posting_id: UUID) -> tuple[str, ...]:
    """What colleagues score for this posting: its own criteria, else the four of the house."""
    own = await db.scalar(select(Pipeline.criteria).where(Pipeline.posting_id == posting_id))
    return tuple(own) if own else rules.CRITERIA


async def notes_of(db: AnySession, application_id: UUID, *, limit: int = 50) -> list[Note]:
    """The newest notes, newest first."""
    found = (
        select(ApplicationNote.id, ApplicationNote.text, User.name, ApplicationNote.created_at)
        .join(User, User.id == ApplicationNote.by_user_id)
        .where(ApplicationNote.application_id == application_id)
        .order_by(ApplicationNote.id.desc())
        .limit(limit)
    )
    return [Note(*row) for row in (await db.execute(found)).all()]


async def judgement(db: AnySession, application_id: UUID, *, viewer: UUID) -> Judgement:
    """Her card, and the others' once she gave hers."""
    found = (
        select(
            *(Scorecard.by_user_id, User.name, Scorecard.scores, Scorecard.average),
            *(Scorecard.recommendation, Scorecard.comment, Scorecard.updated_at),
        )
        .join(User, User.id == Scorecard.by_user_id)
        .where(Scorecard.application_id == application_id)
        .order_by(Scorecard.updated_at, Scorecard.id)
    )
    cards = [GivenCard(*row) for row in (await db.execute(found)).all()]
    own = next((card for card in cards if card.by_user_id == viewer), None)
    others = tuple(card for card in cards if card.by_user_id != viewer) if own else ()
    return Judgement(own, others, len(cards))
