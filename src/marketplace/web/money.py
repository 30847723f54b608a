"""The page of money: what is held, owed, available and on its way; her payout account at Stripe."""

from typing import Any
from uuid import UUID

from marketplace.contracts import lists
from marketplace.contracts import money as contracts
from marketplace.contracts.rules import CLEARING
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentRefused, PaymentUnavailable
from marketplace.escrow import actions, queries
from marketplace.escrow.cards import cards_of
from marketplace.escrow.movements import movements_of
from marketplace.escrow.rails.freezing import frozen
from marketplace.escrow.rails.methods import methods_of
from marketplace.escrow.rails.rates import rupees
from marketplace.identity.queries import HatOrganisation, SignedIn
from marketplace.identity.roles import may
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.kernel.i18n import N_
from marketplace.web import paging
from marketplace.web.access import FREELANCER, USER, Answer, get, post
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.payout_forms import AmountForm, ways_of
from marketplace.web.stepping_up import step_up_first
from marketplace.web.visit import Visit

COUNTRY = "PK"
"""Where payout accounts are opened until somebody works from elsewhere; Stripe's own pages ask again."""


@get("/money", USER)
async def show_money(visit: Visit) -> Answer:
    """Hers as a freelancer; of her organisation with `?as=employer`."""
    if is_employer_view(visit):
        return await _employer_page(visit, paying(visit.user))
    return await freelancer_page(visit)


@post("/money/account", FREELANCER)
async def connect(visit: Visit) -> Answer:
    """Go to Stripe's onboarding; pressed again it goes on where she left it. First she proves that it is she."""
    if ask := step_up_first(visit, "/money"):
        return ask
    try:
        address = await _onboarding(visit)
    except PaymentUnavailable:
        return page(visit, "money/unreachable.html", status=503, headers={"Retry-After": "10"})
    except PaymentRefused:
        flash = Flash(N_("Our payment partner could not open an account. Please write to us."), tone="danger")
        return redirect(visit, "/money", flash=flash)
    return redirect(visit, address)


@get("/money/account/again", FREELANCER)
async def ask_again(visit: Visit) -> Answer:
    """Stripe sends her here when its link was used or too old: the next one is a press of a button away."""
    return page(visit, "money/again.html")


@get("/money/account/back", FREELANCER)
async def wait_for_account(visit: Visit) -> Answer:
    """Where Stripe's onboarding leads back to: waits until the webhook says that the account works."""
    async with visit.read() as db:
        account = await queries.payout_account_of(db, visit.user.id)
    if account is None:
        raise NotFound
    if account.state == "active":
        return redirect(visit, "/money", flash=N_("Your payout account is connected."))
    return page(visit, "money/back.html", fragment="waiting", account=account)


async def _onboarding(visit: Visit) -> str:
    """The address of Stripe's form for her account, which is made first where it is not there yet."""
    client, by = visit.services[PaymentClient], visit.user.id
    async with visit.write() as db:
        account = await actions.connect_account(db, by, country=COUNTRY, by=by, at=visit.now)
    if account.stripe_account_id is None:
        stripe_account_id = await client.create_account(
            key=actions.account_key(account),
            country=account.country,
            email=visit.user.email,
            name=visit.user.name,
            metadata={"payout_account": str(account.id)},
        )
        async with visit.write() as db:
            account = await actions.account_opened(db, account.id, stripe_account_id)
    assert account.stripe_account_id is not None
    base = f"{visit.settings.base_url}/money/account"
    return await client.account_link(account.stripe_account_id, return_url=f"{base}/back", refresh_url=f"{base}/again")


async def freelancer_page(visit: Visit, form: AmountForm | None = None, *, status: int = 200) -> Answer:
    """Her page of money; `form` is a payout that she asked for and that can't be."""
    user = visit.user
    async with visit.read() as db:
        balances = await queries.balances_of(db, user.id)
        methods = await methods_of(db, user.id)
        coming = await lists.money_coming(db, user.id)
        rows = await movements_of(db, user_id=user.id, before=_cursor(visit), limit=paging.SIZE + 1)
        places = await contracts.places_of(db, {row.hold_id for row in rows if row.hold_id})
        freeze = await frozen(db)
        rate = await rupees(db, at=visit.now)
    found = paging.cut(visit, rows, key=lambda row: [row.id])
    ways = ways_of(balances, methods)
    context: dict[str, Any] = {"balances": balances, "methods": methods, "coming": coming, "rate": rate}
    context["is_frozen"] = bool(freeze)
    context["account"] = next((each for each in methods if each.rail == "stripe"), None)
    context |= {"has_both": has_both(user), "found": found, "places": places, "ways": ways}
    form = form or visit.blank(AmountForm)
    form.offer(ways)
    return page(
        visit, "money/freelancer.html", fragment="movements", status=status, form=form, clearing=CLEARING, **context
    )


async def _employer_page(visit: Visit, organisation: HatOrganisation) -> Answer:
    async with visit.read() as db:
        spendings = await contracts.spending_of(db, organisation.id)
        cards = await cards_of(db, organisation.id, reader=visit.user.id)
        rows = await movements_of(db, organisation_id=organisation.id, before=_cursor(visit), limit=paging.SIZE + 1)
        places = await contracts.places_of(db, {row.hold_id for row in rows if row.hold_id})
    found = paging.cut(visit, rows, key=lambda row: [row.id])
    context: dict[str, Any] = {"spendings": spendings, "organisation": organisation, "has_both": has_both(visit.user)}
    context["cards"] = cards
    return page(visit, "money/employer.html", fragment="movements", found=found, places=places, **context)


def is_employer_view(visit: Visit) -> bool:
    """Whether the money of her organisation is meant (`?as=employer`), not hers."""
    wanted = visit.query.get("as", "")
    if wanted in ("employer", "freelancer"):
        return wanted == "employer"
    return visit.user.handle is None and visit.user.organisation is not None


def paying(user: SignedIn) -> HatOrganisation:
    """The organisation whose money she may see. Raises: NotAllowed."""
    found = user.organisation
    if found is None or not may(found.role, "pay"):
        raise NotAllowed(N_("Only owners and those who pay see the money of an organisation."))
    return found


def has_both(user: SignedIn) -> bool:
    """Whether she works and pays."""
    return user.handle is not None and user.organisation is not None and may(user.organisation.role, "pay")


def _cursor(visit: Visit) -> UUID | None:
    cursor = paging.decode(visit, UUID)
    return cursor[0] if cursor else None


routes = [show_money, connect, ask_again, wait_for_account]
