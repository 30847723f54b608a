"""What happens to proposals when their gig changes or ends, and to services when their maker or a case says so."""

from marketplace.gigs import actions, notices, queries, service_queries, services
from marketplace.gigs.models import Service
from marketplace.gigs.threads import proposal_thread, proposal_threads
from marketplace.identity.events import AccountClosing
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.events import after, within
from marketplace.messages.thread_subjects import register
from marketplace.postings import actions as postings
from marketplace.postings.events import PostingChanged, PostingEndedByEmployer, PostingExpired, ProposalsEnded
from marketplace.postings.models import Posting
from marketplace.skills.events import EvidenceChanged
from marketplace.talent.events import ProfileChanged
from marketplace.talent.queries import freelancer_of
from marketplace.trust import subjects
from marketplace.trust.events import CaseDecided

subjects.register("service", service_queries.reported)
register("proposal", proposal_thread, several=proposal_threads)


@within(PostingEndedByEmployer)
async def decline_all(db: Session, event: PostingEndedByEmployer) -> None:
    """Nobody is left without an answer when a gig is closed."""
    await actions.decline_all(db, await db.get_one(Posting, event.posting_id), by=event.by, at=event.at)


@within(PostingExpired)
async def expire_all(db: Session, event: PostingExpired) -> None:
    """Whoever still waits at the answer-by date is told."""
    posting = await db.get_one(Posting, event.posting_id)
    if posting.kind != "gig":
        return
    await actions.expire_all(db, posting, at=event.at)
    await notices.unanswered(db, posting, at=event.at)


@within(ProposalsEnded)
async def end_or_remind(db: Session, event: ProposalsEnded) -> None:
    """Nobody waits: the gig is over. Somebody does: the employer is told how many and until when."""
    posting = await db.get_one(Posting, event.posting_id)
    if posting.kind != "gig":
        return
    waiting = await queries.waiting_count(db, posting.id)
    if waiting:
        await notices.answers_due(db, posting, waiting, at=event.at)
    else:
        await postings.expire(db, posting, at=event.at)


@after(PostingChanged)
async def tell_of_change(db: Session, event: PostingChanged) -> None:
    """Who proposed reads that the gig was changed."""
    posting = await db.get_one(Posting, event.posting_id)
    for proposal in await queries.waiting(db, posting.id):
        await notices.changed(db, proposal, posting, at=event.at)


@within(AccountClosing)
async def leave(db: Session, event: AccountClosing) -> None:
    """Whoever closes her account withdraws what waits, and closes the gigs that nobody else could answer."""
    at = clock.now()
    for proposal in await queries.undecided_of(db, event.user_id):
        await actions.withdraw(db, proposal, by=event.user_id, at=at)
    for posting in await queries.hired_for_alone(db, event.user_id):
        await postings.close(db, posting, by=event.user_id, at=at)


@within(ProfileChanged)
async def refresh_services(db: Session, event: ProfileChanged) -> None:
    """A profile that nobody finds takes its services out of the search, and brings them back."""
    await services.tell_search(db, event.freelancer_id)


@within(EvidenceChanged)
async def refresh_evidence(db: Session, event: EvidenceChanged) -> None:
    """Her services are found by who certified her."""
    if freelancer := await freelancer_of(db, event.user_id):
        await services.tell_search(db, freelancer.id)


@within(CaseDecided)
async def remove_service(db: Session, event: CaseDecided) -> None:
    """A moderator has decided that it may not be offered."""
    if event.subject_kind == "service" and event.decision == "remove":
        service = await db.get_one(Service, event.subject_id)
        if service.state != "removed":
            await services.remove(db, service, by=event.by, at=event.at, why=event.reason)
