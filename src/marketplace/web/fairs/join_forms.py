"""What a candidate says of herself at a fair, and what the domain takes of it."""

from typing import Any, cast
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    EmailField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TimeField,
)
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from marketplace.fairs import presence, registering
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair, FairDay
from marketplace.fairs.registering import Person
from marketplace.identity.phones import read_number, shown
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.postings.terms import CURRENCIES
from marketplace.skills.queries import by_ids, by_slugs
from marketplace.skills.taxonomy import resolve
from marketplace.talent.queries import freelancer_of, profile_of
from marketplace.talent.rules import LANGUAGES
from marketplace.web.forms import CreatingForm, Email, Form, Length, MoneyField, Required, SkillsField, strip
from marketplace.web.posting_forms import districts
from marketplace.web.visit import Visit

PERIODS = {
    "month": N_("a month"),
    "hour": N_("an hour"),
    "year": N_("a year"),
    "fixed": N_("for a whole piece of work"),
}
_YES_NO = {"yes": N_("Yes"), "no": N_("No"), "": N_("I don’t say")}


class _EmailIfSaid(Email):
    def __call__(self, form: Any, field: Any, message: str | None = None) -> Any:
        return super().__call__(form, field, message) if field.data else None


def _districts(form: Form, _field: Field) -> dict[str, str]:
    return districts(form.locale)


class CandidateFields(Form):
    """What both forms ask: a new registration, and a change of one. Fields that a fair does not need are taken out."""

    fair_days: tuple[FairDay, ...] = ()
    name = StringField(N_("Your name"), [Required(), Length(max=registering.LONGEST_NAME)], filters=[strip])
    phone = TelField(
        N_("Mobile number"),
        [Length(max=30)],
        filters=[strip],
        description=N_("The ticket and every change come here by SMS. It needs no internet."),
    )
    email = EmailField(N_("E-mail"), [Length(max=254), _EmailIfSaid()], filters=[strip])
    takes_sms = BooleanField(N_("Tell me about changes by SMS"), default=True)
    about = StringField(
        N_("What you can do, in one line"),
        [Length(max=registering.LONGEST_ABOUT)],
        filters=[strip],
        description=N_("Employers read this before the fair, without your name."),
    )
    skills = SkillsField(N_("Skills"), most=registering.MOST_SKILLS)
    languages = SelectMultipleField(N_("Languages you can work in"), choices=cast(Any, LANGUAGES))
    education = StringField(N_("Education"), [Length(max=registering.LONGEST_EDUCATION)], filters=[strip])
    centre = StringField(N_("Training centre or school"), [Length(max=registering.LONGEST_CENTRE)], filters=[strip])
    district = SelectField(N_("District"), choices=cast(Any, _districts), validate_choice=False)
    pay_floor = MoneyField(
        N_("Least pay you would work for"),
        currency_from="currency",
        description=N_("It is compared with what employers pay, so that nobody’s time is lost."),
    )
    currency = SelectField(N_("Currency"), choices={code: code for code in CURRENCIES}, default="PKR")
    pay_period = SelectField(N_("Pay is"), choices=cast(Any, PERIODS), default="month")
    companions = IntegerField(N_("People who come with you"), [Optional()], default=0, widget=TextInput())
    comes = TimeField(
        N_("You can be there from"), [Optional()], description=N_("When your bus arrives. Empty: from the opening.")
    )
    leaves = TimeField(N_("You must leave at"), [Optional()], description=N_("Empty: you can stay until the end."))
    days = SelectMultipleField(N_("On which days"), choices=[], validate_choice=False)
    is_woman = RadioField(
        N_("Are you a woman?"),
        choices=cast(Any, _YES_NO),
        default="",
        validate_choice=False,
        description=N_("Asked only for hours that are for women, and counted in the report. Employers don’t see it."),
    )

    def fit(self, fair: Fair, days: list[FairDay], *, has_women_hours: bool) -> None:
        """Ask only what this fair needs."""
        self.fair_days = tuple(days)
        self.days.choices = [(day.on.isoformat(), day.on.isoformat()) for day in days]
        needed = {"days": len(days) > 1, "is_woman": has_women_hours, "companions": fair.max_companions > 0}
        for name, is_asked in needed.items():
            if not is_asked:
                del self[name]

    def _said(self, name: str, otherwise: Any = None) -> Any:
        field = self.field_named(name)
        return field.data if field is not None and field.data is not None else otherwise

    async def person(self, db: AnySession, fair: Fair, *, locale: str) -> Person:
        """What was written. Raises: Invalid at its field."""
        slugs, unknown = resolve(self.skills.data or ())
        if unknown:
            raise Invalid.at("skills", N_("We do not know “%(skill)s”. Choose from the list."), skill=unknown[0])
        on = frozenset(day.on for day in self.fair_days if day.on.isoformat() in self._said("days", []))
        said = presence.Said(comes=self.comes.data, leaves=self.leaves.data, days=on)
        return Person(
            name=self.name.data or "",
            phone=read_number(self.phone.data) if self.phone.data else None,
            email=self.email.data or None,
            locale=locale,
            is_woman={"yes": True, "no": False}.get(str(self._said("is_woman", ""))),
            centre=self.centre.data or "",
            district=self.district.data or None,
            education=self.education.data or "",
            about=self.about.data or "",
            skill_ids=tuple(skill.id for skill in await by_slugs(db, slugs)),
            languages=tuple(self.languages.data or ()),
            pay_floor=self.pay_floor.data,
            pay_period=self.pay_period.data if self.pay_floor.data else None,
            companions=self._said("companions", 0),
            window=presence.window(said, self.fair_days, ZoneInfo(fair.time_zone)),
            takes_sms=bool(self.takes_sms.data),
        )


