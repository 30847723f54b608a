"""Reads of reviews. One that is not shown yet is found by nobody but the side that wrote it."""

from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_

from marketplace.contracts.reviews import reputation
from marketplace.contracts.reviews.actions import is_paid, window_end
from marketplace.contracts.reviews.models import Review, ReviewReply, ReviewSide
from marketplace.contracts.reviews.notices import other
from marketplace.contracts.reviews.reputation import Rating
from marketplace.contracts.rules import Side
from marketplace.identity.models import Organisation, User
from marketplace.kernel.database import AnySession
from marketplace.talent.models import Freelancer
from marketplace.talent.rules import shown_name

About = Literal["freelancer", "organisation"]
"""Whom a list of reviews is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """A review as a list shows it; `name` and `href` are of who wrote it, as far as strangers may see that."""

    id: UUID
    contract_id: UUID
    scores: dict[str, int]
    text: str
    shown_at: datetime
    name: str
    href: str | None
    reply: str | None
    replied_at: datetime | None

    @property
    def mean(self) -> str:
        """Of its scores, with two decimals."""
        return reputation.said(Fraction(sum(self.scores.values()), len(self.scores)))


@dataclass(frozen=True, slots=True)
class Reputation:
    """`figure` by the published formula; None before the first review. `count` reviews went into it."""

    figure: str | None
    count: int
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnReview:
    """What one side of a contract wrote, as its page shows it to those who may read it."""

    id: UUID
    side: ReviewSide
    scores: dict[str, int]
    text: str
    private_note: str
    written_at: datetime
    shown_at: datetime | None
    hidden_at: datetime | None
    reply: str | None
    replied_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewing:
    """Where the reviews of a contract stand for one of its sides. `theirs` is there from when it is shown."""

    side: Side
    is_paid: bool
    until: datetime | None
    is_over: bool
    mine: OwnReview | None
    theirs: OwnReview | None

    @property
    def may_write(self) -> bool:
        return self.is_paid and not self.is_over and (self.mine is None or self.mine.shown_at is None)

    @property
    def may_reply(self) -> bool:
        return self.theirs is not None and self.theirs.hidden_at is None and self.theirs.reply is None


async def reviewing(
    db: AnySession, contract_id: UUID, *, side: Side, ended_at: datetime | None, at: datetime
) -> Reviewing:
    """The contract's reviews as this side may see them. The other's stays in the database until it is shown."""
    query = (
        select(
            *(Review.id, Review.side, Review.scores, Review.text, Review.private_note, Review.written_at),
            *(Review.shown_at, Review.hidden_at),
            *(ReviewReply.text.label("reply"), ReviewReply.written_at.label("replied_at")),
        )
        .outerjoin(ReviewReply, ReviewReply.review_id == Review.id)
        .where(Review.contract_id == contract_id, or_(Review.side == side, Review.shown_at.is_not(None)))
    )
    found: dict[str, OwnReview] = {}
    for row in (await db.execute(query)).mappings():
        fields = dict(row)
        if row["side"] != side:
            fields["private_note"] = ""
        found[row["side"]] = OwnReview(**fields)
    until = await window_end(db, contract_id)
    return Reviewing(
        side=side,
        is_paid=await is_paid(db, contract_id),
        until=until,
        is_over=ended_at is not None and (until is None or until <= at),
        mine=found.get(side),
        theirs=found.get(other(side)),
    )


async def reviews_of(
    db: AnySession, about: About, id: UUID, *, after: tuple[datetime, UUID] | None = None, limit: int
) -> list[ReviewView]:
    """The shown reviews about a freelancer or an organisation, the newest first."""
    query = _listed().where(_shown(about, id)).order_by(Review.shown_at.desc(), Review.id.desc()).limit(limit)
    if after is not None:
        query = query.where(tuple_(Review.shown_at, Review.id) < after)
    rows = (await db.execute(query)).mappings().all()
    return [_view(row, is_by_employer=about == "freelancer") for row in rows]


async def reputation_of(db: AnySession, about: About, id: UUID, *, as_of: date) -> Reputation:
    """The figure of all shown reviews about a freelancer or an organisation."""
    ratings = [rating for _, rating in await ratings_of(db, about, id)]
    figure = reputation.said(reputation.score(ratings, as_of=as_of)) if ratings else None
    return Reputation(figure, len(ratings), as_of)


async def ratings_of(db: AnySession, about: About, id: UUID) -> list[tuple[UUID, Rating]]:
    """All that goes into the figure: review ids with their scores and days, the oldest first."""
    day = func.date(func.timezone("UTC", Review.shown_at))
    query = select(Review.id, Review.scores, day).where(_shown(about, id)).order_by(Review.shown_at, Review.id)
    return [(id, Rating(scores, shown_on)) for id, scores, shown_on in (await db.execute(query)).all()]


def _shown(about: About, id: UUID) -> ColumnElement[bool]:
    whose = (
        and_(Review.freelancer_id == id, Review.side == "employer")
        if about == "freelancer"
        else and_(Review.organisation_id == id, Review.side == "freelancer")
    )
    return and_(whose, Review.shown_at.is_not(None), Review.hidden_at.is_(None))


def _listed() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *(Review.id, Review.contract_id, Review.scores, Review.text, Review.shown_at),
            *(Organisation.name.label("organisation_name"), Organisation.slug, Organisation.is_personal),
            *(User.name.label("user_name"), Freelancer.handle, Freelancer.shows_name, Freelancer.is_listed),
            *(User.closed_at, ReviewReply.text.label("reply"), ReviewReply.written_at.label("replied_at")),
        )
        .join(Organisation, Organisation.id == Review.organisation_id)
        .join(Freelancer, Freelancer.id == Review.freelancer_id)
        .join(User, User.id == Freelancer.user_id)
        .outerjoin(ReviewReply, ReviewReply.review_id == Review.id)
    )


def _view(row: Any, *, is_by_employer: bool) -> ReviewView:
    if is_by_employer:
        name, href = row["organisation_name"], f"/organisations/{row['slug']}"
        name = shown_name(name, shows_name=not row["is_personal"])
    else:
        name = shown_name(row["user_name"], shows_name=row["shows_name"])
        is_there = row["is_listed"] and row["closed_at"] is None
        href = f"/people/{row['handle']}" if is_there else None
    same = ("id", "contract_id", "scores", "text", "shown_at", "reply", "replied_at")
    return ReviewView(**{each: row[each] for each in same}, name=name, href=href)
