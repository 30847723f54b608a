"""Identity's own messages about an account: by mail, or by SMS to whoever has only a phone."""

from typing import Any

from marketplace.engines.notify import actions as post
from marketplace.identity.models import User
from marketplace.kernel.database import Session


async def tell(db: Session, user: User, message: str, values: dict[str, Any]) -> None:
    """Tell her at her address, else at her number. Whoever has neither (a closed account) is not told."""
    words = {"name": user.name, **values}
    if user.email:
        await post.mail(db, to=user.email, message=message, values=words, locale=user.locale, time_zone=user.time_zone)
    elif user.phone:
        await post.text(db, to=user.phone, message=message, values=words, locale=user.locale, time_zone=user.time_zone)
