"""Postings from a file, for one employer: published at once, since an operator loads them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import func, insert, select

from marketplace.discovery.imports.mapping import BadRow, FileMapping, Read, Reader, Row
from marketplace.engines.deadlines.models import Deadline
from marketplace.engines.search import outbox
from marketplace.identity import audit
from marketplace.identity.models import Membership, Organisation
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import CURRENCIES, EXPONENTS
from marketplace.places.gazetteer import district_named
from marketplace.postings import actions
from marketplace.postings.models import (
    Employment,
    EmploymentType,
    Level,
    PayKind,
    Posting,
    PostingKind,
    PostingSkill,
)
from marketplace.postings.rules import DESCRIPTION_LENGTH, GIGS, MOST_SKILLS, TITLE_LENGTH
from marketplace.skills.queries import by_slugs

FIELDS = (
    *("title", "description", "skills", "pay_kind", "currency", "language", "district", "posted_at"),
    *("type", "level", "place", "remote"),
)
_BATCH = 500
_OPEN_FOR, _ANSWERED_AFTER = timedelta(days=60), timedelta(days=14)
_SHORTEST_TITLE = 2
_FULL_TIME = 40
"""Hours a week."""
_CHOICES = {"pay_kind": get_args(PayKind), "type": get_args(EmploymentType), "level": get_args(Level)}


@dataclass(frozen=True, slots=True)
class Employer:
    """For whom the postings are loaded, and who answers for them."""

    organisation_id: UUID
    owner_id: UUID


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: keys are those of the file `name`; `kind` of posting; for whom."""

    name: str
    kind: str
    by: Employer


async def employer(db: Session, slug: str) -> Employer:
    """The organisation with that slug and its first owner. Raises: NotFound."""
    owned = select(Organisation.id, Membership.user_id).join(Membership, Membership.organisation_id == Organisation.id)
    found = owned.where(Organisation.slug == slug, Membership.role == "owner").order_by(Membership.created_at).limit(1)
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    return Employer(*row)


def read(rows: Iterable[Row], mapping: FileMapping, *, at: datetime) -> Read:
    """What can be loaded of a file, and what can't. Pure."""
    assert mapping.kind in get_args(PostingKind), mapping.kind
    result = Read()
    for row in rows:
        reader = Reader(mapping, row)
        try:
            key = reader.key
            if key in result.good:
                raise BadRow(f"key: {key[:60]!r} is there twice")
            result.good[key] = _said(reader, mapping, at)
        except BadRow as error:
            result.bad.append((row.line, str(error)))
    return result


def _said(reader: Reader, mapping: FileMapping, at: datetime) -> dict[str, Any]:
    title = reader.needed("title")
    if not _SHORTEST_TITLE <= len(title) <= TITLE_LENGTH[1]:
        raise BadRow(f"title: has {len(title)} letters; 2 to {TITLE_LENGTH[1]} can be shown")
    skills, others = reader.skills("skills", MOST_SKILLS)
    description = reader.text("description", title)
    if others:
        description = f"{description}\n\n{', '.join(others)}"
    low, high = reader.pay()
    said: dict[str, Any] = {"title": title, "skills": skills, "description": description[: DESCRIPTION_LENGTH[1]]}
    said |= {"low": low, "high": high, "currency": reader.text("currency", "USD").upper()}
    known = CURRENCIES if mapping.kind in GIGS else tuple(EXPONENTS)
    if said["currency"] not in known:
        raise BadRow(f"currency: {said['currency'][:20]!r} is none of {', '.join(known)}")
    said |= {"language": reader.text("language", "en"), "place": reader.text("place")[:80]}
    said |= _where(reader, mapping)
    said["posted_at"] = reader.moment("posted_at", until=at) or at
    defaults = {"pay_kind": "fixed" if mapping.kind in GIGS else "monthly", "type": "full_time", "level": "entry"}
    if mapping.kind in GIGS:
        defaults["level"] = ""  # any will do
    for name, otherwise in defaults.items():
        said[name] = reader.text(name, otherwise)
        if said[name] != otherwise and said[name] not in _CHOICES[name]:
            raise BadRow(f"{name}: {said[name][:40]!r} is none of {', '.join(_CHOICES[name])}")
    return said


