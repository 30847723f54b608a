"""Nothing is lost of a gig written before sign-in."""

from datetime import timedelta

import pytest

from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.postings import drafts

FORM = {"title": "A logo for a bakery", "skills": ["logo-design"]}


async def test_a_draft_is_found_by_its_secret_and_taken_once(db: Session) -> None:
    at = clock.now()
    secret = await drafts.keep_anonymous_draft(db, FORM, secret=None, at=at)

    assert await drafts.anonymous_draft(db, secret, at=at) == FORM
    assert await drafts.anonymous_draft(db, "guess", at=at) is None
    assert await drafts.claim_draft(db, secret, at=at) == FORM
    assert await drafts.claim_draft(db, secret, at=at) is None


async def test_saving_again_writes_over_it(db: Session) -> None:
    at = clock.now()
    secret = await drafts.keep_anonymous_draft(db, FORM, secret=None, at=at)
    assert await drafts.keep_anonymous_draft(db, {"title": "Two"}, secret=secret, at=at) == secret
    assert await drafts.anonymous_draft(db, secret, at=at) == {"title": "Two"}


async def test_it_is_forgotten_after_thirty_days(db: Session) -> None:
    at = clock.now()
    secret = await drafts.keep_anonymous_draft(db, FORM, secret=None, at=at)
    later = at + timedelta(days=30)
    assert await drafts.anonymous_draft(db, secret, at=later) is None
    assert await drafts.forget_old_drafts(db, at=later - timedelta(seconds=1)) == 0
    assert await drafts.forget_old_drafts(db, at=later) == 1


async def test_a_stranger_can_not_fill_the_disk_with_one(db: Session) -> None:
    with pytest.raises(Invalid):
        await drafts.keep_anonymous_draft(db, {"description": "x" * 70_000}, secret=None, at=clock.now())
