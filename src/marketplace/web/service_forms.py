"""The forms of a service and of an order: rows for packages and extras that may stay empty."""

from collections.abc import Sequence
from typing import Any, cast

import wtforms
from wtforms import Field, FieldList, FormField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from marketplace.gigs import service_rules as rules
from marketplace.gigs.service_rules import Content, Extra, Package
from marketplace.identity.queries import HatOrganisation
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import CURRENCIES, Money
from marketplace.skills.taxonomy import known_skills, resolve
from marketplace.web.forms import ChoiceField, CreatingForm, Form, Length, MoneyField, SkillsField, strip
from marketplace.web.proposal_forms import PartMeta
from marketplace.web.visit import Visit

SPARE_EXTRAS = 2
MYSELF = N_("Myself")


class _Row(wtforms.Form):
    """A row of the form; left empty it is nothing."""

    Meta = PartMeta

    @property
    def is_blank(self) -> bool:
        fields: Sequence[Any] = list(self)
        return not any(str(each or "").strip() for field in fields for each in field.raw_data or ())


class PackageForm(_Row):
    """One way to buy the service."""

    name = StringField(N_("Name"), [Length(max=rules.LONGEST_NAME)], filters=[strip])
    price = MoneyField(N_("Price"))
    days = IntegerField(N_("Days until delivery"), [Optional()], widget=TextInput())
    revisions = IntegerField(N_("Revisions included"), [Optional()], widget=TextInput())
    includes = TextAreaField(N_("What is in it"), [Length(max=rules.LONGEST_INCLUDES)], filters=[strip])

    def package(self) -> Package:
        price = cast("Money | None", self.price.data)
        amount = price.amount_minor if price else 0
        revisions = self.revisions.data if self.revisions.data is not None else 1
        said = (self.name.data or "", amount, self.days.data or 0, revisions, self.includes.data or "")
        return Package(*said, currency=self.price.currency)


class ExtraForm(_Row):
    """Something on top."""

    title = StringField(N_("What more"), [Length(max=rules.LONGEST_EXTRA)], filters=[strip])
    price = MoneyField(N_("Price"))
    days = IntegerField(N_("Days more"), [Optional()], widget=TextInput())

    def extra(self) -> Extra:
        price = cast("Money | None", self.price.data)
        amount = price.amount_minor if price else 0
        return Extra(self.title.data or "", amount, self.days.data or 0, currency=self.price.currency)


class ServiceFields:
    """What both forms of a service ask. What is missing is said by the domain, at these names."""

    title = StringField(
        N_("What you do"),
        [Length(max=rules.LONGEST_TITLE)],
        filters=[strip],
        description=N_("One line that says the result: “A shop page that opens in a second”."),
    )
    description = TextAreaField(
        N_("How it goes"),
        [Length(max=rules.LONGEST_DESCRIPTION)],
        description=N_("What you do, what you need for it, what is not part of it. Markdown works."),
    )
    skills = SkillsField(N_("Skills"), most=rules.MOST_SKILLS)
    currency = ChoiceField(
        N_("Currency"),
        choices={code: code for code in CURRENCIES},
        default=CURRENCIES[0],
        description=N_("Of all prices here. Rupees are paid in by bank or wallet, not by card."),
    )
    packages = FieldList(FormField(PackageForm), N_("Packages"), max_entries=rules.MOST_PACKAGES)
    extras = FieldList(FormField(ExtraForm), N_("Extras"), max_entries=rules.MOST_EXTRAS)
    questions = TextAreaField(
        N_("Questions to whoever orders"),
        [Length(max=1_200)],
        description=N_("One on each line, at most 5. They are answered with the order, before your time runs."),
    )

    def spare(self) -> None:
        """Three packages and some extras can always be written."""
        while len(self.packages.entries) < rules.MOST_PACKAGES:
            self.packages.append_entry({})
        extras = len([entry for entry in self.extras.entries if entry.form.title.data])
        while len(self.extras.entries) < min(extras + SPARE_EXTRAS, rules.MOST_EXTRAS):
            self.extras.append_entry({})

    def validate(self, extra_validators: Any = None) -> bool:
        """Prices are in the currency that was chosen."""
        for entry in (*self.packages.entries, *self.extras.entries):
            entry.form.price.currency = self.currency.data
        return bool(cast(Any, super()).validate(extra_validators))

    def content(self) -> Content:
        """What was written, as the domain takes it. Unknown skills stay as typed: the domain refuses them."""
        slugs, unknown = resolve(self.skills.data or ())
        questions = (self.questions.data or "").splitlines()
        return Content(
            title=self.title.data or "",
            description=(self.description.data or "").replace("\r\n", "\n").strip(),
            skills=(*slugs, *unknown),
            packages=tuple(row.package() for row in self._rows(self.packages)),
            extras=tuple(row.extra() for row in self._rows(self.extras)),
            questions=tuple(line.strip() for line in questions if line.strip()),
            currency=self.currency.data or "",
        )

    def field_named(self, name: str) -> Field | None:
        """Also those inside: packages-0-price, counting the rows that were filled in."""
        kind, _, rest = name.partition("-")
        number, _, inner = rest.partition("-")
        if kind in ("packages", "extras") and inner:
            return self._rows(getattr(self, kind))[int(number)][inner]
        return cast(Any, super()).field_named(name)

    def refuse(self, error: Any) -> None:
        """As every form does it; the lists learn that something inside them is wrong."""
        cast(Any, super()).refuse(error)
        for rows in (self.packages, self.extras):
            if not rows.errors and any(entry.errors for entry in rows.entries):
                rows.errors = [entry.errors for entry in rows.entries]

    def _rows(self, field: Any) -> list[Any]:
        return [entry.form for entry in field.entries if not entry.form.is_blank]


