"""What freelancers and employers do with proposals, one verb each.

Whoever decides about several rows locks the posting first and then the proposals in the order of their ids.
"""

from datetime import datetime
from typing import cast, get_args
from uuid import UUID

from sqlalchemy import delete, exists, func, insert, select

from marketplace.gigs import notices, rules
from marketplace.gigs.models import Proposal, ProposalMilestone, ProposalState
from marketplace.gigs.queries import offer_of
from marketplace.gigs.rules import Offer
from marketplace.identity import audit
from marketplace.identity.models import Membership
from marketplace.kernel.database import Session
from marketplace.postings.blind import letter
from marketplace.postings.models import Posting
from marketplace.postings.rules import LIVING as LIVING_POSTINGS
from marketplace.postings.rules import PostingClosed, takes_proposals
from marketplace.talent.models import Freelancer
from marketplace.trust import restrictions
from marketplace.trust.blocks import keeps_apart


async def save_draft(db: Session, posting: Posting, offer: Offer, *, freelancer: Freelancer, at: datetime) -> Proposal:
    """Keep what she wrote so far; only she sees it. Raises: Invalid, PostingClosed, OwnGig, AlreadyProposed."""
    await db.refresh(posting, with_for_update=True)
    rules.check_draft(offer)
    return await _her_draft(db, posting, offer, freelancer=freelancer, at=at)


async def submit(db: Session, posting: Posting, offer: Offer, *, freelancer: Freelancer, at: datetime) -> Proposal:
    """Send a proposal: it gets its letter, the employer is told. However often it is sent, one lives.

    Raises: Invalid, PostingClosed, OwnGig, AlreadyProposed, ProfileNeeded, Restricted.
    """
    await restrictions.check(db, freelancer.user_id, "apply", at=at)
    await db.refresh(posting, with_for_update=True)
    if not freelancer.headline.strip():
        raise rules.ProfileNeeded
    rules.check_offer(offer, posting.questions)
    proposal = await _her_draft(db, posting, offer, freelancer=freelancer, at=at)
    given = select(func.count()).where(Proposal.posting_id == posting.id, Proposal.letter.is_not(None))
    proposal.letter = letter((await db.scalar(given) or 0) + 1)
    proposal.submitted_at = at
    await _move(db, proposal, "submitted", by=freelancer.user_id, at=at)
    await notices.sent(db, proposal, posting, to=freelancer.user_id, at=at)
    await notices.received(db, proposal, posting, at=at)
    return proposal


async def edit(db: Session, proposal: Proposal, offer: Offer, *, by: UUID, at: datetime) -> None:
    """Change what is offered while the gig lives and it waits. Raises: Invalid, NotEditable, PostingClosed."""
    posting = await lock(db, proposal)
    if proposal.state not in rules.EDITABLE:
        raise rules.NotEditable(state=rules.STATE_WORDS[_state(proposal)])
    if posting.state not in LIVING_POSTINGS:
        raise PostingClosed
    if proposal.state == "draft":
        rules.check_draft(offer)
    else:
        rules.check_offer(offer, posting.questions)
    if offer == await offer_of(db, proposal):
        return
    await _write(db, proposal, posting, offer, at=at)
    await _note(db, proposal, "edited", by=by, at=at)


async def withdraw(db: Session, proposal: Proposal, *, by: UUID, at: datetime) -> None:
    """Take it back: the employer does not see its text again. Raises: ProposalMoveRefused once it is decided."""
    posting = await lock(db, proposal)
    was_sent = proposal.state in rules.WAITING
    await _move(db, proposal, "withdrawn", by=by, at=at)
    if was_sent:
        await notices.withdrawn(db, posting, at=at)


async def shortlist(db: Session, proposal: Proposal, *, by: UUID, at: datetime) -> None:
    """Look closer: from now on the employer sees her name, and she is told so."""
    posting = await lock(db, proposal)
    proposal.shortlisted_at = at
    await _move(db, proposal, "shortlisted", by=by, at=at)
    await notices.shortlisted(db, proposal, posting, at=at)


async def decline(db: Session, proposal: Proposal, *, reason: str, note: str = "", by: UUID, at: datetime) -> None:
    """Say no, with a reason that she reads. Raises: Invalid, ProposalMoveRefused."""
    rules.check_decline(reason, note)
    posting = await lock(db, proposal)
    proposal.decline_note = note.strip()
    await _decline(db, proposal, reason, by=by, at=at)
    await notices.declined(db, proposal, posting, at=at)


async def mark_accepted(
    db: Session, proposal: Proposal, *, by: UUID, at: datetime, seen: datetime | None = None
) -> None:
    """Choose this one; the contract and the message about it are contracts/'s.

    `seen` is the `updated_at` of the proposal that the employer read before she decided.

    Raises: ProposalChanged when it was edited after that, ProposalMoveRefused.
    """
    await lock(db, proposal)
    if seen is not None and proposal.updated_at != seen:
        raise rules.ProposalChanged
    proposal.decided_at = at
    await _move(db, proposal, "accepted", by=by, at=at)


async def decline_others(db: Session, posting: Posting, *, by: UUID, at: datetime) -> None:
    """One was chosen: tell everybody else who still waits. Call it after `mark_accepted`."""
    for proposal in await _end_all(db, posting.id):
        if proposal.state == "draft":
            await _move(db, proposal, "expired", by=None, at=at)
            continue
        await _decline(db, proposal, "other_chosen", by=by, at=at)
        await notices.filled(db, proposal, posting, at=at)


