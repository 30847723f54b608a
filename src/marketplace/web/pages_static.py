"""Help, fees, safety, terms, privacy: words for everybody. Figures come from the data and rules that are in force."""

from typing import Any

from marketplace.contracts.reviews import reputation
from marketplace.escrow.fees import fees_in_force, fees_to_come
from marketplace.escrow.rules import fee_preview
from marketplace.identity.employers.rules import LEVELS
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.pages import page
from marketplace.web.payout_forms import RAILS
from marketplace.web.payout_methods import open_terms
from marketplace.web.visit import Visit

TOPICS = {
    "how-it-works": N_("How it works"),
    "freelancers": N_("For freelancers"),
    "employers": N_("For employers"),
    "money": N_("How the money is protected"),
    "employer-levels": N_("Levels of employers"),
    "reviews": N_("Reviews"),
    "reputation": N_("Reputation"),
}
"""/help/{topic} is templates/help/topics/{topic}.html."""

_KINDS = {
    "contract": N_("Gigs with milestones"),
    "order": N_("Services at a set price"),
    "pay_in": N_("Paying in by card or transfer"),
    "refund": N_("What goes back to the employer"),
}
_PAYERS = {
    "freelancer": N_("the freelancer"),
    "platform": N_("nobody: the cost is ours"),
}
_EXAMPLES = (Money(20_00, "USD"), Money(150_00, "USD"), Money(999_99, "USD"), Money(45_000_00, "PKR"))


@get("/help", PUBLIC)
async def show_help(visit: Visit) -> Answer:
    """All topics."""
    return _page(visit, "help/index.html")


@get("/help/{topic}", PUBLIC)
async def show_topic(visit: Visit, topic: str) -> Answer:
    """One topic."""
    if topic not in TOPICS:
        raise NotFound
    return _page(visit, f"help/topics/{topic}.html", levels=LEVELS, formula=reputation)


@get("/fees", PUBLIC)
async def show_fees(visit: Visit) -> Answer:
    """The fees in force, with examples worked out by the same rule that contracts use."""
    async with visit.read() as db:
        fees, coming = await fees_in_force(db, at=visit.now), await fees_to_come(db, at=visit.now)
    terms = {fee.currency: fee.terms for fee in fees if fee.kind == "contract"}
    context: dict[str, Any] = {"fees": fees, "coming": coming, "kinds": _KINDS, "payers": _PAYERS}
    context["examples"] = [fee_preview(amount, terms[amount.currency]) for amount in _EXAMPLES]
    return _page(visit, "help/fees.html", ways=open_terms(visit), rails=RAILS, **context)


@get("/safety", PUBLIC)
async def show_safety(visit: Visit) -> Answer:
    """How to stay safe, and what to do at once."""
    return _page(visit, "help/safety.html")


@get("/terms", PUBLIC)
async def show_terms(visit: Visit) -> Answer:
    """What everybody agrees to."""
    return _page(visit, "help/terms.html")


@get("/privacy", PUBLIC)
async def show_privacy(visit: Visit) -> Answer:
    """What is stored, who sees it, how long."""
    return _page(visit, "help/privacy.html")


def _page(visit: Visit, template: str, **context: Any) -> Answer:
    return page(visit, template, topics=TOPICS, **context)


routes = [show_help, show_topic, show_fees, show_safety, show_terms, show_privacy]
