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
    "GET /fairs/{slug}/calendar": ("/fairs/<draft_fair>/calendar", OMAR, NOBODY),
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
    "GET /tickets/{secret}/wishes",
    "POST /tickets/{secret}/wishes",
    "GET /booths/{secret}",  # the secret is the key (tests/web/test_fairs_employers.py)
    "POST /booths/{secret}",
    *(
        f"{verb} /fairs/{{slug}}/{place}"
        for verb in ("GET", "POST")
        for place in ("booth", "booth/candidates", "centre")
    ),
    "POST /fairs/{slug}/booth/postings",  # always the booth of the organisation one acts for
    "POST /fairs/{slug}/booth/representatives",
    "POST /fairs/{slug}/booth/representatives/{id}/end",
    "POST /fairs/{slug}/booth/withdraw",
    "GET /fairs/{slug}/centre/sample",
    *(
        "GET /fairs/imports/{id}",
        "POST /fairs/imports/{id}/confirm",
        "POST /fairs/imports/{id}/discard",
    ),  # test_fairs_centre
    *(f"POST /tickets/{{secret}}/{step}" for step in ("back", "claim", "confirm", "edit", "language", "withdraw")),
}
"""Addresses that are nobody's by account."""


async def fairs_of(db: Session, cast: Cast) -> dict[str, str]:
    """Parts of addresses: an open fair with booths and candidates, a draft."""
    hall = await make_hall(db, cast)
    draft = await make_fair(db, cast, state="draft", slug="a-draft-fair")
    return {"fair": hall.fair.slug, "draft_fair": draft.slug}
