"""Organisations as search knows them: what their public pages say. Nobody's own organisation of one is found."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select

from marketplace.engines.search import outbox
from marketplace.engines.search.sql import Listing, epoch, gathered
from marketplace.identity.employers.queries import kinds_known, known_kinds
from marketplace.identity.models import Membership, Organisation, User
from marketplace.kernel.database import AnySession


def has_page() -> ColumnElement[bool]:
    """Whom everybody may find: not a private person, and somebody still owns it."""
    owner = select(Membership.user_id).join(User, User.id == Membership.user_id)
    owned = owner.where(
        Membership.organisation_id == Organisation.id, Membership.role == "owner", User.closed_at.is_(None)
    )
    return and_(Organisation.is_personal.is_(False), exists(owned.correlate(Organisation)))


async def load(db: AnySession, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The documents of those that everybody may find."""
    rows = (await db.scalars(select(Organisation).where(Organisation.id.in_(ids), has_page()))).all()
    known = await known_kinds(db, [row.id for row in rows])
    return [
        {
            "id": str(row.id),
            "name": row.name,
            "about": row.about,
            "kinds": row.kinds,
            "known": sorted(known.get(row.id, ())),
            "posted_at": int(row.created_at.timestamp()),
        }
        for row in rows
    ]


_FIELDS = {
    "kinds": Organisation.kinds,
    "known": gathered(kinds_known(Organisation.id).correlate(Organisation)),
    "posted_at": epoch(Organisation.created_at),
}
_FOUND = select(Organisation.id).where(has_page())
outbox.register("organisations", load, Listing(_FOUND, _FIELDS, Organisation.name, "posted_at"))
