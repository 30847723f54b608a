"""A whole fair as its four files: who takes part, tables and wishes. Loaded and exported again they are equal.

Who withdrew or was refused stands in none. Accounts don't either: a candidate or an employer of the files is claimed by
its ticket or its invitation.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from marketplace.fairs import queries, whole_files, wishes
from marketplace.fairs.booth_models import Booth, FairTable, TableClosure
from marketplace.fairs.candidate_models import FairCandidate, Preference
from marketplace.fairs.models import Fair, FairRoom, FairSlot
from marketplace.fairs.registering import LIVING
from marketplace.fairs.rules import SHOWN_BOOTHS
from marketplace.fairs.whole_files import FileName
from marketplace.fairs.whole_reading import moment_text
from marketplace.kernel.database import AnySession
from marketplace.kernel.money import Money
from marketplace.skills.models import Skill

Said = dict[str, str]


async def export(db: AnySession, fair: Fair) -> dict[FileName, bytes]:
    """All four, in the order that reads best: employers and tables by name, candidates by number."""
    days, zone = await queries.days_of(db, fair.id), ZoneInfo(fair.time_zone)

    def when(at: datetime | None) -> str:
        return moment_text(at, days, zone)

    skills = {row.id: row.slug for row in await db.execute(select(Skill.id, Skill.slug))}
    parts: dict[FileName, list[Said]] = {
        "employers": await _employers(db, fair, skills, when),
        "tables": await _tables(db, fair),
        "candidates": await _candidates(db, fair, skills, when),
        "wishes": await _wishes(db, fair),
    }
    return {name: whole_files.written(name, rows) for name, rows in parts.items()}


async def _employers(
    db: AnySession, fair: Fair, skills: Mapping[UUID, str], when: Callable[[datetime | None], str]
) -> list[Said]:
    """Where postings are attached, with what these pay: that is what counts."""
    found: list[Said] = []
    for booth, seat in await wishes.seats_of(db, fair.id, (*SHOWN_BOOTHS, "requested", "invited")):
        low = Money(booth.pay_from_minor, booth.currency) if booth.pay_from_minor and booth.currency else None
        if low and (seat.top is None or low.currency != seat.top.currency or low.amount_minor > seat.top.amount_minor):
            low = None
        found.append(
            {
                **{name: getattr(booth, name) for name in ("name", "label", "about", "note")},
                **{"state": "approved" if booth.state in SHOWN_BOOTHS else booth.state, "email": booth.email or ""},
                **{"wants_tables": str(booth.wants_tables), "languages": "|".join(booth.languages)},
                **{"arrives": when(booth.arrives_at), "leaves": when(booth.leaves_at)},
                **{
                    "skills": _listed(booth.must_skill_ids, skills),
                    "pay_period": (seat.period or "month") if seat.top else "",
                },
                **{"pay_from": _amount(low)},
                **{"pay_to": _amount(seat.top), "currency": seat.top.currency if seat.top else ""},
            }
        )
    return found


async def _tables(db: AnySession, fair: Fair) -> list[Said]:
    shown = Booth.state.in_((*SHOWN_BOOTHS, "requested", "invited"))
    named = (
        select(FairTable.id, FairTable.label, Booth.name.label("employer"), FairRoom.name.label("room"), FairRoom.zone)
        .join(Booth, Booth.id == FairTable.booth_id)
        .outerjoin(FairRoom, FairRoom.id == FairTable.room_id)
        .where(FairTable.fair_id == fair.id, shown)
        .order_by(Booth.name, FairTable.id)
    )
    closed = (
        select(TableClosure.table_id, FairSlot.number)
        .join(FairSlot, FairSlot.id == TableClosure.slot_id)
        .where(TableClosure.fair_id == fair.id, TableClosure.reason.in_(("break", "late")))
        .order_by(FairSlot.number)
    )
    breaks: dict[UUID, list[str]] = {}
    for row in await db.execute(closed):
        breaks.setdefault(row.table_id, []).append(str(row.number))
    return [
        {
            **{"label": row.label, "employer": row.employer, "room": row.room or "", "zone": row.zone or ""},
            **{"breaks": "|".join(breaks.get(row.id, ()))},
        }
        for row in await db.execute(named)
    ]


async def _candidates(
    db: AnySession, fair: Fair, skills: Mapping[UUID, str], when: Callable[[datetime | None], str]
) -> list[Said]:
    here = select(FairCandidate).where(FairCandidate.fair_id == fair.id, FairCandidate.state.in_(LIVING))
    rows = (await db.scalars(here.order_by(FairCandidate.number))).all()
    return [_candidate(row, skills, when) for row in rows]


def _candidate(row: FairCandidate, skills: Mapping[UUID, str], when: Callable[[datetime | None], str]) -> Said:
    floor = Money(row.pay_floor_minor, row.currency or "PKR") if row.pay_floor_minor else None
    away = ("/".join(when(datetime.fromisoformat(at)) for at in span) for span in row.away)
    return {
        **{"number": str(row.number), "state": row.state, "language": "en" if row.locale == "en" else "ur"},
        **{name: getattr(row, name) or "" for name in ("name", "phone", "email", "centre", "district", "education")},
        **{"about": row.about, "skills": _listed(row.skill_ids, skills), "languages": "|".join(row.languages)},
        **{"woman": _yes(row.is_woman), "newcomer": "yes" if row.is_newcomer else ""},
        **{"pay_floor": _amount(floor), "currency": floor.currency if floor else ""},
        **{"pay_period": (row.pay_period or "month") if floor else "", "companions": str(row.companions or "")},
        **{"arrives": when(row.arrives_at), "leaves": when(row.leaves_at), "away": "|".join(away)},
        **{"sms": "" if row.takes_sms else "no"},
    }


async def _wishes(db: AnySession, fair: Fair) -> list[Said]:
    said = (Preference.side, Preference.choice, Preference.rank)
    found = (
        select(FairCandidate.number, Booth.name, *said)
        .join(FairCandidate, FairCandidate.id == Preference.candidate_id)
        .join(Booth, Booth.id == Preference.booth_id)
        .where(Preference.fair_id == fair.id, FairCandidate.state.in_(LIVING))
        .where(Booth.state.in_((*SHOWN_BOOTHS, "requested", "invited")))
        .order_by(FairCandidate.number, Preference.side, Booth.name)
    )
    rows: Any = await db.execute(found)
    return [
        {
            **{"candidate": str(row.number), "employer": row.name, "side": row.side, "choice": row.choice},
            **{"rank": str(row.rank or "")},
        }
        for row in rows
    ]


def _listed(ids: list[UUID], skills: Mapping[UUID, str]) -> str:
    return "|".join(skills[id] for id in ids if id in skills)


def _amount(money: Money | None) -> str:
    return f"{money.decimal:f}" if money else ""


def _yes(said: bool | None) -> str:
    return "" if said is None else "yes" if said else "no"
