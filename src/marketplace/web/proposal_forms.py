"""The form of a proposal: cover, answers, milestones in rows that come and go without a script."""

from collections.abc import Sequence
from typing import Any, cast

import wtforms
from wtforms import Field, FieldList, FormField, IntegerField, RadioField, StringField, TextAreaField
from wtforms.meta import DefaultMeta
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from marketplace.escrow.rules import FeeTerms
from marketplace.gigs.rules import (
    CHOOSABLE_REASONS,
    DECLINE_REASONS,
    LONGEST_ANSWER,
    LONGEST_NOTE,
    LONGEST_TITLE,
    MOST_MILESTONES,
    Offer,
    Part,
    Preview,
    preview,
)
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money, parse_money
from marketplace.web.forms import CreatingForm, Form, Length, MoneyField, strip
from marketplace.web.visit import Visit


def amount(typed: str, currency: str) -> Money | None:
    """What somebody typed so far as money, None unless it is."""
    try:
        return parse_money(typed[:40], currency)
    except Invalid:
        return None


class PartMeta(DefaultMeta):
    """Speaks the language of the form around it."""

    _parent_form: Any = None

    def get_translations(self, form: object) -> Any:
        return self._parent_form.meta.get_translations(form)


class PartForm(wtforms.Form):
    """One milestone."""

    Meta = PartMeta
    title = StringField(N_("What you deliver"), [Length(max=LONGEST_TITLE)], filters=[strip])
    amount = MoneyField(N_("Amount"))
    days = IntegerField(N_("Days"), [Optional()], widget=TextInput())

    @property
    def is_blank(self) -> bool:
        """Nothing was typed in this row."""
        return not (self.title.data or self.amount.typed or (self.days.raw_data and any(self.days.raw_data)))

    @property
    def money(self) -> Money | None:
        """The amount typed, None unless it is one."""
        return cast("Money | None", self.amount.data) or amount(self.amount.typed, self.amount.currency)


class OfferFields:
    """What both forms of a proposal ask. What is missing is said by the domain, at these names."""

    cover = TextAreaField(
        N_("How you would do it, and why you"),
        [Length(max=5_000)],
        description=N_("Your name, links, addresses and phone numbers in here are hidden until you are shortlisted."),
    )
    answers = FieldList(TextAreaField("", [Length(max=LONGEST_ANSWER)]), max_entries=20)
    milestones = FieldList(FormField(PartForm), N_("Milestones"), min_entries=1, max_entries=MOST_MILESTONES + 1)

    is_grown = False
    """A row was just added; it wants the cursor."""

    @property
    def parts(self) -> list[PartForm]:
        return [entry.form for entry in self.milestones.entries]

    def preview(self, fee: FeeTerms) -> Preview | None:
        """What she would get for the amounts that stand in the form now."""
        amounts = [part.money for part in self.parts]
        said = [amount for amount in amounts if amount is not None]
        return preview(said, fee) if said else None

    @property
    def can_add(self) -> bool:
        return len(self.milestones.entries) < MOST_MILESTONES

    def ask(self, questions: Sequence[str], currency: str) -> None:
        """Amounts in the currency of the gig; one answer for each of its questions, its words as the label."""
        for part in self.parts:
            part.amount.currency = currency
        del self.answers.entries[len(questions) :]
        while len(self.answers.entries) < len(questions):
            self.answers.append_entry("")
        for entry, question in zip(self.answers.entries, questions, strict=True):
            entry.label.text = question

    def turn(self, step: str) -> bool:
        """Add or remove a row where that was pressed. True: show the form again, nothing is sent."""
        if step == "add" and self.can_add:
            self.milestones.append_entry({})
            self.is_grown = True
        name, _, number = step.partition("-")
        if name == "remove" and number.isdecimal() and len(self.parts) > 1 and int(number) < len(self.parts):
            cast(Any, self.milestones).pop_entry(int(number))
        return name in ("add", "remove", "preview")

    def offer(self) -> Offer:
        """What was written; rows left empty are no milestones. Call it on a validated form."""
        rows = [part for part in self.parts if not part.is_blank]
        return Offer(
            cover=(self.cover.data or "").replace("\r\n", "\n"),
            answers=tuple((entry.data or "").replace("\r\n", "\n") for entry in self.answers.entries),
            milestones=tuple(
                Part(row.title.data or "", row.money.amount_minor if row.money else 0, row.days.data or 0)
                for row in rows
            ),
        )

    def field_named(self, name: str) -> Field | None:
        """Also those inside: answers-0, milestones-1-amount, counting the rows that were filled in."""
        kind, _, rest = name.partition("-")
        number, _, inner = rest.partition("-")
        if kind == "answers" and number:
            return self.answers.entries[int(number)]
        if kind == "milestones" and number:
            return [part for part in self.parts if not part.is_blank][int(number)][inner]
        return cast(Any, super()).field_named(name)

    def refuse(self, error: Invalid) -> None:
        """As every form does it; lists of fields learn that something inside them is wrong."""
        cast(Any, super()).refuse(error)
        for rows in (self.answers, self.milestones):
            if not rows.errors and any(entry.errors for entry in rows.entries):
                rows.errors = [entry.errors for entry in rows.entries]


class NewOfferForm(OfferFields, CreatingForm):
    """A proposal to be sent."""


class OfferForm(OfferFields, Form):
    """A proposal that exists."""


AnyOfferForm = NewOfferForm | OfferForm


class DeclineForm(Form):
    """Why not."""

    reason = RadioField(
        N_("Why?"), choices={reason: DECLINE_REASONS[reason] for reason in CHOOSABLE_REASONS}, validate_choice=False
    )
    note = TextAreaField(
        N_("A sentence to the freelancer"),
        [Length(max=LONGEST_NOTE)],
        description=N_("What would have made it a yes? It helps more than a bare no."),
    )


def filled(visit: Visit, offer: Offer, currency: str) -> OfferForm:
    """The form of what a proposal says now."""
    rows = [
        {"title": part.title, "amount": Money(part.amount_minor, currency), "days": part.days}
        for part in offer.milestones
    ]
    return visit.blank(
        OfferForm, data={"cover": offer.cover, "answers": list(offer.answers), "milestones": rows or [{}]}
    )
