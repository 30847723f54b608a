"""What a freelancer does with her profile."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.search import outbox
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.identity.queries import SignedIn
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.places.models import District
from marketplace.skills.actions import claim_skills
from marketplace.talent import rules
from marketplace.talent.models import Freelancer
from marketplace.talent.queries import freelancer_of, profile_of
from marketplace.talent.rules import Profile


async def start(db: Session, user: User | SignedIn, *, at: datetime) -> Freelancer:
    """Her profile, made empty and unlisted when she has none. Twice at once makes one."""
    if found := await freelancer_of(db, user.id):
        return found
    id = (await db.execute(select(func.uuidv7()))).scalar_one()
    row = {"id": id, "user_id": user.id, "handle": ids.slug(rules.first_name(user.name), id)}
    made = (
        insert(Freelancer)
        .values(**row, created_at=at, updated_at=at)
        .on_conflict_do_nothing(index_elements=["user_id"])
        .returning(Freelancer.id)
    )
    if (await db.execute(made)).scalar_one_or_none():
        await audit.record(db, "freelancer.started", subject=("freelancer", id), by=user.id, at=at)
    started = await freelancer_of(db, user.id)
    assert started is not None
    return started


async def save(db: Session, freelancer: Freelancer, profile: Profile, *, by: UUID, at: datetime) -> None:
    """Write what she says about herself; when it is listed, search finds it within seconds. Raises: Invalid."""
    rules.check(profile)
    if profile.district is not None and await db.get(District, profile.district) is None:
        raise Invalid.at("district", N_("Choose a district from the list."))
    await db.refresh(freelancer, with_for_update=True)
    before = await profile_of(db, freelancer)
    for name in ("headline", "about", "rate_minor", "hours_a_week", "district", "park_id", "shows_name", "is_listed"):
        setattr(freelancer, name, getattr(profile, name))
    freelancer.currency = rules.RATE_CURRENCY
    freelancer.languages = [asdict(language) for language in profile.languages]
    freelancer.updated_at = at
    await db.flush()
    await claim_skills(db, freelancer.user_id, profile.skills, at=at)
    fields = [name for name in Profile.__dataclass_fields__ if getattr(before, name) != getattr(profile, name)]
    await audit.record(db, "freelancer.saved", subject=("freelancer", freelancer.id), by=by, at=at, fields=fields)
    await outbox.changed(db, "people", freelancer.id)


async def unlist(db: Session, freelancer: Freelancer, *, by: UUID, at: datetime) -> None:
    """Take her profile out of the search."""
    await db.refresh(freelancer, with_for_update=True)
    freelancer.is_listed, freelancer.updated_at = False, at
    await db.flush()
    await audit.record(db, "freelancer.unlisted", subject=("freelancer", freelancer.id), by=by, at=at)
    await outbox.changed(db, "people", freelancer.id)
