"""Tell those who take part: each of one thing once, nobody else; with an account or only an address.

`about` names the thing ("dates 2", "timetable 4", "change <id>"): the row in fair_messages is what makes it once.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.notify import actions as post
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
from marketplace.messages.actions import notify

TASK, SAY = "fairs.tell_everybody", "fairs.say"
TIMETABLE_TASK = "fairs.tell_of_timetable"
LISTENING = ("waiting", "registered", "confirmed")
"""Candidates who are told of a fair as a whole."""


async def later(db: Session, fair: Fair, message: str, *, about: str) -> None:
    """Everybody, once this transaction is there: thousands of mails are no part of a request."""
    await defer(db, TASK, fair_id=fair.id, message=message, about=about)


async def everybody(db: Session, fair: Fair, message: str, *, about: str, at: datetime) -> int:
    """All candidates and all employers of a fair. Returns how many were told."""
    candidates = select(FairCandidate.id).where(FairCandidate.fair_id == fair.id, FairCandidate.state.in_(LISTENING))
    booths = select(Booth.id).where(Booth.fair_id == fair.id, Booth.state.in_((*SHOWN_BOOTHS, "requested")))
    people, stands = (await db.scalars(candidates)).all(), (await db.scalars(booths)).all()
    told = await candidates_of(db, fair, message, people, about=about, at=at)
    return told + await booths_of(db, fair, message, stands, about=about, at=at)


async def candidates_of(
    db: Session,
    fair: Fair,
    message: str,
    candidate_ids: Collection[UUID],
    *,
    about: str,
    at: datetime,
    link: str = "",
    **values: Any,
) -> int:
    """These candidates, in their own language, by notice, mail or SMS. Without `link` it is her ticket."""
    fresh = await _fresh(db, fair, message, about, "candidate_id", candidate_ids, at=at)
    found = select(FairCandidate).where(FairCandidate.id.in_(fresh)).order_by(FairCandidate.id)
    for candidate in (await db.scalars(found)).all():
        said = {"fair": title(fair, candidate.locale), "starts_at": fair.starts_at, **values}
        await _say(db, message, said, candidate=candidate, link=link or f"/fairs/{fair.slug}/ticket", at=at)
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
    **values: Any,
) -> int:
    """These employers: the owners and hiring members of each, or the address it was invited by."""
    fresh = await _fresh(db, fair, message, about, "booth_id", booth_ids, at=at)
    found = select(Booth).where(Booth.id.in_(fresh)).order_by(Booth.id)
    said: dict[str, Any] = {"fair": title(fair, "en"), "starts_at": fair.starts_at, **values}
    for booth in (await db.scalars(found)).all():
        where = link or f"/fairs/{fair.slug}"
        if booth.organisation_id is not None:
            mine = Membership.organisation_id == booth.organisation_id, Membership.role.in_(ACTING)
            for user_id in (await db.scalars(select(Membership.user_id).where(*mine))).all():
                await notify(db, user_id, message, said, link=where, at=at)
        elif booth.email:
            await post.mail(db, to=booth.email, message=message, values={**said, "link": where}, locale="en")
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
    rows = [{"fair_id": fair.id, "message": message, "about": about, column: id, "at": at} for id in sorted(set(ids))]
    told = insert(FairMessage).values(rows).on_conflict_do_nothing().returning(getattr(FairMessage, column))
    return list((await db.scalars(told)).all())


async def _say(
    db: Session, message: str, values: dict[str, Any], *, candidate: FairCandidate, link: str, at: datetime
) -> None:
    """With an account by notice, mail or SMS; without one by a task, which knows the address of her ticket."""
    if candidate.user_id is not None:
        await notify(db, candidate.user_id, message, values, link=link, at=at)
    else:
        await defer(db, SAY, candidate_id=candidate.id, message=message, values=plain(values))


async def say(db: Session, key: TicketKey, candidate_id: UUID, message: str, values: dict[str, Any]) -> None:
    """To her address and her number, with the link of her ticket."""
    candidate = await db.get_one(FairCandidate, candidate_id)
    fair = await db.get_one(Fair, candidate.fair_id)
    said: dict[str, Any] = {"message": message, "values": {**values, "link": key.path(candidate)}}
    said |= {"locale": candidate.locale, "time_zone": fair.time_zone}
    if candidate.email:
        await post.mail(db, to=candidate.email, **said)
    if candidate.phone and (candidate.takes_sms or not candidate.email):
        await post.text(db, to=candidate.phone, **said)
