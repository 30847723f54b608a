"""The home page: one address, and for each hat the first screen that answers what she came for.

Visitors learn what this is. Whoever is signed in sees what waits for her: a part for each of her hats
(templates/home/_freelancer.html, _employer.html), filled by a function here that reads from the domain.
"""

from typing import Any

from marketplace.contracts.disputes import queries as disputes
from marketplace.contracts.lists import money_coming, steps_for
from marketplace.discovery.listing import GigRow, newest_gigs, newest_people
from marketplace.discovery.matches import Match, gigs_for
from marketplace.engines.search.protocol import SearchIndex
from marketplace.escrow import chargebacks, reconciling
from marketplace.escrow.rails import desk, pay_ins, receipts
from marketplace.fairs import queries as fairs
from marketplace.fairs.rules import FAIR_STATES
from marketplace.fairs.taking_part import fairs_for
from marketplace.gigs.lists import work_for_employer, work_for_freelancer
from marketplace.jobs.interviews import queries as interviews
from marketplace.jobs.lists import jobs_to_answer
from marketplace.jobs.offers import queries as offers
from marketplace.jobs.queries import applications_of
from marketplace.kernel.database import ReadSession
from marketplace.kernel.i18n import N_
from marketplace.privacy import deletions
from marketplace.training import queries as training
from marketplace.trust import queries as cases
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.cards import GigCard, gig_card
from marketplace.web.matching import note_matches
from marketplace.web.pages import page
from marketplace.web.visit import Visit

SHOWN = 4
"""Gigs and people on a first screen."""
REASONS = 2
"""Reasons under a gig of the first screen; its page gives all."""


@get("/", PUBLIC)
async def show_home(visit: Visit) -> Answer:
    """What this is, or what waits for you."""
    if not visit.is_signed_in:
        return await _to_a_visitor(visit)
    async with visit.read() as db:
        freelancer = await _as_freelancer(db, visit) if visit.user.handle else None
        kinds = {kind for each in visit.user.organisations for kind in each.kinds}
        employer = await _as_employer(db, visit) if kinds else None
        if employer and "employer" not in kinds and not any(employer.values()):
            employer = None  # Whoever trains people or organises fairs may post gigs, but is not asked to.
        trainer = await training.home_of(db, visit.user.id) if "training_provider" in kinds else None
        organiser = await _as_organiser(db, visit) if "organiser" in kinds else None
        moderator = await _as_moderator(db, visit) if visit.user.is_staff else None
        finance = await _as_finance(db) if visit.user.is_finance else None
        hiring = await _hiring(db, visit)
        taking_part = await fairs_for(db, visit.user.id, limit=SHOWN)
        deletion = await deletions.open_one(db, visit.user.id)
    hats: dict[str, Any] = {"freelancer": freelancer, "employer": employer, "moderator": moderator, "hiring": hiring}
    hats |= {"trainer": trainer, "organiser": organiser, "taking_part": taking_part, "fair_states": FAIR_STATES}
    return page(visit, "home/signed_in.html", deletion=deletion, finance=finance, **hats)


async def _hiring(db: ReadSession, visit: Visit) -> dict[str, Any]:
    """Interviews of either side, offers to answer."""
    return {
        "interviews": await interviews.coming(db, visit.user.id, at=visit.now, limit=SHOWN),
        "offers": await offers.waiting_for(db, visit.user.id, at=visit.now),
    }


async def _as_organiser(db: ReadSession, visit: Visit) -> dict[str, Any]:
    """Her fairs by stage."""
    return {"fairs": await fairs.fairs_of(db, visit.user.id, limit=SHOWN), "states": FAIR_STATES}


async def _as_moderator(db: ReadSession, visit: Visit) -> dict[str, Any]:
    """What is due first, and whether somebody waits too long."""
    return {
        "chargebacks": await chargebacks.unanswered(db, limit=SHOWN),
        "overview": await cases.overview(db, visit.user.id, at=visit.now),
        "next": await cases.queue(db, visit.user.id, limit=SHOWN),
        "disputes": await disputes.queue(db, visit.user.id, after=None, limit=SHOWN),
    }


async def _as_finance(db: ReadSession) -> list[tuple[str, int, str]]:
    """How much waits on each page of the money: its name, the count, its address."""
    prepared = [each for each in await desk.batches(db, limit=20) if each.state == "prepared"]
    return [
        (N_("Payouts that wait for a batch"), sum(each.count for each in await desk.waiting(db)), "/ops/payouts"),
        (N_("Batches that wait for two people"), len(prepared), "/ops/payouts"),
        (N_("Receipts to read"), len(await receipts.to_read(db)), "/ops/receipts"),
        (N_("Lines to look at"), await desk.open_lines(db), "/ops/lines"),
        (N_("To send back"), len(await pay_ins.to_send_back(db)), "/ops/pay-ins"),
        (N_("Differences with Stripe"), await reconciling.count_open(db), "/ops/books"),
    ]


async def _to_a_visitor(visit: Visit) -> Answer:
    """Nobody has to sign in to see that there is work, and that there are people."""
    async with visit.read() as db:
        gigs = await newest_gigs(db, at=visit.now, limit=SHOWN)
        people = await newest_people(db, limit=SHOWN)
    return page(visit, "home/visitor.html", gigs=gigs, people=people)


async def _as_freelancer(db: ReadSession, visit: Visit) -> dict[str, Any]:
    """What must I do today, who answers me until when, what money comes when, which gigs fit and why."""
    coming = await money_coming(db, visit.user.id)
    proposals = await work_for_freelancer(db, visit.user.id)
    fitting = await gigs_for(db, visit.services[SearchIndex], visit.user.id, at=visit.now, limit=SHOWN + len(proposals))
    answered = {proposal.posting_slug for proposal in proposals}
    new = [(gig, match) for gig, match in fitting if gig.slug not in answered][:SHOWN]
    note_matches(visit, "matches/home", [(gig.id, match) for gig, match in new])
    return {
        "steps": await steps_for(db, visit.user.id, "freelancer"),
        "proposals": proposals,
        "applications": await applications_of(db, visit.user.id, waiting_only=True, limit=SHOWN),
        "coming": [step for step in coming if step.state == "delivered"],
        "fitting": [_fitting(gig, match, visit.locale) for gig, match in new],
    }


def _fitting(gig: GigRow, match: Match, locale: str) -> GigCard:
    said = tuple(reason.said(locale) for reason in match.reasons[:REASONS])
    return gig_card(gig, locale, reasons=said)


async def _as_employer(db: ReadSession, visit: Visit) -> dict[str, Any]:
    """Who waits for my answer and until when, what is to be paid in, what is not published yet."""
    steps = await steps_for(db, visit.user.id, "employer")
    work = await work_for_employer(db, visit.user.id)
    return {
        "to_review": [step for step in steps if step.state == "delivered"],
        "to_fund": [step for step in steps if step.state != "delivered"],
        "to_answer": work.to_answer,
        "jobs_to_answer": await jobs_to_answer(db, visit.user.id),
        "drafts": work.drafts,
        "running": [posting for posting in work.running if not posting.waiting],
    }


routes = [show_home]
