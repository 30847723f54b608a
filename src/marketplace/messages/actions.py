"""Tell people, and let them say what they want to be told by mail and SMS."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.notify import actions as post
from marketplace.engines.notify.actions import Letter
from marketplace.engines.notify.rendering import needed, plain
from marketplace.identity.models import User
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages.models import Notice, NoticePreference
from marketplace.messages.queries import wishes_of
from marketplace.messages.rules import BY_NAME, KIND_OF, Kind, Wish, ways


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A message to one user. `values` are what its templates use (text, numbers, Money, datetimes, ids); `link` is the
    path it opens; `unsubscribe` is what its link ends, where that is less than the whole kind."""

    user_id: UUID
    values: dict[str, Any]
    link: str
    unsubscribe: str = ""


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
    """Write a notice for her and defer its mail and SMS as she wants this kind: `notify_each` for one."""
    await notify_each(db, message, [Word(user_id=user_id, values=values, link=link, unsubscribe=unsubscribe)], at=at)


async def notify_each(db: Session, message: str, words: Sequence[Word], *, at: datetime) -> None:
    """Write each her notice and defer its mail and SMS as she wants this kind, all in this transaction and in the same
    few statements whatever their number.

    `message` is a folder of templates/email and listed in rules.KINDS.
    """
    if not words:
        return
    kind = KIND_OF[message]
    for word in words:
        missing = needed(message) - word.values.keys() - {"link"}
        assert not missing, f"message {message!r} needs {sorted(missing)}"
    rows = [
        {"user_id": word.user_id, "message": message, "values": plain(word.values), "link": word.link, "created_at": at}
        for word in words
    ]
    await db.execute(insert(Notice), rows)
    readers = await db.execute(_readers({word.user_id for word in words}, kind.name))
    mails, texts = _letters(words, kind, {row.id: row for row in readers})
    await post.mail_each(db, message, mails)
    await post.text_each(db, message, texts)


def _letters(words: Sequence[Word], kind: Kind, readers: Mapping[UUID, Any]) -> tuple[list[Letter], list[Letter]]:
    """Mails and texts, for those whose account is open, as each wants them."""
    mails, texts = list[Letter](), list[Letter]()
    for word in words:
        reader = readers[word.user_id]
        if reader.closed_at is not None:
            continue
        wish = Wish() if reader.by_mail is None else Wish(reader.by_mail, reader.by_sms)
        chosen = ways(kind, wish, has_email=bool(reader.email), has_phone=bool(reader.phone))
        said: dict[str, Any] = {"values": {**word.values, "link": word.link}}
        said |= {"locale": reader.locale, "time_zone": reader.time_zone}
        if chosen.by_mail:
            ends = (word.unsubscribe or f"{word.user_id}:{kind.name}") if kind.can_be_off else ""
            mails.append(Letter(to=reader.email, unsubscribe=ends, **said))
        if chosen.by_sms:
            texts.append(Letter(to=reader.phone, **said))
    return mails, texts


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


def _readers(user_ids: Collection[UUID], kind: str) -> Any:
    preference = (NoticePreference.user_id == User.id) & (NoticePreference.kind == kind)
    columns = (User.id, User.email, User.phone, User.locale, User.time_zone, User.closed_at)
    wish = (NoticePreference.by_mail, NoticePreference.by_sms)
    return select(*columns, *wish).outerjoin(NoticePreference, preference).where(User.id.in_(user_ids))
