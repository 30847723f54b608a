"""The page of money: what is held, owed, available and on its way; payouts; the payout account."""

from typing import Any
from uuid import UUID

from litestar.datastructures import FormMultiDict

from marketplace.contracts import lists
from marketplace.contracts import money as contracts
from marketplace.contracts.rules import CLEARING
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.errors import PaymentRefused, PaymentUnavailable
from marketplace.escrow import actions, queries
from marketplace.escrow.movements import movements_of
from marketplace.escrow.rules import MINIMUM_PAYOUT
from marketplace.identity.queries import HatOrganisation, SignedIn
from marketplace.identity.roles import may
from marketplace.kernel.errors import NotAllowed, NotFound
from marketplace.kernel.i18n import N_
from marketplace.web import paging
from marketplace.web.access import FREELANCER, USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Form, MoneyField, Required
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

COUNTRY = "PK"
"""Where payout accounts are opened until somebody works from elsewhere; Stripe's own pages ask again."""


class AmountForm(Form):
    """How much to pay out."""

    amount = MoneyField(N_("Amount"), [Required()], currency="USD", description=N_("At least USD 10."))


class PayoutForm(CreatingForm):
    """A payout that was looked at."""

    amount = MoneyField(N_("Amount"), [Required()], currency="USD")


@get("/money", USER)
async def show_money(visit: Visit) -> Answer:
    """Hers as a freelancer; of her organisation with `?as=employer`."""
    if is_employer_view(visit):
        return await _employer_page(visit, paying(visit.user))
    return await _freelancer_page(visit, visit.blank(AmountForm))


@get("/money/payout", FREELANCER)
async def preview_payout(visit: Visit) -> Answer:
    """What a payout of this amount means, before it is asked for."""
    form = AmountForm(FormMultiDict(visit.query.multi_items()), locale=visit.locale, zone=visit.zone)
    if not form.validate():
        return await _freelancer_page(visit, form, status=422)
    async with visit.read() as db:
        balance = await queries.balance_of(db, visit.user.id)
        account = await queries.payout_account_of(db, visit.user.id)
    if account is None:
        return redirect(visit, "/money", flash=Flash(N_("Connect your payout account first."), tone="note"))
    if not MINIMUM_PAYOUT <= form.amount.data <= balance.available:
        too_little = form.amount.data < MINIMUM_PAYOUT
        form.amount.errors = [
            form.say(N_("The smallest payout is USD 10.") if too_little else N_("That is more than your balance."))
        ]
        return await _freelancer_page(visit, form, status=422)
    asked = visit.blank(PayoutForm, data={"amount": form.amount.data})
    rest = balance.available - form.amount.data
    return page(visit, "money/payout.html", form=asked, amount=form.amount.data, rest=rest, account=account)


@post("/payouts", FREELANCER)
async def request_payout(visit: Visit) -> Answer:
    """Money of her balance goes to her bank."""
    form = await visit.form(PayoutForm)
    if form.validate():
        with form.catching():
            async with visit.submit(form, back="/money") as step:
                if step.is_first:
                    by = visit.user.id
                    await actions.request_payout(step.db, by, form.amount.data, by=by, at=visit.now)
                    step.location = "/money"
            return redirect(visit, step.location, flash=N_("Asked for. We tell you when your bank has it."))
    again = visit.blank(AmountForm, data={"amount": form.amount.data})
    again.amount.errors = form.amount.errors
    return await _freelancer_page(visit, again, status=422)


@post("/money/account", FREELANCER)
async def connect(visit: Visit) -> Answer:
    """Go to Stripe's onboarding; pressed again it goes on where she left it."""
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


async def _freelancer_page(visit: Visit, form: AmountForm, *, status: int = 200) -> Answer:
    user = visit.user
    async with visit.read() as db:
        balance = await queries.balance_of(db, user.id)
        account = await queries.payout_account_of(db, user.id)
        coming = await lists.money_coming(db, user.id)
        rows = await movements_of(db, user_id=user.id, before=_cursor(visit), limit=paging.SIZE + 1)
        places = await contracts.places_of(db, {row.hold_id for row in rows if row.hold_id})
    found = paging.cut(visit, rows, key=lambda row: [row.id])
    context: dict[str, Any] = {"balance": balance, "account": account, "coming": coming}
    return page(
        visit,
        "money/freelancer.html",
        fragment="movements",
        status=status,
        form=form,
        clearing=CLEARING,
        has_both=has_both(user),
        found=found,
        places=places,
        **context,
    )


async def _employer_page(visit: Visit, organisation: HatOrganisation) -> Answer:
    async with visit.read() as db:
        spending = await contracts.spending_of(db, organisation.id)
        rows = await movements_of(db, organisation_id=organisation.id, before=_cursor(visit), limit=paging.SIZE + 1)
        places = await contracts.places_of(db, {row.hold_id for row in rows if row.hold_id})
    found = paging.cut(visit, rows, key=lambda row: [row.id])
    context: dict[str, Any] = {"spending": spending, "organisation": organisation, "has_both": has_both(visit.user)}
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


routes = [show_money, preview_payout, request_payout, connect, ask_again, wait_for_account]
