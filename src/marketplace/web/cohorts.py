"""A cohort as pages: applying for a seat; for its provider the learners, files of graduates, printed links."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from litestar.datastructures import UploadFile
from wtforms import BooleanField, FileField, RadioField

from marketplace.kernel import ids
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_, translations
from marketplace.training import claims, enrolments, imports, programmes, queries, reading, rules
from marketplace.training.imports import Sent
from marketplace.training.models import CohortState, EnrolmentState, GraduateImport, Intent
from marketplace.web import paging
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Form
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, download, page, redirect
from marketplace.web.visit import Visit

SHOWN_FAULTS, SHOWN_ROWS = 200, 20
ENROLMENT_STATES = {
    "applied": N_("Applied"),
    "enrolled": N_("Enrolled"),
    "completed": N_("Completed"),
    "dropped": N_("Left, or got no seat"),
}
_DECISIONS = {
    "enrolled": N_("The seat is given."),
    "dropped": N_("Noted. The seat is free."),
    "completed": N_("Noted. Load the graduates to issue certificates."),
}


class ApplyForm(CreatingForm):
    """What a learner says when she asks for a seat."""

    intent = RadioField(N_("What do you want after it?"), choices=cast(Any, rules.INTENTS), validate_choice=True)
    says_woman = BooleanField(
        N_("I am a woman"), description=N_("This cohort is for women. Your word is enough; nobody else ever sees it.")
    )


class GraduatesForm(CreatingForm):
    """A file of graduates."""

    file = FileField(N_("File of graduates (CSV)"), description=N_("Up to 1 MB and 2,000 rows."))


class ConfirmForm(Form):
    """The yes to what was shown."""

    skips_bad = BooleanField(N_("Leave the bad lines out"))
    sends_links = BooleanField(
        N_("Send the claim links now"),
        description=N_(
            "By mail, or by text message where there is no e-mail address. Otherwise print them or send later."
        ),
    )


# -- a learner


@get("/training/cohorts/{id}/apply", USER)
async def ask_apply(visit: Visit, id: UUID) -> Answer:
    """What she would apply for."""
    return await _apply_page(visit, id, visit.blank(ApplyForm))


async def _apply_page(visit: Visit, id: UUID, form: ApplyForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        programme, cohort = await queries.open_cohort(db, id, reader=visit.user.id)
        is_asked = cohort.is_women_only and await enrolments.is_gender_unsaid(db, visit.user.id)
    context: dict[str, Any] = {"form": form, "programme": programme, "cohort": cohort, "is_asked": is_asked}
    return page(visit, "training/apply.html", fragment="form", status=status, **context)


@post("/training/cohorts/{id}/enrolments", USER)
async def apply(visit: Visit, id: UUID) -> Answer:
    """Ask for a seat; twice is once."""
    form = await visit.form(ApplyForm)
    async with visit.read() as db:
        programme, _ = await queries.open_cohort(db, id, reader=visit.user.id)
    if form.validate():
        with form.catching(rules.WomenOnly, rules.NotTakingApplications):
            async with visit.submit(form, back=f"/training/{programme.slug}") as step:
                if step.is_first:
                    cohort = await queries.cohort(step.db, id)
                    intent = cast("Intent", form.intent.data)
                    says = bool(form.says_woman.data)
                    await enrolments.apply(step.db, cohort, visit.user.id, intent=intent, says_woman=says, at=visit.now)
                    step.location = f"/training/{programme.slug}"
            return redirect(visit, step.location, flash=N_("You have applied. The provider answers you by mail."))
    return await _apply_page(visit, id, form, status=422)


# -- its provider


@get("/training/cohorts/{id}", USER)
async def show_cohort(visit: Visit, id: UUID) -> Answer:
    """The learners with their certificates, by state."""
    state = visit.query.get("state", "")
    state = state if state in ENROLMENT_STATES else ""
    after = paging.decode(visit, UUID)
    async with visit.read() as db:
        cohort, programme = await programmes.own_cohort(db, id, by=visit.user.id)
        rows = await queries.learners(db, id, state=state, after=after[0] if after else None, limit=paging.SIZE + 1)
        stages = (await queries.stages_of(db, [id]))[id]
        files = await queries.imports_of(db, id)
    found = paging.cut(visit, rows, key=lambda row: (row.id,))
    context: dict[str, Any] = {
        "cohort": cohort,
        "programme": programme,
        "stages": stages,
        "files": files,
        "state": state,
    }
    words: dict[str, Any] = {"states": ENROLMENT_STATES, "cohort_states": rules.COHORT_STATES, "intents": rules.INTENTS}
    moves = rules.COHORT_MOVES[cast("CohortState", cohort.state)]
    return page(visit, "training/cohort.html", fragment="results", found=found, moves=moves, **context, **words)


@post("/training/cohorts/{id}/state", USER)
async def move_cohort(visit: Visit, id: UUID) -> Answer:
    """Open it, begin it, end it, cancel it."""
    to: object = (await visit.posted()).get("to")
    if to not in rules.COHORT_STATES:
        async with visit.read() as db:
            await programmes.own_cohort(db, id, by=visit.user.id)
        raise Invalid.at("to", N_("Choose what becomes of the cohort."))
    async with visit.write() as db:
        cohort, _ = await programmes.own_cohort(db, id, by=visit.user.id)
        await programmes.move_cohort(db, cohort, to, by=visit.user.id, at=visit.now)
    return redirect(visit, _path(id), flash=N_("Saved."))


@post("/training/cohorts/{id}/decisions", USER)
async def decide(visit: Visit, id: UUID) -> Answer:
    """Give a learner a seat, or not; note that she completed or left."""
    posted = await visit.posted()
    who, to = posted.get("enrolment"), posted.get("to")
    async with visit.write() as db:
        cohort, _ = await programmes.own_cohort(db, id, by=visit.user.id)
        if not isinstance(who, str) or to not in _DECISIONS:
            raise Invalid.at("to", N_("Choose a learner and what becomes of her seat."))
        enrolment = await enrolments.own_enrolment(db, ids.parse(who), cohort_id=cohort.id)
        await enrolments.decide(db, enrolment, cast("EnrolmentState", to), by=visit.user.id, at=visit.now)
    return redirect(visit, _path(id), flash=_DECISIONS[str(to)])


# -- files of graduates


@get("/training/cohorts/{id}/graduates", USER)
async def ask_graduates(visit: Visit, id: UUID) -> Answer:
    """What the file must say, a sample to begin from, and where to choose it."""
    return await _graduates_page(visit, id, visit.blank(GraduatesForm))


async def _graduates_page(visit: Visit, id: UUID, form: GraduatesForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        cohort, programme = await programmes.own_cohort(db, id, by=visit.user.id)
        files = await queries.imports_of(db, id)
        courses = await queries.courses_of(db, programme.id)
    context: dict[str, Any] = {
        "cohort": cohort,
        "programme": programme,
        "files": files,
        "courses": courses,
        "form": form,
    }
    columns = [(name, name in reading.REQUIRED, hint) for name, hint in reading.COLUMNS.items()]
    return page(visit, "training/graduates.html", fragment="form", status=status, columns=columns, **context)


@post("/training/cohorts/{id}/graduates", USER, max_bytes=2_000_000)
async def send_graduates(visit: Visit, id: UUID) -> Answer:
    """Read the file and show what it would do; nothing is loaded yet."""
    form = await visit.form(GraduatesForm)
    async with visit.read() as db:
        await programmes.own_cohort(db, id, by=visit.user.id)
    sent = await _sent(form)
    with form.catching():
        if sent is None:
            raise Invalid.at("file", N_("Choose a file first."))
        async with visit.submit(form, back=f"{_path(id)}/graduates") as step:
            if step.is_first:
                cohort, programme = await programmes.own_cohort(step.db, id, by=visit.user.id)
                made = await imports.preview(step.db, cohort, programme, sent, by=visit.user.id, at=visit.now)
                step.location = f"/training/imports/{ids.short(made.id)}"
        return redirect(visit, step.location)
    return await _graduates_page(visit, id, form, status=422)


async def _sent(form: GraduatesForm) -> Sent | None:
    chosen: object = form.file.data
    if not isinstance(chosen, UploadFile):
        return None
    content = await chosen.read(reading.MOST_BYTES + 1)
    return Sent(name=chosen.filename or "graduates.csv", content=content)


@get("/training/cohorts/{id}/sample", USER)
async def send_sample(visit: Visit, id: UUID) -> Answer:
    """A file with all columns and the names of this cohort, to begin from."""
    async with visit.read() as db:
        cohort, programme = await programmes.own_cohort(db, id, by=visit.user.id)
        courses = await queries.courses_of(db, programme.id)
    content = reading.sample(courses[0].name if courses else "", cohort.name)
    return download(content, name="graduates.csv", media_type="text/csv; charset=utf-8")


@dataclass(frozen=True, slots=True)
class FaultLine:
    """What is wrong with one line, said."""

    line: int
    column: str
    said: str


@get("/training/imports/{id}", USER)
async def show_import(visit: Visit, id: UUID) -> Answer:
    """What a file would do, how far it is, or what it did."""
    async with visit.read() as db:
        sent = await imports.own_import(db, id)
        cohort, programme = await programmes.own_cohort(db, sent.cohort_id, by=visit.user.id)
    context: dict[str, Any] = {"sent": sent, "cohort": cohort, "programme": programme, "form": visit.blank(ConfirmForm)}
    return page(visit, "training/import.html", fragment="state", **context, **_told(visit, sent))


def _told(visit: Visit, sent: GraduateImport) -> dict[str, Any]:
    say = translations(visit.locale).gettext
    faults = [
        FaultLine(
            each["line"],
            each["column"],
            say(each["message"]) % each["values"] if each["values"] else say(each["message"]),
        )
        for each in sent.faults[:SHOWN_FAULTS]
    ]
    bad = len({each["line"] for each in sent.faults})
    return {
        "faults": faults,
        "bad_lines": bad,
        "hidden_faults": max(0, len(sent.faults) - SHOWN_FAULTS),
        "rows": sent.rows[:SHOWN_ROWS],
    }


@post("/training/imports/{id}/confirm", USER)
async def confirm_import(visit: Visit, id: UUID) -> Answer:
    """Load it; a long file is loaded step by step, and its page says how far it is."""
    form = await visit.form(ConfirmForm)
    async with visit.write() as db:
        sent = await imports.own_import(db, id)
        await programmes.own_cohort(db, sent.cohort_id, by=visit.user.id)
        skips, sends = bool(form.skips_bad.data), bool(form.sends_links.data)
        await imports.confirm(db, id, skips_bad=skips, sends_links=sends, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/training/imports/{ids.short(id)}")


@post("/training/imports/{id}/discard", USER)
async def discard_import(visit: Visit, id: UUID) -> Answer:
    """Put it aside; nothing was loaded."""
    async with visit.write() as db:
        sent = await imports.own_import(db, id)
        await programmes.own_cohort(db, sent.cohort_id, by=visit.user.id)
        await imports.discard(db, id, by=visit.user.id, at=visit.now)
    return redirect(
        visit, f"{_path(sent.cohort_id)}/graduates", flash=Flash(N_("Put aside. Nothing was loaded."), tone="note")
    )


@post("/training/cohorts/{id}/links", USER)
async def print_links(visit: Visit, id: UUID) -> Answer:
    """Fresh claim links of all who have not claimed, on one page to print; it is shown once."""
    async with visit.read() as db:
        await programmes.own_cohort(db, id, by=visit.user.id)
    await limit(visit, "print-links", 20, minutes=60)
    async with visit.write() as db:
        cohort, programme = await programmes.own_cohort(db, id, by=visit.user.id)
        printed = await claims.print_links(db, id, by=visit.user.id, at=visit.now)
    headers = {"Referrer-Policy": "no-referrer", "Cache-Control": "private, no-store"}
    return page(visit, "training/links.html", headers=headers, cohort=cohort, programme=programme, printed=printed)


def _path(cohort_id: UUID) -> str:
    return f"/training/cohorts/{ids.short(cohort_id)}"


routes = [
    ask_apply, apply, show_cohort, move_cohort, decide, ask_graduates, send_graduates, send_sample, show_import,
    confirm_import, discard_import, print_links,
]  # fmt: skip
