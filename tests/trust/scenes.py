"""Cases and restrictions, made as they come about."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.kernel.database import Session
from marketplace.trust import decisions, reports
from marketplace.trust.cases import open_case
from marketplace.trust.decisions import Verdict
from marketplace.trust.models import Case, Restriction, What
from marketplace.trust.reports import Complaint
from tests.cast import Cast

WHY = "It asks people to pay before they work."


async def reported(db: Session, cast: Cast, posting_id: UUID, at: datetime, *, reason: str = "fee") -> Case:
    """Hina reports a posting."""
    made = await reports.report(
        db, ("posting", posting_id), Complaint(reason, "They ask for 500."), by=cast.hina.id, at=at
    )
    return await db.get_one(Case, made.case_id)


async def restricted(
    db: Session, cast: Cast, at: datetime, *, what: What = "message", days: int | None = 7, whom: UUID | None = None
) -> Restriction:
    """Sana restricts Ayesha (or `whom`) for what she did to Hina."""
    whom = whom or cast.ayesha.id
    case = await open_case(
        db,
        kind="report",
        subject=("message", cast.hina.id),
        reason="harassment",
        about_user_id=whom,
        by=cast.hina.id,
        at=at,
        evidence={"title": "A message", "href": "/messages", "text": "Come to my hotel.", "is_private": True},
    )
    await decisions.decide(db, case.id, Verdict("restrict", WHY, (what,), days), by=cast.sana.id, at=at)
    newest = select(Restriction).where(Restriction.user_id == whom).order_by(Restriction.id.desc()).limit(1)
    return (await db.scalars(newest)).one()
