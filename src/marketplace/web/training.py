"""Training as pages: programmes for everybody, and what a provider says of them. (A cohort's own pages: cohorts.py.)"""

from typing import Any, cast
from uuid import UUID

from wtforms import BooleanField, DateField, Field, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import TextInput

from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.places.gazetteer import read_places
from marketplace.places.queries import parks
from marketplace.skills.models import SkillLevel
from marketplace.skills.taxonomy import known_skills, resolve
from marketplace.talent.rules import LANGUAGES
from marketplace.training import programmes, queries, rules
from marketplace.training.rules import CohortText, CourseText, ProgrammeText
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Form, Length, Required, SkillsField, strip
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

LEVEL_FIELDS: dict[str, SkillLevel] = {"basic": "basic", "working": "working", "advanced": "advanced"}
LANGUAGE_CHOICES = {code: LANGUAGES[code] for code in ("ur", "en", "skr", "pa")}


def _providers(form: Form, _field: Field) -> dict[str, str]:
    return form.providers if isinstance(form, ProgrammeForm) else {}


def _places(form: Form, _field: Field) -> dict[str, str]:
    names = {entry.slug: entry.name_ur if form.locale == "ur" else entry.name_en for entry in read_places()[1]}
    return {"": form.say(N_("At a place of our own")), "online": form.say(N_("Online")), **names}


class ProgrammeForm(CreatingForm):
    """What a provider says of a programme."""

    providers: dict[str, str] = {}
    provider = SelectField(N_("Provider"), choices=cast(Any, _providers), validate_choice=False)
    name = StringField(N_("Name"), [Required(), Length(max=rules.LONGEST_NAME)], filters=[strip])
    about = TextAreaField(
        N_("About"),
        [Required(), Length(max=rules.LONGEST_ABOUT)],
        description=N_("For whom it is, how it works, what comes after it. Markdown works."),
    )
    language = SelectField(N_("Taught in"), choices=cast(Any, LANGUAGE_CHOICES))


class CourseForm(CreatingForm):
    """What somebody learns: skills by the level they are taught up to."""

    name = StringField(N_("Name"), [Required(), Length(max=rules.LONGEST_NAME)], filters=[strip])
    about = TextAreaField(
        N_("What somebody can do after it"),
        [Required(), Length(max=rules.LONGEST_ABOUT)],
        description=N_("This stands on every certificate."),
    )
    hours = IntegerField(N_("Hours of training"), [Optional()], widget=TextInput())
    basic = SkillsField(N_("Skills up to basic: with help"), most=rules.MOST_SKILLS)
    working = SkillsField(N_("Skills up to working: alone"), most=rules.MOST_SKILLS)
    advanced = SkillsField(N_("Skills up to advanced: teaches others"), most=rules.MOST_SKILLS)

    def content(self) -> CourseText:
        """As the domain takes it; what is not known stays as typed, and is refused there."""
        skills: dict[str, SkillLevel] = {}
        for name, level in LEVEL_FIELDS.items():
            slugs, unknown = resolve(self[name].data or ())
            skills |= dict.fromkeys((*slugs, *unknown), level)
        about = (self.about.data or "").replace("\r\n", "\n")
        return CourseText(name=self.name.data or "", about=about, hours=self.hours.data or 0, skills=skills)


class CohortForm(CreatingForm):
    """One run of a programme."""

    name = StringField(
        N_("Name"), [Required(), Length(max=rules.LONGEST_NAME)], filters=[strip], description=N_("“Spring 2027”")
    )
    starts_on = DateField(N_("First day"), [InputRequired()])
    ends_on = DateField(N_("Last day"), [InputRequired()])
    seats = IntegerField(N_("Seats"), [InputRequired()], widget=TextInput())
    place = SelectField(N_("Where"), choices=cast(Any, _places), default="")
    is_women_only = BooleanField(
        N_("For women only"), description=N_("Learners say so themselves; nobody else ever sees it.")
    )

    def content(self, park_id: UUID | None) -> CohortText:
        """As the domain takes it."""
        return CohortText(
            name=self.name.data or "",
            starts_on=self.starts_on.data,  # type: ignore[arg-type]
            ends_on=self.ends_on.data,  # type: ignore[arg-type]
            seats=self.seats.data or 0,
            is_women_only=bool(self.is_women_only.data),
            is_online=self.place.data == "online",
            park_id=park_id,
        )


# -- for everybody


