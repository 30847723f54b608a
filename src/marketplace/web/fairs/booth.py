"""An employer's own page at a fair: ask for a booth, see what was decided, attach postings, name who comes."""

from datetime import datetime
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from wtforms import DateTimeLocalField, IntegerField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from marketplace.fairs import attending
from marketplace.fairs.attending import Wanted
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.models import Fair
from marketplace.identity import roles, seats
from marketplace.identity.phones import read_number
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.talent.rules import LANGUAGES
from marketplace.web.access import EMPLOYER, PUBLIC, USER, Answer, get, post
from marketplace.web.fairs.join import fair_of
from marketplace.web.forms import Form, Length, strip
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

STATES = {
    "invited": N_("Invited"),
    "requested": N_("Asked: the organiser has not decided yet"),
    "approved": N_("Approved: attach an open posting to confirm it"),
    "confirmed": N_("Confirmed"),
    "refused": N_("Refused"),
    "withdrawn": N_("Withdrawn"),
}
_TIME: dict[str, Any] = {"format": ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]}


class BoothForm(Form):
    """What an employer says of its booth."""

    about = TextAreaField(
        N_("Whom you look for"),
        [Length(max=1_000)],
        filters=[strip],
        description=N_("Candidates read it on the fair’s page and when they choose whom to meet."),
    )
    tables = IntegerField(
        N_("Tables"), [Optional()], default=1, widget=TextInput(), description=N_("One interviewer each, at a time.")
    )
    languages = SelectMultipleField(
        N_("Languages you interview in"),
        choices=cast(Any, LANGUAGES),
        description=N_("None chosen: any. A candidate needs one of them."),
    )
    arrives = DateTimeLocalField(N_("You arrive later"), [Optional()], **_TIME)
    leaves = DateTimeLocalField(N_("You leave earlier"), [Optional()], **_TIME)
    note = TextAreaField(
        N_("For the organiser"),
        [Length(max=1_000)],
        filters=[strip],
        description=N_("Breaks your people need, power, a screen: only the organiser reads this."),
    )

    def wanted(self, zone: ZoneInfo) -> Wanted:
        """What was written."""
        return Wanted(
            about=self.about.data or "",
            tables=self.tables.data or 1,
            note=self.note.data or "",
            arrives_at=_at(self.arrives.data, zone),
            leaves_at=_at(self.leaves.data, zone),
            languages=tuple(self.languages.data or ()),
        )


class RepresentativeForm(Form):
    """Somebody who comes without an account here."""

    name = StringField(N_("Name"), [Length(max=120)], filters=[strip])
    phone = StringField(N_("Mobile number"), [Length(max=30)], filters=[strip])


def _at(typed: datetime | None, zone: ZoneInfo) -> datetime | None:
    return typed.replace(tzinfo=zone) if typed else None


async def own(visit: Visit, db: AnySession, slug: str) -> tuple[Fair, Booth]:
    """The fair and the approved booth of the organisation she acts for. Raises: NotFound, NotMyRole."""
    fair, booth = await _mine(visit, db, slug)
    if booth is None or booth.state not in ("approved", "confirmed"):
        raise NotFound
    return fair, booth


async def _mine(visit: Visit, db: AnySession, slug: str) -> tuple[Fair, Booth | None]:
    fair = await fair_of(visit, db, slug)
    await roles.require(db, visit.organisation.id, visit.user.id, "hire")
    return fair, await attending.own_booth(db, fair.id, visit.organisation.id)


@get("/fairs/{slug}/booth", EMPLOYER)
async def show_booth(visit: Visit, slug: str) -> Answer:
    """Where it stands; or the form that asks for one."""
    return await _booth_page(visit, slug)


async def _booth_page(
    visit: Visit, slug: str, form: BoothForm | None = None, person: RepresentativeForm | None = None
) -> Answer:
    shown: dict[str, Any] = {"postings": [], "chosen": set[object](), "people": [], "colleagues": [], "tables": []}
    shown["asks_again"] = False
    async with visit.read(fresh=True) as db:
        fair, booth = await _mine(visit, db, slug)
        if booth is not None and booth.state != "invited":
            shown["postings"] = await attending.attachable(db, booth)
            shown["chosen"] = {posting.id for posting in await attending.attached(db, booth.id)}
            shown["people"] = await attending.representatives(db, booth.id)
            shown["colleagues"] = await seats.seats_of(db, visit.organisation.id)
            shown["tables"] = await attending.tables(db, booth.id)
            shown["asks_again"] = attending.asks_again(booth, fair)
    status = 422 if form or person else 200
    shown |= {"fair": fair, "booth": booth, "states": STATES, "takes": fair.state in attending.TAKES}
    shown["form"] = form or visit.blank(BoothForm, data=_typed(booth, ZoneInfo(fair.time_zone)))
    shown["person_form"] = person or visit.blank(RepresentativeForm)
    return page(visit, "fairs/employers/booth.html", fragment="form", status=status, **shown)


