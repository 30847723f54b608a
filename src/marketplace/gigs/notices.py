"""What people are told about proposals. Nothing here carries a proposal's text, nor a name before the shortlist."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from marketplace.escrow.fees import fee_terms
from marketplace.gigs.models import Proposal, ProposalMilestone
from marketplace.gigs.rules import DECLINE_REASONS, preview
from marketplace.identity.models import Organisation, User
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.i18n import translations
from marketplace.kernel.money import Money
from marketplace.messages.actions import notify
from marketplace.postings.models import Posting
from marketplace.postings.queries import hiring_members
from marketplace.talent.models import Freelancer


async def sent(db: Session, proposal: Proposal, posting: Posting, *, to: UUID, at: datetime) -> None:
    """To her: it is with the employer."""
    parts = select(ProposalMilestone.amount_minor).where(ProposalMilestone.proposal_id == proposal.id)
    amounts = [Money(amount, proposal.currency) for amount in (await db.execute(parts)).scalars()]
    whole = preview(amounts, await fee_terms(db, "contract", proposal.currency, at=at)).whole
    values = {**await _about(db, posting), "amount": whole.gross, "net": whole.net}
    await notify(db, to, "proposal_sent", values, link=_hers(proposal), at=at)


async def received(db: Session, proposal: Proposal, posting: Posting, *, at: datetime) -> None:
    """To those who hire: one more to answer."""
    values = {**await _about(db, posting), "amount": Money(proposal.total_minor, proposal.currency)}
    await _to_employer(db, posting, "proposal_received", values, at=at)


async def withdrawn(db: Session, posting: Posting, *, at: datetime) -> None:
    """To those who hire."""
    await _to_employer(db, posting, "proposal_withdrawn", await _about(db, posting), at=at)


async def answers_due(db: Session, posting: Posting, count: int, *, at: datetime) -> None:
    """To those who hire: no more proposals come, this many wait for an answer."""
    values = {**await _about(db, posting), "count": count, "answer_by": posting.answer_by}
    await _to_employer(db, posting, "answers_due", values, at=at)


async def unanswered(db: Session, posting: Posting, *, at: datetime) -> None:
    """To those who hire: the gig has expired."""
    await _to_employer(db, posting, "gig_expired", await _about(db, posting), at=at)


async def shortlisted(db: Session, proposal: Proposal, posting: Posting, *, at: datetime) -> None:
    """To her: they see her name now."""
    await _to_her(db, proposal, posting, "proposal_shortlisted", link=_hers(proposal), at=at)


async def declined(db: Session, proposal: Proposal, posting: Posting, *, at: datetime) -> None:
    """To her: not chosen, and why."""
    user_id, locale = await _reader(db, proposal)
    words = translations(locale).gettext(DECLINE_REASONS[proposal.decline_reason])
    reason = f"{words}\n{proposal.decline_note}".strip()
    values = {**await _about(db, posting), "reason": reason}
    await notify(db, user_id, "proposal_declined", values, link=_hers(proposal), at=at)


async def filled(db: Session, proposal: Proposal, posting: Posting, *, at: datetime) -> None:
    """To her: somebody else was chosen."""
    await _to_her(db, proposal, posting, "gig_filled", link="/gigs", at=at)


async def closed(db: Session, proposal: Proposal, posting: Posting, *, at: datetime) -> None:
    """To her: nobody was chosen."""
    await _to_her(db, proposal, posting, "gig_closed", link="/gigs", at=at)


async def expired(db: Session, proposal: Proposal, posting: Posting, *, at: datetime) -> None:
    """To her: no answer came."""
    await _to_her(db, proposal, posting, "proposal_expired", link="/gigs", at=at)


async def changed(db: Session, proposal: Proposal, posting: Posting, *, at: datetime) -> None:
    """To her: the gig says something else now."""
    await _to_her(db, proposal, posting, "gig_changed", link=f"/gigs/{posting.slug}", at=at)


async def _to_her(db: Session, proposal: Proposal, posting: Posting, message: str, *, link: str, at: datetime) -> None:
    user_id, _ = await _reader(db, proposal)
    await notify(db, user_id, message, await _about(db, posting), link=link, at=at)


async def _to_employer(db: Session, posting: Posting, message: str, values: dict[str, object], *, at: datetime) -> None:
    for user_id in await hiring_members(db, posting.organisation_id):
        await notify(db, user_id, message, values, link=f"/gigs/{posting.slug}/proposals", at=at)


async def _about(db: Session, posting: Posting) -> dict[str, object]:
    organisation = await db.get_one(Organisation, posting.organisation_id)
    return {"gig": posting.title, "organisation": organisation.name}


async def _reader(db: Session, proposal: Proposal) -> tuple[UUID, str]:
    """Her user id and language."""
    hers = select(User.id, User.locale).join(Freelancer, Freelancer.user_id == User.id)
    row = (await db.execute(hers.where(Freelancer.id == proposal.freelancer_id))).one()
    return row.id, row.locale


def _hers(proposal: Proposal) -> str:
    return f"/proposals/{ids.short(proposal.id)}"
