"""Reads of organisations as others see them, and of what was found out about them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    any_,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import InstrumentedAttribute, aliased

from marketplace.engines.files.models import StoredFile
from marketplace.identity.employers.models import OrganisationCheck
from marketplace.identity.employers.rules import DOCUMENTS, LEVELS, ZONE, today
from marketplace.identity.models import AuditLine, Membership, Organisation, User
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound

_Verifier = aliased(Organisation)
VOUCHING_ROLES = ("owner", "hiring")
"""Members of a park operator who may look at zone certificates."""


@dataclass(frozen=True, slots=True)
class Level:
    """One thing that was found out. `by`: a park operator's name; empty for our staff or the system."""

    kind: str
    at: datetime
    by: str = ""
    number: str = ""
    expires_on: date | None = None

    @property
    def title(self) -> str:
        """A msgid."""
        return ZONE[0] if self.kind == "zone" else LEVELS[self.kind][0]  # pyright: ignore[reportArgumentType]

    @property
    def hint(self) -> str:
        """A msgid: what was found out."""
        return ZONE[1] if self.kind == "zone" else LEVELS[self.kind][1]  # pyright: ignore[reportArgumentType]


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an organisation today: its levels in their order, and its zone badge."""

    levels: tuple[Level, ...] = ()
    zone: Level | None = None

    @property
    def most(self) -> int:
        """How many levels there are."""
        return len(LEVELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationView:
    """An organisation as its public page shows it. `owner_ids`: whom a block of the reader would meet."""

    id: UUID
    name: str
    slug: str
    kinds: list[str]
    is_personal: bool
    about: str
    website: str
    created_at: datetime
    owner_ids: tuple[UUID, ...] = field(default=())


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """A check as its owner and its verifier see it."""

    id: UUID
    kind: str
    state: str
    organisation_id: UUID
    organisation_name: str
    organisation_slug: str
    website: str
    number: str
    domain: str
    expires_on: date | None
    asked_at: datetime
    decided_at: datetime | None
    code_expires_at: datetime | None
    reason: str
    verifier_name: str | None
    file_id: UUID | None
    file_name: str | None

    @property
    def title(self) -> str:
        """A msgid."""
        return Level(self.kind, self.asked_at).title


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody opened a private document."""

    at: datetime
    name: str
    why: str


async def standings(db: AnySession, organisation_ids: Sequence[UUID], *, at: datetime) -> dict[UUID, Standing]:
    """What is known of several organisations at once; one statement."""
    if not organisation_ids:
        return {}
    by_mail = (
        select(
            Membership.organisation_id,
            *(literal("email").label("kind"), func.min(User.email_verified_at).label("at"), literal("").label("by")),
            *(literal("").label("number"), null().label("expires_on")),
        )
        .join(User, User.id == Membership.user_id)
        .where(Membership.organisation_id.in_(organisation_ids), Membership.role == "owner")
        .where(User.email_verified_at.is_not(None), User.closed_at.is_(None))
        .group_by(Membership.organisation_id)
    )
    by_check = (
        select(
            *(OrganisationCheck.organisation_id, OrganisationCheck.kind, OrganisationCheck.decided_at),
            *(func.coalesce(_Verifier.name, ""), OrganisationCheck.number, OrganisationCheck.expires_on),
        )
        .outerjoin(_Verifier, _Verifier.id == OrganisationCheck.verifier_organisation_id)
        .where(OrganisationCheck.organisation_id.in_(organisation_ids), _holds(at))
    )
    found: dict[UUID, dict[str, Level]] = {id: {} for id in organisation_ids}
    for id, kind, since, by, number, expires_on in (await db.execute(union_all(by_mail, by_check))).all():
        assert since is not None
        found[id][kind] = Level(kind, since, by, number if kind == "zone" else "", expires_on)
    return {id: _standing(levels) for id, levels in found.items()}


