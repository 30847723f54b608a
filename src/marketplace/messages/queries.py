"""What a person has been told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.engines.notify.rendering import headline
from marketplace.kernel.database import AnySession
from marketplace.messages.models import Notice, NoticePreference
from marketplace.messages.rules import KIND_OF, KINDS, Kind, Ways, Wish, ways

PAGE = 30


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """A notice in the reader's words."""

    id: UUID
    kind: Kind
    text: str
    link: str
    created_at: datetime
    is_read: bool


@dataclass(frozen=True, slots=True)
class NoticePage:
    """Newest first. `after` is the cursor of the next page, None at the end."""

    notices: list[NoticeLine]
    after: UUID | None


async def unread_count(db: AnySession, user_id: UUID) -> int:
    """How many notices she has not read (the figure at the bell)."""
    count = select(func.count()).select_from(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    return (await db.execute(count)).scalar_one()


async def notices_of(
    db: AnySession, user_id: UUID, *, locale: str, time_zone: str, after: UUID | None = None
) -> NoticePage:
    """Her notices after the cursor, newest first."""
    query = select(Notice).where(Notice.user_id == user_id).order_by(Notice.id.desc()).limit(PAGE + 1)
    if after is not None:
        query = query.where(Notice.id < after)
    rows = list((await db.execute(query)).scalars())
    lines = [_line(each, locale, time_zone) for each in rows[:PAGE]]
    return NoticePage(lines, rows[PAGE - 1].id if len(rows) > PAGE else None)


async def wishes_of(db: AnySession, user_id: UUID) -> dict[str, Wish]:
    """What she said about kinds of messages; the others come as they do for everybody."""
    rows = await db.execute(select(NoticePreference).where(NoticePreference.user_id == user_id))
    return {each.kind: Wish(each.by_mail, each.by_sms) for each in rows.scalars()}


async def preferences_of(db: AnySession, user_id: UUID, *, has_email: bool, has_phone: bool) -> list[tuple[Kind, Ways]]:
    """Every kind, and how it comes to her."""
    chosen = await wishes_of(db, user_id)
    has = {"has_email": has_email, "has_phone": has_phone}
    return [(kind, ways(kind, chosen.get(kind.name, Wish()), **has)) for kind in KINDS]


def _line(notice: Notice, locale: str, time_zone: str) -> NoticeLine:
    return NoticeLine(
        id=notice.id,
        kind=KIND_OF[notice.message],
        text=headline(notice.message, notice.values, locale=locale, time_zone=time_zone),
        link=notice.link,
        created_at=notice.created_at,
        is_read=notice.read_at is not None,
    )
