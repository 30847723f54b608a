"""What a freelancer does with her profile."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.engines.files.models import StoredFile
from marketplace.identity import audit
from marketplace.identity.models import User
from marketplace.identity.queries import SignedIn
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.events import publish
from marketplace.kernel.i18n import N_
from marketplace.places.models import District
from marketplace.skills.actions import claim_skills
from marketplace.talent import rules
from marketplace.talent.events import ProfileChanged
from marketplace.talent.models import Freelancer
from marketplace.talent.queries import SAID, freelancer_of, profile_of
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
    for name in SAID:
        setattr(freelancer, name, getattr(profile, name))
    freelancer.currency = rules.RATE_CURRENCY
    freelancer.languages = [asdict(language) for language in profile.languages]
    freelancer.updated_at = at
    await db.flush()
    await claim_skills(db, freelancer.user_id, profile.skills, at=at)
    fields = [name for name in Profile.__dataclass_fields__ if getattr(before, name) != getattr(profile, name)]
    await audit.record(db, "freelancer.saved", subject=("freelancer", freelancer.id), by=by, at=at, fields=fields)
    await publish(db, ProfileChanged(freelancer_id=freelancer.id))


async def unlist(db: Session, freelancer: Freelancer, *, by: UUID, at: datetime) -> None:
    """Take her profile out of the search."""
    await db.refresh(freelancer, with_for_update=True)
    freelancer.is_listed, freelancer.updated_at = False, at
    await db.flush()
    await audit.record(db, "freelancer.unlisted", subject=("freelancer", freelancer.id), by=by, at=at)
    await publish(db, ProfileChanged(freelancer_id=freelancer.id))


async def go_away(db: Session, freelancer: Freelancer, *, until: datetime | None, text: str, at: datetime) -> None:
    """She is away until then and says so; meanwhile nobody is recommended to write to her. Raises: Invalid."""
    rules.check_away(until, text, at=at)
    await _write_away(db, freelancer, until, text.strip(), at)


async def come_back(db: Session, freelancer: Freelancer, *, at: datetime) -> None:
    """She is back, earlier than she said."""
    await _write_away(db, freelancer, None, "", at)


async def _write_away(db: Session, freelancer: Freelancer, until: datetime | None, text: str, at: datetime) -> None:
    await db.refresh(freelancer, with_for_update=True)
    freelancer.away_until, freelancer.away_text = until, text
    await db.flush()
    action = "freelancer.away" if until else "freelancer.back"
    await audit.record(db, action, subject=("freelancer", freelancer.id), by=freelancer.user_id, at=at)
    await publish(db, ProfileChanged(freelancer_id=freelancer.id))


async def show_photo(db: Session, freelancer: Freelancer, file: StoredFile | None, *, at: datetime) -> None:
    """Her photo (stored `as_picture`), or none any more. Who sees it is said by `shows_photo`."""
    assert file is None or file.uploaded_by == freelancer.user_id
    await db.refresh(freelancer, with_for_update=True)
    freelancer.photo_file_id = file.id if file else None
    await db.flush()
    action = "freelancer.photo" if file else "freelancer.photo_removed"
    await audit.record(db, action, subject=("freelancer", freelancer.id), by=freelancer.user_id, at=at)
