"""A cast of a few people, so that tests read as stories.

Ayesha and Hina are freelancers, Bilal hires for AgriTrack, Omar organises fairs for the park, Sana moderates.
"""

from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from marketplace.identity.models import Membership, Organisation, User
from marketplace.kernel.database import Session
from marketplace.talent.models import Freelancer

PASSWORD = "correct horse battery"
# argon2id of PASSWORD at the OWASP minimum, made once: hashing anew costs 31 ms per person.
PASSWORD_HASH = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$iPOQ5f2O21FsjnBvo1AiFcDuSXciCnKUrXFO+yfgNoM"
BORN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cast:
    """Who exists in a test. Freelancers have a listed profile with a headline, but no skills yet."""

    ayesha: User
    hina: User
    bilal: User
    omar: User
    sana: User
    agritrack: Organisation
    park: Organisation
    ayesha_profile: Freelancer
    hina_profile: Freelancer

    async def within(self, db: Session) -> "Cast":
        """The same people as rows of this session, without reading them again."""
        return Cast(*[await db.merge(getattr(self, each.name), load=False) for each in fields(self)])


async def make_cast(db: Session) -> Cast:
    """All of them in five statements: most tests begin with this."""
    names = ("Ayesha Khan", "Hina Malik", "Bilal Ahmed", "Omar Farooq", "Sana Iqbal")
    # With ids that are known before, rows of a table go out together.
    ids = list(await db.scalars(text("SELECT uuidv7() FROM generate_series(1, 7)")))
    users = [_user(name, id=id) for name, id in zip(names, ids, strict=False)]
    ayesha, hina, bilal, omar, sana = users
    sana.staff_role = "moderator"
    agritrack = _organisation("AgriTrack", ["employer"], id=ids[-2])
    park = _organisation("Dhanote IT Park", ["organiser", "park_operator"], id=ids[-1])
    db.add_all([*users, agritrack, park])
    await db.flush()
    profiles = [
        _profile(ayesha, "Shopify and WordPress shops that load fast"),
        _profile(hina, "Logos and social media posts"),
    ]
    db.add_all([*profiles, _owner(bilal, agritrack), _owner(omar, park)])
    await db.flush()
    return Cast(ayesha, hina, bilal, omar, sana, agritrack, park, *profiles)


async def user_named(db: Session, name: str, *, staff_role: str | None = None) -> User:
    """Somebody with a confirmed address and PASSWORD."""
    user = _user(name, staff_role=staff_role)
    db.add(user)
    await db.flush()
    return user


async def freelancer_of(db: Session, user: User, headline: str) -> Freelancer:
    """Her listed profile, without skills yet."""
    made = _profile(user, headline)
    db.add(made)
    await db.flush()
    return made


def _user(name: str, **more: Any) -> User:
    return User(
        email=f"{name.split()[0].lower()}@test.example",
        email_verified_at=BORN,
        password_hash=PASSWORD_HASH,
        name=name,
        created_at=BORN,
        **more,
    )


def _organisation(name: str, kinds: list[str], **more: Any) -> Organisation:
    slug = name.lower().replace(" ", "-")
    return Organisation(name=name, slug=slug, kinds=kinds, created_at=BORN, postings_approved_at=BORN, **more)


def _owner(user: User, organisation: Organisation) -> Membership:
    return Membership(user_id=user.id, organisation_id=organisation.id, role="owner", created_at=BORN)


def _profile(user: User, headline: str) -> Freelancer:
    return Freelancer(
        user_id=user.id,
        handle=user.name.split()[0].lower(),
        headline=headline,
        rate_minor=12_00,
        hours_a_week=20,
        languages=[{"code": "en", "level": "good"}, {"code": "ur", "level": "native"}],
        is_listed=True,
        created_at=BORN,
        updated_at=BORN,
    )
