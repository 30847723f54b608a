"""Replies that somebody writes often: her own, at most thirty, filled in when she inserts one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select

from marketplace.identity.models import User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_
from marketplace.messages.thread_models import MessageTemplate
from marketplace.messages.thread_rules import MOST_TEMPLATES, check_template


class TooManyTemplates(Conflict):
    message = N_("You have %(most)s saved replies. Remove one first.")


async def replies_of(db: AnySession, user_id: UUID) -> list[MessageTemplate]:
    """All of hers, by name."""
    hers = select(MessageTemplate).where(MessageTemplate.user_id == user_id)
    hers = hers.order_by(MessageTemplate.title, MessageTemplate.id).limit(MOST_TEMPLATES)
    return list((await db.execute(hers)).scalars())


async def reply_of(db: AnySession, user_id: UUID, id: UUID) -> MessageTemplate:
    """One of hers. Raises: NotFound."""
    found = await db.get(MessageTemplate, id)
    if found is None or found.user_id != user_id:
        raise NotFound
    return found


async def save(db: Session, title: str, text: str, *, by: UUID, at: datetime) -> MessageTemplate:
    """Keep a new one. Raises: Invalid, TooManyTemplates."""
    check_template(title, text)
    await db.execute(select(User.id).where(User.id == by).with_for_update())  # two at once count each other
    counted = await db.scalar(select(func.count()).where(MessageTemplate.user_id == by)) or 0
    if counted >= MOST_TEMPLATES:
        raise TooManyTemplates(most=MOST_TEMPLATES)
    made = MessageTemplate(user_id=by, title=title, text=text, created_at=at, updated_at=at)
    db.add(made)
    await db.flush()
    return made


async def change(db: Session, reply: MessageTemplate, title: str, text: str, *, at: datetime) -> None:
    """Say it differently. Raises: Invalid."""
    check_template(title, text)
    reply.title, reply.text, reply.updated_at = title, text, at
    await db.flush()


async def remove(db: Session, user_id: UUID, id: UUID) -> None:
    """Throw it away. Raises: NotFound."""
    await reply_of(db, user_id, id)
    await db.execute(delete(MessageTemplate).where(MessageTemplate.id == id))
