"""The form of a gig: what its page asks, and what the domain takes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from litestar.datastructures import FormMultiDict
from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField

from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.places.gazetteer import read_places
from marketplace.postings.rules import CURRENCIES, MOST_SKILLS, Content, PayKind
from marketplace.skills.taxonomy import SkillName, known_skills, resolve
from marketplace.web.csrf import FIELD
from marketplace.web.forms import CreatingForm, DeadlineField, Form, Length, MoneyField, Required, SkillsField, strip
from marketplace.web.visit import Visit

PAY_KINDS = {"fixed": N_("A fixed price"), "hourly": N_("By the hour")}
LANGUAGES = {"en": N_("English"), "ur": N_("Urdu")}
MYSELF = N_("Myself")
DRAFT_COOKIE = "gig-draft"
_UNSAID = (FIELD, "submission", "step")
_PROPOSALS_DAYS, _ANSWER_DAYS = 14, 21


def districts(locale: str) -> dict[str, str]:
    """Choices of a district by slug, "" for none."""
    names = {entry.slug: entry.name_ur if locale == "ur" else entry.name_en for entry in read_places()[0]}
    return {"": N_("Choose a district"), **names}


def _districts(form: Form, _field: Field) -> dict[str, str]:
    return districts(form.locale)


class GigFields:
    """What both forms of a gig ask. What is missing is said by the domain, at these names."""

    title = StringField(
        N_("Title"), [Required(), Length(max=120)], filters=[strip], description=N_("What is to be done, in one line.")
    )
    description = TextAreaField(
        N_("Description"),
        [Length(max=20_000)],
        description=N_("What you have, what you need, how you will judge it. Markdown works: lists, links, emphasis."),
    )
    skills = SkillsField(N_("Skills"), most=MOST_SKILLS)
    pay_kind = RadioField(N_("How do you pay?"), choices=PAY_KINDS, default="fixed")
    pay_min = MoneyField(N_("You pay"), currency_from="currency")
    pay_max = MoneyField(N_("Up to"), currency_from="currency", description=N_("Leave it empty for one price."))
    currency = SelectField(
        N_("Currency"),
        choices={code: code for code in CURRENCIES},
        description=N_("Contracts are in US dollars for now."),
    )
    is_remote = BooleanField(N_("Can be done from anywhere"), default=True)
    district = SelectField(
        N_("District"),
        choices=cast(Any, _districts),
        default="",
        description=N_("Needed only where somebody has to be there."),
    )
    language = SelectField(N_("Language of the work"), choices=LANGUAGES)
    closes_on = DeadlineField(N_("Last day for proposals"), description=N_("Within 90 days."))
    answer_on = DeadlineField(
        N_("Everybody gets your answer by"),
        description=N_("At most 30 days later. It is shown on the gig; whoever has no answer by then is told so."),
    )
    questions = TextAreaField(
        N_("Questions"),
        [Length(max=2_000)],
        description=N_("One on each line, at most 5. Everybody who sends a proposal answers them."),
    )


class GigForm(GigFields, Form):
    """A gig that exists."""


class NewGigForm(GigFields, CreatingForm):
    """A gig to be made; `organisation` is "" for the private person."""

    organisation = SelectField(N_("For whom"), choices={"": MYSELF}, default="")


AnyGigForm = GigForm | NewGigForm


def blank(visit: Visit) -> NewGigForm:
    """A new form with dates that suit most."""
    dates = {"closes_on": visit.now + timedelta(_PROPOSALS_DAYS), "answer_on": visit.now + timedelta(_ANSWER_DAYS)}
    return prepared(visit, visit.blank(NewGigForm, data=dates))


def prepared(visit: Visit, form: NewGigForm) -> NewGigForm:
    """Offer the organisations that she hires for; "" is herself, also where she has an organisation of one."""
    hats = [hat for hat in (visit.person.organisations if visit.person else ()) if hat.role in ("owner", "hiring")]
    choices = {hat.slug: hat.name for hat in hats if not hat.is_personal} | {"": MYSELF}
    form.organisation.choices = cast(Any, choices)
    chosen = visit.person.organisation if visit.person else None
    if not form.organisation.raw_data and chosen is not None and not chosen.is_personal:
        form.organisation.data = chosen.slug
    if form.organisation.data not in choices:
        form.organisation.data = ""
    return form


def content(form: AnyGigForm) -> Content:
    """What was written, as the domain takes it. Unknown skills stay as typed: the domain refuses them."""
    slugs, unknown = resolve(form.skills.data or ())
    low, high = cast("Money | None", form.pay_min.data), cast("Money | None", form.pay_max.data)
    lowest = low or high or Money(0, form.currency.data)
    return Content(
        title=form.title.data or "",
        description=(form.description.data or "").replace("\r\n", "\n"),
        skills=(*slugs, *unknown),
        pay_kind=cast(PayKind, form.pay_kind.data),
        pay_min_minor=lowest.amount_minor,
        pay_max_minor=(high or lowest).amount_minor,
        currency=form.currency.data,
        is_remote=bool(form.is_remote.data),
        district=None if form.is_remote.data else form.district.data or None,
        language=form.language.data,
        questions=tuple(line.strip() for line in (form.questions.data or "").splitlines() if line.strip()),
        closes_at=form.closes_on.data,
        answer_by=form.answer_on.data,
    )


def filled(visit: Visit, written: Content) -> GigForm:
    """The form of what the gig says now."""
    low, high = (Money(minor, written.currency) for minor in (written.pay_min_minor, written.pay_max_minor))
    values = {
        **{name: getattr(written, name) for name in ("title", "description", "pay_kind", "currency", "language")},
        "skills": list(written.skills),
        "pay_min": low or None,
        "pay_max": high if high != low else None,
        "is_remote": written.is_remote,
        "district": written.district or "",
        "closes_on": written.closes_at,
        "answer_on": written.answer_by,
        "questions": "\n".join(written.questions),
    }
    return visit.blank(GigForm, data=values)


def chosen_skills(form: AnyGigForm, locale: str) -> list[dict[str, str]]:
    """The chips of the skills in the form; what we do not know keeps the words that were typed."""
    slugs, unknown = resolve(form.skills.data or ())
    known = known_skills()
    chips = [{"slug": slug, "name": known[slug].name(locale)} for slug in slugs]
    return chips + [{"slug": typed, "name": typed} for typed in unknown]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A gig that is not published yet, with what the page of one shows."""

    title: str
    description: str
    pay_kind: str
    pay_min: Money
    pay_max: Money
    is_remote: bool
    district: str | None
    language: str
    questions: tuple[str, ...]
    closes_at: datetime | None
    answer_by: datetime | None
    skills: tuple[SkillName, ...]

    def place(self, locale: str) -> str | None:
        return districts(locale).get(self.district or "") if self.district else None


def facts(form: NewGigForm) -> Facts:
    """What the form says, as a page shows it. Call it on a validated form."""
    written = content(form)
    known = known_skills()
    same = (
        "title",
        "description",
        "pay_kind",
        "is_remote",
        "district",
        "language",
        "questions",
        "closes_at",
        "answer_by",
    )
    return Facts(
        **{name: getattr(written, name) for name in same},
        pay_min=Money(written.pay_min_minor, written.currency),
        pay_max=Money(written.pay_max_minor, written.currency),
        skills=tuple(known.get(slug) or SkillName(slug, slug, slug) for slug in written.skills),
    )


# -- drafts of visitors


def kept(posted: FormMultiDict) -> dict[str, list[str]]:
    """What a visitor typed, to be kept until she has an account."""
    values: dict[str, list[str]] = {}
    for name, value in posted.multi_items():
        if isinstance(value, str) and name not in _UNSAID:
            values.setdefault(name, []).append(value)
    return values


def restored(visit: Visit, draft: dict[str, Any]) -> NewGigForm:
    """The form as it was left."""
    pairs = [(name, value) for name, values in draft.items() for value in values]
    return prepared(visit, NewGigForm(FormMultiDict(pairs), locale=visit.locale, zone=visit.zone))
