"""A fair of the park, and who may reach its organiser's pages."""

from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.fairs.scenes import make_fair, make_hall

OMAR, NOBODY = frozenset({"omar"}), frozenset[str]()
_OWN = "/fairs/<fair>/organise"

FAIRS: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "GET /fairs/{slug}": ("/fairs/<draft_fair>", OMAR, NOBODY),
    "GET /fairs/{slug}/join": ("/fairs/<draft_fair>/join", OMAR, NOBODY),
    "POST /fairs/{slug}/join": ("/fairs/<draft_fair>/join", OMAR, NOBODY),
    "GET /fairs/{slug}/joined": ("/fairs/<draft_fair>/joined", OMAR, NOBODY),
    "GET /fairs/{slug}/organise": (_OWN, OMAR, NOBODY),
    "GET /fairs/{slug}/organise/edit": (f"{_OWN}/edit", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/edit": (f"{_OWN}/edit", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/state": (f"{_OWN}/state", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/date": (f"{_OWN}/date", OMAR, NOBODY),
}
BY_TICKET = {
    "GET /fairs/{slug}/ticket",  # always her own
    "GET /tickets/{secret}",  # the secret is the key (tests/web/test_fairs_join.py)
    "GET /tickets/{secret}/edit",
    *(f"POST /tickets/{{secret}}/{step}" for step in ("back", "claim", "confirm", "edit", "language", "withdraw")),
}
"""Addresses that are nobody's by account."""


async def fairs_of(db: Session, cast: Cast) -> dict[str, str]:
    """Parts of addresses: an open fair with booths and candidates, a draft."""
    hall = await make_hall(db, cast)
    draft = await make_fair(db, cast, state="draft", slug="a-draft-fair")
    return {"fair": hall.fair.slug, "draft_fair": draft.slug}
