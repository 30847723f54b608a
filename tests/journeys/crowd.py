"""Many applicants at once, for a site that runs: `python -m tests.journeys.crowd apply SLUG COUNT`, `… waiting SLUG`.

A process of its own, because the browser's loop lives in the one of the journeys.
"""

import sys

from sqlalchemy import func, select

from marketplace.cli.site import with_services
from marketplace.identity import actions as identity
from marketplace.jobs import applications, queries
from marketplace.jobs.models import Application
from marketplace.jobs.rules import Entry
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services
from marketplace.postings.models import Posting
from marketplace.talent import actions as talent


async def apply(site: Services, slug: str, count: int) -> None:
    """So many people who are new here apply for this job."""
    async with site[Database].write.begin() as db:
        posting = (await db.execute(select(Posting).where(Posting.slug == slug))).scalar_one()
        for number in range(count):
            at = clock.now()
            email = f"{slug[-8:]}-{number}@test.example"
            user = await identity.sign_up(
                db, name=f"Candidate {number}", email=email, password_hash="", locale="en", at=at
            )
            freelancer = await talent.start(db, user, at=at)
            entry = Entry(headline=f"Web pages, number {number}", cover="I have made pages like these for years. " * 2)
            await applications.apply(db, posting, entry, freelancer=freelancer, at=at)


async def waiting(site: Services, slug: str) -> None:
    """Print how many of the posting have no answer, and how many applied."""
    async with site[Database].read() as db:
        posting_id = await db.scalar(select(Posting.id).where(Posting.slug == slug))
        left = select(func.count()).where(Application.posting_id == posting_id, queries.is_unanswered())
        overdue = await queries.unanswered_after_close(db, at=clock.now())
        everybody = select(func.count()).where(Application.posting_id == posting_id)
        print(await db.scalar(left), len(overdue), await db.scalar(everybody))


if __name__ == "__main__":
    what, slug = sys.argv[1:3]
    step = (lambda site: apply(site, slug, int(sys.argv[3]))) if what == "apply" else (lambda site: waiting(site, slug))
    with_services(Settings.from_env(), step)
