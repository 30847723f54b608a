"""Decisions of moderators as notices and mails, in the transaction of the decision."""

from uuid import UUID

from sqlalchemy import select

from marketplace.identity.models import User
from marketplace.kernel.database import Session
from marketplace.kernel.events import within
from marketplace.kernel.i18n import translations
from marketplace.messages.actions import notify
from marketplace.trust import rules
from marketplace.trust.events import AppealDecided, CaseDecided, RestrictionMade
from marketplace.trust.models import Appeal, Case, Restriction
from marketplace.trust.reports import reporters_of

STANDING = "/safety/standing"


@within(CaseDecided)
async def tell_of_case(db: Session, event: CaseDecided) -> None:
    """Whom it is about reads what was decided and why; whoever reported it reads that it was, never what was said."""
    case = await db.get(Case, event.case_id)
    if case is None:
        return
    title = str(case.evidence.get("title", ""))
    for reporter in await reporters_of(db, case.id):
        values = {"title": title, "is_upheld": event.decision not in ("none", "publish")}
        await notify(db, reporter, "report_decided", values, link="/safety/reports", at=event.at)
    person = case.about_user_id
    if person is not None and (case.kind == "posting" or event.decision in ("warn", "remove")):
        said = await _say(db, person, rules.OUTCOMES[event.decision])
        values = {"title": title, "outcome": said, "reason": event.reason}
        link = str(case.evidence.get("href", "")) if case.kind == "posting" else STANDING
        await notify(db, person, "case_decided", values, link=link or STANDING, at=event.at)


@within(RestrictionMade)
async def tell_of_restriction(db: Session, event: RestrictionMade) -> None:
    """What she can't do, until when, why, and that she may appeal."""
    restriction = await db.get_one(Restriction, event.restriction_id)
    what = await _say(db, event.user_id, rules.WHATS[restriction.what])
    values = {"what": what, "reason": restriction.said, "until": restriction.until_at}
    await notify(db, event.user_id, "restriction_made", values, link=STANDING, at=event.at)


@within(AppealDecided)
async def tell_of_appeal(db: Session, event: AppealDecided) -> None:
    """Whether it was lifted, and why."""
    appeal = await db.get_one(Appeal, event.appeal_id)
    values = {"is_lifted": event.is_lifted, "reason": appeal.decision_reason}
    await notify(db, event.user_id, "appeal_decided", values, link=STANDING, at=event.at)


async def _say(db: Session, user_id: UUID, words: str) -> str:
    locale = await db.scalar(select(User.locale).where(User.id == user_id))
    return translations(locale or "en").gettext(words)
