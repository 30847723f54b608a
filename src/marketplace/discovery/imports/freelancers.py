"""Freelancers from a file: listed profiles of accounts that nobody can sign in to until an address is proved."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select

from marketplace.discovery.imports.mapping import BadRow, FileMapping, Read, Reader, Row
from marketplace.engines.search import outbox
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.skills.models import Evidence
from marketplace.skills.queries import by_slugs
from marketplace.talent.models import Freelancer
from marketplace.talent.rules import LONGEST_ABOUT, LONGEST_HEADLINE, MOST_HOURS, MOST_SKILLS, RATE_CURRENCY

FIELDS = ("name", "headline", "about", "skills", "rate", "hours_a_week", "email", "language")
NOWHERE = "imported.invalid"
"""Domain of the addresses of people whose file has none: it exists nowhere (RFC 2606)."""
_BATCH = 500
_MOST_RATE = 10_000


def read(rows: Iterable[Row], mapping: FileMapping) -> Read:
    """What can be loaded of a file, and what can't. Pure."""
    result, emails = Read(), set[str]()
    for row in rows:
        reader = Reader(mapping, row)
        try:
            key = reader.key
            if key in result.good:
                raise BadRow(f"key: {key[:60]!r} is there twice")
            said = _said(reader)
            if said["email"] in emails:
                raise BadRow(f"email: {said['email'][:60]!r} is there twice")
            emails |= {said["email"]} - {""}
            result.good[key] = said | {"line": row.line}
        except BadRow as error:
            result.bad.append((row.line, str(error)))
    return result


def _said(reader: Reader) -> dict[str, Any]:
    name, headline = reader.needed("name"), reader.needed("headline")
    if len(headline) > LONGEST_HEADLINE:
        headline = headline[: LONGEST_HEADLINE - 1].rsplit(" ", 1)[0] + "…"
    skills, others = reader.skills("skills", MOST_SKILLS)
    about = "\n\n".join(filter(None, [reader.text("about"), ", ".join(others)]))
    return {
        **{"name": name[:120], "headline": headline, "about": about[:LONGEST_ABOUT], "skills": skills},
        **{"rate": reader.number("rate", _MOST_RATE) * 100, "hours": reader.number("hours_a_week", MOST_HOURS)},
        **{"email": reader.text("email").lower(), "language": reader.text("language", "en")},
    }


async def refuse_members(db: AnySession, read: Read, *, source: str) -> None:
    """Count as bad whoever has an account already: nobody is listed over her head."""
    there = await known(db, source)
    emails = {row["email"]: key for key, row in read.good.items() if row["email"] and key not in there}
    for email in (await db.scalars(select(func.lower(User.email)).where(func.lower(User.email).in_(emails)))).all():
        row = read.good.pop(emails[email or ""])
        read.bad.append((row["line"], f"email: {email} has an account already"))


async def known(db: AnySession, source: str) -> dict[str, UUID]:
    """Who was listed from the file of this name before, by key."""
    there = select(Freelancer.source_ref, Freelancer.id).where(
        Freelancer.source == source, Freelancer.source_ref.is_not(None)
    )
    return {key: id for key, id in await db.execute(there) if key is not None}


async def load(db: Session, said: Mapping[str, Mapping[str, Any]], *, source: str, at: datetime) -> dict[str, UUID]:
    """List those who are not there yet and return the new profiles by key."""
    there = await known(db, source)
    fresh = [key for key in said if key not in there]
    made: dict[str, UUID] = {}
    for begin in range(0, len(fresh), _BATCH):
        made |= await _list(db, {key: said[key] for key in fresh[begin : begin + _BATCH]}, source, at=at)
    return made


async def _list(db: Session, said: Mapping[str, Mapping[str, Any]], source: str, *, at: datetime) -> dict[str, UUID]:
    numbers = (await db.scalars(select(func.uuidv7()).select_from(func.generate_series(1, 2 * len(said))))).all()
    users = dict(zip(said, numbers[: len(said)], strict=True))
    made = dict(zip(said, numbers[len(said) :], strict=True))
    await db.execute(insert(User), [_user(users[key], row, at) for key, row in said.items()])
    await db.execute(
        insert(Freelancer),
        [
            {"source": source, "source_ref": key} | _freelancer(made[key], users[key], row, at)
            for key, row in said.items()
        ],
    )
    slugs = sorted({slug for row in said.values() for slug in row["skills"]})
    known = {skill.slug: skill.id for skill in await by_slugs(db, slugs)}
    claims = [
        {"user_id": users[key], "skill_id": known[slug], "kind": "claimed", "issued_at": at}
        for key, row in said.items()
        for slug in row["skills"]
    ]
    if claims:
        await db.execute(insert(Evidence), claims)
    for key, id in made.items():
        await audit.record(db, "freelancer.imported", subject=("freelancer", id), by=None, at=at, key=key)
        await outbox.changed(db, "people", id)
    return made


def _user(id: UUID, row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    email = row["email"] or f"{ids.short(id)}@{NOWHERE}"
    return {"id": id, "email": email, "password_hash": "", "name": row["name"], "created_at": at}


def _freelancer(id: UUID, user_id: UUID, row: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {
        **{"id": id, "user_id": user_id, "handle": ids.slug(row["name"].split()[0], id)},
        **{"headline": row["headline"], "about": row["about"], "rate_minor": row["rate"], "currency": RATE_CURRENCY},
        **{"hours_a_week": row["hours"], "languages": [{"code": row["language"], "level": "good"}]},
        **{"is_listed": True, "created_at": at, "updated_at": at},
    }