def _where(reader: Reader, mapping: FileMapping) -> dict[str, Any]:
    """The district that the file names, if it is one of ours, and whether the work can be done from anywhere.

    Where the file does not say: a gig can unless it names a place, a job cannot.
    """
    named = reader.text("district") or reader.text("place")
    remote = reader.text("remote", "yes" if mapping.kind in GIGS and not named else "no")
    if remote not in ("yes", "no"):
        raise BadRow(f"remote: {remote[:40]!r} is neither yes nor no")
    return {"district": district_named(named), "is_remote": remote == "yes"}


async def known(db: AnySession, source: Source) -> dict[str, UUID]:
    """What was published from there before, by key."""
    its = Posting.organisation_id == source.by.organisation_id, Posting.source == source.name
    there = select(Posting.source_ref, Posting.id).where(*its, Posting.source_ref.is_not(None))
    return {key: id for key, id in await db.execute(there) if key is not None}


async def load(db: Session, said: Mapping[str, Mapping[str, Any]], source: Source, *, at: datetime) -> dict[str, UUID]:
    """Publish what is not there yet and return the new postings by key."""
    there = await known(db, source)
    fresh = [key for key in said if key not in there]
    made: dict[str, UUID] = {}
    for begin in range(0, len(fresh), _BATCH):
        made |= await _publish(db, {key: said[key] for key in fresh[begin : begin + _BATCH]}, source, at=at)
    return made


async def _publish(
    db: Session, said: Mapping[str, Mapping[str, Any]], source: Source, *, at: datetime
) -> dict[str, UUID]:
    numbers = await db.scalars(select(func.uuidv7()).select_from(func.generate_series(1, len(said))))
    made = dict(zip(said, numbers.all(), strict=True))
    await db.execute(insert(Posting), [_posting(made[key], key, row, source, at) for key, row in said.items()])
    if source.kind not in GIGS:
        await db.execute(insert(Employment), [_terms(made[key], row) for key, row in said.items()])
    await _link_skills(db, {made[key]: row["skills"] for key, row in said.items()})
    ends = ((actions.CLOSES, _OPEN_FOR), (actions.ANSWERS, _OPEN_FOR + _ANSWERED_AFTER))
    due = [
        {"kind": name, "subject_kind": "posting", "subject_id": id, "due_at": at + after, "state": "running"}
        for id in made.values()
        for name, after in ends
    ]
    await db.execute(insert(Deadline), due)
    index = "gigs" if source.kind in GIGS else "jobs"
    for key, id in made.items():
        await audit.record(db, "posting.imported", subject=("posting", id), by=source.by.owner_id, at=at, key=key)
        await outbox.changed(db, index, id)
    return made


def _posting(id: UUID, key: str, row: Mapping[str, Any], source: Source, at: datetime) -> dict[str, Any]:
    return {
        **{"id": id, "source": source.name, "source_ref": key, "kind": source.kind, "state": "open"},
        **{"slug": ids.slug(row["title"], id), "title": row["title"]},
        **{"organisation_id": source.by.organisation_id, "created_by": source.by.owner_id},
        **{"description": row["description"], "pay_kind": row["pay_kind"], "currency": row["currency"]},
        **{"pay_min_minor": row["low"], "pay_max_minor": row["high"]},
        **{"is_remote": row["is_remote"], "district": row["district"]},
        **{"level": (row["level"] or None) if source.kind in GIGS else None},
        **{"language": row["language"], "closes_at": at + _OPEN_FOR, "answer_by": at + _OPEN_FOR + _ANSWERED_AFTER},
        **{"created_at": at, "updated_at": at, "published_at": row["posted_at"]},
    }


def _terms(id: UUID, row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: row[name] for name in ("type", "level", "place")}
    return {"posting_id": id, "hours_a_week": _FULL_TIME, **said}


async def _link_skills(db: Session, slugs: Mapping[UUID, Sequence[str]]) -> None:
    known = {skill.slug: skill.id for skill in await by_slugs(db, sorted({s for each in slugs.values() for s in each}))}
    rows = [{"posting_id": id, "skill_id": known[slug]} for id, each in slugs.items() for slug in each]
    if rows:
        await db.execute(insert(PostingSkill), rows)