async def decline_all(db: Session, posting: Posting, *, by: UUID, at: datetime) -> None:
    """The gig was closed: everybody who waits is told."""
    for proposal in await _end_all(db, posting.id):
        if proposal.state == "draft":
            await _move(db, proposal, "expired", by=None, at=at)
            continue
        await _decline(db, proposal, "gig_closed", by=by, at=at)
        await notices.closed(db, proposal, posting, at=at)


async def expire_all(db: Session, posting: Posting, *, at: datetime) -> None:
    """The answer-by date is over: whoever still waits is told that no answer came."""
    for proposal in await _end_all(db, posting.id):
        was_sent = proposal.state in rules.WAITING
        proposal.decided_at = at
        await _move(db, proposal, "expired", by=None, at=at)
        if was_sent:
            await notices.expired(db, proposal, posting, at=at)


async def lock(db: Session, proposal: Proposal) -> Posting:
    """Take the gig's row and then the proposal's as they are now, until the transaction ends; returns the gig."""
    posting = await db.get_one(Posting, proposal.posting_id, with_for_update=True, populate_existing=True)
    await db.refresh(proposal, with_for_update=True)
    return posting


async def _end_all(db: Session, posting_id: UUID) -> list[Proposal]:
    """All undecided proposals of a posting, locked."""
    undecided = (
        select(Proposal)
        .where(Proposal.posting_id == posting_id, Proposal.state.in_(("draft", *rules.WAITING)))
        .order_by(Proposal.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return list((await db.execute(undecided)).scalars())


async def _her_draft(db: Session, posting: Posting, offer: Offer, *, freelancer: Freelancer, at: datetime) -> Proposal:
    """Her draft for this posting with `offer` in it, made when there is none. The posting's row is locked."""
    if not takes_proposals(posting.state, posting.closes_at, at) or await _is_apart(db, posting, freelancer.user_id):
        raise PostingClosed  # whoever is blocked is not told so
    await _refuse_own(db, posting, freelancer.user_id)
    hers = select(Proposal).where(Proposal.posting_id == posting.id, Proposal.freelancer_id == freelancer.id)
    proposal = (await db.execute(hers.where(Proposal.state.in_(rules.LIVING)))).scalar_one_or_none()
    if proposal is None:
        key = {"posting_id": posting.id, "freelancer_id": freelancer.id}
        blank = {"cover": "", "currency": posting.currency, "total_minor": 0}
        proposal = Proposal(**key, **blank, state="draft", created_at=at, updated_at=at)
        db.add(proposal)
        await db.flush()
        await _note(db, proposal, "drafted", by=freelancer.user_id, at=at)
    elif proposal.state != "draft":
        raise rules.AlreadyProposed
    await _write(db, proposal, posting, offer, at=at)
    return proposal


async def _is_apart(db: Session, posting: Posting, user_id: UUID) -> bool:
    apart = {"created_by": posting.created_by, "organisation_id": posting.organisation_id}
    return await keeps_apart(db, **apart, user_id=user_id)


async def _refuse_own(db: Session, posting: Posting, user_id: UUID) -> None:
    own = exists().where(Membership.organisation_id == posting.organisation_id, Membership.user_id == user_id)
    if await db.scalar(select(own)):
        raise rules.OwnGig


async def _write(db: Session, proposal: Proposal, posting: Posting, offer: Offer, *, at: datetime) -> None:
    answers = (*offer.answers, *("" for _ in posting.questions))
    proposal.cover, proposal.total_minor, proposal.updated_at = offer.cover, offer.total_minor, at
    proposal.answers = [
        {"question": question, "answer": answer} for question, answer in zip(posting.questions, answers, strict=False)
    ]
    await db.flush()
    await db.execute(delete(ProposalMilestone).where(ProposalMilestone.proposal_id == proposal.id))
    rows = [
        {"proposal_id": proposal.id, "number": n, "title": p.title, "amount_minor": p.amount_minor, "days": p.days}
        for n, p in enumerate(offer.milestones, 1)
    ]
    if rows:
        await db.execute(insert(ProposalMilestone), rows)


async def _decline(db: Session, proposal: Proposal, reason: str, *, by: UUID, at: datetime) -> None:
    proposal.decline_reason, proposal.decided_at = reason, at
    await _move(db, proposal, "declined", by=by, at=at, why=reason)


async def _move(
    db: Session, proposal: Proposal, to: ProposalState, *, by: UUID | None, at: datetime, why: str = ""
) -> None:
    rules.check_move(_state(proposal), to)
    before, proposal.state = proposal.state, to
    await db.flush()
    subject = ("proposal", proposal.id)
    await audit.record(db, f"proposal.{to}", subject=subject, by=by, at=at, why=why, before=before)


async def _note(db: Session, proposal: Proposal, what: str, *, by: UUID, at: datetime) -> None:
    await audit.record(db, f"proposal.{what}", subject=("proposal", proposal.id), by=by, at=at)


def _state(proposal: Proposal) -> ProposalState:
    assert proposal.state in get_args(ProposalState)
    return cast(ProposalState, proposal.state)
