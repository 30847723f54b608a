"""What the forms of a gig and of a job or internship share: their common fields, and the choices they offer."""

from datetime import timedelta
from typing import Any, Protocol, TypeVar, cast

from wtforms import BooleanField, Field, SelectField, SelectMultipleField, StringField, TextAreaField

from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.places.gazetteer import read_places
from marketplace.postings.rules import MOST_SKILLS, Content
from marketplace.postings.terms import FRIENDLY_WORDS
from marketplace.skills.linking import taxonomy_linker
from marketplace.skills.taxonomy import known_skills, resolve
from marketplace.web.forms import DeadlineField, Form, Length, MoneyField, Required, SkillsField, strip
from marketplace.web.visit import Visit

LANGUAGES = {"en": N_("English"), "ur": N_("Urdu")}
MYSELF = N_("Myself")
_ANSWERED_DAYS, _ANSWER_DAYS = 14, 21


def districts(locale: str) -> dict[str, str]:
    """Choices of a district by slug, "" for none."""
    names = {entry.slug: entry.name_ur if locale == "ur" else entry.name_en for entry in read_places()[0]}
    return {"": N_("Choose a district"), **names}


def _districts(form: Form, _field: Field) -> dict[str, str]:
    return districts(form.locale)


class PostingFields:
    """What every form of a posting asks. What is missing is said by the domain, at these names."""

    title = StringField(
        N_("Title"), [Required(), Length(max=120)], filters=[strip], description=N_("What is to be done, in one line.")
    )
    description = TextAreaField(
        N_("Description"),
        [Length(max=20_000)],
        description=N_("What you have, what you need, how you will judge it. Markdown works: lists, links, emphasis."),
    )
    skills = SkillsField(N_("Skills"), most=MOST_SKILLS)
    pay_min = MoneyField(N_("You pay"), currency_from="currency")
    pay_max = MoneyField(N_("Up to"), currency_from="currency", description=N_("Leave it empty for one price."))
    is_remote = BooleanField(N_("Can be done from anywhere"), default=True)
    district = SelectField(
        N_("District"),
        choices=cast(Any, _districts),
        default="",
        description=N_("Needed only where somebody has to be there."),
    )
    language = SelectField(N_("Language of the work"), choices=LANGUAGES)
    women_friendly = SelectMultipleField(
        N_("What makes it easier for women"),
        choices=cast(Any, FRIENDLY_WORDS),
        description=N_("Tick only what you will keep: it stands on the posting, and people search by it."),
    )
    closes_on = DeadlineField(N_("Last day for proposals"), description=N_("Within 90 days."))
    answer_on = DeadlineField(
        N_("Everybody gets your answer by"),
        description=N_("At most 30 days later. It is shown on the gig; whoever has no answer by then is told so."),
    )


class _ForSomebody(Protocol):
    @property
    def organisation(self) -> SelectField: ...


_New = TypeVar("_New", bound=_ForSomebody)


def usual_dates(visit: Visit) -> dict[str, Any]:
    """Dates that suit most."""
    return {"closes_on": visit.now + timedelta(_ANSWERED_DAYS), "answer_on": visit.now + timedelta(_ANSWER_DAYS)}


def prepared(visit: Visit, form: _New) -> _New:
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


def common(form: Any) -> dict[str, Any]:
    """The common part of what was written, as `Content` takes it. Unknown skills stay: the domain refuses them."""
    slugs, unknown = resolve(form.skills.data or ())
    low, high = cast("Money | None", form.pay_min.data), cast("Money | None", form.pay_max.data)
    lowest = low or high or Money(0, form.currency.data)
    return {
        "title": form.title.data or "",
        "description": (form.description.data or "").replace("\r\n", "\n"),
        "skills": (*slugs, *unknown),
        "pay_kind": form.pay_kind.data,
        "pay_min_minor": lowest.amount_minor,
        "pay_max_minor": (high or lowest).amount_minor,
        "currency": form.currency.data,
        "is_remote": bool(form.is_remote.data),
        "district": None if form.is_remote.data else form.district.data or None,
        "language": form.language.data,
        "women_friendly": tuple(form.women_friendly.data or ()),
        "closes_at": form.closes_on.data,
        "answer_by": form.answer_on.data,
    }


def said(written: Content) -> dict[str, Any]:
    """The common part of what a posting says, as its form takes it."""
    low, high = (Money(minor, written.currency) for minor in (written.pay_min_minor, written.pay_max_minor))
    return {
        **{name: getattr(written, name) for name in ("title", "description", "pay_kind", "currency", "language")},
        "skills": list(written.skills),
        "women_friendly": list(written.women_friendly),
        "pay_min": low or None,
        "pay_max": high if high != low else None,
        "is_remote": written.is_remote,
        "district": written.district or "",
        "closes_on": written.closes_at,
        "answer_on": written.answer_by,
    }


MOST_FOUND = 8
"""Skills of the text that are offered beneath the picker."""


def skills_of(form: Any, locale: str) -> dict[str, list[dict[str, str]]]:
    """What the skill picker shows: the chosen ones, and those that stand in title or description."""
    chosen = chosen_skills(form, locale)
    taken, known = {each["slug"] for each in chosen}, known_skills()
    said = taxonomy_linker().mentioned(f"{form.title.data or ''} {form.description.data or ''}")
    found = [{"slug": slug, "name": known[slug].name(locale)} for slug in said if slug not in taken]
    return {"chosen_skills": chosen, "found_skills": found[:MOST_FOUND]}


def chosen_skills(form: Any, locale: str) -> list[dict[str, str]]:
    """The chips of the skills in the form; what we do not know keeps the words that were typed."""
    slugs, unknown = resolve(form.skills.data or ())
    known = known_skills()
    chips = [{"slug": slug, "name": known[slug].name(locale)} for slug in slugs]
    return chips + [{"slug": typed, "name": typed} for typed in unknown]
