"""Everybody in the demo world: accounts, organisations, profiles."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import select, update

from marketplace.demo import world
from marketplace.identity import actions as identity
from marketplace.identity.models import Membership, Organisation, User
from marketplace.identity.organisations import create_organisation, personal_organisation
from marketplace.identity.passwords import hash_password
from marketplace.kernel import clock
from marketplace.kernel.database import AnySession, Database, Session
from marketplace.kernel.queue import Services
from marketplace.talent import actions as talent
from marketplace.talent.rules import Language, LanguageLevel, Profile

PASSWORD = "demo demo demo"  # noqa: S105 - printed on purpose: play money and invented people
CAST = {
    "ayesha": "Ayesha Khan",
    "bilal": "Bilal Ahmed",
    "hina": "Hina Malik",
    "organiser": "Omar Farooq",
    "trainer": "Samina Gul",
    "moderator": "Sana Iqbal",
    "moderator2": "Rabia Noor",
    "finance": "Farah Zaidi",
    "finance2": "Imran Ali",
    "shahid": "Shahid Nadeem",
}
OWNERS = {
    "agritrack": "Bilal Ahmed",
    "ruralpay": "Javeria Saleem",
    "classlink": "Naveed Anwar",
    "northwind": "Greta Lindner",
    "cedar": "Owen Carter",
    "boutique": "Rangeen Fatima",
    "kinza": "Kinza Rauf",
    "tom": "Tom Becker",
    "nadeem": "Shahid Nadeem",
}
STRANGERS = ("Waseem Butt", "Gulnaz Ashraf")
"""Employers whose first posting nobody has read yet."""
PARK = "Dhanote IT Park"


class Everybody:
    """Ids of people by name, of organisations by key."""

    def __init__(self) -> None:
        self.users: dict[str, UUID] = {}
        self.organisations: dict[str, UUID] = {}

    def owner(self, employer: str) -> UUID:
        return self.users[OWNERS[employer]]


def email_of(name: str) -> str:
    """The cast signs in as ayesha@demo.example; everybody else by first and last name."""
    role = next((role for role, known in CAST.items() if known == name), None)
    return f"{role or name.lower().replace(' ', '.')}@demo.example"


async def fill(services: Services, report: Callable[[str, int, int], None]) -> Everybody:
    """Make who is missing, some at a time so that the site shows them as they come."""
    everybody = Everybody()
    password_hash = await hash_password(PASSWORD)
    names = list(dict.fromkeys([*CAST.values(), *OWNERS.values(), *STRANGERS, *(line.name for line in world.people())]))
    lines = {line.name: line for line in world.people()}
    for number, name in enumerate(names, 1):
        # Accounts are some weeks old, one more day each: lists have something to sort by.
        at = clock.now() - timedelta(days=20, hours=len(names) - number)
        async with services[Database].write.begin() as db:
            user = await _user(db, name, password_hash, at)
            everybody.users[name] = user.id
            if name in lines:
                await _profile(db, user, lines[name], at)
        report("people", number, len(names))
    await _organisations(services, everybody)
    return everybody


async def known(services: Services) -> Everybody | None:
    """Who is there already; None while the world is empty or half made."""
    everybody = Everybody()
    async with services[Database].read() as db:
        for name in dict.fromkeys([*CAST.values(), *OWNERS.values()]):
            if (user := await identity.find_user(db, email_of(name))) is None:
                return None
            everybody.users[name] = user.id
        for line in world.employers():
            if (owned := await _owned(db, everybody.owner(line.key))) is None:
                return None
            everybody.organisations[line.key] = owned.id
        return everybody if await _owned(db, everybody.users[CAST["organiser"]]) else None


async def _user(db: Session, name: str, password_hash: str, at: datetime) -> User:
    email = email_of(name)
    if (found := await identity.find_user(db, email)) is not None:
        return found
    user = await identity.sign_up(db, name=name, email=email, password_hash=password_hash, locale="en", at=at)
    verified = update(User).where(User.id == user.id).values(email_verified_at=at)
    if name in (CAST["moderator"], CAST["moderator2"]):
        verified = verified.values(staff_role="moderator")
    if name in (CAST["finance"], CAST["finance2"]):
        verified = verified.values(staff_role="finance")
    await db.execute(verified)
    return user


async def _profile(db: Session, user: User, line: world.PersonLine, at: datetime) -> None:
    freelancer = await talent.start(db, user, at=at)
    if freelancer.is_listed:
        return
    profile = Profile(
        headline=line.headline,
        about=f"{line.headline}.\n\nI work from {line.district.replace('-', ' ').title()}, "
        f"{line.hours} hours a week, and answer within a day.",
        skills=line.skills,
        languages=tuple(Language(code, cast(LanguageLevel, level)) for code, level in line.languages),
        rate_minor=line.rate * 100,
        hours_a_week=line.hours,
        district=line.district,
        is_listed=True,
    )
    await talent.save(db, freelancer, profile, by=user.id, at=at)


async def _organisations(services: Services, everybody: Everybody) -> None:
    at = clock.now() - timedelta(days=30)
    for line in world.employers():
        async with services[Database].write.begin() as db:
            made = await _organisation(db, everybody.owner(line.key), line, at)
            everybody.organisations[line.key] = made.id
    async with services[Database].write.begin() as db:
        organiser = everybody.users[CAST["organiser"]]
        if await _owned(db, organiser) is None:
            kinds = ["organiser", "park_operator", "training_provider"]
            await create_organisation(db, organiser, name=PARK, kinds=kinds, at=at)


async def _organisation(db: Session, owner: UUID, line: world.EmployerLine, at: datetime) -> Organisation:
    if (found := await _owned(db, owner)) is not None:
        return found
    if line.is_personal:
        made = await personal_organisation(db, owner, at=at)
    else:
        made = await create_organisation(db, owner, name=line.name, kinds=["employer"], at=at)
        made.about, made.country = line.about, line.country
    made.postings_approved_at = at
    return made


async def _owned(db: AnySession, owner: UUID) -> Organisation | None:
    owned = select(Organisation).join(Membership, Membership.organisation_id == Organisation.id)
    return (await db.execute(owned.where(Membership.user_id == owner).limit(1))).scalar_one_or_none()
