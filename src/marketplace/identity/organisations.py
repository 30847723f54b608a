"""Organisations and for which of them a user acts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, func, select, update

from marketplace.engines.search import outbox
from marketplace.identity import audit
from marketplace.identity.models import Membership, Organisation, User, UserSession
from marketplace.kernel import ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotFound


async def personal_organisation(db: Session, user_id: UUID, *, at: datetime) -> Organisation:
    """Her organisation of one, made silently the first time she hires as a private person."""
    owner = (await db.scalars(select(User).where(User.id == user_id).with_for_update())).one()
    existing = (
        select(Organisation)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user_id, Organisation.is_personal)
    )
    if found := await db.scalar(existing):
        return found
    return await _make(db, owner.id, name=owner.name, kinds=["employer"], is_personal=True, at=at)


async def create_organisation(
    db: Session, owner_id: UUID, *, name: str, kinds: list[str], at: datetime
) -> Organisation:
    """Make an organisation; its maker is its owner."""
    return await _make(db, owner_id, name=name, kinds=kinds, is_personal=False, at=at)


async def _make(
    db: Session, owner_id: UUID, *, name: str, kinds: list[str], is_personal: bool, at: datetime
) -> Organisation:
    id = (await db.scalars(select(func.uuidv7(type_=Uuid())))).one()
    made = Organisation(
        id=id, name=name, slug=ids.slug(name, id), kinds=list(kinds), is_personal=is_personal, created_at=at
    )
    db.add(made)
    await db.flush()
    db.add(Membership(user_id=owner_id, organisation_id=made.id, role="owner", created_at=at))
    await db.flush()
    await outbox.changed(db, "organisations", made.id)
    await audit.record(db, "organisation.made", subject=("organisation", made.id), by=owner_id, at=at, name=name)
    return made


async def choose_hat(db: Session, session_id: UUID, organisation_id: UUID | None, *, user_id: UUID) -> None:
    """From now on this session acts for that organisation (None: herself). Raises: NotFound when she is no member."""
    if organisation_id is not None:
        mine = select(Membership).where(Membership.user_id == user_id, Membership.organisation_id == organisation_id)
        if await db.scalar(mine) is None:
            raise NotFound
    chosen = update(UserSession).where(UserSession.id == session_id, UserSession.user_id == user_id)
    await db.execute(chosen.values(organisation_id=organisation_id).execution_options(synchronize_session=False))
