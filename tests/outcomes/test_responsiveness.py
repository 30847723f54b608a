"""How an employer answers, out of what was sent to it."""

from datetime import datetime, timedelta

from marketplace.gigs.models import Proposal
from marketplace.jobs.models import Application
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.outcomes.responsiveness import responsiveness_of
from tests.cast import Cast
from tests.postings.writing import opened

HOUR = timedelta(hours=1)


class Inbox:
    """What was sent to AgriTrack, a posting for each so that one person can send many."""

    def __init__(self, db: Session, cast: Cast, now: datetime) -> None:
        self.db, self.cast, self.now = db, cast, now

    async def proposal(
        self, state: str, *, ago: int, shortlisted: float | None = None, decided: float | None = None
    ) -> None:
        """Sent `ago` hours ago; shortlisted and decided so many hours after that."""
        sent = self.now - ago * HOUR
        posting = await opened(self.db, self.cast.agritrack.id, self.cast.bilal.id, self.now)
        self.db.add(
            Proposal(
                posting_id=posting.id,
                freelancer_id=self.cast.ayesha_profile.id,
                **{"state": state, "letter": "A", "cover": "", "currency": "USD", "total_minor": 1},
                **{"created_at": sent, "updated_at": sent, "submitted_at": sent},
                shortlisted_at=None if shortlisted is None else sent + shortlisted * HOUR,
                decided_at=None if decided is None else sent + decided * HOUR,
            )
        )
        await self.db.flush()

    async def application(self, state: str, *, ago: int, decided: float, is_auto: bool = False) -> None:
        sent = self.now - ago * HOUR
        posting = await opened(self.db, self.cast.agritrack.id, self.cast.bilal.id, self.now)
        self.db.add(
            Application(
                posting_id=posting.id,
                freelancer_id=self.cast.ayesha_profile.id,
                **{"state": state, "letter": "A", "cover": "", "submitted_at": sent, "updated_at": sent},
                decided_at=sent + decided * HOUR,
                is_auto_answered=is_auto,
            )
        )
        await self.db.flush()


async def test_share_and_median_out_of_both_kinds(db: Session, cast: Cast) -> None:
    inbox = Inbox(db, cast, now := clock.now())
    await inbox.proposal("accepted", ago=100, shortlisted=2, decided=50)
    await inbox.proposal("declined", ago=100, decided=4)
    await inbox.proposal("expired", ago=100, decided=90)
    await inbox.application("rejected", ago=100, decided=6)
    few = await responsiveness_of(db, cast.agritrack.id, at=now)
    assert (few.answered, few.total, few.percent, few.median_hours) == (3, 4, None, None), "not enough yet"
    await inbox.application("rejected", ago=100, decided=90, is_auto=True)
    known = await responsiveness_of(db, cast.agritrack.id, at=now)
    assert (known.answered, known.total, known.percent, known.median_hours) == (3, 5, 60, 4)


async def test_what_waits_was_withdrawn_or_is_old_counts_nowhere(db: Session, cast: Cast) -> None:
    inbox = Inbox(db, cast, now := clock.now())
    await inbox.proposal("submitted", ago=5)
    await inbox.proposal("withdrawn", ago=5, decided=1)
    await inbox.application("withdrawn", ago=5, decided=1)
    await inbox.proposal("declined", ago=181 * 24, decided=1)
    nothing = await responsiveness_of(db, cast.agritrack.id, at=now)
    assert (nothing.answered, nothing.total, nothing.median) == (0, 0, None)
    await inbox.proposal("withdrawn", ago=5, shortlisted=2)
    assert (await responsiveness_of(db, cast.agritrack.id, at=now)).answered == 1, "she had got an answer"
    assert (await responsiveness_of(db, cast.park.id, at=now)).total == 0
