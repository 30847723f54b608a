"""What happens to applications when their posting ends or an account closes."""

from uuid import UUID

from marketplace.identity.events import AccountClosing
from marketplace.jobs import answering, applications, notices, queries, rules
from marketplace.jobs.threads import application_thread, application_threads, reported
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import within
from marketplace.kernel.queue import defer, task
from marketplace.messages.thread_subjects import register
from marketplace.postings import actions as postings
from marketplace.postings.events import PostingEndedByEmployer, PostingExpired, PostingFilled, ProposalsEnded
from marketplace.postings.models import Posting
from marketplace.trust import subjects
from marketplace.trust.events import CaseDecided

register("application", application_thread, several=application_threads)
subjects.register("application", reported)


@within(PostingEndedByEmployer)
async def answer_when_closed(db: Session, event: PostingEndedByEmployer) -> None:
    """Nobody is left without an answer when a posting is closed."""
    await _answer_rest(db, event.posting_id)


@within(PostingFilled)
async def answer_when_filled(db: Session, event: PostingFilled) -> None:
    """Nor when somebody was found."""
    await _answer_rest(db, event.posting_id)


@within(PostingExpired)
async def answer_when_expired(db: Session, event: PostingExpired) -> None:
    """Nor when the answer-by date is over; the employer hears how many owe her next posting its delay."""
    posting = await db.get_one(Posting, event.posting_id)
    if posting.kind in rules.KINDS and (waiting := await queries.waiting_count(db, posting.id)):
        await notices.unanswered(db, posting, waiting, at=event.at)
        await _answer_rest(db, posting.id)


@within(ProposalsEnded)
async def end_or_remind(db: Session, event: ProposalsEnded) -> None:
    """Nobody waits: the posting is over. Somebody does: the employer is told how many and until when."""
    posting = await db.get_one(Posting, event.posting_id)
    if posting.kind not in rules.KINDS:
        return
    if waiting := await queries.waiting_count(db, posting.id):
        await notices.answers_due(db, posting, waiting, at=event.at)
    else:
        await postings.expire(db, posting, at=event.at)


async def _answer_rest(db: Session, posting_id: UUID) -> None:
    posting = await db.get_one(Posting, posting_id)
    if posting.kind in rules.KINDS:
        await defer(db, "jobs.answer_rest", posting_id=posting_id)


@task("jobs.answer_rest")
async def answer_rest(db: Session, *, posting_id: UUID) -> None:
    """A batch of those who still wait is answered."""
    await answering.answer_rest(db, posting_id, at=clock.now())


@task("jobs.sweep")
async def sweep(db: Session) -> None:
    """Whoever waits though the posting is over (an offer that lapsed after it) is answered."""
    for posting_id in await queries.ended_with_waiting(db):
        await defer(db, "jobs.answer_rest", posting_id=posting_id)


@task("jobs.tell_received")
async def tell_received(db: Session, *, posting_id: UUID) -> None:
    """Those who hire hear what came since they were last told."""
    await notices.tell_received(db, await db.get_one(Posting, posting_id), at=clock.now())


@within(AccountClosing)
async def leave(db: Session, event: AccountClosing) -> None:
    """Whoever closes her account withdraws what waits."""
    for application in await queries.undecided_of(db, event.user_id):
        await applications.withdraw(db, application, by=event.user_id, at=clock.now())


@within(CaseDecided)
async def remove(db: Session, event: CaseDecided) -> None:
    """A moderator has decided that an application does not go on."""
    if event.subject_kind == "application" and event.decision == "remove":
        await answering.remove(db, event.subject_id, at=event.at)
