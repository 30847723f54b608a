"""Fairs as search knows them: what everybody may see of them, never a draft. Times are seconds since 1970."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text, case, cast, func, select
from sqlalchemy.dialects.postgresql import array

from marketplace.engines.search import outbox
from marketplace.engines.search.sql import Listing, epoch
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.models import Fair, FairDay
from marketplace.fairs.rules import HIDDEN, INDEX, SHOWN_BOOTHS
from marketplace.identity.models import Organisation
from marketplace.kernel.database import AnySession

_SEEN = Fair.state.not_in(HIDDEN)


async def load(db: AnySession, ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """The documents of those that everybody may see, with the employers that come."""
    found = select(Fair, Organisation.name, _women().label("women")).join(
        Organisation, Organisation.id == Fair.organisation_id
    )
    rows = (await db.execute(found.where(Fair.id.in_(ids), _SEEN))).all()
    employers: dict[UUID, list[str]] = {}
    shown = select(Booth.fair_id, Booth.name).where(Booth.fair_id.in_(ids), Booth.state.in_(SHOWN_BOOTHS))
    for row in await db.execute(shown.order_by(Booth.name)):
        employers.setdefault(row.fair_id, []).append(row.name)
    return [
        {
            **{"id": str(fair.id), "title": f"{fair.title_en} {fair.title_ur}".strip(), "venue": fair.venue},
            **{"organiser": organiser, "employers": employers.get(fair.id, [])},
            **{"text": f"{fair.text_en} {fair.text_ur}".strip(), "district": fair.district},
            **{"places": _both(fair.place, "venue", "online"), "modes": _both(fair.mode, "timetable", "open_hall")},
            **{"state": fair.state, "women_only": women},
            **{"starts_at": _seconds(fair.starts_at), "ends_at": _seconds(fair.ends_at)},
            **{"posted_at": _seconds(fair.opened_at or fair.created_at)},
        }
        for fair, organiser, women in rows
    ]


def _seconds(at: datetime | None) -> int:
    assert at, "what everybody may see has its days"
    return int(at.timestamp())


def _both(said: str, *kinds: str) -> list[str]:
    return list(kinds) if said == "both" else [said]


def _women() -> Any:
    """Whether all its days are for women only."""
    mixed = select(FairDay.id).where(FairDay.fair_id == Fair.id, FairDay.is_women_only.is_(False)).correlate(Fair)
    return ~mixed.exists()


def _listed(column: Any, *kinds: str) -> Any:
    both, one = (cast(array(each), ARRAY(Text)) for each in (list(kinds), [column]))
    return case((column == "both", both), else_=one)


_FIELDS = {
    "district": Fair.district,
    "places": _listed(Fair.place, "venue", "online"),
    "modes": _listed(Fair.mode, "timetable", "open_hall"),
    "state": Fair.state,
    "women_only": _women(),
    "starts_at": epoch(Fair.starts_at),
    "ends_at": epoch(Fair.ends_at),
    "posted_at": epoch(func.coalesce(Fair.opened_at, Fair.created_at)),
}
outbox.register(INDEX, load, Listing(select(Fair.id).where(_SEEN), _FIELDS, Fair.title_en, "posted_at"))
