"""The demo's bank and clock: time passes, banks ask back, payouts fail, webhooks get lost. The demo only."""

from datetime import timedelta
from typing import Any

from marketplace.engines.payments.errors import PaymentRefused, PaymentUnavailable
from marketplace.engines.payments.steering import Steering
from marketplace.kernel import clock
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.runtime import pass_time
from marketplace.web.access import DEMO, Answer, get, post
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

SPANS = {"1": N_("One day"), "3": N_("Three days"), "14": N_("Two weeks"), "60": N_("Sixty days")}
EVENTS = {
    "": N_("As they come"),
    "doubled": N_("Each one twice"),
    "shuffled": N_("Late and in any order"),
    "lost": N_("None arrives"),
}
SAVED_CARDS = {
    "": N_("They pay"),
    "generic_decline": N_("The bank declines"),
    "insufficient_funds": N_("The bank says there is not enough on it"),
    "authentication_required": N_("The bank wants to ask the payer herself"),
}
CALLS = {
    "POST /v1/checkout/sessions": N_("the next pay page"),
    "POST /v1/transfers": N_("the next transfer"),
    "POST /v1/refunds": N_("the next refund"),
    "POST /v1/payouts": N_("the next payout"),
}
FAULTS = {
    "drop_after": N_("is done, but the answer is lost"),
    "500_before": N_("fails with an error that stays"),
    "503_before": N_("fails once"),
    "429": N_("is refused as too fast"),
}
DELAY_SECONDS = 20
PER_SECOND = 25


@get("/dev/sandbox", DEMO)
async def show_sandbox(visit: Visit) -> Answer:
    """What the sandbox has, and what can be done to it."""
    try:
        books = await _sandbox(visit).books()
    except (PaymentUnavailable, PaymentRefused):
        books = None
    choices: dict[str, Any] = {"spans": SPANS, "events": EVENTS, "calls": CALLS, "faults": FAULTS}
    choices |= {"saved_cards": SAVED_CARDS}
    return page(visit, "demo/sandbox.html", books=books, money=_money, **choices)


@post("/dev/sandbox/clock", DEMO)
async def advance(visit: Visit) -> Answer:
    """Time passes for web, worker and sandbox; what is due by then passes at once."""
    days = await _chosen(visit, "days", SPANS)
    if days:
        clock.advance(timedelta(days=int(days)))
        async with visit.write() as db:
            await pass_time(db, since=visit.now, until=clock.now())
    return redirect(visit, "/dev/sandbox", flash=N_("Time has passed."))


@post("/dev/sandbox/events", DEMO)
async def change_events(visit: Visit) -> Answer:
    """How webhooks arrive, and whether calls are counted."""
    posted = await visit.posted()
    events = str(posted.get("events") or "")
    wanted: dict[str, Any] = {"events": events if events in EVENTS else ""}
    wanted["event_delay_seconds"] = DELAY_SECONDS if events == "shuffled" else 0
    wanted["requests_per_second"] = PER_SECOND if posted.get("is_counted") else 0
    return await _steer(visit, _sandbox(visit).set(**wanted))


@post("/dev/sandbox/cards", DEMO)
async def change_cards(visit: Visit) -> Answer:
    """What banks say to cards that were kept."""
    wanted = await _chosen(visit, "saved_cards", SAVED_CARDS)
    return await _steer(
        visit, _sandbox(visit).set(saved_cards=wanted), said=N_("Switched. The next press finds it so.")
    )


@post("/dev/sandbox/faults", DEMO)
async def order_fault(visit: Visit) -> Answer:
    """The next call of a kind goes wrong."""
    call, kind = await _chosen(visit, "call", CALLS), await _chosen(visit, "kind", FAULTS)
    if not (call and kind):
        return redirect(visit, "/dev/sandbox")
    return await _steer(visit, _sandbox(visit).fault(call, kind))


@post("/dev/sandbox/disputes", DEMO)
async def dispute(visit: Visit) -> Answer:
    """A payer's bank asks for a payment back, or only asks about it."""
    posted = await visit.posted()
    charge, is_inquiry = str(posted.get("charge") or ""), posted.get("way") == "inquiry"
    return await _steer(visit, _sandbox(visit).dispute(charge, is_inquiry=is_inquiry))


@post("/dev/sandbox/decisions", DEMO)
async def decide(visit: Visit) -> Answer:
    """The bank decides about a dispute."""
    posted = await visit.posted()
    outcome = "won" if posted.get("outcome") == "won" else "lost"
    return await _steer(visit, _sandbox(visit).decide(_id(posted.get("dispute")), outcome))


@post("/dev/sandbox/payouts", DEMO)
async def fail_payout(visit: Visit) -> Answer:
    """The bank sends a payout back."""
    return await _steer(visit, _sandbox(visit).fail_payout(_id((await visit.posted()).get("payout"))))


HEARD = N_("Done. The marketplace hears of it by webhook, in a second or two.")


async def _steer(visit: Visit, asked: Any, *, said: str = HEARD) -> Answer:
    try:
        await asked
    except PaymentRefused:
        flash = Flash(N_("The sandbox can't do that (any more)."), tone="waiting")
    except PaymentUnavailable:
        flash = Flash(N_("The sandbox does not answer."), tone="danger")
    else:
        flash = Flash(said)
    return redirect(visit, "/dev/sandbox", flash=flash)


async def _chosen(visit: Visit, name: str, choices: dict[str, str]) -> str:
    value = str((await visit.posted()).get(name) or "")
    return value if value in choices else ""


def _id(value: object) -> str:
    """An id of Stripe as it may stand in an address."""
    return "".join(each for each in str(value or "") if each.isalnum() or each == "_")[:80] or "none"


def _sandbox(visit: Visit) -> Steering:
    return Steering(visit.settings.stripe_api_url)


def _money(minor: int, currency: str) -> Money:
    return Money(minor, currency.upper())


routes = [show_sandbox, advance, change_events, change_cards, order_fault, dispute, decide, fail_payout]