def _typed(booth: Booth | None, zone: ZoneInfo) -> dict[str, Any]:
    if booth is None:
        return {}
    times = {"arrives": booth.arrives_at, "leaves": booth.leaves_at}
    said: dict[str, Any] = {name: at.astimezone(zone) for name, at in times.items() if at}
    return {"about": booth.about, "tables": booth.wants_tables, "note": booth.note, "languages": booth.languages} | said


@post("/fairs/{slug}/booth", EMPLOYER)
async def save_booth(visit: Visit, slug: str) -> Answer:
    """Ask for a booth, or say it otherwise."""
    form = await visit.form(BoothForm)
    if form.validate():
        with form.catching(attending.NoMoreEmployers, attending.AskedAlready):
            async with visit.write() as db:
                fair, booth = await _mine(visit, db, slug)
                wanted = form.wanted(ZoneInfo(fair.time_zone))
                how: dict[str, Any] = {"by": visit.user.id, "at": visit.now}
                if booth is None or booth.state == "withdrawn":
                    await attending.ask(db, fair.id, visit.organisation.id, wanted, **how)
                else:
                    await attending.amend(db, await attending.lock(db, booth.id), wanted, **how)
            said = N_("The organiser has it and decides; you are told by mail.")
            return redirect(visit, f"/fairs/{slug}/booth", flash=said if booth is None else N_("Saved."))
    return await _booth_page(visit, slug, form)


@post("/fairs/{slug}/booth/comes", EMPLOYER)
async def confirm_date(visit: Visit, slug: str) -> Answer:
    """The employer comes, on the days as they are now."""
    async with visit.write() as db:
        booth = await _locked(visit, db, slug)
        await attending.confirm_date(db, booth, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/booth", flash=N_("Good. The organiser knows that you come."))


@post("/fairs/{slug}/booth/withdraw", EMPLOYER)
async def withdraw(visit: Visit, slug: str) -> Answer:
    """The employer does not come."""
    async with visit.write() as db:
        booth = await _locked(visit, db, slug)
        await attending.withdraw(db, booth, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}", flash=N_("You do not come to this fair any more."))


@post("/fairs/{slug}/booth/postings", EMPLOYER)
async def attach(visit: Visit, slug: str) -> Answer:
    """What it hires for at the fair: the ticked postings, and no others."""
    ticked = [ids.parse(str(each)) for each in (await visit.posted()).getall("posting", [])]
    async with visit.write() as db:
        booth = await _locked(visit, db, slug)
        await attending.attach(db, booth, ticked, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/booth", flash=N_("Saved."))


@post("/fairs/{slug}/booth/representatives", EMPLOYER)
async def send(visit: Visit, slug: str) -> Answer:
    """Name a colleague, or somebody without an account."""
    form = await visit.form(RepresentativeForm)
    colleague = str((await visit.posted()).get("colleague", ""))
    if form.validate():
        with form.catching():
            phone = read_number(form.phone.data) if form.phone.data and not colleague else None
            who: dict[str, Any] = {"user_id": ids.parse(colleague) if colleague else None, "name": form.name.data or ""}
            async with visit.write() as db:
                booth = await _locked(visit, db, slug)
                await attending.send(db, booth, **who, phone=phone, by=visit.user.id, at=visit.now)
            return redirect(visit, f"/fairs/{slug}/booth", flash=N_("Saved."))
    return await _booth_page(visit, slug, person=form)


@post("/fairs/{slug}/booth/representatives/{id}/end", EMPLOYER)
async def unsend(visit: Visit, slug: str, id: UUID) -> Answer:
    """Somebody does not come after all."""
    async with visit.write() as db:
        booth = await _locked(visit, db, slug)
        await attending.unsend(db, booth, id, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{slug}/booth", flash=N_("Saved."))


async def _locked(visit: Visit, db: Session, slug: str) -> Booth:
    _, booth = await _mine(visit, db, slug)
    if booth is None:
        raise NotFound
    return await attending.lock(db, booth.id)


# -- by an organiser's link: shown by GET, which changes nothing, used by POST

_SECRET = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}


@get("/booths/{secret}", PUBLIC)
async def show_invitation(visit: Visit, secret: str) -> Answer:
    """Who invites to what; a visitor signs in or up first and comes back."""
    async with visit.read(fresh=True) as db:
        booth, fair = await attending.invited_by(db, secret)
    return page(visit, "fairs/employers/invited.html", headers=_SECRET, booth=booth, fair=fair, secret=secret)


@post("/booths/{secret}", USER)
async def accept(visit: Visit, secret: str) -> Answer:
    """Take the booth for the organisation she acts for."""
    if visit.user.organisation is None:
        raise Invalid.at("", N_("Make or join an organisation first; then open the link again."))
    async with visit.write() as db:
        fair = await attending.accept(db, secret, visit.organisation.id, by=visit.user.id, at=visit.now)
    return redirect(visit, f"/fairs/{fair.slug}/booth", flash=N_("The booth is yours. Attach what you hire for."))


routes = [show_booth, save_booth, confirm_date, withdraw, attach, send, unsend, show_invitation, accept]
