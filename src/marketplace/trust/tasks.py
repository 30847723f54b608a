"""What can be reported of this floor and the one below it: organisations."""

from uuid import UUID

from sqlalchemy import select

from marketplace.identity.models import Membership, Organisation
from marketplace.kernel.database import AnySession
from marketplace.trust import subjects
from marketplace.trust.subjects import Subject


async def organisation(db: AnySession, id: UUID, viewer: UUID) -> Subject | None:
    """What an organisation says of itself; its first owner answers for it. Its members can't report it."""
    owner = (
        select(Membership.user_id)
        .where(Membership.organisation_id == Organisation.id, Membership.role == "owner")
        .order_by(Membership.created_at, Membership.user_id)
        .limit(1)
        .scalar_subquery()
    )
    is_member = (
        select(Membership.user_id)
        .where(Membership.organisation_id == Organisation.id, Membership.user_id == viewer)
        .exists()
    )
    found = select(Organisation, owner, is_member).where(Organisation.id == id)
    row = (await db.execute(found)).one_or_none()
    if row is None or row[2]:
        return None
    said: Organisation = row[0]
    return Subject(
        title=said.name,
        href=f"/organisations/{said.slug}",
        about_user_id=row[1],
        text="\n\n".join(part for part in (said.name, said.about, said.website) if part),
        organisation_id=said.id,
    )


subjects.register("organisation", organisation)
