"""The money of a milestone in parts, more time, and an end that both want: one page for what is not the usual way."""

from typing import Any
from uuid import UUID

from wtforms import IntegerField, TextAreaField
from wtforms.widgets import TextInput

from marketplace.contracts import parts, queries, rules
from marketplace.contracts.disputes import queries as disputes
from marketplace.contracts.disputes import splits
from marketplace.contracts.disputes.notices import path_of_dispute
from marketplace.contracts.disputes.rules import LONGEST_TEXT
from marketplace.contracts.models import Milestone
from marketplace.contracts.notices import path_of
from marketplace.contracts.rules import Side
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.i18n import N_
from marketplace.kernel.ids import short
from marketplace.kernel.money import Money
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Form, Length, MoneyField, Required, in_currency, strip
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

_BASE = "/contracts/{id}/milestones/{number}"


class AmountForm(CreatingForm):
    """How much of it."""

    amount = MoneyField(N_("Amount"), [Required()])


class SplitForm(CreatingForm):
    """How to divide what is held."""

    release = MoneyField(
        N_("For the freelancer"),
        description=N_("Before the fee. The rest goes back to the employer. Leave it empty for nothing."),
    )
    text = TextAreaField(
        N_("Why"), [Length(max=LONGEST_TEXT)], filters=[strip], description=N_("The other side reads it.")
    )

    @property
    def money(self) -> Money:
        """What is typed; nothing where it is empty."""
        return self.release.data or Money(0, self.release.currency)


class DaysForm(Form):
    """How many more days."""

    days = IntegerField(N_("More days"), [Required()], widget=TextInput(), description=N_("From 1 to 60."))


@get(f"{_BASE}/parts", USER)
async def show_parts(visit: Visit, id: UUID, number: int) -> Answer:
    """What can be done besides the usual way."""
    return await _page(visit, id, number)


@post(f"{_BASE}/part-releases", USER)
async def release_part(visit: Visit, id: UUID, number: int) -> Answer:
    """The employer releases a part early."""
    form = await visit.form(AmountForm)
    await _in_its_currency(visit, form, id)
    if form.validate():
        with form.catching():
            async with visit.submit(form, back=path_of(id, number)) as step:
                if step.is_first:
                    milestone = await queries.milestone_for(step.db, id, number, by=visit.user.id, side="employer")
                    await parts.release_part(step.db, milestone, form.amount.data, by=visit.user.id, at=visit.now)
            return redirect(visit, path_of(id, number), flash=N_("Released. The rest stays held."))
    return await _page(visit, id, number, side="employer", status=422, release_form=form)


@post(f"{_BASE}/refunds", USER)
async def give_back(visit: Visit, id: UUID, number: int) -> Answer:
    """The freelancer gives money back."""
    form = await visit.form(AmountForm)
    await _in_its_currency(visit, form, id)
    if form.validate():
        with form.catching():
            async with visit.submit(form, back=path_of(id, number)) as step:
                if step.is_first:
                    milestone = await queries.milestone_for(step.db, id, number, by=visit.user.id, side="freelancer")
                    await parts.give_back(step.db, milestone, form.amount.data, by=visit.user.id, at=visit.now)
            return redirect(visit, path_of(id, number), flash=N_("It goes back to the employer."))
    return await _page(visit, id, number, side="freelancer", status=422, refund_form=form)


