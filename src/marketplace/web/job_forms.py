"""The form of a job or internship: what its page asks, and what the domain takes."""

from typing import Any, cast

import wtforms
from wtforms import BooleanField, DateField, FieldList, FormField, IntegerField, RadioField, SelectField, StringField
from wtforms.meta import DefaultMeta
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from marketplace.kernel.i18n import N_
from marketplace.postings import screening, terms
from marketplace.postings.models import PostingKind
from marketplace.postings.rules import Content
from marketplace.postings.screening import Question
from marketplace.postings.terms import LEVEL_WORDS, TYPE_WORDS, Terms
from marketplace.web.forms import CreatingForm, DeadlineField, Form, Length, MoneyField, Required, strip
from marketplace.web.posting_forms import PostingFields, common, prepared, said, usual_dates
from marketplace.web.visit import Visit

KINDS: dict[str, str] = {"job": N_("A job"), "internship": N_("An internship")}
PAY_KINDS = {"monthly": N_("By the month"), "yearly": N_("By the year"), "hourly": N_("By the hour")}


class _QuestionMeta(DefaultMeta):
    """Speaks the language of the form around it."""

    _parent_form: Any = None

    def get_translations(self, form: object) -> Any:
        return self._parent_form.meta.get_translations(form)


class QuestionForm(wtforms.Form):
    """One screening question."""

    Meta = _QuestionMeta
    text = StringField(N_("Question"), [Length(max=screening.LONGEST)], filters=[strip])
    kind = SelectField(N_("Answered with"), choices=cast(Any, screening.KIND_WORDS), default="text")
    choices = StringField(
        N_("Answers to choose from"), [Length(max=900)], filters=[strip], description=N_("With | between them.")
    )
    hoped = StringField(
        N_("What you hope for"),
        [Length(max=300)],
        filters=[strip],
        description=N_("yes or no, the least number, or one of the answers. Other answers are marked, never refused."),
    )
    is_optional = BooleanField(N_("May be left out"))

    @property
    def is_blank(self) -> bool:
        """Nothing was typed in this row."""
        return not (self.text.data or self.choices.data or self.hoped.data)

    def question(self) -> Question:
        """What was written, as the domain takes it."""
        parts = [part.strip() for part in (self.choices.data or "").split("|")]
        return Question(
            text=self.text.data or "",
            kind=self.kind.data,
            choices=tuple(part for part in parts if part),
            is_required=not self.is_optional.data,
            hoped=self.hoped.data or "",
        )


def _whole(label: str, hint: str = "", **options: Any) -> IntegerField:
    return IntegerField(label, [Optional()], widget=TextInput(), description=hint, **options)


class JobFields(PostingFields):
    """What both forms of a job or internship ask."""

    kind = RadioField(N_("What is it?"), choices=KINDS, default="job")
    title = StringField(
        N_("Title"),
        [Required(), Length(max=120)],
        filters=[strip],
        description=N_("The name of the position, as people search for it."),
    )
    type = SelectField(N_("How much"), choices=cast(Any, TYPE_WORDS), default="full_time")
    level = SelectField(N_("Level"), choices=cast(Any, LEVEL_WORDS), default="entry")
    hours_a_week = _whole(N_("Hours a week"), default=40)
    months = _whole(N_("Months"), N_("How long it lasts. Needed for an internship; leave it empty for a lasting job."))
    pay_kind = RadioField(N_("How do you pay?"), choices=PAY_KINDS, default="monthly")
    pay_min = MoneyField(
        N_("Salary or stipend from"),
        currency_from="currency",
        description=N_("You pay it yourself: no money of a job moves through us. Unpaid internships are refused."),
    )
    pay_max = MoneyField(
        N_("Up to"), currency_from="currency", description=N_("Leave it empty where there is one figure.")
    )
    currency = SelectField(N_("Currency"), choices={code: code for code in terms.CURRENCIES}, default="PKR")
    is_remote = BooleanField(N_("Can be done from anywhere"), default=False)
    place = StringField(
        N_("Place"),
        [Length(max=terms.LONGEST_PLACE)],
        filters=[strip],
        description=N_("A park or a quarter of the town, no house: the address comes with the interview."),
    )
    starts_on = DateField(N_("First day"), [Optional()], description=N_("Leave it empty where it can be agreed."))
    openings = _whole(N_("How many people?"), default=1)
    closes_on = DeadlineField(N_("Last day for applications"), description=N_("Within 90 days."))
    answer_on = DeadlineField(
        N_("Everybody gets your answer by"),
        description=N_("At most 30 days later. It is shown to everybody; whoever has no answer by then is told so."),
    )
    is_women_only = BooleanField(N_("Only women may apply"))
    women_only_reason = StringField(
        N_("Why only women?"),
        [Length(max=terms.LONGEST_REASON)],
        filters=[strip],
        description=N_("Shown to everybody."),
    )
    screening = FieldList(FormField(QuestionForm), N_("Questions"), max_entries=screening.MOST + 1)

    is_grown = False
    """A row was just added; it wants the cursor."""

    @property
    def rows(self) -> list[QuestionForm]:
        return [entry.form for entry in self.screening.entries]

    @property
    def can_add(self) -> bool:
        return len(self.screening.entries) < screening.MOST

    def turn(self, step: str) -> bool:
        """Add or remove a question where that was pressed. True: show the form again, nothing is sent."""
        name, _, number = step.partition("-")
        if name == "add" and self.can_add:
            self.screening.append_entry({})
            self.is_grown = True
        if name == "remove" and number.isdecimal() and int(number) < len(self.rows):
            cast(Any, self.screening).pop_entry(int(number))
        return name in ("add", "remove")


class JobForm(JobFields, Form):
    """A job that exists."""


class NewJobForm(JobFields, CreatingForm):
    """A job to be made; `organisation` is "" for the private person."""

    organisation = SelectField(N_("For whom"), default="")


AnyJobForm = JobForm | NewJobForm


def blank(visit: Visit) -> NewJobForm:
    """A new form with dates that suit most."""
    kind = "internship" if visit.query.get("kind", "") == "internship" else "job"
    return prepared(visit, visit.blank(NewJobForm, data={**usual_dates(visit), "kind": kind}))


def content(form: AnyJobForm) -> Content:
    """What was written, as the domain takes it; rows left empty are no questions. Call it on a validated form."""
    asked = tuple(row.question() for row in form.rows if not row.is_blank)
    said_of_it = Terms(
        type=form.type.data,
        level=form.level.data,
        hours_a_week=form.hours_a_week.data or 0,
        place=form.place.data or "",
        starts_on=form.starts_on.data,
        months=form.months.data,
        openings=form.openings.data or 0,
        is_women_only=bool(form.is_women_only.data),
        women_only_reason=(form.women_only_reason.data or "") if form.is_women_only.data else "",
    )
    return Content(kind=cast(PostingKind, form.kind.data), **common(form), terms=said_of_it, screening=asked)


def filled(visit: Visit, written: Content) -> JobForm:
    """The form of what the job says now."""
    assert written.terms is not None
    of_terms = {name: getattr(written.terms, name) for name in Terms.__dataclass_fields__}
    return visit.blank(
        JobForm, data={**said(written), **of_terms, "kind": written.kind, "screening": rows_of(written.screening)}
    )


def rows_of(questions: tuple[Question, ...]) -> list[dict[str, Any]]:
    """Questions as the rows of the form take them."""
    return [
        {
            **{name: getattr(question, name) for name in ("text", "kind", "hoped")},
            "choices": " | ".join(question.choices),
            "is_optional": not question.is_required,
        }
        for question in questions
    ]
