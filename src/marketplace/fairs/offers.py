"""An offer on the spot: from the scorecard to a contract to fund, or to a hired application.

Accepting needs an account: who registered by phone claims her registration first. A gig becomes a contract with one
milestone, which the employer funds on its page as any other; a job or internship becomes an application that is hired.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select

from marketplace.contracts import direct
from marketplace.fairs import results, telling
from marketplace.fairs.booth_models import Booth, BoothPosting
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import FairOffer, FairOfferKind, FairOfferState
from marketplace.fairs.models import Fair
from marketplace.fairs.results import Card
from marketplace.identity import audit, roles
from marketplace.identity.models import User
from marketplace.jobs import applications
from marketplace.jobs.models import SalaryPeriod
from marketplace.jobs.offers import actions as job_offers
from marketplace.jobs.offers import rules as job_rules
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.postings.models import Posting
from marketplace.talent import actions as talent

KINDS: dict[FairOfferKind, str] = {"gig": N_("A gig"), "job": N_("A job"), "internship": N_("An internship")}
STATES: dict[FairOfferState, str] = {
    "sent": N_("Waits for an answer"),
    "accepted": N_("Accepted"),
    "declined": N_("Declined"),
    "withdrawn": N_("Withdrawn"),
    "expired": N_("Ran out"),
}
ANSWER_DAYS = 7
LONGEST_TITLE, LONGEST_TEXT, MOST_DAYS = 120, 5_000, 365


class OfferOver(Conflict):
    message = N_("This offer has been answered, withdrawn or has run out meanwhile.")


class OfferWaits(Conflict):
    message = N_("An offer to this candidate waits for an answer. Withdraw it before you send another.")


class NoEmployer(NotAllowed):
    message = N_("This booth has no organisation on this site yet. Its owner claims it by the invitation first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is offered. A gig: an amount for a piece of work in `days`. Employment: pay per period, for a posting."""

    kind: FairOfferKind
    title: str
    text: str
    pay: Money | None
    period: SalaryPeriod = "month"
    days: int | None = None
    starts_on: date | None = None
    posting_id: UUID | None = None


async def make(
    db: Session, fair: Fair, booth: Booth, candidate: FairCandidate, words: Words, *, by: UUID, at: datetime
) -> FairOffer:
    """Offer it; the scorecard says so. Raises: NoEmployer, NotMyRole, OfferWaits, FairNotOn, Invalid."""
    if booth.organisation_id is None:
        raise NoEmployer
    await roles.require(db, booth.organisation_id, by, "hire")
    answer_by = at + timedelta(days=ANSWER_DAYS)
    await _check(db, booth, words, answer_by=answer_by, at=at)
    assert words.pay is not None
    await results.judge(db, fair, booth, candidate, Card(result="offered"), by=by, at=at)
    waiting = FairOffer.booth_id == booth.id, FairOffer.candidate_id == candidate.id, FairOffer.state == "sent"
    if await db.scalar(select(FairOffer.id).where(*waiting)):
        raise OfferWaits
    offer = FairOffer(
        fair_id=fair.id,
        booth_id=booth.id,
        candidate_id=candidate.id,
        posting_id=words.posting_id,
        kind=words.kind,
        title=words.title.strip(),
        text=words.text.strip(),
        amount_minor=words.pay.amount_minor,
        currency=words.pay.currency,
        period="fixed" if words.kind == "gig" else words.period,
        days=words.days,
        starts_on=words.starts_on,
        answer_by=answer_by,
        made_by=by,
        made_at=at,
    )
    db.add(offer)
    await db.flush()
    told: dict[str, Any] = {"about": f"offer {offer.id}", "organisation": booth.name, "at": at}
    link = f"/fairs/offers/{ids.short(offer.id)}"
    await telling.candidates_of(db, fair, "fair_answer", [candidate.id], link=link, **told)
    await audit.record(db, "fair_offer.made", subject=("fair_offer", offer.id), by=by, at=at, kind=words.kind)
    return offer


