"""Jobs and applications that tests write."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from marketplace.engines.deadlines import actions as deadlines
from marketplace.jobs import applications
from marketplace.jobs.models import Application
from marketplace.jobs.rules import Entry
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.postings.actions import ANSWERS, CLOSES
from marketplace.postings.models import Employment, Posting, PostingSkill
from marketplace.postings.screening import Question, stored_form
from marketplace.skills.models import Skill
from marketplace.talent.models import Freelancer

PHONE = Question(text="Which phone do you test on?")
NIGHTS = Question(text="Can you come to Dhanote each day?", kind="yes_no", hoped="yes")
ENTRY = Entry(
    headline="Shops that load fast",
    cover="I made two pages like this for growers in Multan; the first opens in a second on a phone of 2015.",
    answers=("A Nokia from 2017.", "yes"),
)


async def job(db: Session, organisation_id: UUID, by: UUID, at: datetime, **changes: Any) -> Posting:
    """An open job: applications for two weeks, answers a week later."""
    id = uuid4()
    title = changes.pop("title", "Junior web developer")
    dates = {"closes_at": at + timedelta(days=14), "answer_by": at + timedelta(days=21)}
    row: dict[str, Any] = {
        **{"kind": "job", "state": "open", "title": title, "description": "Pages for growers. " * 4},
        **{"pay_kind": "monthly", "pay_min_minor": 60_000_00, "pay_max_minor": 90_000_00, "currency": "PKR"},
        **{"is_remote": True, "questions": [stored_form(PHONE), stored_form(NIGHTS)]},
        **{"created_at": at, "updated_at": at, "published_at": at, **dates},
    }
    owner = {"organisation_id": organisation_id, "created_by": by}
    posting = Posting(id=id, **owner, slug=ids.slug(title, id), **{**row, **changes})
    db.add(posting)
    await db.flush()
    db.add(Employment(posting_id=id, type="full_time", level="entry", hours_a_week=40))
    asked = (await db.execute(select(Skill.id).where(Skill.slug.in_(("html", "css"))))).scalars().all()
    await db.execute(insert(PostingSkill), [{"posting_id": posting.id, "skill_id": skill} for skill in asked])
    if posting.closes_at and posting.answer_by:
        subject = ("posting", posting.id)
        await deadlines.start(db, CLOSES, subject=subject, due_at=posting.closes_at)
        await deadlines.start(db, ANSWERS, subject=subject, due_at=posting.answer_by)
    return posting


async def applied(
    db: Session, posting: Posting, freelancer: Freelancer, at: datetime, entry: Entry = ENTRY
) -> Application:
    """An application that was sent."""
    return await applications.apply(db, posting, entry, freelancer=freelancer, at=at)
