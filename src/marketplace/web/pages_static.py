"""Help, fees, safety, terms, privacy: words for everybody. Figures come from the data and rules that are in force."""

from typing import Any

from marketplace.contracts.reviews import reputation
from marketplace.escrow.queries import fee_rules
from marketplace.escrow.rules import fee_preview
from marketplace.identity.employers.rules import LEVELS
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.pages import page
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
}
_EXAMPLES = (Money(20_00, "USD"), Money(150_00, "USD"), Money(999_99, "USD"))


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
        rules = await fee_rules(db, at=visit.now)
    basis_points = next(rule.basis_points for rule in rules if rule.kind == "contract")
    examples = [fee_preview(amount, basis_points) for amount in _EXAMPLES]
    return _page(visit, "help/fees.html", rules=rules, kinds=_KINDS, examples=examples)


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
