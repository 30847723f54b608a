"""Reads of freelancers. Strangers see listed profiles: the first name unless she shows the whole, the district."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from marketplace.engines.files.models import StoredFile
from marketplace.identity.models import User
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.money import Money
from marketplace.places.models import District, Park
from marketplace.skills.models import Evidence, Skill
from marketplace.talent.evidence import EvidencedSkill, shown_skills
from marketplace.talent.models import Freelancer
from marketplace.talent.rules import Language, Profile, shown_name
from marketplace.trust.blocks import is_blocked

SAID = (
    *("headline", "about", "rate_minor", "hours_a_week", "district", "park_id", "available_from"),
    *("shows_name", "shows_photo", "shows_place", "shows_history", "is_listed"),
)
"""Fields of Profile that are columns of Freelancer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView:
    """A profile as its page shows it; `name` is what this reader may see of it."""

    id: UUID
    user_id: UUID
    handle: str
    name: str
    headline: str
    about: str
    rate: Money
    hours_a_week: int
    languages: tuple[Language, ...]
    district_en: str | None
    district_ur: str | None
    park_en: str | None
    park_ur: str | None
    is_listed: bool
    since: datetime
    skills: tuple[EvidencedSkill, ...]
    has_photo: bool
    shows_history: bool
    available_from: datetime | None
    away_until: datetime | None
    away_text: str

    def place(self, locale: str) -> str | None:
        return self.district_ur if locale == "ur" else self.district_en

    def park(self, locale: str) -> str | None:
        return self.park_ur if locale == "ur" else self.park_en


async def profile_view(
    db: AnySession, handle: str, *, reader: UUID | None, is_acquainted: bool = False, is_preview: bool = False
) -> ProfileView:
    """The page of a freelancer.

    `is_acquainted`: the reader has shortlisted or hired her, and so sees all, of an unlisted profile too. `is_preview`:
    she looks at her own page as strangers see it.

    Raises: NotFound when it is not listed and not the reader's own, or one of the two has blocked the other.
    """
    row = (await db.execute(_viewed().where(Freelancer.handle == handle))).mappings().one_or_none()
    is_own = row is not None and row["user_id"] == reader
    if row is None or not (row["is_listed"] or is_own or is_acquainted):
        raise NotFound
    if reader is not None and not is_own and await is_blocked(db, reader, row["user_id"]):
        raise NotFound
    skills = (await shown_skills(db, [row["user_id"]])).get(row["user_id"], ())
    return _seen(dict(row), tuple(skills), is_close=(is_own or is_acquainted) and not is_preview)


def _seen(row: dict[str, Any], skills: tuple[EvidencedSkill, ...], *, is_close: bool) -> ProfileView:
    """What her switches leave for this reader."""
    shown: dict[str, Any] = {name: row[name] for name in _SAME}
    shown |= {name: row[name] if row["shows_place"] or is_close else None for name in _PLACES}
    return ProfileView(
        **shown,
        name=shown_name(row["name"], shows_name=row["shows_name"] or is_close),
        rate=Money(row["rate_minor"], row["currency"]),
        languages=_languages(row["languages"]),
        skills=skills,
        has_photo=row["photo_file_id"] is not None and (row["shows_photo"] or is_close),
        shows_history=row["shows_history"] or is_close,
    )


_SAME = (
    *("id", "user_id", "handle", "headline", "about", "hours_a_week", "is_listed", "since"),
    *("available_from", "away_until", "away_text"),
)
_PLACES = ("district_en", "district_ur", "park_en", "park_ur")


def _viewed() -> Any:
    return (
        select(
            *(Freelancer.id, Freelancer.user_id, Freelancer.handle, Freelancer.headline, Freelancer.about),
            *(Freelancer.rate_minor, Freelancer.currency, Freelancer.hours_a_week, Freelancer.languages),
            *(Freelancer.is_listed, Freelancer.shows_name, Freelancer.created_at.label("since"), User.name),
            *(Freelancer.shows_photo, Freelancer.shows_place, Freelancer.shows_history, Freelancer.photo_file_id),
            *(Freelancer.available_from, Freelancer.away_until, Freelancer.away_text),
            *(District.name_en.label("district_en"), District.name_ur.label("district_ur")),
            *(Park.name_en.label("park_en"), Park.name_ur.label("park_ur")),
        )
        .join(User, User.id == Freelancer.user_id)
        .outerjoin(District, District.slug == Freelancer.district)
        .outerjoin(Park, Park.id == Freelancer.park_id)
        .where(User.closed_at.is_(None))
    )


async def photo_of(db: AnySession, handle: str, *, reader: UUID | None, is_acquainted: bool = False) -> StoredFile:
    """Her photo. Raises: NotFound for whoever does not see it on her page."""
    person = await profile_view(db, handle, reader=reader, is_acquainted=is_acquainted)
    if not person.has_photo:
        raise NotFound
    photo = select(StoredFile).join(Freelancer, Freelancer.photo_file_id == StoredFile.id)
    return (await db.execute(photo.where(Freelancer.id == person.id))).scalar_one()


async def freelancer_of(db: AnySession, user_id: UUID) -> Freelancer | None:
    """The profile row of a user, if she has one."""
    return (await db.execute(select(Freelancer).where(Freelancer.user_id == user_id))).scalar_one_or_none()


async def profile_of(db: AnySession, freelancer: Freelancer) -> Profile:
    """What the profile says, as the form takes it; skills are those she claims herself."""
    claimed = (
        select(Skill.slug)
        .join(Evidence, Evidence.skill_id == Skill.id)
        .where(Evidence.user_id == freelancer.user_id, Evidence.kind == "claimed", Evidence.reference.is_(None))
        .order_by(Skill.name_en)
    )
    return Profile(
        **{name: getattr(freelancer, name) for name in SAID},
        languages=_languages(freelancer.languages),
        skills=tuple((await db.execute(claimed)).scalars()),
    )


async def is_newcomer(db: AnySession, user_id: UUID) -> bool:
    """Nothing earned on a contract yet."""
    earned = select(func.count()).where(Evidence.user_id == user_id, Evidence.kind == "earned")
    return not await db.scalar(earned)


def _languages(stored: list[Any]) -> tuple[Language, ...]:
    return tuple(Language(each["code"], each["level"]) for each in stored)