class JoinForm(CandidateFields, CreatingForm):
    """A new registration."""

    consent = BooleanField(
        N_("I agree that the organiser keeps these details for this fair"),
        [Required()],
        description=N_(
            "The organiser sees all of it. Before the fair employers see a number, your skills and the line above; "
            "your name and phone only when you meet. You can leave at any time."
        ),
    )


async def known_of(db: AnySession, visit: Visit) -> dict[str, Any]:
    """What her account and profile say already."""
    if visit.person is None:
        return {}
    user = visit.person
    known: dict[str, Any] = {"name": user.name, "email": user.email, "phone": shown(user.phone) if user.phone else ""}
    if freelancer := await freelancer_of(db, user.id):
        profile = await profile_of(db, freelancer)
        known |= {"about": profile.headline, "district": profile.district or "", "skills": list(profile.skills)}
        known["languages"] = [each.code for each in profile.languages]
    return known


async def typed(db: AnySession, candidate: FairCandidate, fair: Fair, days: list[FairDay]) -> dict[str, Any]:
    """A registration as its form shows it."""
    said = presence.said_of(candidate, days, ZoneInfo(fair.time_zone))
    skills = await by_ids(db, candidate.skill_ids)
    floor = Money(candidate.pay_floor_minor, candidate.currency or "PKR") if candidate.pay_floor_minor else None
    names = ("name", "takes_sms", "about", "education", "centre", "companions")
    return {
        **{name: getattr(candidate, name) for name in names},
        **{"phone": shown(candidate.phone) if candidate.phone else "", "email": candidate.email or ""},
        **{"skills": [skills[id].slug for id in candidate.skill_ids if id in skills]},
        **{"languages": candidate.languages, "district": candidate.district or "", "pay_floor": floor},
        **{"currency": candidate.currency or "PKR", "pay_period": candidate.pay_period or "month"},
        **{"comes": said.comes, "leaves": said.leaves, "days": [on.isoformat() for on in sorted(said.days)]},
        "is_woman": {True: "yes", False: "no", None: ""}[candidate.is_woman],
    }
