"""Saved replies: what somebody writes often, her own, inserted in a conversation."""

from uuid import UUID

from wtforms import StringField, TextAreaField

from marketplace.kernel.i18n import N_
from marketplace.messages import saved_replies
from marketplace.messages.saved_replies import TooManyTemplates
from marketplace.messages.thread_rules import LONGEST_TEMPLATE, LONGEST_TITLE
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import CreatingForm, Form, Length, Required, strip
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

HERE = "/messages/replies"


class ReplyFields(Form):
    """A name for herself, and the words."""

    title = StringField(N_("Name"), [Required(), Length(max=LONGEST_TITLE)], filters=[strip])
    text = TextAreaField(
        N_("Reply"),
        [Required(), Length(max=LONGEST_TEMPLATE)],
        filters=[strip],
        description=N_("{name} becomes the other's first name, {posting} the title of the gig or contract."),
    )


class NewReplyForm(ReplyFields, CreatingForm):
    """One more."""


class ReplyForm(ReplyFields):
    """One that there is."""


@get("/messages/replies", USER)
async def list_replies(visit: Visit) -> Answer:
    """All of hers, and a form for one more."""
    return await _list(visit, visit.blank(NewReplyForm))


@post("/messages/replies", USER)
async def save_reply(visit: Visit) -> Answer:
    """Keep one more."""
    form = await visit.form(NewReplyForm)
    if form.validate():
        with form.catching(TooManyTemplates):
            async with visit.submit(form, back=HERE) as step:
                if step.is_first:
                    title, text = form.title.data or "", form.text.data or ""
                    await saved_replies.save(step.db, title, text, by=visit.user.id, at=visit.now)
                    step.location = HERE
            return redirect(visit, step.location, flash=N_("Saved."))
    return await _list(visit, form, status=422)


@get("/messages/replies/{id}", USER)
async def edit_reply(visit: Visit, id: UUID) -> Answer:
    """Say it differently, or throw it away."""
    async with visit.read() as db:
        reply = await saved_replies.reply_of(db, visit.user.id, id)
    return page(visit, "messages/reply.html", reply=reply, form=visit.blank(ReplyForm, obj=reply))


@post("/messages/replies/{id}", USER)
async def change_reply(visit: Visit, id: UUID) -> Answer:
    """Keep what she changed."""
    form = await visit.form(ReplyForm)
    async with visit.read() as db:
        shown = await saved_replies.reply_of(db, visit.user.id, id)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                reply = await saved_replies.reply_of(db, visit.user.id, id)
                await saved_replies.change(db, reply, form.title.data or "", form.text.data or "", at=visit.now)
            return redirect(visit, HERE, flash=N_("Saved."))
    return page(visit, "messages/reply.html", status=422, reply=shown, form=form)


@post("/messages/replies/{id}/remove", USER)
async def remove_reply(visit: Visit, id: UUID) -> Answer:
    """Throw it away."""
    async with visit.write() as db:
        await saved_replies.remove(db, visit.user.id, id)
    return redirect(visit, HERE, flash=N_("Removed."))


async def _list(visit: Visit, form: NewReplyForm, *, status: int = 200) -> Answer:
    async with visit.read(fresh=True) as db:
        replies = await saved_replies.replies_of(db, visit.user.id)
    return page(visit, "messages/replies.html", status=status, replies=replies, form=form)


routes = [list_replies, save_reply, edit_reply, change_reply, remove_reply]