async def standing_of(db: AnySession, organisation_id: UUID, *, at: datetime) -> Standing:
    """What is known of one organisation."""
    return (await standings(db, [organisation_id], at=at))[organisation_id]


LISTED: tuple[str, ...] = ("first_paid", "zone")
"""What stands small beside an employer's name in lists."""


def listed_marks(organisation_id: InstrumentedAttribute[UUID], at: ColumnElement[datetime]) -> ScalarSelect[list[str]]:
    """A column for lists: which of `LISTED` an organisation has at that time; NULL when none."""
    day = func.date(func.timezone("Asia/Karachi", at))
    is_running = or_(OrganisationCheck.expires_on.is_(None), OrganisationCheck.expires_on >= day)
    return (
        select(func.array_agg(aggregate_order_by(OrganisationCheck.kind, OrganisationCheck.kind)))
        .where(OrganisationCheck.organisation_id == organisation_id, OrganisationCheck.kind.in_(LISTED))
        .where(OrganisationCheck.state == "passed", is_running)
        .scalar_subquery()
    )


VERIFIED = ("domain", "registration", "zone")
"""What somebody has looked at or proven: an employer with one of these is called verified in filters."""


async def known_kinds(db: AnySession, organisation_ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    """Which levels and badges each has now."""
    passed = OrganisationCheck.state == "passed", OrganisationCheck.organisation_id.in_(organisation_ids)
    rows = await db.execute(select(OrganisationCheck.organisation_id, OrganisationCheck.kind).where(*passed))
    known: dict[UUID, set[str]] = {}
    for organisation_id, kind in rows.all():
        known.setdefault(organisation_id, set()).add(kind)
    return known


def kinds_known(organisation: InstrumentedAttribute[UUID]) -> Select[str]:
    """The same in SQL, of the organisation with this id."""
    passed = OrganisationCheck.state == "passed", OrganisationCheck.organisation_id == organisation
    return select(OrganisationCheck.kind).where(*passed).distinct()


async def organisation_view(db: AnySession, slug: str) -> OrganisationView:
    """Its public page. Raises: NotFound when there is none, or everybody who owned it has left."""
    owners = (
        select(func.array_agg(User.id))
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organisation_id == Organisation.id, Membership.role == "owner", User.closed_at.is_(None))
        .scalar_subquery()
    )
    own = [name for name in OrganisationView.__dataclass_fields__ if hasattr(Organisation, name)]
    query = select(*(getattr(Organisation, name) for name in own), owners.label("owner_ids"))
    row = (await db.execute(query.where(Organisation.slug == slug))).mappings().one_or_none()
    if row is None or not row["owner_ids"]:
        raise NotFound
    fields = dict(row)
    return OrganisationView(owner_ids=tuple(fields.pop("owner_ids")), **fields)


async def checks_of(db: AnySession, organisation_id: UUID) -> list[CheckView]:
    """What an organisation asked for and got, the newest of each kind that matters; for its own members."""
    newest = (
        select(OrganisationCheck.id)
        .where(OrganisationCheck.organisation_id == organisation_id, OrganisationCheck.state != "ended")
        .order_by(OrganisationCheck.id.desc())
        .limit(20)
    )
    rows = await db.execute(_viewed().where(OrganisationCheck.id.in_(newest)).order_by(OrganisationCheck.id.desc()))
    return [CheckView(**row) for row in rows.mappings()]


async def openings(db: AnySession, organisation_id: UUID, *, limit: int = 20) -> list[Opening]:
    """Who opened the organisation's private documents and why, the newest first."""
    query = (
        select(AuditLine.at, User.name, AuditLine.why)
        .join(User, User.id == AuditLine.by_user_id)
        .where(AuditLine.subject_kind == "organisation", AuditLine.subject_id == organisation_id)
        .where(AuditLine.action == "check.document_opened")
        .order_by(AuditLine.id.desc())
        .limit(limit)
    )
    return [Opening(*row) for row in (await db.execute(query)).all()]