class NewServiceForm(ServiceFields, CreatingForm):
    """A service to be made."""


class ServiceForm(ServiceFields, Form):
    """A service that exists."""


AnyServiceForm = NewServiceForm | ServiceForm


def filled(visit: Visit, content: Content) -> ServiceForm:
    """The form of what a service says now."""
    packages = [
        {"name": p.name, "price": p.price if p.price_minor else None, "days": p.days or None}
        | {"revisions": p.revisions, "includes": p.includes}
        for p in content.packages
    ]
    extras = [{"title": e.title, "price": e.price if e.price_minor else None, "days": e.days} for e in content.extras]
    values: dict[str, Any] = {"currency": content.currency}
    values |= {"title": content.title, "description": content.description, "skills": list(content.skills)}
    rows = {"packages": packages, "extras": extras, "questions": "\n".join(content.questions)}
    return visit.blank(ServiceForm, data={**values, **rows})


def chips(form: AnyServiceForm, locale: str) -> list[dict[str, str]]:
    """The skills in the form; what we do not know keeps the words that were typed."""
    slugs, unknown = resolve(form.skills.data or ())
    known = known_skills()
    chosen = [{"slug": slug, "name": known[slug].name(locale)} for slug in slugs]
    return chosen + [{"slug": typed, "name": typed} for typed in unknown]


class OrderForm(CreatingForm):
    """What an employer writes with an order; package, extras and the price it has read come along unseen."""

    package = HiddenField(validators=[Length(max=2)])
    extras = HiddenField(validators=[Length(max=20)])
    price = HiddenField(validators=[Length(max=20)])
    organisation = SelectField(N_("For whom"), choices={"": MYSELF}, default="", validate_choice=True)
    brief = TextAreaField(
        N_("What you have and what you want to get"),
        [Length(max=rules.LONGEST_BRIEF)],
        description=N_("As you would tell a colleague: where things are, what matters, how you will judge it."),
    )
    answers = FieldList(TextAreaField("", [Length(max=rules.LONGEST_ANSWER)]), max_entries=20)

    def ask(self, questions: Sequence[str]) -> None:
        """One answer for each question of the service, its words as the label."""
        del self.answers.entries[len(questions) :]
        while len(self.answers.entries) < len(questions):
            self.answers.append_entry("")
        for entry, question in zip(self.answers.entries, questions, strict=True):
            entry.label.text = question

    def offer(self, visit: Visit) -> None:
        """The organisations that she may buy for; "" is herself."""
        choices = {hat.slug: hat.name for hat in hiring(visit)} | {"": MYSELF}
        self.organisation.choices = cast(Any, choices)
        chosen = visit.user.organisation
        if not self.organisation.raw_data and chosen is not None and chosen.slug in choices:
            self.organisation.data = chosen.slug

    def field_named(self, name: str) -> Field | None:
        """Also answers-0."""
        kind, _, number = name.partition("-")
        return self.answers.entries[int(number)] if kind == "answers" and number else super().field_named(name)

    def read_price(self) -> Money:
        """What stood on the page, as "29000 USD"."""
        minor, _, currency = (self.price.data or "").partition(" ")
        return Money(whole(minor), currency if currency in CURRENCIES else CURRENCIES[0])

    def taken(self) -> tuple[int, tuple[int, ...]]:
        """Numbers of the package and the extras; 0 is no package."""
        extras = (self.extras.data or "").split(",")
        return whole(self.package.data), tuple(sorted({whole(each) for each in extras if each}))


def hiring(visit: Visit) -> list[HatOrganisation]:
    """The organisations that she may buy for, besides herself."""
    hats = visit.user.organisations
    return [hat for hat in hats if hat.role in ("owner", "hiring") and not hat.is_personal]


def whole(text: object) -> int:
    """A small number as it stands in an address, 0 for anything else."""
    figures = str(text or "")
    return int(figures) if figures.isascii() and figures.isdecimal() and len(figures) < 16 else 0
