"""Meeting somebody for work: whom she trusts, what this person is told, and "I am back". Only hers to see."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from wtforms import DateTimeLocalField, StringField, TextAreaField

from marketplace.kernel import ids
from marketplace.kernel.i18n import N_
from marketplace.messages import contacts
from marketplace.messages.contacts import ContactStopped, Meeting
from marketplace.web import paging
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.forms import ChoiceField, CreatingForm, Email, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

HERE = "/safety/meetings"


class OptionalEmail(Email):
    """An address, or nothing."""

    def __call__(self, form: Any, field: Any, message: str | None = None) -> Any:
        return super().__call__(form, field, message) if field.data else None


class ContactForm(CreatingForm):
    """Somebody she trusts."""

    name = StringField(N_("Name"), [Required(), Length(max=60)], filters=[strip])
    email = StringField(N_("E-mail"), [Length(max=254), OptionalEmail()], filters=[strip])
    phone = StringField(
        N_("Mobile number"), [Length(max=30)], filters=[strip], description=N_("One of the two is enough.")
    )


class MeetingForm(CreatingForm):
    """Where she goes."""

    contact = ChoiceField(N_("Who is told"), choices={}, validate_choice=True)
    company = StringField(N_("Whom you meet"), [Required(), Length(max=120)], filters=[strip])
    place = StringField(
        N_("Where"), [Required(), Length(max=160)], filters=[strip], description=N_("Choose a public place if you can.")
    )
    starts_at = DateTimeLocalField(N_("From"), [Required()], format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])
    until = DateTimeLocalField(
        N_("Until"),
        [Required()],
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        description=N_("One hour later the second message goes out, unless you say that you are back."),
    )
    about = TextAreaField(
        N_("Anything else"), [Length(max=300)], filters=[strip], description=N_("How you get there, for example.")
    )

    def at(self, field: Any) -> datetime:
        """What a field says, in UTC."""
        return field.data.replace(tzinfo=self.zone).astimezone(UTC)


@get("/safety/meetings", USER)
async def show_meetings(visit: Visit) -> Answer:
    """Whom she trusts, a form for a meeting, and her notes."""
    return await _show(visit)


@post("/safety/contacts", USER)
async def add_contact(visit: Visit) -> Answer:
    """Somebody to trust."""
    form = await visit.form(ContactForm)
    if form.validate():
        with form.catching():
            async with visit.submit(form, back=HERE) as step:
                if step.is_first:
                    reach = {"email": form.email.data or "", "phone": form.phone.data or ""}
                    await contacts.add_contact(step.db, form.name.data or "", **reach, by=visit.user.id, at=visit.now)
                    step.location = HERE
            return redirect(visit, step.location, flash=N_("Saved. Nothing is sent until you write a note."))
    return await _show(visit, contact_form=form, status=422)


@post("/safety/contacts/{id}/remove", USER)
async def remove_contact(visit: Visit, id: UUID) -> Answer:
    """Somebody less."""
    async with visit.write() as db:
        await contacts.remove_contact(db, id, by=visit.user.id, at=visit.now)
    return redirect(visit, HERE, flash=N_("Removed."))


@post("/safety/meetings", USER)
async def tell(visit: Visit) -> Answer:
    """Tell this person now."""
    await limit(visit, "meeting-note", 10, minutes=60, who=str(visit.user.id))
    async with visit.read() as db:
        known = await contacts.contacts_of(db, visit.user.id)
    form = await visit.form(MeetingForm)
    form.contact.choices = {ids.short(each.id): each.name for each in known}
    if form.validate():
        meeting = Meeting(
            place=form.place.data or "",
            company=form.company.data or "",
            about=form.about.data or "",
            starts_at=form.at(form.starts_at),
            until=form.at(form.until),
        )
        with form.catching(ContactStopped):
            async with visit.submit(form, back=HERE) as step:
                if step.is_first:
                    await contacts.tell(step.db, ids.parse(form.contact.data), meeting, by=visit.user.id, at=visit.now)
                    step.location = HERE
            return redirect(visit, step.location, flash=N_("Sent. Press “I am back” when you are."))
    return await _show(visit, meeting_form=form, status=422)


@post("/safety/meetings/{id}/back", USER)
async def say_back(visit: Visit, id: UUID) -> Answer:
    """All is well."""
    async with visit.write() as db:
        await contacts.back(db, id, by=visit.user.id, at=visit.now)
    return redirect(visit, HERE, flash=N_("Good that you are back. Your contact is told."))


@get("/safety/contact/{id}", PUBLIC)
async def ask_stop(visit: Visit, id: UUID) -> Answer:
    """For the contact: what this is, and how to stop it. The address is the key."""
    async with visit.read() as db:
        name, is_stopped = await contacts.named_by(db, id)
    return page(visit, "meetings/stop.html", name=name, is_stopped=is_stopped)


@post("/safety/contact/{id}", PUBLIC)
async def stop(visit: Visit, id: UUID) -> Answer:
    """No more of these messages."""
    async with visit.write() as db:
        await contacts.stop(db, id, at=visit.now)
    return redirect(visit, f"/safety/contact/{ids.short(id)}")


async def _show(
    visit: Visit,
    *,
    contact_form: ContactForm | None = None,
    meeting_form: MeetingForm | None = None,
    status: int = 200,
) -> Answer:
    cursor = paging.decode(visit, UUID)
    async with visit.read(fresh=True) as db:
        known = await contacts.contacts_of(db, visit.user.id)
        notes = await contacts.notes_of(db, visit.user.id, after=cursor[0] if cursor else None)
    meeting = meeting_form or visit.blank(MeetingForm)
    meeting.contact.choices = {ids.short(each.id): each.name for each in known}
    return page(
        visit,
        "meetings/show.html",
        status=status,
        contacts=known,
        most=contacts.MOST_CONTACTS,
        found=paging.cut(visit, notes, key=lambda row: [row[0].id], size=contacts.PAGE),
        contact_form=contact_form or visit.blank(ContactForm),
        meeting_form=meeting,
    )


routes = [show_meetings, add_contact, remove_contact, tell, say_back, ask_stop, stop]
