"""How far search is behind, for staff: what each index holds, what waits since when, and what it refused."""

from collections.abc import Callable
from dataclasses import dataclass

from marketplace.discovery.surfaces import SURFACES
from marketplace.engines.search import outbox
from marketplace.engines.search.protocol import SearchIndex
from marketplace.kernel.i18n import translations
from marketplace.web.access import STAFF, Answer, get
from marketplace.web.pages import page
from marketplace.web.visit import Visit

_REFUSED = 50


@dataclass(frozen=True, slots=True)
class Engine:
    """What is searched with; `error` in its place when it does not answer. `counts`: a list's name, its documents."""

    name: str = ""
    error: str = ""
    counts: tuple[tuple[str, int], ...] = ()


@get("/ops/search", STAFF)
async def show_search_lag(visit: Visit) -> Answer:
    """Whether everything that was changed can be found, and what to do when it can't."""
    async with visit.read() as db:
        lag, refused = await outbox.lag(db), await outbox.refused(db)
    engine = await _engine(visit)
    return page(visit, "ops/search.html", engine=engine, lag=lag, refused=refused[:_REFUSED])


async def _engine(visit: Visit) -> Engine:
    search = visit.services[SearchIndex]
    say = translations(visit.locale).gettext
    try:
        counts = [(_title(name, say), await search.count(name)) for name in search.names]
        return Engine(await search.greet(), "", tuple(counts))
    except OSError as error:
        return Engine(error=str(error))


def _title(index: str, say: Callable[[str], str]) -> str:
    return say(SURFACES[index].title) if index in SURFACES else index


routes = [show_search_lag]