@get("/training/{slug}", PUBLIC)
async def show_programme(visit: Visit, slug: str) -> Answer:
    """What is taught, when, where, and how to get a seat."""
    reader = visit.person.id if visit.person else None
    async with visit.read() as db:
        programme = await queries.programme_view(db, slug, reader=reader)
    return page(visit, "training/show.html", programme=programme, languages=LANGUAGES, **_words())


def _words() -> dict[str, Any]:
    return {"levels": rules.LEVELS, "cohort_states": rules.COHORT_STATES}


# -- a provider's own


@get("/training/mine", USER)
async def show_home(visit: Visit) -> Answer:
    """Programmes and cohorts by stage, with what is missing next."""
    async with visit.read() as db:
        home = await queries.home_of(db, visit.user.id)
    return page(visit, "training/mine.html", home=home, **_words())


@get("/training/new", USER)
async def new_programme(visit: Visit) -> Answer:
    """An empty form; who acts for no provider is told how to become one."""
    form = await _with_providers(visit, visit.blank(ProgrammeForm))
    return _programme_page(visit, form)


async def _with_providers(visit: Visit, form: ProgrammeForm) -> ProgrammeForm:
    async with visit.read() as db:
        form.providers = {each.slug: each.name for each in await programmes.providers_of(db, visit.user.id)}
    return form


def _programme_page(visit: Visit, form: ProgrammeForm, *, programme: Any = None, status: int = 200) -> Answer:
    return page(visit, "training/form.html", fragment="form", status=status, form=form, programme=programme)


@post("/training", USER)
async def create_programme(visit: Visit) -> Answer:
    """A draft that only its provider sees."""
    form = await _with_providers(visit, await visit.form(ProgrammeForm))
    if form.validate():
        with form.catching():
            async with visit.submit(form, back="/training/mine") as step:
                if step.is_first:
                    step.location = await _create(step.db, visit, form)
            return redirect(visit, step.location, flash=N_("Saved. Now add a course; then publish it."))
    return _programme_page(visit, form, status=422)


async def _create(db: Session, visit: Visit, form: ProgrammeForm) -> str:
    mine = {each.slug: each for each in await programmes.providers_of(db, visit.user.id)}
    chosen = mine.get(form.provider.data or "") or (next(iter(mine.values())) if len(mine) == 1 else None)
    if chosen is None:
        raise NotFound
    made = await programmes.make_programme(db, chosen.id, _content(form), by=visit.user.id, at=visit.now)
    return f"/training/{made.slug}"


def _content(form: ProgrammeForm) -> ProgrammeText:
    about = (form.about.data or "").replace("\r\n", "\n")
    return ProgrammeText(name=form.name.data or "", about=about, language=form.language.data or "en")


@get("/training/{slug}/edit", USER)
async def edit_programme(visit: Visit, slug: str) -> Answer:
    """What it says now, to be changed."""
    async with visit.read() as db:
        programme = await programmes.own_programme(db, slug, by=visit.user.id)
    data = {"name": programme.name, "about": programme.about, "language": programme.language}
    return _programme_page(visit, visit.blank(ProgrammeForm, data=data), programme=programme)


@post("/training/{slug}", USER)
async def save_programme(visit: Visit, slug: str) -> Answer:
    """Write the change."""
    form = await visit.form(ProgrammeForm)
    async with visit.read() as db:
        programme = await programmes.own_programme(db, slug, by=visit.user.id)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                fresh = await programmes.own_programme(db, slug, by=visit.user.id)
                await programmes.edit_programme(db, fresh, _content(form), by=visit.user.id, at=visit.now)
            return redirect(visit, f"/training/{slug}", flash=N_("Saved."))
    return _programme_page(visit, form, programme=programme, status=422)