@post(f"{_BASE}/extensions", USER)
async def extend(visit: Visit, id: UUID, number: int) -> Answer:
    """The employer gives more time."""
    form = await visit.form(DaysForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                milestone = await queries.milestone_for(db, id, number, by=visit.user.id, side="employer")
                await parts.extend(db, milestone, days=form.days.data or 0, by=visit.user.id, at=visit.now)
            return redirect(visit, path_of(id, number), flash=N_("The new date holds, and the freelancer knows it."))
    return await _page(visit, id, number, side="employer", status=422, days_form=form)


@post(f"{_BASE}/cancellation", USER)
async def cancel_overdue(visit: Visit, id: UUID, number: int) -> Answer:
    """The date has passed with nothing delivered: the employer takes the money back."""
    async with visit.write() as db:
        milestone = await queries.milestone_for(db, id, number, by=visit.user.id, side="employer")
        await parts.cancel_overdue(db, milestone, by=visit.user.id, at=visit.now)
    done = Flash(N_("Cancelled. The money goes back to you."), tone="note")
    return redirect(visit, path_of(id, number), flash=done)


@post(f"{_BASE}/splits", USER)
async def propose_split(visit: Visit, id: UUID, number: int) -> Answer:
    """Propose how to divide what is held."""
    form = await visit.form(SplitForm)
    await _in_its_currency(visit, form, id)
    if form.validate():
        with form.catching():
            async with visit.submit(form, back=path_of(id, number)) as step:
                if step.is_first:
                    milestone, side = await _of_side(step.db, id, number, visit.user.id)
                    asked: dict[str, Any] = {"side": side, "by": visit.user.id, "at": visit.now}
                    text = form.text.data or ""
                    await splits.propose(step.db, milestone, form.money, text=text, **asked)
                    step.location = await _after(step.db, milestone, id)
            return redirect(visit, step.location, flash=N_("Proposed. It holds as soon as the other side accepts."))
    return await _page(visit, id, number, status=422, split_form=form)


@post(f"{_BASE}/splits/{{split}}/accept", USER)
async def accept_split(visit: Visit, id: UUID, number: int, split: UUID) -> Answer:
    """Take what the other side proposed."""
    async with visit.write() as db:
        milestone, side = await _of_side(db, id, number, visit.user.id)
        await splits.accept(db, milestone, split, side=side, by=visit.user.id, at=visit.now)
        location = await _after(db, milestone, id)
    return redirect(visit, location, flash=N_("Agreed. The money is on its way to both."))


@post(f"{_BASE}/splits/{{split}}/decline", USER)
async def decline_split(visit: Visit, id: UUID, number: int, split: UUID) -> Answer:
    """Say no to it."""
    async with visit.write() as db:
        milestone, side = await _of_side(db, id, number, visit.user.id)
        await splits.decline(db, milestone, split, side=side, by=visit.user.id, at=visit.now)
        location = await _after(db, milestone, id)
    return redirect(visit, location, flash=Flash(N_("Declined. Nothing has changed."), tone="note"))


@post(f"{_BASE}/splits/{{split}}/withdraw", USER)
async def withdraw_split(visit: Visit, id: UUID, number: int, split: UUID) -> Answer:
    """Take one's own proposal back."""
    async with visit.write() as db:
        milestone, side = await _of_side(db, id, number, visit.user.id)
        await splits.withdraw(db, milestone, split, side=side, at=visit.now)
        location = await _after(db, milestone, id)
    return redirect(visit, location, flash=Flash(N_("Your proposal is taken back."), tone="note"))


async def _in_its_currency(visit: Visit, form: Form, contract_id: UUID) -> None:
    """Amounts are in the currency of the contract. Raises: NotFound for whoever is on neither side."""
    async with visit.read() as db:
        contract, _side = await queries.contract_for(db, contract_id, by=visit.user.id)
    in_currency(form, contract.currency)


async def _of_side(db: AnySession, id: UUID, number: int, by: UUID) -> tuple[Milestone, Side]:
    _contract, side = await queries.contract_for(db, id, by=by)
    return await queries.milestone_for(db, id, number, by=by, side=side), side


async def _after(db: Session, milestone: Milestone, contract_id: UUID) -> str:
    """The dispute where there is one, else the milestone."""
    dispute = await disputes.of_milestone(db, milestone.id)
    return path_of_dispute(dispute) if dispute else path_of(contract_id, milestone.number)


async def _page(
    visit: Visit, id: UUID, number: int, *, side: Side | None = None, status: int = 200, **forms: Form
) -> Answer:
    async with visit.read() as db:
        contract = await queries.contract_view(db, id, reader=visit.user.id)
        if side is not None and contract.side != side:
            raise rules.NotYourSide
        milestone = contract.milestone(number)
        proposed = await disputes.splits_of(db, milestone.id, milestone.left, contract.fee, released=milestone.released)
    if milestone.dispute_id and milestone.state == "disputed" and status == 200:
        return redirect(visit, f"/disputes/{short(milestone.dispute_id)}")
    kinds: dict[str, type[Form]] = {
        "release_form": AmountForm,
        "refund_form": AmountForm,
        "split_form": SplitForm,
        "days_form": DaysForm,
    }
    context: dict[str, Any] = {name: forms.get(name) or visit.blank(kind) for name, kind in kinds.items()}
    context["is_living"] = milestone.state in rules.LIVING
    return page(
        visit, "contracts/parts.html", status=status, contract=contract, milestone=milestone, splits=proposed, **context
    )


routes = [
    show_parts,
    release_part,
    give_back,
    extend,
    cancel_overdue,
    propose_split,
    accept_split,
    decline_split,
    withdraw_split,
]
