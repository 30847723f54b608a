"""Write mail, send it, look into the mailbox."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from marketplace.engines.notify.mailroom import MailRefused, Mailroom, MailUnavailable
from marketplace.engines.notify.models import Mail, TextMessage
from marketplace.engines.notify.rendering import Rendered, needed, needed_by_text, plain, render
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession, Database, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.failpoints import hit
from marketplace.kernel.i18n import known
from marketplace.kernel.queue import defer

LEASE = timedelta(seconds=60)
MOST_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=2)
KEPT = timedelta(days=30)


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
    """Write a mail and defer its sending, both in this transaction; return its id.

    `message` names its templates, `values` are what they use: text, numbers, Money, datetimes, ids; `link` is a path
    or a full address. `unsubscribe` says who may end which kind of mail by its link; empty for mails nobody can end.
    """
    missing = needed(message) - values.keys()
    assert not missing, f"message {message!r} needs {sorted(missing)}"
    written = Mail(
        to=to,
        message=message,
        values=plain(values),
        locale=known(locale),
        time_zone=time_zone,
        unsubscribe=unsubscribe,
        created_at=clock.now(),
    )
    db.add(written)
    await db.flush()
    await defer(db, "notify.mail", mail_id=written.id)
    return written.id


async def text(
    db: Session, *, to: str, message: str, values: dict[str, Any], locale: str, time_zone: str = "Asia/Karachi"
) -> UUID:
    """Write an SMS to a number (E.164) and defer its sending, both in this transaction; return its id.

    Its words are the message's sms.txt, else its subject line, with the link.
    """
    missing = needed_by_text(message) - values.keys()
    assert not missing, f"message {message!r} needs {sorted(missing)}"
    written = TextMessage(
        to=to, message=message, values=plain(values), locale=known(locale), time_zone=time_zone, created_at=clock.now()
    )
    db.add(written)
    await db.flush()
    await defer(db, "notify.text", text_id=written.id)
    return written.id


async def send(database: Database, mailroom: Mailroom, mail_id: UUID) -> bool:
    """Send the mail unless that is done, or being done elsewhere; False then, or when it is put off."""
    claimed = await _claim(database, mail_id)
    if claimed is None:
        return False
    words = _words(claimed, mailroom)
    hit("notify.send.before")
    try:
        if mailroom.smtp_url:
            await mailroom.send(claimed, words)
    except MailUnavailable as outage:
        await _put_off(database, mail_id, str(outage))
        return False
    except MailRefused as refusal:
        await _record(database, mail_id, state="failed", error=str(refusal))
        return False
    hit("notify.send.after")
    await _record(database, mail_id, state="sent" if mailroom.smtp_url else "kept", words=words)
    return True


async def mailbox(db: AnySession, *, to: str = "", limit: int = 50) -> list[Mail]:
    """The newest mails, for the demo's mailbox page; only those to one address when it is given."""
    query = select(Mail).where(Mail.state != "queued").order_by(Mail.created_at.desc(), Mail.id.desc()).limit(limit)
    if to:
        query = query.where(Mail.to == to)
    return list((await db.execute(query)).scalars())


async def one(db: AnySession, mail_id: UUID) -> Mail:
    """A mail of the mailbox. Raises: NotFound."""
    mail = await db.get(Mail, mail_id)
    if mail is None or mail.state == "queued":
        raise NotFound
    return mail


async def sweep(db: Session, at: datetime) -> None:
    """Nightly: forget mails that left the house long ago."""
    await db.execute(delete(Mail).where(Mail.state != "queued", Mail.created_at < at - KEPT))


def _words(mail: Mail, mailroom: Mailroom) -> Rendered:
    return render(
        mail.message,
        mail.values,
        locale=mail.locale,
        time_zone=mail.time_zone,
        site=mailroom.site,
        unsubscribe=mailroom.unsubscribe_address(mail.unsubscribe),
    )


async def _claim(database: Database, mail_id: UUID) -> Mail | None:
    now = clock.now()
    async with database.write.begin() as db:
        query = select(Mail).where(Mail.id == mail_id).with_for_update(skip_locked=True)
        mail = (await db.execute(query)).scalar_one_or_none()
        if mail is None or mail.state != "queued":
            return None
        if mail.lease_until and mail.lease_until > now:
            await _defer_again(db, mail, mail.lease_until)
            return None
        mail.attempts += 1
        mail.lease_until = now + LEASE
        return mail


async def _record(
    database: Database, mail_id: UUID, *, state: str, words: Rendered | None = None, error: str = ""
) -> None:
    async with database.write.begin() as db:
        mail = await db.get_one(Mail, mail_id, with_for_update=True)
        mail.state, mail.error, mail.lease_until = state, error, None
        mail.sent_at = None if state == "failed" else clock.now()
        if state == "kept" and words:
            mail.subject, mail.text, mail.html = words.subject, words.text, words.html
        mail.values = {}


async def _put_off(database: Database, mail_id: UUID, error: str) -> None:
    async with database.write.begin() as db:
        mail = await db.get_one(Mail, mail_id, with_for_update=True)
        mail.error, mail.lease_until = error, None
        if mail.attempts >= MOST_ATTEMPTS:
            mail.state, mail.values = "failed", {}
            return
        pause = min(timedelta(seconds=5 * 2**mail.attempts), LONGEST_PAUSE)
        await _defer_again(db, mail, clock.now() + pause)


async def _defer_again(db: Session, mail: Mail, at: datetime) -> None:
    await defer(db, "notify.mail", at=at, key=f"notify.mail:{mail.id}:{mail.attempts}", mail_id=mail.id)
