"""What a person was told, and what of it she wants by mail and SMS."""

from datetime import UTC, datetime
from uuid import UUID

from wtforms import SelectMultipleField

from marketplace.discovery import saved_searches
from marketplace.discovery.alerts import UNSUBSCRIBE
from marketplace.engines.notify import unsubscribe
from marketplace.identity import phones
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages import actions, queries
from marketplace.messages.rules import BY_NAME, KINDS, Wish
from marketplace.web import paging
from marketplace.web.access import PUBLIC, USER, WEBHOOK, Answer, get, post
from marketplace.web.arriving import texts_work
from marketplace.web.forms import Form
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

CAN_BE_OFF = {kind.name: kind.title for kind in KINDS if kind.can_be_off}


class PreferencesForm(Form):
    """The kinds that come by mail, and those that come by SMS."""

    mail = SelectMultipleField(choices=CAN_BE_OFF)
    sms = SelectMultipleField(choices=CAN_BE_OFF)


@get("/notices", USER)
async def list_notices(visit: Visit) -> Answer:
    """Everything she was told, newest first."""
    cursor = paging.decode(visit, UUID)
    async with visit.read() as db:
        found = await queries.notices_of(
            db, visit.user.id, locale=visit.locale, time_zone=str(visit.zone), after=cursor[0] if cursor else None
        )
    next_href = paging.with_query(visit, after=paging.encode([found.after])) if found.after else None
    return page(visit, "notices/list.html", fragment="results", notices=found.notices, next_href=next_href)


@post("/notices/{id}/read", USER)
async def read_notice(visit: Visit, id: UUID) -> Answer:
    """Mark it read and go where it leads."""
    async with visit.write() as db:
        link = await actions.mark_read(db, visit.user.id, id, at=visit.now)
    return redirect(visit, link)


@post("/notices/read", USER)
async def read_all_notices(visit: Visit) -> Answer:
    """Mark everything read that was there when the page was shown."""
    posted = await visit.posted()
    async with visit.write() as db:
        await actions.mark_all_read(db, visit.user.id, until=_shown_at(posted.get("until"), visit.now), at=visit.now)
    return redirect(visit, "/notices", flash=N_("All notices are marked as read."))


@get("/account/notices", USER)
async def show_preferences(visit: Visit) -> Answer:
    """What comes by mail and SMS."""
    user = visit.user
    async with visit.read() as db:
        preferences = await queries.preferences_of(db, user.id, has_email=bool(user.email), has_phone=bool(user.phone))
    phone = phones.shown(user.phone) if user.phone else ""
    may_text = texts_work(visit)
    return page(visit, "notices/preferences.html", preferences=preferences, phone=phone, may_text=may_text)


@post("/account/notices", USER)
async def save_preferences(visit: Visit) -> Answer:
    """Switch kinds on and off, all at once. What the page did not offer (no address, no number) stays as it was."""
    form = await visit.form(PreferencesForm)
    mail, sms = set(form.mail.data or ()), set(form.sms.data or ())
    async with visit.write() as db:
        before = await queries.wishes_of(db, visit.user.id)
        wishes: dict[str, Wish] = {}
        for kind in CAN_BE_OFF:
            old = before.get(kind, Wish())
            wishes[kind] = Wish(
                kind in mail if visit.user.email else old.by_mail, kind in sms if visit.user.phone else old.by_sms
            )
        await actions.prefer(db, visit.user.id, wishes)
    return redirect(visit, "/account/notices", flash=N_("Saved."))


@post("/account/notices/no-sms", USER)
async def stop_texts(visit: Visit) -> Answer:
    """What STOP in answer to an SMS does elsewhere."""
    async with visit.write() as db:
        await actions.stop_texts(db, visit.user.id)
    return redirect(visit, "/account/notices", flash=N_("No more SMS, except for codes that you ask for."))


@get("/unsubscribe/{token}", PUBLIC)
async def ask_unsubscribe(visit: Visit, token: str) -> Answer:
    """Ask first: mail programs open links by themselves."""
    subject = _subject(visit, token)
    if (search_id := _saved_search(subject)) is not None:
        async with visit.read() as db:
            name = await saved_searches.name_of(db, search_id)
        return page(visit, "searches/unsubscribe.html", name=name, is_done=False)
    return page(visit, "notices/unsubscribe.html", kind=BY_NAME[subject.rpartition(":")[2]], is_done=False)


@post("/unsubscribe/{token}", WEBHOOK)
async def end_mails(visit: Visit, token: str) -> Answer:
    """End these mails: pressed on the page, or sent by a mail program (RFC 8058). The token is the proof."""
    subject = _subject(visit, token)
    if (search_id := _saved_search(subject)) is not None:
        async with visit.write() as db:
            name = await saved_searches.stop(db, search_id)
        return page(visit, "searches/unsubscribe.html", name=name, is_done=True)
    async with visit.write() as db:
        kind = await actions.unsubscribe(db, subject)
    return page(visit, "notices/unsubscribe.html", kind=BY_NAME[kind], is_done=True)


def _subject(visit: Visit, token: str) -> str:
    subject = unsubscribe.subject_of(visit.settings.secret_key, token)
    if subject is None or (_saved_search(subject) is None and subject.rpartition(":")[2] not in BY_NAME):
        raise NotFound
    return subject


def _saved_search(subject: str) -> UUID | None:
    """The saved search that a link ends; None where it ends a whole kind."""
    return UUID(subject.removeprefix(UNSUBSCRIBE)) if subject.startswith(UNSUBSCRIBE) else None


def _shown_at(text: object, otherwise: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return otherwise
    return min(at.astimezone(UTC) if at.tzinfo else otherwise, otherwise)


routes = [
    list_notices, read_notice, read_all_notices, show_preferences, save_preferences, stop_texts,
    ask_unsubscribe, end_mails,
]  # fmt: skip
