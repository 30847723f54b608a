"""Saved searches: a list that somebody keeps, with how often she wants to hear of what is new in it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import get_args
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select

from marketplace.discovery.models import Rhythm, SavedSearch
from marketplace.discovery.surfaces import SURFACES
from marketplace.engines.search.protocol import SearchIndex
from marketplace.identity.models import User
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_

RHYTHMS: dict[str, str] = {
    "instant": N_("At once"),
    "daily": N_("Once a day"),
    "weekly": N_("Once a week"),
    "off": N_("No mails, only kept here"),
}
MOST = 20
LONGEST_NAME = 80
_KNOWN = 1_000
_UNDONE_WITHIN = timedelta(hours=1)
_KEPT = timedelta(days=7)
_PERIOD = {"daily": timedelta(hours=20), "weekly": timedelta(days=6, hours=20)}


class TooManySearches(Conflict):
    message = N_("You keep %(most)s searches. Remove one first.")


def normal(surface: str, query: str) -> str:
    """The one spelling of a query: what is not understood, its order and its page left out.

    Raises: NotFound for a list that there is not.
    """
    if surface not in SURFACES:
        raise NotFound
    return replace(SURFACES[surface].read(query), sort="", page=1).to_query()


async def found_now(search: SearchIndex, surface: str, query: str, *, at: datetime) -> list[UUID]:
    """What it finds already, which is no news: at most the 1,000 newest. Asks the index: outside a transaction."""
    list_ = SURFACES[surface]
    asked = replace(list_.query(list_.read(query), at), facets=(), sort="", limit=_KNOWN, matching="all")
    return [hit.id for hit in (await search.search(surface, asked)).hits]


async def save(db: Session, search: SavedSearch, *, at: datetime) -> SavedSearch:
    """Keep it for its user. The same list again only changes its name and rhythm. Raises: Invalid, TooManySearches."""
    _check(search.name, search.rhythm)
    await db.execute(select(User.id).where(User.id == search.user_id).with_for_update())  # two at once count each other
    same = select(SavedSearch).where(*_kept(search.user_id), SavedSearch.surface == search.surface)
    known = (await db.execute(same.where(SavedSearch.query == search.query))).scalar_one_or_none()
    if known is not None:
        known.name, known.rhythm = search.name, search.rhythm
        await db.flush()
        return known
    await _check_room(db, search.user_id)
    search.created_at = at
    db.add(search)
    await db.flush()
    return search


async def change(db: Session, user_id: UUID, id: UUID, *, rhythm: str) -> None:
    """Hear of it at another pace. Raises: Invalid; NotFound when it is not hers."""
    search = await _hers(db, user_id, id)
    _check(search.name, rhythm)
    search.rhythm = rhythm
    await db.flush()


async def remove(db: Session, user_id: UUID, id: UUID, *, at: datetime) -> None:
    """Throw it away; for an hour it can be put back. Raises: NotFound when it is not hers."""
    search = await _hers(db, user_id, id)
    search.removed_at = search.removed_at or at
    await db.flush()


async def restore(db: Session, user_id: UUID, id: UUID) -> None:
    """Put it back. Raises: NotFound when it is not hers; TooManySearches."""
    search = await _hers(db, user_id, id)
    if search.removed_at is not None:
        await _check_room(db, user_id)
        search.removed_at = None
        await db.flush()


async def stop(db: Session, id: UUID) -> str:
    """End the mails about it and return its name: by the signed link of a mail. Raises: NotFound."""
    search = await db.get(SavedSearch, id, with_for_update=True)
    if search is None:
        raise NotFound
    search.rhythm = "off"
    await db.flush()
    return search.name


async def name_of(db: AnySession, id: UUID) -> str:
    """Its name, for the page of a signed link. Raises: NotFound."""
    name = await db.scalar(select(SavedSearch.name).where(SavedSearch.id == id))
    if name is None:
        raise NotFound
    return name


async def searches_of(db: AnySession, user_id: UUID, *, at: datetime) -> list[SavedSearch]:
    """Hers, the newest first; among them those that can still be put back."""
    shown = SavedSearch.removed_at.is_(None) | (SavedSearch.removed_at > at - _UNDONE_WITHIN)
    hers = select(SavedSearch).where(SavedSearch.user_id == user_id, shown).order_by(SavedSearch.id.desc())
    return list((await db.scalars(hers.limit(2 * MOST))).all())


def is_due(search: SavedSearch, *, at: datetime) -> bool:
    """Whether what is new may be told now: at once, or when its day or week since the last time is over."""
    if search.removed_at is not None or search.rhythm == "off":
        return False
    if search.rhythm == "instant":
        return True
    return at - (search.told_at or search.created_at) >= _PERIOD[search.rhythm]


async def forget_removed(db: Session, *, at: datetime) -> None:
    """Delete what was thrown away a week ago."""
    await db.execute(delete(SavedSearch).where(SavedSearch.removed_at < at - _KEPT))


async def forget(db: Session, user_id: UUID) -> None:
    """Delete all of hers."""
    await db.execute(delete(SavedSearch).where(SavedSearch.user_id == user_id))


def _kept(user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return SavedSearch.user_id == user_id, SavedSearch.removed_at.is_(None)


def _check(name: str, rhythm: str) -> None:
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid.at("name", N_("Give it a name of at most 80 letters."))
    if rhythm not in get_args(Rhythm):
        raise Invalid.at("rhythm", N_("Choose how often you want to hear of it."))


async def _check_room(db: Session, user_id: UUID) -> None:
    if (await db.scalar(select(func.count()).where(*_kept(user_id))) or 0) >= MOST:
        raise TooManySearches(most=MOST)


async def _hers(db: Session, user_id: UUID, id: UUID) -> SavedSearch:
    search = await db.get(SavedSearch, id, with_for_update=True)
    if search is None or search.user_id != user_id:
        raise NotFound
    return search
