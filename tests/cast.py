"""A cast of a few people, so that tests read as stories.

Ayesha and Hina are freelancers, Bilal hires for AgriTrack, Omar organises fairs for the park, Sana moderates.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

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


async def make_cast(db: Session) -> Cast:
    ayesha, hina = await user_named(db, "Ayesha Khan"), await user_named(db, "Hina Malik")
    bilal, omar = await user_named(db, "Bilal Ahmed"), await user_named(db, "Omar Farooq")
    sana = await user_named(db, "Sana Iqbal", staff_role="moderator")
    agritrack = await _organisation(db, "AgriTrack", ["employer"], bilal.id)
    park = await _organisation(db, "Dhanote IT Park", ["organiser", "park_operator"], omar.id)
    return Cast(
        ayesha=ayesha,
        hina=hina,
        bilal=bilal,
        omar=omar,
        sana=sana,
        agritrack=agritrack,
        park=park,
        ayesha_profile=await freelancer_of(db, ayesha, "Shopify and WordPress shops that load fast"),
        hina_profile=await freelancer_of(db, hina, "Logos and social media posts"),
    )


async def user_named(db: Session, name: str, *, staff_role: str | None = None) -> User:
    """Somebody with a confirmed address and PASSWORD."""
    email = f"{name.split()[0].lower()}@test.example"
    user = User(
        email=email,
        email_verified_at=BORN,
        password_hash=PASSWORD_HASH,
        name=name,
        staff_role=staff_role,
        created_at=BORN,
    )
    db.add(user)
    await db.flush()
    return user


async def _organisation(db: Session, name: str, kinds: list[str], owner: UUID) -> Organisation:
    made = Organisation(
        name=name, slug=name.lower().replace(" ", "-"), kinds=kinds, created_at=BORN, postings_approved_at=BORN
    )
    db.add(made)
    await db.flush()
    db.add(Membership(user_id=owner, organisation_id=made.id, role="owner", created_at=BORN))
    await db.flush()
    return made


async def freelancer_of(db: Session, user: User, headline: str) -> Freelancer:
    """Her listed profile, without skills yet."""
    made = Freelancer(
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
    db.add(made)
    await db.flush()
    return made
