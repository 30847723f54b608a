"""Freelancers as pages: her own profile to write, and what others see of it. (The list is in find_people.py.)"""

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

import wtforms
from litestar import Response
from wtforms import (
    BooleanField,
    Field,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from marketplace.contracts.history import work_of
from marketplace.fairs import inviting
from marketplace.fairs.models import Fair
from marketplace.gigs.service_queries import services_of
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.places.gazetteer import read_places
from marketplace.places.queries import parks
from marketplace.skills.linking import taxonomy_linker
from marketplace.skills.taxonomy import known_skills, resolve
from marketplace.talent import actions, handles, portfolio, queries, rules
from marketplace.talent.queries import Freelancer
from marketplace.talent.rules import LANGUAGES, LEVELS, RATE_CURRENCY, Language, LanguageLevel, Profile
from marketplace.web import posting_forms
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.acquaintance import is_acquainted
from marketplace.web.fairs.organise_people import STANDS
from marketplace.web.forms import DeadlineField, Form, Length, MoneyField, SkillsField, strip
from marketplace.web.pages import Flash, local_path, page, redirect
from marketplace.web.posting_forms import districts
from marketplace.web.reviews import reviews_part
from marketplace.web.visit import Visit

SPARE_ROWS = 2
"""Empty rows for languages beneath those that are named."""


def _districts(form: Form, _field: Field) -> dict[str, str]:
    return districts(form.locale)


def _parks(form: Form, _field: Field) -> dict[str, str]:
    names = {entry.slug: entry.name_ur if form.locale == "ur" else entry.name_en for entry in read_places()[1]}
    return {"": N_("None"), **names}


class LanguageForm(wtforms.Form):
    """One language; the empty choice is no language."""

    code = SelectField(N_("Language"), choices={"": N_("Choose a language"), **LANGUAGES}, validate_choice=False)
    level = SelectField(N_("How well"), choices=cast(Any, LEVELS), default="good", validate_choice=False)


class ProfileForm(Form):
    """What a freelancer writes about herself."""

    headline = StringField(
        N_("What you do, in one line"),
        [Length(max=rules.LONGEST_HEADLINE)],
        filters=[strip],
        description=N_("The first thing employers read: “Web shops that load fast”."),
    )
    skills = SkillsField(N_("Skills"), most=rules.MOST_SKILLS)
    about = TextAreaField(
        N_("About your work"),
        [Length(max=rules.LONGEST_ABOUT)],
        description=N_("How you work, what you have made. Markdown works: lists, links, emphasis."),
    )
    languages = FieldList(FormField(LanguageForm), N_("Languages"), max_entries=20)
    rate = MoneyField(
        N_("What you ask for an hour"),
        currency=RATE_CURRENCY,
        description=N_("You may ask another price for each gig."),
    )
    hours_a_week = IntegerField(N_("Hours a week you have"), [Optional()], widget=TextInput())
    district = SelectField(
        N_("District"), choices=cast(Any, _districts), default="", description=N_("Nothing more exact is ever shown.")
    )
    park = SelectField(N_("Technology park or centre"), choices=cast(Any, _parks), default="")
    available_on = DeadlineField(N_("Free from"), description=N_("Leave it empty when you can begin now."))
    shows_name = BooleanField(
        N_("Show my whole name to everybody"),
        description=N_("Otherwise people see your first name, until you are shortlisted or hired."),
    )
    shows_photo = BooleanField(
        N_("Show my photo to everybody"), description=N_("Otherwise only who has shortlisted or hired you sees it.")
    )
    shows_place = BooleanField(N_("Show my district and park"), default=True)
    shows_history = BooleanField(
        N_("Show the work I have finished here"),
        description=N_("Title, month and the organisation, never what was paid."),
    )
    next = HiddenField(validators=[Length(max=600)])

    def spare(self) -> None:
        """Leave room for more languages."""
        named = len([entry for entry in self.languages.entries if entry.form.code.data])
        while len(self.languages.entries) < min(named + SPARE_ROWS, rules.MOST_LANGUAGES):
            self.languages.append_entry({})

    def profile(self, park_id: UUID | None, *, is_listed: bool) -> Profile:
        """What was written, as the domain takes it. Unknown skills stay as typed: the domain refuses them."""
        slugs, unknown = resolve(self.skills.data or ())
        rate = cast("Money | None", self.rate.data)
        rows = [entry.form for entry in self.languages.entries if entry.form.code.data]
        return Profile(
            headline=self.headline.data or "",
            about=(self.about.data or "").replace("\r\n", "\n"),
            skills=(*slugs, *unknown),
            languages=tuple(Language(row.code.data, cast(LanguageLevel, row.level.data)) for row in rows),
            rate_minor=rate.amount_minor if rate else 0,
            hours_a_week=self.hours_a_week.data or 0,
            district=self.district.data or None,
            park_id=park_id,
            available_from=self.available_on.data,
            shows_name=bool(self.shows_name.data),
            shows_photo=bool(self.shows_photo.data),
            shows_place=bool(self.shows_place.data),
            shows_history=bool(self.shows_history.data),
            is_listed=is_listed,
        )


@get("/profile", USER)
async def edit_profile(visit: Visit) -> Answer:
    """What she says about herself, to be changed; empty where she has not begun."""
    async with visit.read() as db:
        freelancer = await queries.freelancer_of(db, visit.user.id)
        profile = await queries.profile_of(db, freelancer) if freelancer else Profile()
        park = await _park_slug(db, profile.park_id)
    form = visit.blank(ProfileForm, data=_values(profile, park, local_path(visit.query.get("next"), "")))
    return _form_page(visit, form, freelancer, profile)


def _values(profile: Profile, park: str, onward: str) -> dict[str, Any]:
    same = ("headline", "about", "shows_name", "shows_photo", "shows_place", "shows_history")
    return {
        **{name: getattr(profile, name) for name in same},
        "skills": list(profile.skills),
        "languages": [{"code": each.code, "level": each.level} for each in profile.languages],
        "rate": Money(profile.rate_minor, RATE_CURRENCY) if profile.rate_minor else None,
        "hours_a_week": profile.hours_a_week or None,
        "district": profile.district or "",
        "park": park,
        "available_on": profile.available_from,
        "next": onward,
    }


def _form_page(
    visit: Visit, form: ProfileForm, freelancer: Freelancer | None, profile: Profile | None, *, status: int = 200
) -> Answer:
    form.spare()
    slugs, unknown = resolve(form.skills.data or ())
    known = known_skills()
    chosen = [{"slug": slug, "name": known[slug].name(visit.locale)} for slug in slugs]
    chosen += [{"slug": typed, "name": typed} for typed in unknown]
    hints = [rules.HINTS[name] for name in rules.missing(profile)] if profile and freelancer else []
    said = taxonomy_linker().mentioned(f"{form.headline.data or ''} {form.about.data or ''}")
    found = [{"slug": slug, "name": known[slug].name(visit.locale)} for slug in said if slug not in slugs]
    context: dict[str, Any] = {"freelancer": freelancer, "chosen_skills": chosen, "hints": hints[:3]}
    context["found_skills"] = found[: posting_forms.MOST_FOUND]
    return page(visit, "people/profile.html", fragment="form", status=status, form=form, **context)


@post("/profile", USER)
async def save_profile(visit: Visit) -> Answer:
    """Write it; where that was pressed, let people find it or take it out of the search."""
    form = await visit.form(ProfileForm)
    step: object = (await visit.posted()).get("step")
    async with visit.read() as db:
        freelancer = await queries.freelancer_of(db, visit.user.id)
    is_listed = step == "list" or (step != "unlist" and freelancer is not None and freelancer.is_listed)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                saved = await _save(db, visit, form, is_listed=is_listed)
            return _after(visit, form, saved.handle, is_listed=is_listed)
    return _form_page(visit, form, freelancer, None, status=422)


async def _save(db: Session, visit: Visit, form: ProfileForm, *, is_listed: bool) -> Freelancer:
    freelancer = await actions.start(db, visit.user, at=visit.now)
    park_id = next((park.id for park in await parks(db) if park.slug == form.park.data), None)
    profile = form.profile(park_id, is_listed=is_listed)
    await actions.save(db, freelancer, profile, by=visit.user.id, at=visit.now)
    return freelancer


def _after(visit: Visit, form: ProfileForm, handle: str, *, is_listed: bool) -> Answer:
    said = N_("Saved. People find you within five seconds.") if is_listed else N_("Saved. Nobody finds it by search.")
    onward = local_path(form.next.data, f"/people/{handle}" if is_listed else "/profile")
    return redirect(visit, onward, flash=Flash(said))


@get("/people/{handle}", PUBLIC)
async def show_person(visit: Visit, handle: str) -> Answer:
    """What this reader may see of a freelancer; an old address leads to the present one."""
    try:
        return await person_page(visit, handle)
    except NotFound:
        async with visit.read() as db:
            present = await handles.successor(db, handle)
        if present is None:
            raise
        return Response(content="", status_code=301, headers={"Location": f"/people/{present}"})


async def person_page(visit: Visit, handle: str, *, is_preview: bool = False) -> Answer:
    """The page of a freelancer; `is_preview` shows her her own as a stranger sees it. Raises: NotFound."""
    reader = visit.person.id if visit.person else None
    async with visit.read() as db:
        knows = await is_acquainted(db, handle, reader=reader)
        person = await queries.profile_view(db, handle, reader=reader, is_acquainted=knows, is_preview=is_preview)
        is_own = person.user_id == reader and not is_preview
        context: dict[str, Any] = {
            "is_own": is_own,
            "fairs": await _asked_to(db, visit, person) if not is_own and not is_preview else [],
            "pieces": await portfolio.pieces_of(db, person.id, with_hidden=is_own),
            "services": await services_of(db, person.id, reader=None if is_preview else reader),
            "work": await work_of(db, person.id) if person.shows_history else [],
            "reviews": await reviews_part(db, "freelancer", person.id, href=f"/people/{handle}", at=visit.now),
        }
    context |= {
        "stands": STANDS,
        "languages": LANGUAGES,
        "levels": LEVELS,
        "sources": portfolio.SOURCES,
        "is_preview": is_preview,
    }
    return page(visit, "people/show.html", person=person, **context)


async def _asked_to(db: AnySession, visit: Visit, person: queries.ProfileView) -> Sequence[tuple[Fair, str]]:
    """The fairs to which this reader may ask a listed freelancer, and where she stands with each."""
    if visit.person is None or not person.is_listed:
        return ()
    return await inviting.stand_of(db, person.id, by=visit.person.id, at=visit.now)


async def _park_slug(db: AnySession, park_id: UUID | None) -> str:
    return next((park.slug for park in await parks(db) if park.id == park_id), "") if park_id else ""


routes = [edit_profile, save_profile, show_person]