async def offer_for(db: AnySession, offer_id: UUID, *, by: UUID) -> tuple[FairOffer, Booth, Fair, bool]:
    """An offer to her, or of an employer she hires for; whether it is to her. Raises: NotFound."""
    found = (
        select(FairOffer, Booth, Fair, FairCandidate.user_id)
        .join(Booth, Booth.id == FairOffer.booth_id)
        .join(Fair, Fair.id == FairOffer.fair_id)
        .join(FairCandidate, FairCandidate.id == FairOffer.candidate_id)
        .where(FairOffer.id == offer_id)
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    offer, booth, fair, user_id = row
    if user_id == by:
        return offer, booth, fair, True
    if booth.id not in {each.id for each in await results.booths_of(db, fair.id, by=by)}:
        raise NotFound
    return offer, booth, fair, False


async def offers_of(db: AnySession, candidate_id: UUID) -> list[tuple[FairOffer, str]]:
    """Offers to a candidate with the employer's name, the newest first; for her own page."""
    found = select(FairOffer, Booth.name).join(Booth, Booth.id == FairOffer.booth_id)
    own = found.where(FairOffer.candidate_id == candidate_id).order_by(FairOffer.id.desc())
    return [(offer, name) for offer, name in await db.execute(own)]


async def accept(db: Session, offer: FairOffer, *, by: UUID, at: datetime) -> None:
    """She takes it with her account. Raises: NotFound, OfferOver."""
    candidate = await _lock_hers(db, offer, by=by, at=at)
    booth = await db.get_one(Booth, offer.booth_id)
    user = await db.get_one(User, candidate.user_id)
    freelancer = await talent.start(db, user, at=at)
    assert booth.organisation_id is not None
    if offer.kind == "gig":
        agreed = direct.Agreed(
            title=offer.title,
            description=offer.text,
            price=Money(offer.amount_minor, offer.currency),
            days=offer.days or 7,
        )
        contract = await direct.start(
            db, agreed, organisation_id=booth.organisation_id, freelancer=freelancer, by=by, at=at
        )
        offer.contract_id = contract.id
    else:
        posting = await db.get_one(Posting, offer.posting_id)
        application = await applications.from_fair(db, posting, freelancer=freelancer, at=at)
        made = await job_offers.send(db, application, _job_words(offer), by=offer.made_by, at=at)
        await job_offers.accept(db, made, by=by, at=at)
        offer.application_id, offer.job_offer_id = application.id, made.id
    await _decide(db, offer, "accepted", by=by, at=at)


async def decline(db: Session, offer: FairOffer, *, reason: str, by: UUID, at: datetime) -> None:
    """She says no, with a reason if she likes. Raises: NotFound, OfferOver, Invalid."""
    job_rules.check_reason(reason)
    candidate = await _lock_hers(db, offer, by=by, at=at)
    offer.decline_reason = reason.strip()
    await _decide(db, offer, "declined", by=by, at=at)
    fair = await db.get_one(Fair, offer.fair_id)
    told: dict[str, Any] = {"about": f"declined {offer.id}", "person": candidate.name, "piece": offer.title, "at": at}
    told |= {"reason": offer.decline_reason, "link": f"/fairs/offers/{ids.short(offer.id)}"}
    await telling.booths_of(db, fair, "fair_offer_declined", [offer.booth_id], **told)


async def withdraw(db: Session, offer: FairOffer, *, by: UUID, at: datetime) -> None:
    """The employer takes it back before she answered. Raises: NotMyRole, OfferOver."""
    booth = await db.get_one(Booth, offer.booth_id)
    assert booth.organisation_id is not None
    await roles.require(db, booth.organisation_id, by, "hire")
    await db.refresh(offer, with_for_update=True)
    if offer.state != "sent":
        raise OfferOver
    await _decide(db, offer, "withdrawn", by=by, at=at)


async def expire(db: Session, *, at: datetime) -> None:
    """Offers that nobody answered in time have run out; both sides hear it."""
    over = FairOffer.state == "sent", FairOffer.answer_by <= at
    found = select(FairOffer).where(*over).order_by(FairOffer.id).limit(500).with_for_update(skip_locked=True)
    for offer in (await db.scalars(found)).all():
        await _decide(db, offer, "expired", by=None, at=at)
        booth, fair = await db.get_one(Booth, offer.booth_id), await db.get_one(Fair, offer.fair_id)
        told: dict[str, Any] = {"about": f"expired {offer.id}", "organisation": booth.name, "piece": offer.title}
        told |= {"until": offer.answer_by, "at": at}
        await telling.candidates_of(db, fair, "fair_offer_expired", [offer.candidate_id], **told)
        link = f"/fairs/offers/{ids.short(offer.id)}"
        await telling.booths_of(db, fair, "fair_offer_expired", [booth.id], link=link, **told)


async def postings_of(db: AnySession, booth_id: UUID) -> list[Posting]:
    """The booth's open jobs and internships."""
    found = select(Posting).join(BoothPosting, BoothPosting.posting_id == Posting.id)
    own = found.where(BoothPosting.booth_id == booth_id, Posting.state == "open", Posting.kind != "gig")
    return list((await db.scalars(own.order_by(Posting.title, Posting.id))).all())


async def _lock_hers(db: Session, offer: FairOffer, *, by: UUID, at: datetime) -> FairCandidate:
    await db.refresh(offer, with_for_update=True)
    candidate = await db.get_one(FairCandidate, offer.candidate_id)
    if candidate.user_id != by:
        raise NotFound
    if offer.state != "sent" or offer.answer_by <= at:
        raise OfferOver
    return candidate


async def _decide(db: Session, offer: FairOffer, to: FairOfferState, *, by: UUID | None, at: datetime) -> None:
    before, offer.state, offer.decided_at = offer.state, to, at
    await db.flush()
    await audit.record(db, f"fair_offer.{to}", subject=("fair_offer", offer.id), by=by, at=at, before=before)


def _job_words(offer: FairOffer) -> job_rules.Words:
    return job_rules.Words(
        salary=Money(offer.amount_minor, offer.currency),
        period=cast("SalaryPeriod", offer.period),
        starts_on=offer.starts_on,
        text=offer.text,
        answer_by=offer.answer_by,
    )


async def _check(db: Session, booth: Booth, words: Words, *, answer_by: datetime, at: datetime) -> None:
    if not 3 <= len(words.title.strip()) <= LONGEST_TITLE:
        raise Invalid.at("title", N_("Say what it is in 3 to 120 letters."))
    if words.pay is None:
        raise Invalid.at("pay", N_("Say what you pay."))
    if words.kind == "gig":
        if not 1 <= (words.days or 0) <= MOST_DAYS:
            raise Invalid.at("days", N_("Say in how many days it is done: 1 to 365."))
        if len(words.text) > LONGEST_TEXT:
            raise Invalid.at("text", N_("Keep this under 5,000 letters."))
        return
    offered = {each.id: each for each in await postings_of(db, booth.id)}
    posting = offered.get(words.posting_id) if words.posting_id else None
    if posting is None or posting.kind != words.kind:
        raise Invalid.at("posting", N_("Choose the posting of this booth that it is for."))
    said = job_rules.Words(
        salary=words.pay, period=words.period, starts_on=words.starts_on, text=words.text, answer_by=answer_by
    )
    job_rules.check_words(said, at, hours=40, is_internship=words.kind == "internship")
