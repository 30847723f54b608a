"""One list of money movements for a person or an organisation, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, literal, null, select, union_all
from sqlalchemy.sql.elements import KeyedColumnElement

from marketplace.escrow.models import Hold, Payout, Refund, Release, Transfer
from marketplace.kernel.database import AnySession
from marketplace.kernel.money import Money

MovementKind = Literal["funded", "released", "refunded", "payout"]


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the page of money. `id` is the cursor.

    kind      money (as its reader counts)       state
    funded    the hold; nobody's balance moves   held | closed
    released  hers: what she gets after `fee`;   pending | sent | failed (of the transfer; none when nothing was left)
              the employer's: what left the hold
    refunded  what goes back to the employer     pending | sent | failed
    payout    what goes to her bank              requested | sent | confirmed | returned | failed
    """

    id: UUID
    at: datetime
    kind: MovementKind
    state: str
    money: Money
    fee: Money
    purpose: str
    hold_id: UUID | None
    failure: str


async def movements_of(
    db: AnySession,
    *,
    user_id: UUID | None = None,
    organisation_id: UUID | None = None,
    before: UUID | None = None,
    limit: int = 50,
) -> list[Movement]:
    """The movements of a freelancer or (one of both) of an organisation; `before` is the last id that was seen."""
    assert (user_id is None) != (organisation_id is None)
    parts = _of_freelancer(user_id, before, limit) if user_id else _of_payer(organisation_id, before, limit)
    every = union_all(*parts).subquery()
    query = select(every).order_by(every.c.id.desc()).limit(limit)
    return [_movement(row) for row in (await db.execute(query)).all()]


def _of_freelancer(user_id: UUID, before: UUID | None, limit: int) -> list[Select[Any]]:
    hers = Hold.payee_user_id == user_id
    released = Release.amount_minor - Release.fee_minor
    return [
        _page(_holds(hers), Hold.id, before, limit),
        _page(_releases(hers, released), Release.id, before, limit),
        _page(_payouts(user_id), Payout.id, before, limit),
    ]


def _of_payer(organisation_id: UUID | None, before: UUID | None, limit: int) -> list[Select[Any]]:
    theirs = Hold.payer_organisation_id == organisation_id
    return [
        _page(_holds(theirs), Hold.id, before, limit),
        _page(_releases(theirs, Release.amount_minor), Release.id, before, limit),
        _page(_refunds(theirs), Refund.id, before, limit),
    ]


def _page(query: Select[Any], id: Any, before: UUID | None, limit: int) -> Select[Any]:
    """The newest `limit` of each part are enough for the newest of all: ids sort by time."""
    if before is not None:
        query = query.where(id < before)
    return select(query.order_by(id.desc()).limit(limit).subquery())


def _columns(
    kind: MovementKind, source: Any, *, at: Any, state: Any, amount: Any, fee: Any, failure: Any = ""
) -> list[KeyedColumnElement[Any] | ColumnElement[Any]]:
    return [
        source.id.label("id"),
        at.label("at"),
        literal(kind).label("kind"),
        cast(state, String).label("state"),
        amount.label("amount_minor"),
        source.currency.label("currency"),
        (literal(0) if fee is None else fee).label("fee_minor"),
        (literal(failure) if isinstance(failure, str) else failure).label("failure"),
    ]


def _holds(whose: ColumnElement[bool]) -> Select[Any]:
    columns = _columns("funded", Hold, at=Hold.funded_at, state=Hold.state, amount=Hold.amount_minor, fee=None)
    return select(*columns, Hold.purpose.label("purpose"), Hold.id.label("hold_id")).where(
        whose, Hold.funded_at.is_not(None)
    )


def _releases(whose: ColumnElement[bool], amount: Any) -> Select[Any]:
    state = case((Transfer.id.is_(None), literal("sent")), else_=Transfer.state)
    failure = case((Transfer.id.is_(None), literal("")), else_=Transfer.failure)
    columns = _columns(
        "released", Release, at=Release.at, state=state, amount=amount, fee=Release.fee_minor, failure=failure
    )
    return (
        select(*columns, Hold.purpose.label("purpose"), Hold.id.label("hold_id"))
        .join(Hold, Hold.id == Release.hold_id)
        .outerjoin(Transfer, Transfer.release_id == Release.id)
        .where(whose)
    )


def _refunds(whose: ColumnElement[bool]) -> Select[Any]:
    columns = _columns(
        "refunded",
        Refund,
        at=Refund.created_at,
        state=Refund.state,
        amount=Refund.amount_minor,
        fee=None,
        failure=Refund.failure,
    )
    return (
        select(*columns, Hold.purpose.label("purpose"), Hold.id.label("hold_id"))
        .join(Hold, Hold.id == Refund.hold_id)
        .where(whose)
    )


def _payouts(user_id: UUID) -> Select[Any]:
    columns = _columns(
        "payout",
        Payout,
        at=Payout.requested_at,
        state=Payout.state,
        amount=Payout.amount_minor,
        fee=None,
        failure=Payout.failure,
    )
    nothing = (literal("").label("purpose"), cast(null(), Hold.id.type).label("hold_id"))
    return select(*columns, *nothing).where(and_(Payout.user_id == user_id))


def _movement(row: Any) -> Movement:
    return Movement(
        id=row.id,
        at=row.at,
        kind=row.kind,
        state=row.state,
        money=Money(row.amount_minor, row.currency),
        fee=Money(row.fee_minor, row.currency),
        purpose=row.purpose,
        hold_id=row.hold_id,
        failure=row.failure,
    )
