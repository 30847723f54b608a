"""Fifty at once, with real commits."""

import asyncio

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, MultipleResultsFound

from marketplace.gigs import actions
from marketplace.gigs.models import Proposal, ProposalMilestone
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.errors import Conflict
from marketplace.messages.models import Notice
from marketplace.postings.models import Posting
from marketplace.talent.models import Freelancer
from tests.cast import make_cast
from tests.gigs.writing import OFFER
from tests.postings.writing import opened

pytestmark = pytest.mark.slow


async def _fifty(cloned_database: Database) -> list[str]:
    at = clock.now()
    async with cloned_database.write.begin() as db:
        cast = await make_cast(db)
        gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
        gig_id, profile_id = gig.id, cast.ayesha_profile.id

    async def click() -> str:
        try:
            async with cloned_database.write.begin() as db:
                posting, freelancer = await db.get_one(Posting, gig_id), await db.get_one(Freelancer, profile_id)
                await actions.submit(db, posting, OFFER, freelancer=freelancer, at=at)
        except (Conflict, IntegrityError, MultipleResultsFound) as refused:
            return type(refused).__name__
        return "sent"

    return sorted(await asyncio.gather(*(click() for _ in range(50))))


async def _count(cloned_database: Database, *kinds: type) -> list[int]:
    async with cloned_database.read() as db:
        return [await db.scalar(select(func.count()).select_from(kind)) or 0 for kind in kinds]


async def test_fifty_clicks_at_once_make_one_proposal(cloned_database: Database) -> None:
    assert await _fifty(cloned_database) == ["AlreadyProposed"] * 49 + ["sent"]
    assert await _count(cloned_database, Proposal, ProposalMilestone, Notice) == [1, 2, 2]


async def test_without_lock_and_index_there_are_many(
    cloned_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: with the guards out, fifty at once leave more than one."""

    async def sees_nothing(*_args: object, **_options: object) -> None:
        """As if the posting's row were not locked."""

    monkeypatch.setattr("marketplace.kernel.database.Session.refresh", sees_nothing)
    async with cloned_database.write.begin() as db:
        connection = await db.connection()
        await connection.exec_driver_sql("DROP INDEX uq_proposals_living")
        await connection.exec_driver_sql("ALTER TABLE proposals DROP CONSTRAINT uq_proposals_posting_id_letter")
    assert (await _fifty(cloned_database)).count("sent") > 1
    [proposals] = await _count(cloned_database, Proposal)
    assert proposals > 1
