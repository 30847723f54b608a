"""Write mails and texts, send them, look into the mailbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select

from marketplace.engines.notify import outgoing
from marketplace.engines.notify.mailroom import MailRefused, Mailroom, MailUnavailable
from marketplace.engines.notify.models import Mail, TextMessage
from marketplace.engines.notify.rendering import Rendered, needed, needed_by_text, plain, render, text_parts
from marketplace.engines.notify.textroom import TextRefused, Textroom, TextUnavailable, segments, shortened, simple
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession, Database, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.failpoints import hit
from marketplace.kernel.i18n import known
from marketplace.kernel.queue import defer_each

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message to one address or number. `values` are what its templates use: text, numbers, Money, datetimes, ids;
    `link` is a path or a full address. `unsubscribe` says who may end which kind of mail by its link; empty for mails
    nobody can end."""

    to: str
    values: dict[str, Any]
    locale: str
    time_zone: str = "Asia/Karachi"
    unsubscribe: str = ""

    def columns(self, message: str) -> dict[str, Any]:
        """As both tables keep it."""
        return {
            **{"to": self.to, "message": message, "values": plain(self.values), "locale": known(self.locale)},
            **{"time_zone": self.time_zone, "created_at": clock.now()},
        }


async def mail(
    db: Session,
    *,
    to: str,
    message: str,
    values: dict[str, Any],
    locale: str,
    time_zone: str = "Asia/Karachi",
    unsubscribe: str = "",
) -> UUID:
    """One mail, as `mail_each`; return its id."""
    letter = Letter(to=to, values=values, locale=locale, time_zone=time_zone, unsubscribe=unsubscribe)
    [id] = await mail_each(db, message, [letter])
    return id


async def mail_each(db: Session, message: str, letters: Sequence[Letter]) -> list[UUID]:
    """Write mails and defer their sending, all in this transaction and in two statements whatever their number.

    `message` names their templates. Returns their ids, in no order.
    """
    rows = [{**each.columns(message), "unsubscribe": each.unsubscribe} for each in letters]
    return await _write(db, Mail, rows, letters, needs=needed(message), task="notify.mail", argument="mail_id")


async def text(
    db: Session, *, to: str, message: str, values: dict[str, Any], locale: str, time_zone: str = "Asia/Karachi"
) -> UUID:
    """One SMS, as `text_each`; return its id."""
    [id] = await text_each(db, message, [Letter(to=to, values=values, locale=locale, time_zone=time_zone)])
    return id


async def text_each(db: Session, message: str, letters: Sequence[Letter]) -> list[UUID]:
    """Write SMS to numbers (E.164) and defer their sending, as `mail_each`.

    Their words are the message's sms.txt, else its subject line, with the link.
    """
    rows = [each.columns(message) for each in letters]
    return await _write(
        db, TextMessage, rows, letters, needs=needed_by_text(message), task="notify.text", argument="text_id"
    )


async def _write(
    db: Session,
    table: type[Mail] | type[TextMessage],
    rows: list[dict[str, Any]],
    letters: Sequence[Letter],
    *,
    needs: frozenset[str],
    task: str,
    argument: str,
) -> list[UUID]:
    for each in letters:
        assert not (missing := needs - each.values.keys()), f"{task} {rows[0]['message']!r} needs {sorted(missing)}"
    if not rows:
        return []
    written = insert(table).returning(table.id)
    made = list((await db.scalars(written, rows)).all())
    await defer_each(db, task, [{argument: id} for id in made])
    return made


async def send(database: Database, mailroom: Mailroom, mail_id: UUID) -> bool:
    """Send the mail unless that is done, or being done elsewhere; False then, or when it is put off."""
    claimed = await outgoing.claim(database, Mail, mail_id)
    if claimed is None:
        return False
    words = _words(claimed, mailroom)
    hit("notify.send.before")
    try:
        if mailroom.smtp_url:
            await mailroom.send(claimed, words)
    except MailUnavailable as outage:
        await outgoing.put_off(database, Mail, mail_id, error=str(outage))
        return False
    except MailRefused as refusal:
        await outgoing.record(database, Mail, mail_id, state="failed", error=str(refusal))
        return False
    hit("notify.send.after")
    state = "sent" if mailroom.smtp_url else "kept"
    columns = {"subject": words.subject, "text": words.text, "html": words.html}
    await outgoing.record(database, Mail, mail_id, state=state, **columns)
    return True


async def send_text(database: Database, textroom: Textroom, text_id: UUID) -> bool:
    """Send the SMS unless that is done, or being done elsewhere; False then, or when it is put off."""
    claimed = await outgoing.claim(database, TextMessage, text_id)
    if claimed is None:
        return False
    body = _body(claimed, textroom)
    hit("notify.text.before")
    try:
        if textroom.url:
            await textroom.send(claimed, body)
    except TextUnavailable as outage:
        await outgoing.put_off(database, TextMessage, text_id, error=str(outage))
        return False
    except TextRefused as refusal:
        await outgoing.record(database, TextMessage, text_id, state="failed", error=str(refusal))
        return False
    hit("notify.text.after")
    state = "sent" if textroom.url else "kept"
    await outgoing.record(database, TextMessage, text_id, state=state, body=body, segments=segments(body))
    return True


def _body(text: TextMessage, textroom: Textroom) -> str:
    site = textroom.site
    words, address = text_parts(text.message, text.values, locale=text.locale, time_zone=text.time_zone, site=site)
    return shortened(simple(words), address)


async def mailbox(db: AnySession, *, to: str = "", limit: int = 50) -> list[Mail]:
    """The newest mails, for the demo's mailbox page; only those to one address when it is given."""
    query = select(Mail).where(Mail.state != "queued").order_by(Mail.created_at.desc(), Mail.id.desc()).limit(limit)
    if to:
        query = query.where(Mail.to == to)
    return list((await db.execute(query)).scalars())


async def textbox(db: AnySession, *, to: str = "", limit: int = 50) -> list[TextMessage]:
    """The newest texts, for the demo's mailbox page; only those to one number when it is given."""
    query = select(TextMessage).where(TextMessage.state != "queued")
    query = query.order_by(TextMessage.created_at.desc(), TextMessage.id.desc()).limit(limit)
    if to:
        query = query.where(TextMessage.to == to)
    return list((await db.execute(query)).scalars())


async def one(db: AnySession, mail_id: UUID) -> Mail:
    """A mail of the mailbox. Raises: NotFound."""
    mail = await db.get(Mail, mail_id)
    if mail is None or mail.state == "queued":
        raise NotFound
    return mail


async def sweep(db: Session, at: datetime) -> None:
    """Nightly: forget mails and texts that left the house long ago."""
    await db.execute(delete(Mail).where(Mail.state != "queued", Mail.created_at < at - KEPT))
    await db.execute(delete(TextMessage).where(TextMessage.state != "queued", TextMessage.created_at < at - KEPT))


def _words(mail: Mail, mailroom: Mailroom) -> Rendered:
    return render(
        mail.message,
        mail.values,
        locale=mail.locale,
        time_zone=mail.time_zone,
        site=mailroom.site,
        unsubscribe=mailroom.unsubscribe_address(mail.unsubscribe),
    )
