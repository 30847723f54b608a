"""Forms of interviews and offers: the times that one side offers, what an offer says, why somebody says no."""

from datetime import UTC, datetime
from typing import Any, cast

from wtforms import DateField, DateTimeLocalField, Field, IntegerField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from marketplace.jobs.interviews import rules as interviews
from marketplace.jobs.interviews.rules import Plan
from marketplace.jobs.offers import rules as offers
from marketplace.jobs.offers.rules import Words
from marketplace.kernel.i18n import N_
from marketplace.postings import terms
from marketplace.web.forms import ChoiceField, CreatingForm, DeadlineField, Form, Length, MoneyField, strip

_TIME: dict[str, Any] = {"format": ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"], "render_kw": {"step": 300}}


class TimesForm(Form):
    """One to five times, in the zone of whoever offers them; the first field carries what is wrong with them."""

    time_1 = DateTimeLocalField(N_("First time"), [Optional()], **_TIME)
    time_2 = DateTimeLocalField(N_("Second time"), [Optional()], **_TIME)
    time_3 = DateTimeLocalField(N_("Third time"), [Optional()], **_TIME)
    time_4 = DateTimeLocalField(N_("Fourth time"), [Optional()], **_TIME)
    time_5 = DateTimeLocalField(N_("Fifth time"), [Optional()], **_TIME)

    @property
    def time_fields(self) -> list[Field]:
        """The five of them."""
        return [self[f"time_{number}"] for number in range(1, interviews.MOST_OPTIONS + 1)]

    @property
    def times(self) -> list[datetime]:
        """What was filled in, in UTC."""
        typed = [field.data for field in self.time_fields if isinstance(field.data, datetime)]
        return [each.replace(tzinfo=self.zone).astimezone(UTC) for each in typed]


class PlanForm(TimesForm, CreatingForm):
    """A first interview: how, how long, where, and the times to choose from."""

    kind = ChoiceField(N_("How"), choices=interviews.KIND_WORDS, default="online")
    minutes = IntegerField(N_("Minutes"), [Optional()], widget=TextInput(), default=30)
    place = StringField(
        N_("Where"),
        [Length(max=interviews.LONGEST_PLACE)],
        filters=[strip],
        description=N_("The link, the number you call, or the address. Meet in a public place or an office."),
    )
    note = TextAreaField(
        N_("What it is about"),
        [Length(max=interviews.LONGEST_NOTE)],
        description=N_("Who will be there, what to prepare. No test task that is work for you."),
    )

    def plan(self) -> Plan:
        """What is offered. Call it on a validated form."""
        return Plan(
            kind=self.kind.data,
            options=self.times,
            minutes=self.minutes.data or 0,
            place=self.place.data or "",
            note=(self.note.data or "").replace("\r\n", "\n"),
        )


class WhyForm(Form):
    """Why an interview or an offer is not wanted any more; may stay empty."""

    reason = TextAreaField(
        N_("Why"), [Length(max=offers.LONGEST_REASON)], filters=[strip], description=N_("The other side reads it.")
    )


class OfferForm(CreatingForm):
    """An offer of employment. What is missing is said by the domain, at these names."""

    salary = MoneyField(
        N_("Salary or stipend"), currency_from="currency", description=N_("You pay it yourself, outside this place.")
    )
    currency = ChoiceField(N_("Currency"), choices={code: code for code in terms.CURRENCIES}, default="PKR")
    period = ChoiceField(N_("Paid"), choices=cast(Any, offers.PERIODS), default="month")
    starts_on = DateField(N_("First day"), [Optional()])
    text = TextAreaField(
        N_("What you offer"),
        [Length(max=offers.TEXT_LENGTH[1])],
        description=N_("The work, the hours, the place, leave, what comes with it. Both of you can read it later."),
    )
    answer_on = DeadlineField(N_("Answer by"), description=N_("Within 30 days; three to seven days are usual."))

    def words(self) -> Words:
        """What was written. Call it on a validated form."""
        return Words(
            salary=self.salary.data,
            period=self.period.data,
            starts_on=self.starts_on.data,
            text=(self.text.data or "").replace("\r\n", "\n"),
            answer_by=self.answer_on.data,
        )
