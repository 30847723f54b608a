"""What decisions do to messages, and when somebody is not back from a meeting."""

from marketplace.engines.deadlines.events import DeadlinePassed
from marketplace.identity.events import AccountClosing
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.events import within
from marketplace.messages import contacts, thread_cases
from marketplace.messages.actions import notify
from marketplace.messages.case_threads import case_thread, case_threads
from marketplace.messages.thread_subjects import register
from marketplace.trust import subjects
from marketplace.trust.events import CaseDecided
from marketplace.trust.models import Case

register("case", case_thread, several=case_threads)
subjects.register("message", thread_cases.message_subject, around=thread_cases.around_message)
subjects.register("thread", thread_cases.thread_subject, around=thread_cases.around_thread)


@within(CaseDecided)
async def hide_message(db: Session, event: CaseDecided) -> None:
    """A moderator removed a message."""
    if event.subject_kind == "message" and event.decision == "remove":
        await thread_cases.hide(
            db, event.subject_id, reason=event.reason, case_id=event.case_id, by=event.by, at=event.at
        )


@within(CaseDecided)
async def tell_who_called(db: Session, event: CaseDecided) -> None:
    """Whoever called a moderator into a conversation learns that it was looked at."""
    if event.kind != "mediation":
        return
    case = await db.get_one(Case, event.case_id)
    assert case.opened_by is not None, "a person calls"
    values = {"title": str(case.evidence.get("title", "")), "is_upheld": event.decision != "none"}
    link = f"/messages/{ids.short(event.subject_id)}"
    await notify(db, case.opened_by, "report_decided", values, link=link, at=event.at)


@within(DeadlinePassed)
async def not_back(db: Session, event: DeadlinePassed) -> None:
    """First she is asked, an hour later her contact is told."""
    if event.kind == contacts.ENDS:
        await contacts.ask_whether_back(db, event.subject_id, at=clock.now())
    elif event.kind == contacts.OVERDUE:
        await contacts.alarm(db, event.subject_id, at=clock.now())


@within(AccountClosing)
async def forget_contacts(db: Session, event: AccountClosing) -> None:
    """People whom she named are not kept."""
    await contacts.forget(db, event.user_id)
