"""The smaller pages of a profile: photo, address, away, headlines for skills, and how strangers see it."""

import wtforms
from wtforms import FieldList, FileField, FormField, StringField, TextAreaField

from marketplace.engines.files.rules import MAX_BYTES, FileRefused
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.skills.taxonomy import known_skills, resolve
from marketplace.talent import actions, handles, headlines, queries, rules
from marketplace.talent.models import Freelancer
from marketplace.web.access import FREELANCER, PUBLIC, Answer, get, post
from marketplace.web.acquaintance import is_acquainted
from marketplace.web.forms import DeadlineField, Form, Length, Required, strip
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.people import person_page
from marketplace.web.uploads import keep, person_id, send, uploads
from marketplace.web.visit import Visit


class PhotoForm(Form):
    """A photo."""

    photo = FileField(N_("Photo"), description=N_("JPEG, PNG or WebP up to 10 MB. Where it was taken is not kept."))


class HandleForm(Form):
    """The name in the address."""

    handle = StringField(
        N_("Your name in the address"),
        [Required(), Length(max=handles.LONGEST)],
        filters=[strip],
        description=N_(
            "3 to 30 small letters and figures. You can change it every 30 days; old addresses go on to work."
        ),
    )


class AwayForm(Form):
    """Away."""

    until = DeadlineField(N_("Away until"), description=N_("The last day on which you are away."))
    text = TextAreaField(
        N_("What people should know"),
        [Length(max=rules.LONGEST_AWAY_TEXT)],
        filters=[strip],
        description=N_("It stands on your profile: “I answer again from Monday.”"),
    )


class HeadlineForm(wtforms.Form):
    """One headline for one skill; without a skill it is nothing."""

    skill = StringField(N_("Skill"), [Length(max=60)], filters=[strip])
    headline = StringField(N_("What you say to whoever looks for it"), [Length(max=rules.LONGEST_HEADLINE)])


class HeadlinesForm(Form):
    """All of them."""

    headlines = FieldList(FormField(HeadlineForm), N_("Headlines"), max_entries=headlines.MOST)

    def written(self) -> dict[str, str]:
        """Headline by slug of its skill; what we do not know stays as typed: the domain refuses it."""
        found: dict[str, str] = {}
        for entry in self.headlines.entries:
            slugs, unknown = resolve([entry.form.skill.data or ""])
            for slug in [*slugs, *unknown][:1]:
                found[slug] = entry.form.headline.data or ""
        return found


async def _hers(db: AnySession, visit: Visit) -> Freelancer:
    freelancer = await queries.freelancer_of(db, visit.user.id)
    assert freelancer is not None, "the mark asks for a profile"
    return freelancer


@get("/profile/preview", FREELANCER)
async def preview(visit: Visit) -> Answer:
    """Her page as a stranger sees it."""
    return await person_page(visit, visit.user.handle or "", is_preview=True)


@get("/profile/photo", FREELANCER)
async def edit_photo(visit: Visit) -> Answer:
    """The photo there is, and a field for another."""
    return await _photo_page(visit, visit.blank(PhotoForm))


