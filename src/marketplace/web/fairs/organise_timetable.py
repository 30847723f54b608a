"""An organiser's timetable: make a version, look at it, show it, publish it, bring an older one back."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from wtforms import IntegerField, RadioField
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import TextInput

from marketplace.fairs import candidates, objecting, organising, planning, planning_queries, telling
from marketplace.kernel import ids
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.kernel.queue import defer
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.fairs.organise_forms import OBJECTIVES
from marketplace.web.forms import Form
from marketplace.web.pages import download, page, redirect
from marketplace.web.visit import Visit

SHOWN_UNSERVED, SHOWN_BELOW = 60, 20
STATES = {
    "waiting": N_("Waits for the planner"),
    "running": N_("Being made"),
    "made": N_("Made; only you see it"),
    "failed": N_("Could not be made"),
    "provisional": N_("Shown; both sides may object"),
    "published": N_("Published"),
    "superseded": N_("Replaced"),
}
REASONS = {
    "no_pair": N_("No employer fits: wishes, skills, language or pay"),
    "none_allowed": N_("May have no meeting"),
    "never_there": N_("Whenever they are there, the tables of their employers are closed"),
    "women_only": N_("The only slots that fit are for women"),
    "full": N_("Every table that fits is given away"),
    "few_pairs": N_("Fewer employers fit than you aim for"),
    "short_day": N_("Their hours hold fewer meetings"),
}
STAGES = {
    "bound": N_("How good can it be?"),
    "place": N_("Seating everybody"),
    "improve": N_("Making it better"),
    "done": N_("Writing it down"),
}
FAULTS = {planning.CHANGED: N_("Registrations, wishes or tables changed while it was made. Make it again.")}
STOPPED = N_("The planner stopped. Make it again; if it stops again, tell those who run this site.")
GROUPS = {"all": N_("Everybody"), "women": N_("Women"), "newcomers": N_("New to work")}
WORDS: dict[str, Any] = {"states": STATES, "stages": STAGES, "faults": FAULTS, "stopped": STOPPED}
_DONE = {
    "show": N_("Shown. Both sides are told and may object."),
    "publish": N_("Published. Everybody with a meeting is told."),
}


class RunForm(Form):
    """How to make a version."""

    objective = RadioField(N_("When there are too few seats"), choices=OBJECTIVES, default="coverage")  # type: ignore[arg-type]
    seed = IntegerField(
        N_("Seed of the lots"),
        [Optional(), NumberRange(0, 2_147_483_647)],
        widget=TextInput(),
        description=N_("Decides ties. Leave it empty for a new one; the same seed and input give the same timetable."),
    )


@get("/fairs/{slug}/organise/timetable", USER)
async def show_versions(visit: Visit, slug: str) -> Answer:
    """All versions, the newest first; what is being made says how far it is."""
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        versions = await planning_queries.versions_of(db, fair.id)
        objections = await objecting.of_fair(db, fair.id)
    shown = next((each for each in versions if each.state == "provisional"), None)
    is_running = any(each.state in ("waiting", "running") for each in versions)
    form = visit.blank(RunForm, data={"objective": fair.objective})
    context: dict[str, Any] = {"fair": fair, "versions": versions, "is_running": is_running, "objections": objections}
    context |= {"shown": shown, "fair_zone": ZoneInfo(fair.time_zone)}
    return page(visit, "fairs/organise/timetable.html", fragment="versions", form=form, **WORDS, **context)


@post("/fairs/{slug}/organise/timetable", USER)
async def make_version(visit: Visit, slug: str) -> Answer:
    """Ask the planner for a new version."""
    form = await visit.form(RunForm)
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id, lock=True)
        if not form.validate():
            raise Invalid.at("seed", N_("A seed is a whole number."))
        asked: dict[str, Any] = {"objective": form.objective.data, "seed": form.seed.data}
        await planning.ask(db, fair, **asked, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/organise/timetable", flash=N_("The planner is at work."))


@get("/fairs/{slug}/organise/timetable/{number}", USER)
async def show_version(visit: Visit, slug: str, number: int) -> Answer:
    """What it means: who meets, who is left out and why, how good it is, what one more table would give."""
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        made = await planning.version(db, fair, number)
        left_out = [(ids.parse(id), reason) for id, reason in made.figures.get("unserved", [])[:SHOWN_UNSERVED]]
        few = [(ids.parse(id), count, why) for id, count, why in made.figures.get("below", [])[:SHOWN_BELOW]]
        names = await candidates.names_of(db, [id for id, *_ in (*left_out, *few)])
        before = await planning_queries.live_cells(db, fair.id)
    diff = planning.compare(before, planning.cells_of(made)) if before and made.cells is not None else None
    context: dict[str, Any] = {"fair": fair, "made": made, "names": names, "left_out": left_out, "few": few}
    context["diff"] = diff
    words: dict[str, Any] = {**WORDS, "reasons": REASONS, "groups": GROUPS, "objectives": OBJECTIVES}
    return page(visit, "fairs/organise/version.html", **context, **words)


@get("/fairs/{slug}/organise/timetable/{number}/meetings", USER)
async def list_meetings(visit: Visit, slug: str, number: int) -> Answer:
    """The meetings of a version, slot by slot."""
    which = visit.query.get("slot", "1")
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        made = await planning.version(db, fair, number)
        slots, rows = await planning_queries.meetings_in(db, fair, made, int(which) if which.isdecimal() else 1)
    context: dict[str, Any] = {"fair": fair, "made": made, "slots": slots, "rows": rows, "which": which}
    return page(visit, "fairs/organise/meetings.html", states=STATES, **context)


@get("/fairs/{slug}/organise/timetable/{number}/input", USER)
async def send_input(visit: Visit, slug: str, number: int) -> Answer:
    """The whole problem with its seed: anybody can make the timetable again (`marketplace fairs plan`)."""
    async with visit.read() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        content = await planning_queries.input_of(db, fair.id, number)
    text = json.dumps(content, separators=(",", ":"), sort_keys=True).encode() + b"\n"
    return download(text, name=f"{slug}-{number}.json", media_type="application/json")


@post("/fairs/{slug}/organise/timetable/{number}/state", USER)
async def move_version(visit: Visit, slug: str, number: int) -> Answer:
    """Show it to both sides, publish it, or take all back."""
    posted = await visit.posted()
    to = str(posted.get("to") or "")
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id, lock=True)
        made = await planning.version(db, fair, number, lock=True)
        if to == "take_back":
            await planning.take_back(db, fair, by=visit.user.id, at=visit.now)
        elif to == "show":
            days = str(posted.get("days") or "2")
            until = visit.now + timedelta(days=min(30, int(days)) if days.isdecimal() else 2)
            await planning.show(db, fair, made, until=until, by=visit.user.id, at=visit.now)
        elif to == "publish":
            await planning.publish(db, fair, made, by=visit.user.id, at=visit.now)
        else:
            raise Invalid.at("to", N_("Choose what becomes of this version."))
        if to != "take_back":
            await defer(db, telling.TIMETABLE_TASK, timetable_id=made.id)
    done = _DONE.get(to, N_("Taken back. Registration is open again."))
    return redirect(visit, f"/fairs/{slug}/organise/timetable/{number}", flash=done)


@post("/fairs/{slug}/organise/meetings/{id}/lock", USER)
async def lock_meeting(visit: Visit, slug: str, id: UUID) -> Answer:
    """This meeting stays where it is in every further version; or no longer."""
    posted = await visit.posted()
    async with visit.write() as db:
        fair = await organising.own_fair(db, slug, by=visit.user.id)
        await planning.lock(db, fair, id, is_locked=posted.get("to") == "lock", at=visit.now)
    back = f"/fairs/{slug}/organise/timetable"
    number = str(posted.get("number") or "")
    return redirect(visit, f"{back}/{number}/meetings" if number.isdecimal() else back, flash=N_("Saved."))


routes = [
    show_versions, make_version, show_version, list_meetings, send_input, move_version, lock_meeting,
]  # fmt: skip