@post("/training/{slug}/publish", USER)
async def publish_programme(visit: Visit, slug: str) -> Answer:
    """Everybody sees it from now on."""
    async with visit.write() as db:
        programme = await programmes.own_programme(db, slug, by=visit.user.id)
        await programmes.publish(db, programme, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/training/{slug}", flash=N_("The programme is published."))


@post("/training/{slug}/hide", USER)
async def hide_programme(visit: Visit, slug: str) -> Answer:
    """Only its provider sees it from now on."""
    async with visit.write() as db:
        programme = await programmes.own_programme(db, slug, by=visit.user.id)
        await programmes.hide(db, programme, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/training/{slug}", flash=N_("Only you see the programme now. Certificates stay valid."))


# -- courses


@get("/training/{slug}/courses/new", USER)
async def new_course(visit: Visit, slug: str) -> Answer:
    """An empty form."""
    async with visit.read() as db:
        programme = await programmes.own_programme(db, slug, by=visit.user.id)
    return _course_page(visit, visit.blank(CourseForm), programme)


def _course_page(
    visit: Visit, form: CourseForm, programme: Any, *, course_id: UUID | None = None, status: int = 200
) -> Answer:
    known = known_skills()
    chosen: dict[str, list[dict[str, str]]] = {}
    for name in LEVEL_FIELDS:
        slugs, unknown = resolve(form[name].data or ())
        chosen[name] = [{"slug": slug, "name": known[slug].name(visit.locale)} for slug in slugs]
        chosen[name] += [{"slug": typed, "name": typed} for typed in unknown]
    context: dict[str, Any] = {"form": form, "programme": programme, "course_id": course_id, "chosen": chosen}
    return page(visit, "training/course.html", fragment="form", status=status, **context)


@post("/training/{slug}/courses", USER)
async def create_course(visit: Visit, slug: str) -> Answer:
    """Add it to the programme."""
    form = await visit.form(CourseForm)
    async with visit.read() as db:
        programme = await programmes.own_programme(db, slug, by=visit.user.id)
    if form.validate():
        with form.catching():
            async with visit.submit(form, back=f"/training/{slug}") as step:
                if step.is_first:
                    fresh = await programmes.own_programme(step.db, slug, by=visit.user.id)
                    await programmes.save_course(step.db, fresh, form.content(), by=visit.user.id, at=visit.now)
                    step.location = f"/training/{slug}"
            return redirect(visit, step.location, flash=N_("The course is saved."))
    return _course_page(visit, form, programme, status=422)


@get("/training/courses/{id}/edit", USER)
async def edit_course(visit: Visit, id: UUID) -> Answer:
    """What it says now, to be changed."""
    async with visit.read() as db:
        course, programme = await programmes.own_course(db, id, by=visit.user.id)
        view = next(each for each in await queries.courses_of(db, programme.id) if each.id == course.id)
    skills = {name: [each.slug for each in view.skills if each.level == name] for name in LEVEL_FIELDS}
    data = {"name": view.name, "about": view.about, "hours": view.hours or None, **skills}
    return _course_page(visit, visit.blank(CourseForm, data=data), programme, course_id=id)


@post("/training/courses/{id}", USER)
async def save_course(visit: Visit, id: UUID) -> Answer:
    """Write the change; certificates that were issued keep their words."""
    form = await visit.form(CourseForm)
    async with visit.read() as db:
        _, programme = await programmes.own_course(db, id, by=visit.user.id)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                course, fresh = await programmes.own_course(db, id, by=visit.user.id)
                await programmes.save_course(db, fresh, form.content(), course, by=visit.user.id, at=visit.now)
            return redirect(visit, f"/training/{programme.slug}", flash=N_("The course is saved."))
    return _course_page(visit, form, programme, course_id=id, status=422)


# -- a new cohort


@get("/training/{slug}/cohorts/new", USER)
async def new_cohort(visit: Visit, slug: str) -> Answer:
    """An empty form."""
    async with visit.read() as db:
        programme = await programmes.own_programme(db, slug, by=visit.user.id)
    return page(visit, "training/new_cohort.html", form=visit.blank(CohortForm), programme=programme)


@post("/training/{slug}/cohorts", USER)
async def create_cohort(visit: Visit, slug: str) -> Answer:
    """Plan it; it opens for applications from its own page."""
    form = await visit.form(CohortForm)
    async with visit.read() as db:
        programme = await programmes.own_programme(db, slug, by=visit.user.id)
        park_id = next((park.id for park in await parks(db) if park.slug == form.place.data), None)
    if form.validate():
        with form.catching():
            async with visit.submit(form, back=f"/training/{slug}") as step:
                if step.is_first:
                    fresh = await programmes.own_programme(step.db, slug, by=visit.user.id)
                    text = form.content(park_id)
                    made = await programmes.make_cohort(step.db, fresh, text, by=visit.user.id, at=visit.now)
                    step.location = f"/training/cohorts/{ids.short(made.id)}"
            return redirect(visit, step.location, flash=N_("The cohort is planned. Open it when learners may apply."))
    return page(visit, "training/new_cohort.html", fragment="form", status=422, form=form, programme=programme)


routes = [
    show_programme, show_home, new_programme, create_programme, edit_programme, save_programme,
    publish_programme, hide_programme, new_course, create_course, edit_course, save_course, new_cohort, create_cohort,
]  # fmt: skip
