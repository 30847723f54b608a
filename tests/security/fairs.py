"""A fair of the park, and who may reach its organiser's pages."""

from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.fairs.scenes import make_fair, make_hall

OMAR, NOBODY = frozenset({"omar"}), frozenset[str]()
_OWN = "/fairs/<fair>/organise"

FAIRS: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "GET /fairs/{slug}": ("/fairs/<draft_fair>", OMAR, NOBODY),
    "GET /fairs/{slug}/organise": (_OWN, OMAR, NOBODY),
    "GET /fairs/{slug}/organise/edit": (f"{_OWN}/edit", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/edit": (f"{_OWN}/edit", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/state": (f"{_OWN}/state", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/date": (f"{_OWN}/date", OMAR, NOBODY),
}


async def fairs_of(db: Session, cast: Cast) -> dict[str, str]:
    """Parts of addresses: an open fair with booths and candidates, a draft."""
    hall = await make_hall(db, cast)
    draft = await make_fair(db, cast, state="draft", slug="a-draft-fair")
    return {"fair": hall.fair.slug, "draft_fair": draft.slug}
