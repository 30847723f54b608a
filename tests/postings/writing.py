"""Gigs and jobs that tests write."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from marketplace.kernel.database import Session
from marketplace.postings import actions
from marketplace.postings.models import Posting
from marketplace.postings.rules import Content
from marketplace.postings.screening import Question
from marketplace.postings.terms import Terms

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


JOB = Content(
    kind="job",
    title="Teacher of web design",
    description="You teach twenty learners at Dhanote IT Park how to build pages that load on a cheap phone.",
    skills=("css", "html"),
    pay_kind="monthly",
    pay_min_minor=80_000_00,
    pay_max_minor=120_000_00,
    currency="PKR",
    is_remote=False,
    district="multan",
    terms=Terms(level="junior", place="Dhanote IT Park", openings=2),
    screening=(
        Question(text="Have you taught before?", kind="yes_no", hoped="yes"),
        Question(text="Why do you want to teach?", is_required=False),
    ),
)


def whole_job(at: datetime, **changes: Any) -> Content:
    """A job that can be published: applications for two weeks, answers a week later."""
    dates = {"closes_at": at + timedelta(days=14), "answer_by": at + timedelta(days=21)}
    return replace(JOB, **{**dates, **changes})


async def draft_job(db: Session, organisation_id: UUID, by: UUID, at: datetime, **changes: Any) -> Posting:
    """A complete draft of a job."""
    return await actions.save_draft(db, whole_job(at, **changes), organisation_id=organisation_id, by=by, at=at)


async def opened_job(db: Session, organisation_id: UUID, by: UUID, at: datetime, **changes: Any) -> Posting:
    """A published job."""
    posting = await draft_job(db, organisation_id, by, at, **changes)
    await actions.publish(db, posting, by=by, at=at)
    return posting
