"""Where she is paid: her methods, new details (after a proof that it is she), and which one is used."""

from typing import Any, cast
from uuid import UUID

from wtforms import RadioField, StringField, TextAreaField
from wtforms.widgets import TextInput

from marketplace.escrow.models import Rail
from marketplace.escrow.rails import methods
from marketplace.escrow.rails.catalogue import HouseAccounts, operators, rails
from marketplace.escrow.rails.doors import open_rails
from marketplace.escrow.rules import COOLING
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.web.access import FREELANCER, Answer, get, post
from marketplace.web.forms import ChoiceField, Form, Length, Required, strip
from marketplace.web.pages import page, redirect
from marketplace.web.payout_forms import RAILS
from marketplace.web.stepping_up import step_up_first
from marketplace.web.visit import Visit

NUMBERS: dict[str, tuple[str, str]] = {
    "bank": (N_("IBAN"), N_("24 letters and digits, beginning with PK. It stands in your bank's app.")),
    "wallet": (N_("Mobile number"), N_("The one that your wallet or Raast ID belongs to, like 0300 1234567.")),
    "manual": (N_("Where the money has to go"), N_("In a sentence or two. We pay by hand and keep the receipt.")),
}


class DetailsForm(Form):
    """Her details for one rail."""

    holder = StringField(
        N_("Name of the account"), [Required(), Length(max=70)], filters=[strip], description=N_("As the bank has it.")
    )
    number = TextAreaField(N_("IBAN"), [Required(), Length(max=400)], filters=[strip], widget=TextInput())
    operator = ChoiceField(N_("Wallet"), validate_choice=False)
    currency = RadioField(N_("Currency"), choices=cast(Any, {"PKR": "PKR", "USD": "USD"}), validate_choice=False)

    def fit(self, rail: str) -> None:
        """Ask what this rail needs."""
        self.number.label.text, self.number.description = NUMBERS[rail]
        self.operator.choices = cast(Any, {each.slug: each.name for each in operators().values()})


@get("/money/methods", FREELANCER)
async def list_methods(visit: Visit) -> Answer:
    """All that are in use, and what could be added."""
    async with visit.read() as db:
        mine = await methods.methods_of(db, visit.user.id)
    terms = open_terms(visit)
    return page(visit, "money/methods.html", methods=mine, rails=RAILS, terms=terms, cooling=COOLING)


def open_terms(visit: Visit) -> dict[str, dict[str, Any]]:
    """What each way costs that is open here."""
    return {name: _terms(name) for name in open_rails(visit.services[HouseAccounts])}


def _terms(name: str) -> dict[str, Any]:
    found = rails()[name]
    currency = found.currency or "USD"
    return {"fee": Money(found.fee, currency), "minimum": Money(found.minimum, currency), "days": found.days}


@get("/money/methods/new/{rail}", FREELANCER)
async def new_method(visit: Visit, rail: str) -> Answer:
    """The form for one rail; first she proves that it is she, so that nothing typed is lost."""
    _check(visit, rail)
    if ask := step_up_first(visit, f"/money/methods/new/{rail}"):
        return ask
    return _form_page(visit, visit.blank(DetailsForm, data={"holder": visit.user.name, "currency": "PKR"}), rail)


@post("/money/methods/new/{rail}", FREELANCER)
async def add_method(visit: Visit, rail: str) -> Answer:
    """New details: told to her at once, paid 72 hours later."""
    known = _check(visit, rail)
    if ask := step_up_first(visit, f"/money/methods/new/{rail}"):
        return ask
    form = await visit.form(DetailsForm)
    form.fit(rail)
    if form.validate():
        details = methods.Details(
            known,
            form.holder.data or "",
            form.number.data or "",
            operator=(form.operator.data or "") if rail == "wallet" else "",
            currency=form.currency.data or "",
        )
        with form.catching():
            async with visit.write() as db:
                await methods.add_method(db, visit.user.id, details, by=visit.user.id, at=visit.now)
            return redirect(visit, "/money/methods", flash=N_("Saved. You can be paid there in 72 hours."))
    return _form_page(visit, form, rail, status=422)


def _check(visit: Visit, rail: str) -> Rail:
    for name in open_rails(visit.services[HouseAccounts]):
        if name == rail:
            return rails()[name].name
    raise NotFound


def _form_page(visit: Visit, form: DetailsForm, rail: str, *, status: int = 200) -> Answer:
    form.fit(rail)
    return page(visit, "money/method.html", status=status, form=form, rail=rail, rails=RAILS, terms=_terms(rail))


@post("/money/methods/{id}/prefer", FREELANCER)
async def prefer_method(visit: Visit, id: UUID) -> Answer:
    """What is released from now on goes there."""
    async with visit.write() as db:
        await methods.prefer_method(db, visit.user.id, id, by=visit.user.id, at=visit.now)
    return redirect(visit, "/money/methods", flash=N_("What is released from now on goes there."))


@post("/money/methods/{id}/remove", FREELANCER)
async def remove_method(visit: Visit, id: UUID) -> Answer:
    """Nothing more is paid there."""
    async with visit.write() as db:
        await methods.remove_method(db, visit.user.id, id, by=visit.user.id, at=visit.now)
    return redirect(visit, "/money/methods", flash=N_("Removed. Nothing more is paid there."))


routes = [list_methods, new_method, add_method, prefer_method, remove_method]
