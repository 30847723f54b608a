"""The form of a gig: what its page asks, and what the domain takes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from litestar.datastructures import FormMultiDict
from wtforms import RadioField, SelectField, SelectMultipleField, TextAreaField

from marketplace.kernel.i18n import N_
from marketplace.kernel.money import CURRENCIES, Money
from marketplace.postings.rules import Content
from marketplace.postings.terms import GIG_FRIENDLY_WORDS, LEVEL_WORDS, friendly
from marketplace.skills.taxonomy import SkillName, known_skills
from marketplace.web.csrf import FIELD
from marketplace.web.forms import CreatingForm, Form, Length
from marketplace.web.posting_forms import MYSELF, PostingFields, common, districts, prepared, said, usual_dates
from marketplace.web.visit import Visit

PAY_KINDS = {"fixed": N_("A fixed price"), "hourly": N_("By the hour")}
DRAFT_COOKIE = "gig-draft"
_UNSAID = (FIELD, "submission", "step")


class GigFields(PostingFields):
    """What both forms of a gig ask."""

    pay_kind = RadioField(N_("How do you pay?"), choices=PAY_KINDS, default="fixed")
    currency = SelectField(
        N_("Currency"),
        choices={code: code for code in CURRENCIES},
        description=N_("Proposals, contract and payment are in it. Rupees are paid in by bank or wallet, not by card."),
    )
    level = SelectField(
        N_("Level"),
        choices=cast(Any, {"": N_("Any level")} | LEVEL_WORDS),
        default="",
        description=N_("How much experience the work needs."),
    )
    women_friendly = SelectMultipleField(
        N_("What makes it easier for women"),
        choices=cast(Any, GIG_FRIENDLY_WORDS),
        description=N_("Tick only what you will keep: it stands on the posting, and people search by it."),
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
    return prepared(visit, visit.blank(NewGigForm, data=usual_dates(visit)))


def content(form: AnyGigForm) -> Content:
    """What was written, as the domain takes it."""
    lines = (form.questions.data or "").splitlines()
    asked = tuple(line.strip() for line in lines if line.strip())
    return Content(**common(form), level=form.level.data or None, questions=asked)


def filled(visit: Visit, written: Content) -> GigForm:
    """The form of what the gig says now."""
    own = {"level": written.level or "", "questions": "\n".join(written.questions)}
    return visit.blank(GigForm, data=said(written) | own)


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
    level: str | None
    friendly: tuple[str, ...]
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
        "level",
        "questions",
        "closes_at",
        "answer_by",
    )
    return Facts(
        **{name: getattr(written, name) for name in same},
        friendly=friendly(written.women_friendly),
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
