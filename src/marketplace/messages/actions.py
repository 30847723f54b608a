"""Tell people, and let them say what they want to be told by mail and SMS."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.notify import actions as post
from marketplace.engines.notify.rendering import needed, plain
from marketplace.identity.models import User
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages.models import Notice, NoticePreference
from marketplace.messages.queries import wishes_of
from marketplace.messages.rules import BY_NAME, KIND_OF, Wish, ways


async def notify(
    db: Session,
    user_id: UUID,
    message: str,
    values: dict[str, Any],
    *,
    link: str,
    at: datetime,
    unsubscribe: str = "",
) -> None:
    """Write a notice for her and defer its mail and SMS as she wants this kind, all in this transaction.

    `message` is a folder of templates/email and listed in rules.KINDS; `values` are what it uses (text, numbers,
    Money, datetimes, ids); `link` is the path it opens; `unsubscribe` is what its link ends, where that is less than
    the whole kind.
    """
    kind = KIND_OF[message]
    missing = needed(message) - values.keys() - {"link"}
    assert not missing, f"message {message!r} needs {sorted(missing)}"
    db.add(Notice(user_id=user_id, message=message, values=plain(values), link=link, created_at=at))
    await db.flush()
    reader = (await db.execute(_reader(user_id, kind.name))).one()
    if reader.closed_at is not None:
        return
    wish = Wish() if reader.by_mail is None else Wish(reader.by_mail, reader.by_sms)
    chosen = ways(kind, wish, has_email=bool(reader.email), has_phone=bool(reader.phone))
    said: dict[str, Any] = {"message": message, "values": {**values, "link": link}}
    said |= {"locale": reader.locale, "time_zone": reader.time_zone}
    if chosen.by_mail:
        ends = (unsubscribe or f"{user_id}:{kind.name}") if kind.can_be_off else ""
        await post.mail(db, to=reader.email, unsubscribe=ends, **said)
    if chosen.by_sms:
        await post.text(db, to=reader.phone, **said)


async def mark_read(db: Session, user_id: UUID, notice_id: UUID, *, at: datetime) -> str:
    """She has seen this notice; return the path it opens. Raises: NotFound when it is not hers."""
    notice = await db.get(Notice, notice_id, with_for_update=True)
    if notice is None or notice.user_id != user_id:
        raise NotFound
    notice.read_at = notice.read_at or at
    await db.flush()
    return notice.link


async def mark_all_read(db: Session, user_id: UUID, *, until: datetime, at: datetime) -> None:
    """She has seen everything that came up to `until` (what came while she read stays unread)."""
    seen = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None), Notice.created_at <= until)
    await db.execute(seen.values(read_at=at))


async def prefer(db: Session, user_id: UUID, wishes: Mapping[str, Wish]) -> None:
    """How she wants these kinds of messages. Raises: Invalid for a kind that nobody can switch."""
    if any(kind not in BY_NAME or not BY_NAME[kind].can_be_off for kind in wishes):
        raise Invalid.at("kind", N_("These mails can't be switched off."))
    await _keep(db, user_id, wishes)


async def stop_texts(db: Session, user_id: UUID) -> None:
    """No SMS about anything any more, of whatever kind; codes that she asks for herself still come."""
    chosen = dict(await wishes_of(db, user_id))
    await _keep(db, user_id, {kind: replace(chosen.get(kind, Wish()), by_sms=False) for kind in BY_NAME})


async def _keep(db: Session, user_id: UUID, wishes: Mapping[str, Wish]) -> None:
    rows = [{"user_id": user_id, "kind": kind, **asdict(wish)} for kind, wish in sorted(wishes.items())]
    if not rows:
        return
    row = insert(NoticePreference).values(rows)
    changes = {"by_mail": row.excluded.by_mail, "by_sms": row.excluded.by_sms}
    await db.execute(row.on_conflict_do_update(index_elements=["user_id", "kind"], set_=changes))


async def unsubscribe(db: Session, subject: str) -> str:
    """End the mails that a signed unsubscribe link names; return the kind. Raises: NotFound for a strange one."""
    user_id, _, kind = subject.partition(":")
    if kind not in BY_NAME or not BY_NAME[kind].can_be_off:
        raise NotFound
    if await db.get(User, UUID(user_id)) is None:
        raise NotFound
    chosen = dict(await wishes_of(db, UUID(user_id)))
    await prefer(db, UUID(user_id), {kind: replace(chosen.get(kind, Wish()), by_mail=False)})
    return kind


def _reader(user_id: UUID, kind: str) -> Any:
    preference = (NoticePreference.user_id == User.id) & (NoticePreference.kind == kind)
    columns = (User.email, User.phone, User.locale, User.time_zone, User.closed_at)
    wish = (NoticePreference.by_mail, NoticePreference.by_sms)
    return select(*columns, *wish).outerjoin(NoticePreference, preference).where(User.id == user_id)
