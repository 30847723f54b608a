"""Messages that tests write."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from marketplace.contracts.models import Contract
from marketplace.gigs.models import Proposal
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.messages import contacts, saved_replies, threads
from marketplace.messages.thread_models import ThreadMessage
from tests.cast import Cast
from tests.contracts.scenes import stored
from tests.gigs.writing import proposed
from tests.postings.writing import opened


async def proposal_of(db: Session, cast: Cast) -> Proposal:
    at = clock.now()
    gig = await opened(db, cast.agritrack.id, cast.bilal.id, at)
    return await proposed(db, gig, cast.ayesha_profile, at)


async def written(
    db: Session, kind: str, subject: Any, by: User, text: str, *, at: datetime | None = None
) -> ThreadMessage:
    """A message about a proposal or contract."""
    at = at or clock.now()
    thread = await threads.thread_about(db, kind, subject.id, by.id, at=at)
    return await threads.write(db, thread, text, by=by.id, at=at)


async def messages_of(db: Session, cast: Cast, contract: Contract, folder: Path) -> dict[str, Any]:
    """What Ayesha has: a conversation with a file, a saved reply, a trusted contact who knows of a meeting."""
    at = clock.now()
    file = await stored(db, cast, folder, name="plan.txt", data=b"the plan")
    thread = await threads.thread_about(db, "contract", contract.id, cast.ayesha.id, at=at)
    await threads.write(db, thread, "Here is the plan.", [file], by=cast.ayesha.id, at=at)
    reply = await saved_replies.save(db, "Thanks", "Salam {name}", by=cast.ayesha.id, at=at)
    reach = {"email": "sadia@test.example", "phone": ""}
    trusted = await contacts.add_contact(db, "Sadia", **reach, by=cast.ayesha.id, at=at)
    until = at + timedelta(hours=2)
    plan = contacts.Meeting(place="Gate 2", company="AgriTrack", about="", starts_at=at, until=until)
    meeting = await contacts.tell(db, trusted.id, plan, by=cast.ayesha.id, at=at)
    return {"thread": thread, "sent_file": file, "reply": reply, "trusted": trusted, "meeting": meeting}