async def waiting_documents(
    db: AnySession, *, verifier_id: UUID | None = None, after: UUID | None = None, limit: int
) -> list[CheckView]:
    """Documents that wait, the oldest first: all of them for our staff, its own for a park operator."""
    query = _viewed().where(OrganisationCheck.state == "waiting", OrganisationCheck.kind.in_(DOCUMENTS))
    if verifier_id is not None:
        query = query.where(OrganisationCheck.verifier_organisation_id == verifier_id)
    if after is not None:
        query = query.where(OrganisationCheck.id > after)
    rows = await db.execute(query.order_by(OrganisationCheck.id).limit(limit))
    return [CheckView(**row) for row in rows.mappings()]


async def document_for(db: AnySession, check_id: UUID, *, by: UUID, is_staff: bool) -> OrganisationCheck:
    """A handed-in document that this person may decide about: staff, or the park operator who was asked.

    Raises: NotFound for everybody else.
    """
    asked = exists().where(
        Membership.organisation_id == OrganisationCheck.verifier_organisation_id,
        Membership.user_id == by,
        Membership.role.in_(VOUCHING_ROLES),
    )
    query = select(OrganisationCheck).where(OrganisationCheck.id == check_id, OrganisationCheck.kind.in_(DOCUMENTS))
    found = (await db.execute(query if is_staff else query.where(asked))).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def document_view(db: AnySession, check_id: UUID) -> CheckView:
    """A document as its verifier sees it. Who may was asked by `document_for`."""
    row = (await db.execute(_viewed().where(OrganisationCheck.id == check_id))).mappings().one()
    return CheckView(**row)


async def own_document(db: AnySession, check_id: UUID, *, organisation_id: UUID) -> StoredFile:
    """The file that an organisation handed in itself. Raises: NotFound."""
    query = (
        select(StoredFile)
        .join(OrganisationCheck, OrganisationCheck.file_id == StoredFile.id)
        .where(OrganisationCheck.id == check_id, OrganisationCheck.organisation_id == organisation_id)
    )
    found = (await db.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


async def park_operators(db: AnySession) -> list[tuple[UUID, str]]:
    """(id, name) of the park operators whose registration our staff has seen: they may vouch for their tenants."""
    registered = exists().where(
        OrganisationCheck.organisation_id == Organisation.id,
        OrganisationCheck.kind == "registration",
        OrganisationCheck.state == "passed",
    )
    query = select(Organisation.id, Organisation.name).where(any_(Organisation.kinds) == "park_operator", registered)
    return [(row.id, row.name) for row in (await db.execute(query.order_by(Organisation.name).limit(200))).all()]


def _holds(at: datetime) -> ColumnElement[bool]:
    """Passed, and not over: a certificate holds through its last day in Pakistan."""
    is_running = or_(OrganisationCheck.expires_on.is_(None), OrganisationCheck.expires_on >= today(at))
    return and_(OrganisationCheck.state == "passed", is_running)


def _standing(levels: dict[str, Level]) -> Standing:
    return Standing(tuple(levels[kind] for kind in LEVELS if kind in levels), levels.get("zone"))


def _viewed():
    own = ("id", "kind", "state", "organisation_id", "number", "domain", "expires_on", "asked_at", "decided_at")
    return (
        select(
            *(getattr(OrganisationCheck, name) for name in (*own, "code_expires_at", "reason", "file_id")),
            Organisation.name.label("organisation_name"),
            Organisation.slug.label("organisation_slug"),
            Organisation.website,
            _Verifier.name.label("verifier_name"),
            StoredFile.name.label("file_name"),
        )
        .join(Organisation, Organisation.id == OrganisationCheck.organisation_id)
        .outerjoin(_Verifier, _Verifier.id == OrganisationCheck.verifier_organisation_id)
        .outerjoin(StoredFile, StoredFile.id == OrganisationCheck.file_id)
    )