async def _photo_page(visit: Visit, form: PhotoForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        freelancer = await _hers(db, visit)
    return page(visit, "people/photo.html", fragment="form", status=status, form=form, freelancer=freelancer)


@post("/profile/photo", FREELANCER, max_bytes=MAX_BYTES + 1_000_000)
async def save_photo(visit: Visit) -> Answer:
    """Draw it anew and keep that; or take the photo away where that was pressed."""
    form = await visit.form(PhotoForm)
    is_removed = (await visit.posted()).get("step") == "remove"
    given = [] if is_removed else uploads([form.photo.data])
    try:
        if not given and not is_removed:
            form.refuse(Invalid.at("photo", N_("Choose a picture first.")))
            return await _photo_page(visit, form, status=422)
        async with visit.write() as db:
            file = await keep(db, visit, given[0], as_picture=True) if given else None
            await actions.show_photo(db, await _hers(db, visit), file, at=visit.now)
    except FileRefused as refusal:
        form.refuse(Invalid.at("photo", refusal.msgid, **refusal.values))
        return await _photo_page(visit, form, status=422)
    said = N_("Saved. Strangers see it only where you switched that on in your profile.")
    return redirect(visit, "/profile/photo", flash=N_("The photo is gone.") if is_removed else said)


@get("/people/{handle}/photo", PUBLIC)
async def send_photo(visit: Visit, handle: str) -> Answer:
    """Her photo for whoever sees it on her page; `?width=160` small."""
    reader = person_id(visit)
    async with visit.read() as db:
        knows = await is_acquainted(db, handle, reader=reader)
        photo = await queries.photo_of(db, handle, reader=reader, is_acquainted=knows)
    if not visit.query.get("width"):
        raise NotFound
    return await send(visit, photo)


@get("/profile/handle", FREELANCER)
async def edit_handle(visit: Visit) -> Answer:
    """The address of her page."""
    return await _handle_page(visit, visit.blank(HandleForm, data={"handle": visit.user.handle}))


async def _handle_page(visit: Visit, form: HandleForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        free_from = handles.next_change((await _hers(db, visit)).handle_changed_at)
    waits = free_from if free_from and free_from > visit.now else None
    return page(visit, "people/handle.html", fragment="form", status=status, form=form, waits=waits)


@post("/profile/handle", FREELANCER)
async def save_handle(visit: Visit) -> Answer:
    """Choose another; the old address leads to the new one."""
    form = await visit.form(HandleForm)
    if form.validate():
        with form.catching(handles.ChangedLately):
            async with visit.write() as db:
                freelancer = await _hers(db, visit)
                await handles.choose(db, freelancer, form.handle.data or "", at=visit.now)
            return redirect(visit, f"/people/{freelancer.handle}", flash=N_("This is your address now."))
    return await _handle_page(visit, form, status=422)


@get("/profile/away", FREELANCER)
async def edit_away(visit: Visit) -> Answer:
    """Since when and until when she is away."""
    async with visit.read() as db:
        freelancer = await _hers(db, visit)
    is_away = rules.is_away(freelancer.away_until, at=visit.now)
    data = {"until": freelancer.away_until, "text": freelancer.away_text} if is_away else {}
    return page(visit, "people/away.html", form=visit.blank(AwayForm, data=data), is_away=is_away)


@post("/profile/away", FREELANCER)
async def save_away(visit: Visit) -> Answer:
    """Away from now on; or back, where that was pressed."""
    form = await visit.form(AwayForm)
    if (await visit.posted()).get("step") == "back":
        async with visit.write() as db:
            await actions.come_back(db, await _hers(db, visit), at=visit.now)
        return redirect(visit, "/profile", flash=N_("Welcome back. You are recommended again."))
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                text, until = form.text.data or "", form.until.data
                await actions.go_away(db, await _hers(db, visit), until=until, text=text, at=visit.now)
            flash = Flash(N_("Your profile says so now. Nothing else changes, and it ends by itself."))
            return redirect(visit, "/profile", flash=flash)
    return page(visit, "people/away.html", fragment="form", status=422, form=form, is_away=False)


@get("/profile/headlines", FREELANCER)
async def edit_headlines(visit: Visit) -> Answer:
    """What she says to whoever looks for a certain skill."""
    async with visit.read() as db:
        said = await headlines.of(db, (await _hers(db, visit)).id)
    known = known_skills()
    rows = [{"skill": known[each.slug].name(visit.locale), "headline": each.headline} for each in said]
    return _headlines_page(visit, visit.blank(HeadlinesForm, data={"headlines": rows}))


def _headlines_page(visit: Visit, form: HeadlinesForm, *, status: int = 200) -> Answer:
    while len(form.headlines.entries) < headlines.MOST:
        form.headlines.append_entry({})
    names = sorted(skill.name(visit.locale) for skill in known_skills().values())
    return page(visit, "people/headlines.html", fragment="form", status=status, form=form, skill_names=names)


@post("/profile/headlines", FREELANCER)
async def save_headlines(visit: Visit) -> Answer:
    """Make these her headlines."""
    form = await visit.form(HeadlinesForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                await headlines.save(db, await _hers(db, visit), form.written(), at=visit.now)
            return redirect(visit, "/profile", flash=N_("Saved."))
    return _headlines_page(visit, form, status=422)


routes = [
    *(preview, edit_photo, save_photo, send_photo, edit_handle, save_handle),
    *(edit_away, save_away, edit_headlines, save_headlines),
]
