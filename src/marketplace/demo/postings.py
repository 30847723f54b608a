"""The gigs of the demo world."""

from collections.abc import Callable
from datetime import timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import select

from marketplace.demo import world
from marketplace.demo.people import Everybody
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import Services
from marketplace.postings import actions
from marketplace.postings.models import Level, PayKind, Posting, WomenFriendly
from marketplace.postings.rules import Content

QUESTIONS = ("Which work of yours is most like this?", "When could you begin?")


async def fill(services: Services, everybody: Everybody, report: Callable[[str, int, int], None]) -> dict[str, UUID]:
    """Publish the gigs that are missing; the answer is their ids by title."""
    ids: dict[str, UUID] = {}
    lines = world.gigs()
    for number, line in enumerate(lines, 1):
        async with services[Database].write.begin() as db:
            ids[line.title] = (await published(db, everybody, line, hours_ago=3 * (len(lines) - number))).id
        report("gigs", number, len(lines))
    return ids


async def published(db: Session, everybody: Everybody, line: world.GigLine, *, hours_ago: int) -> Posting:
    """The gig of that employer and title, published now when it is missing."""
    organisation_id, owner = everybody.organisations[line.employer], everybody.owner(line.employer)
    existing = select(Posting).where(Posting.organisation_id == organisation_id, Posting.title == line.title)
    if (found := (await db.execute(existing)).scalar_one_or_none()) is not None:
        return found
    now = clock.now()
    at, closes_at = now - timedelta(hours=hours_ago), now + timedelta(days=line.days_open)
    content = Content(
        title=line.title,
        description=line.description,
        skills=line.skills,
        pay_kind=cast(PayKind, line.pay_kind),
        pay_min_minor=line.least,
        pay_max_minor=line.most,
        currency=line.currency,
        is_remote=line.district is None,
        district=line.district,
        level=cast("Level | None", line.level or None),
        women_friendly=cast("tuple[WomenFriendly, ...]", line.women_friendly),
        questions=QUESTIONS[: len(line.title) % 3],
        closes_at=closes_at,
        answer_by=closes_at + timedelta(days=5),
    )
    posting = await actions.save_draft(db, content, organisation_id=organisation_id, by=owner, at=at)
    await actions.publish(db, posting, by=owner, at=at)
    return posting
