"""From the cookie to the person: one query per request that carries one."""

from uuid import UUID

from marketplace.identity import queries
from marketplace.identity import sessions as identity_sessions
from marketplace.identity.rules import ABSOLUTE_LIMIT, SEEN_EVERY
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.i18n import LOCALES, known
from marketplace.messages.columns import unread_of, unread_threads_of
from marketplace.talent.columns import handle_of
from marketplace.trust.queries import is_limited
from marketplace.web.site import Site
from marketplace.web.visit import Visit

COOKIE = "session"
COLUMNS = queries.Columns(handle_of, (unread_of, unread_threads_of), is_limited)
"""Her handle, the figures at the bell and at Messages, whether she is limited."""


async def recognise(visit: Visit) -> None:
    """Find out who it is and in which language she reads. A cookie that nobody was given means nobody."""
    if secret := visit.cookie(COOKIE):
        async with visit.read(fresh=True) as db:
            visit.person = await queries.signed_in(db, secret, at=visit.now, columns=COLUMNS)
    if visit.person is None:
        visit.locale = _locale_of_visitor(visit)
        return
    visit.session_secret = secret
    visit.locale = known(visit.person.locale)
    if visit.now - visit.person.seen_at > SEEN_EVERY:
        visit.site.seen[visit.person.session_id] = None


def begin(visit: Visit, secret: str) -> None:
    """Give the browser the secret of its new session; what it had before is worth nothing."""
    visit.set_cookie(COOKIE, secret, max_age=int(ABSOLUTE_LIMIT.total_seconds()))
    visit.drop_cookie("visitor")


def end(visit: Visit) -> None:
    """Take the secret away. The row must be deleted as well: that is what ends a session."""
    visit.drop_cookie(COOKIE)


async def write_seen(site: Site) -> int:
    """Write when sessions were last seen, in a transaction of its own, and return how many."""
    ids: list[UUID] = list(site.seen)
    site.seen.clear()
    if ids:
        async with site.services[Database].write.begin() as db:
            await identity_sessions.mark_seen(db, ids, at=clock.now())
    return len(ids)


def _locale_of_visitor(visit: Visit) -> str:
    if (chosen := visit.cookie("locale")) in LOCALES:
        return chosen
    wanted = visit.headers.get("accept-language", "")[:200].lower()
    first = wanted.split(",", 1)[0].split(";", 1)[0].split("-", 1)[0].strip()
    return known(first)
