"""Gigs that tests write."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marketplace.kernel.database import Session
from marketplace.postings import actions
from marketplace.postings.models import Posting
from marketplace.postings.rules import Content

WHOLE = Content(
    title="Crop calendar for growers' phones",
    description="We have a table of 40 crops and need a page that reads well on a cheap phone, in Urdu too.",
    skills=("css", "html"),
    pay_min_minor=200_00,
    pay_max_minor=400_00,
    questions=("Which phone do you test on?",),
)


def whole(at: datetime, **changes: Any) -> Content:
    """A gig that can be published: proposals for two weeks, answers a week later."""
    dates = {"closes_at": at + timedelta(days=14), "answer_by": at + timedelta(days=21)}
    return replace(WHOLE, **{**dates, **changes})


async def draft(db: Session, organisation_id: UUID, by: UUID, at: datetime, **changes: Any) -> Posting:
    """A complete draft."""
    return await actions.save_draft(db, whole(at, **changes), organisation_id=organisation_id, by=by, at=at)


async def opened(db: Session, organisation_id: UUID, by: UUID, at: datetime, **changes: Any) -> Posting:
    """A published gig."""
    posting = await draft(db, organisation_id, by, at, **changes)
    await actions.publish(db, posting, by=by, at=at)
    return posting
