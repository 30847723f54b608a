"""Programmes and certificates as somebody who reports them sees them."""

from uuid import UUID

from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.training.models import Certificate, Programme
from marketplace.training.programmes import acts_for
from marketplace.trust.subjects import Subject


async def programme(db: AnySession, id: UUID, viewer: UUID) -> Subject | None:
    """A published programme, or one of her own provider's."""
    found = await db.get(Programme, id)
    if found is None:
        return None
    provider_id = found.provider_organisation_id
    if found.published_at is None and not await acts_for(db, provider_id, user_id=viewer):
        return None
    href = f"/training/{found.slug}"
    return Subject(found.name, href, None, f"{found.name}\n\n{found.about}", organisation_id=provider_id)


async def certificate(db: AnySession, id: UUID, viewer: UUID) -> Subject | None:
    """Every certificate has a public page; its words name nobody."""
    found = await db.get(Certificate, id)
    if found is None:
        return None
    learned = found.learned
    text = f"{learned['course']} ({learned['programme']}), {learned['issuer']}, {found.completed_on}, {found.state}"
    return Subject(
        learned["course"],
        f"/certificates/{ids.short(found.id)}",
        found.holder_user_id,
        text,
        organisation_id=found.issuer_organisation_id,
    )
