"""Tell those who take part: each of one thing once, nobody else; with an account or only an address.

`about` names the thing ("dates 2", "timetable 4", "change <id>"): the row in fair_messages is what makes it once.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, cast, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.types import Uuid

from marketplace.engines.notify import actions as post
from marketplace.engines.notify.actions import Letter
from marketplace.engines.notify.rendering import plain
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import FairMessage
from marketplace.fairs.models import Fair
from marketplace.fairs.rules import ACTING, SHOWN_BOOTHS
from marketplace.fairs.tickets import TicketKey
from marketplace.identity.models import Membership
from marketplace.kernel.database import Session
from marketplace.kernel.queue import defer
from marketplace.messages.actions import Word, notify_each

TASK, SAY = "fairs.tell_everybody", "fairs.say"
TIMETABLE_TASK = "fairs.tell_of_timetable"
LISTENING = ("waiting", "registered", "confirmed")
"""Candidates who are told of a fair as a whole."""
Each = Mapping[UUID, Mapping[str, Any]]
"""What is said to one of many, by candidate or booth."""
NOTHING: Each = {}


async def later(db: Session, fair: Fair, message: str, *, about: str) -> None:
    """Everybody, once this transaction is there: thousands of mails are no part of a request."""
    await defer(db, TASK, fair_id=fair.id, message=message, about=about)


async def everybody(db: Session, fair: Fair, message: str, *, about: str, at: datetime) -> int:
    """All candidates and all employers of a fair. Returns how many were told."""
    candidates = select(FairCandidate.id).where(FairCandidate.fair_id == fair.id, FairCandidate.state.in_(LISTENING))
    booths = select(Booth.id).where(Booth.fair_id == fair.id, Booth.state.in_((*SHOWN_BOOTHS, "requested")))
    people, stands = (await db.scalars(candidates)).all(), (await db.scalars(booths)).all()
    told = await candidates_of(db, fair, message, people, about=about, at=at)
    return told + await booths_of(db, fair, message, stands, about=about, at=at, link=f"/fairs/{fair.slug}/booth")


async def candidates_of(
    db: Session,
    fair: Fair,
    message: str,
    candidate_ids: Collection[UUID],
    *,
    about: str,
    at: datetime,
    link: str = "",
    each: Each = NOTHING,
    **values: Any,
) -> int:
    """These candidates, in their own language, by notice, mail or SMS. Without `link` it is her ticket; `each`: what is
    said to one of them besides. The same few statements whatever their number."""
    fresh = await _fresh(db, fair, message, about, "candidate_id", candidate_ids, at=at)
    found = select(FairCandidate.id, FairCandidate.user_id, FairCandidate.locale).where(FairCandidate.id.in_(fresh))
    words, others = list[Word](), dict[UUID, dict[str, Any]]()
    for row in (await db.execute(found.order_by(FairCandidate.id))).all():
        own = {"fair": title(fair, row.locale), **each.get(row.id, {})}
        if row.user_id is None:
            others[row.id] = plain(own)
        else:
            said = {"starts_at": fair.starts_at, **values, **own}
            words.append(Word(user_id=row.user_id, values=said, link=link or f"/fairs/{fair.slug}/ticket"))
    await notify_each(db, message, words, at=at)
    if others:
        common = plain({"starts_at": fair.starts_at, **values})
        await defer(db, SAY, fair_id=fair.id, message=message, values=common, each=others)
    return len(fresh)


async def booths_of(
    db: Session,
    fair: Fair,
    message: str,
    booth_ids: Collection[UUID],
    *,
    about: str,
    at: datetime,
    link: str = "",
    each: Each = NOTHING,
    **values: Any,
) -> int:
    """These employers: the owners and hiring members of each, or the address it was invited by. `each`: what is said to
    one of them besides, its own `link` too."""
    fresh = await _fresh(db, fair, message, about, "booth_id", booth_ids, at=at)
    mine = (Membership.organisation_id == Booth.organisation_id) & Membership.role.in_(ACTING)
    found = select(Booth.id, Booth.organisation_id, Booth.email, Membership.user_id).outerjoin(Membership, mine)
    words, mails = list[Word](), list[Letter]()
    shared: dict[str, Any] = {
        "fair": title(fair, "en"),
        "starts_at": fair.starts_at,
        "link": link or f"/fairs/{fair.slug}",
        **values,
    }
    for row in await db.execute(found.where(Booth.id.in_(fresh)).order_by(Booth.id, Membership.user_id)):
        said = {**shared, **each.get(row.id, {})}
        if row.user_id is not None:
            words.append(Word(user_id=row.user_id, values=said, link=said["link"]))
        elif row.organisation_id is None and row.email:
            mails.append(Letter(to=row.email, values=said, locale="en", time_zone=fair.time_zone))
    await notify_each(db, message, words, at=at)
    await post.mail_each(db, message, mails)
    return len(fresh)


def title(fair: Fair, locale: str) -> str:
    """The fair's name in that language, where it has one."""
    return (fair.title_ur if locale == "ur" else "") or fair.title_en


async def _fresh(
    db: Session, fair: Fair, message: str, about: str, column: str, ids: Collection[UUID], *, at: datetime
) -> list[UUID]:
    """Those who were not told of it yet; from now on they were."""
    if not ids:
        return []
    who = func.unnest(cast(sorted(set(ids)), ARRAY(Uuid())))
    rows = select(*(literal(each) for each in (fair.id, message, about, at)), who)
    told = insert(FairMessage).from_select(["fair_id", "message", "about", "at", column], rows)
    return list((await db.scalars(told.on_conflict_do_nothing().returning(getattr(FairMessage, column)))).all())


async def say(db: Session, key: TicketKey, fair: Fair, message: str, values: dict[str, Any], *, each: Each) -> None:
    """To the address and the number of each, with the link of her ticket."""
    found = select(FairCandidate).where(FairCandidate.fair_id == fair.id, FairCandidate.id.in_(each))
    mails, texts = list[Letter](), list[Letter]()
    for candidate in (await db.scalars(found.order_by(FairCandidate.id))).all():
        said: dict[str, Any] = {"values": {**values, **each[candidate.id], "link": key.path(candidate)}}
        said |= {"locale": candidate.locale, "time_zone": fair.time_zone}
        if candidate.email:
            mails.append(Letter(to=candidate.email, **said))
        if candidate.phone and (candidate.takes_sms or not candidate.email):
            texts.append(Letter(to=candidate.phone, **said))
    await post.mail_each(db, message, mails)
    await post.text_each(db, message, texts)
