"""The last step of signing in, whatever the first was: a second factor where she set one, then the session."""

from urllib.parse import quote
from uuid import UUID

from marketplace.identity import challenges, second_factors
from marketplace.identity import sessions as identity_sessions
from marketplace.identity.challenges import LASTS, Question
from marketplace.identity.passkeys import Party
from marketplace.identity.sealing import Vault
from marketplace.identity.sessions import Device
from marketplace.kernel.database import Session
from marketplace.web import sessions
from marketplace.web.access import Answer
from marketplace.web.pages import Flash, redirect
from marketplace.web.visit import Visit

FACTOR = "factor"
"""The cookie of somebody whose password or phone was right and whose second factor is still to be shown."""


async def arrive(visit: Visit, user_id: UUID, *, onward: str, flash: Flash | None = None) -> Answer:
    """Begin her session, or ask for the second factor first."""
    session = pending = ""
    async with visit.write() as db:
        if (await second_factors.of_user(db, user_id)).are_set:
            pending = await challenges.ask(db, Question("second_factor", user_id=user_id), at=visit.now)
        else:
            session = await begin_session(db, visit, user_id)
    if pending:
        keep(visit, FACTOR, pending)
        return redirect(visit, f"/sign-in/factor?next={quote(onward, safe='/')}")
    sessions.begin(visit, session)
    return redirect(visit, onward, flash=flash)


async def begin_session(db: Session, visit: Visit, user_id: UUID) -> str:
    """The session's secret, for the cookie once this is committed."""
    device = Device(visit.ip, visit.headers.get("user-agent", ""), visit.cookie(sessions.COOKIE))
    return await identity_sessions.begin(db, user_id, device=device, at=visit.now)


def keep(visit: Visit, cookie: str, secret: str) -> None:
    """The secret of a question that is on its way; lives as long as the question."""
    visit.set_cookie(cookie, secret, max_age=int(LASTS.total_seconds()))


def party(visit: Visit) -> Party:
    """Who we are to passkeys."""
    return Party.of(visit.settings.base_url, visit.settings.name)


def vault(visit: Visit) -> Vault:
    return Vault(visit.settings.secret_key)


def texts_work(visit: Visit) -> bool:
    """Whether a code can reach a phone: a gateway is set, or this is no production and the mailbox page shows it."""
    return bool(visit.settings.sms_url) or visit.settings.env != "production"
