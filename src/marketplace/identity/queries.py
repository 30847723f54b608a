"""Who is signed in, her organisations, her other sessions."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, DateTime, Select, Text, bindparam, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.identity.models import Membership, Organisation, User, UserSession
from marketplace.identity.rules import IDLE_LIMIT, secret_hash
from marketplace.kernel.database import AnySession, Prepared


@dataclass(frozen=True, slots=True)
class HatOrganisation:
    """An organisation she may act for."""

    id: UUID
    name: str
    slug: str
    kinds: tuple[str, ...]
    role: str
    is_personal: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whoever is signed in, with all that every page shows of her."""

    id: UUID
    name: str
    email: str
    """Empty when she signed up by phone and gave none."""
    phone: str
    is_verified: bool
    """Her address or her number is proved."""
    locale: str
    time_zone: str
    staff_role: str | None
    session_id: UUID
    seen_at: datetime
    stepped_up_at: datetime | None
    chosen_organisation_id: UUID | None
    organisations: tuple[HatOrganisation, ...]
    handle: str | None
    is_limited: bool
    """A restriction leaves her nothing but her money, her data and her appeals."""
    unread: int
    unread_threads: int

    @property
    def is_staff(self) -> bool:
        """Moderates or operates: reads cases. Finance does not."""
        return self.staff_role in ("moderator", "operator")

    @property
    def is_finance(self) -> bool:
        """May approve payouts and read statements."""
        return self.staff_role in ("operator", "finance")

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()

    @property
    def is_organiser(self) -> bool:
        """Acts for an organiser of fairs."""
        return any("organiser" in each.kinds for each in self.organisations)

    @property
    def organisation(self) -> HatOrganisation | None:
        """The one she chose to act for, else her first."""
        for each in self.organisations:
            if each.id == self.chosen_organisation_id:
                return each
        return self.organisations[0] if self.organisations else None


_FIELDS = tuple(field.name for field in fields(SignedIn))
UserColumn = Callable[[InstrumentedAttribute[UUID]], ColumnElement[Any]]
TimedUserColumn = Callable[[InstrumentedAttribute[UUID], ColumnElement[Any]], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Columns:
    """What higher domains know of whoever is signed in, as columns correlated on the user's id: her handle, unread
    notices and conversations, and whether a restriction limits her (at a time).
    """

    handle: UserColumn
    unread: tuple[UserColumn, UserColumn]
    limited: TimedUserColumn


async def signed_in(db: AnySession, secret: str, *, at: datetime, columns: Columns) -> SignedIn | None:
    """The person behind a session's secret, in one query; None when the session ended, was never, or lay idle."""
    found = await _by_secret(columns).rows(db, secret_hash=secret_hash(secret), now=at, idle_since=at - IDLE_LIMIT)
    if not found:
        return None
    values = dict(zip(_FIELDS, found[0].values(), strict=True))
    values["organisations"] = msgspec.json.decode(values["organisations"] or "[]", type=tuple[HatOrganisation, ...])
    return SignedIn(**values)


@cache
def _by_secret(columns: Columns) -> Prepared:
    return Prepared(lambda: _signed_in(columns))


def _signed_in(columns: Columns) -> Select[*tuple[Any, ...]]:
    """What SignedIn says, in the order of its fields."""
    said = (
        *(User.id, User.name, func.coalesce(User.email, ""), func.coalesce(User.phone, "")),
        func.coalesce(User.email_verified_at, User.phone_verified_at).is_not(None),
        *(User.locale, User.time_zone, User.staff_role, UserSession.id, UserSession.seen_at),
        *(UserSession.stepped_up_at, UserSession.organisation_id, cast(_organisations_of(User.id), Text)),
        columns.handle(User.id),
        columns.limited(User.id, bindparam("now", type_=DateTime(timezone=True))),
        *(count(User.id) for count in columns.unread),
    )
    return (
        select(*(column.label(name) for name, column in zip(_FIELDS, said, strict=True)))
        .join(User, User.id == UserSession.user_id)
        .where(
            UserSession.secret_hash == bindparam("secret_hash"),
            UserSession.expires_at > bindparam("now"),
            UserSession.seen_at > bindparam("idle_since"),
            User.closed_at.is_(None),
        )
    )


def _organisations_of(user_id: InstrumentedAttribute[UUID]) -> ColumnElement[Any]:
    shown = (
        func.jsonb_build_object(
            "id", Organisation.id, "name", Organisation.name, "slug", Organisation.slug,
            "kinds", Organisation.kinds, "role", Membership.role, "is_personal", Organisation.is_personal,
        )
    )  # fmt: skip
    return (
        select(func.jsonb_agg(shown).aggregate_order_by(Membership.created_at, Organisation.id))
        .select_from(Membership)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(Membership.user_id == user_id)
        .scalar_subquery()
    )


async def password_hash_of(db: AnySession, user_id: UUID) -> str | None:
    """What her password is checked against."""
    return await db.scalar(select(User.password_hash).where(User.id == user_id, User.closed_at.is_(None)))


async def gender_of(db: AnySession, user_id: UUID) -> str | None:
    """What she said herself: for her own account page and for who may book a women-only session, for nothing else."""
    return await db.scalar(select(User.gender).where(User.id == user_id))
