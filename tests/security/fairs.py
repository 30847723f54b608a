"""A fair of the park, and who may reach its organiser's pages."""

from marketplace.fairs.plan_models import Meeting, Objection
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from tests.cast import Cast
from tests.fairs.scenes import make_fair, make_hall, make_timetable

OMAR, NOBODY = frozenset({"omar"}), frozenset[str]()
_OWN = "/fairs/<fair>/organise"
_BOOTH, _VERSION = f"{_OWN}/booths/<booth>", f"{_OWN}/timetable/1"

FIGURES = {
    **dict.fromkeys(("meetings", "seats", "reserved", "least_unserved", "first_wishes", "first_wishes_of"), 1),
    **dict.fromkeys(("blocking_pairs", "value", "bound"), 1),
    **{"gap": 0.0, "seconds": 0.1, "unserved": [], "groups": [], "advice": []},
}
FAIRS: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "GET /fairs/{slug}": ("/fairs/<draft_fair>", OMAR, NOBODY),
    "GET /fairs/{slug}/join": ("/fairs/<draft_fair>/join", OMAR, NOBODY),
    "POST /fairs/{slug}/join": ("/fairs/<draft_fair>/join", OMAR, NOBODY),
    "GET /fairs/{slug}/joined": ("/fairs/<draft_fair>/joined", OMAR, NOBODY),
    "GET /fairs/{slug}/calendar": ("/fairs/<draft_fair>/calendar", OMAR, NOBODY),
    "GET /fairs/{slug}/poster": ("/fairs/<draft_fair>/poster", OMAR, NOBODY),
    "GET /fairs/{slug}/hall/{code}": ("/fairs/<draft_fair>/hall/NOBODY", NOBODY, NOBODY),
    "GET /fairs/{slug}/organise": (_OWN, OMAR, NOBODY),
    "GET /fairs/{slug}/organise/edit": (f"{_OWN}/edit", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/edit": (f"{_OWN}/edit", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/state": (f"{_OWN}/state", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/date": (f"{_OWN}/date", OMAR, NOBODY),
    "GET /fairs/{slug}/organise/booths": (f"{_OWN}/booths", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/booths": (f"{_OWN}/booths", OMAR, NOBODY),
    "GET /fairs/{slug}/organise/booths/{id}": (_BOOTH, OMAR, NOBODY),
    "POST /fairs/{slug}/organise/booths/{id}/invitation": (f"{_BOOTH}/invitation", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/invitations": (f"{_OWN}/invitations", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/booths/{id}/decision": (f"{_BOOTH}/decision", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/booths/{id}/tables": (f"{_BOOTH}/tables", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/booths/{id}/breaks": (f"{_BOOTH}/breaks", OMAR, NOBODY),
    "GET /fairs/{slug}/organise/people": (f"{_OWN}/people", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/people": (f"{_OWN}/people", OMAR, NOBODY),
    "GET /fairs/{slug}/organise/files": (f"{_OWN}/files", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/files": (f"{_OWN}/files", OMAR, NOBODY),
    "GET /fairs/{slug}/organise/files/zip": (f"{_OWN}/files/zip", OMAR, NOBODY),
    "GET /fairs/{slug}/organise/candidates": (f"{_OWN}/candidates", OMAR, NOBODY),
    "GET /fairs/{slug}/organise/timetable": (f"{_OWN}/timetable", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/timetable": (f"{_OWN}/timetable", OMAR, NOBODY),
    "GET /fairs/{slug}/organise/timetable/{number}": (_VERSION, OMAR, NOBODY),
    "GET /fairs/{slug}/organise/timetable/{number}/meetings": (f"{_VERSION}/meetings", OMAR, NOBODY),
    "GET /fairs/{slug}/organise/timetable/{number}/input": (f"{_VERSION}/input", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/timetable/{number}/state": (f"{_VERSION}/state", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/objections/{id}": (f"{_OWN}/objections/<fair_objection>", OMAR, NOBODY),
    "GET /fairs/{slug}/organise/meetings/{id}": (f"{_OWN}/meetings/<fair_meeting>", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/meetings/{id}": (f"{_OWN}/meetings/<fair_meeting>", OMAR, NOBODY),
    "POST /fairs/{slug}/organise/meetings/{id}/lock": (f"{_OWN}/meetings/<fair_meeting>/lock", OMAR, NOBODY),
}
BY_TICKET = {
    "POST /fairs/{slug}/invitation/decline",  # always her own
    "GET /fairs/{slug}/ticket",  # always her own
    "GET /fairs/{slug}/outcome",  # counts of a fair that is over
    "GET /follow-ups/{secret}",
    "POST /follow-ups/{secret}",
    "GET /tickets/{secret}",  # the secret is the key (tests/web/test_fairs_join.py)
    "GET /tickets/{secret}/edit",
    "GET /tickets/{secret}/queues",
    "POST /tickets/{secret}/queues",
    "GET /tickets/{secret}/wishes",
    "POST /tickets/{secret}/wishes",
    *(f"{verb} /tables/{{secret}}{place}" for verb in ("GET", "POST") for place in ("", "/badges/{code}")),
    "GET /fairs/{slug}/badges/{code}",  # by account or a table's link (tests/fairs/test_table_links.py)
    "GET /booths/{secret}",  # the secret is the key (tests/web/test_fairs_employers.py)
    "POST /booths/{secret}",
    *(
        f"{verb} /fairs/{{slug}}/{place}"
        for verb in ("GET", "POST")
        for place in ("booth", "booth/candidates", "booth/timetable", "centre")
    ),
    "POST /fairs/{slug}/booth/postings",  # always the booth of the organisation one acts for
    "POST /fairs/{slug}/booth/representatives",
    "POST /fairs/{slug}/booth/representatives/{id}/end",
    "POST /fairs/{slug}/booth/representatives/{id}/link",
    "POST /fairs/{slug}/booth/representatives/{id}/link/end",
    "POST /fairs/{slug}/booth/representatives/{id}/replace",
    "POST /tickets/{secret}/meetings/{id}",
    "POST /fairs/{slug}/booth/withdraw",
    "POST /fairs/{slug}/booth/comes",
    "POST /fairs/{slug}/booth/breaks",
    "GET /fairs/{slug}/centre/sample",
    *(
        "GET /fairs/imports/{id}",
        "POST /fairs/imports/{id}/confirm",
        "POST /fairs/imports/{id}/discard",
    ),  # test_fairs_centre
    *(
        f"POST /tickets/{{secret}}/{step}"
        for step in ("back", "claim", "confirm", "edit", "language", "objection", "withdraw")
    ),
}
"""Addresses that are nobody's by account."""


async def fairs_of(db: Session, cast: Cast) -> dict[str, str]:
    """Parts of addresses: an open fair with booths and candidates, a draft."""
    hall = await make_hall(db, cast)
    draft = await make_fair(db, cast, state="draft", slug="a-draft-fair")
    at = clock.now()
    version = await make_timetable(db, hall.fair, state="provisional")
    version.input, version.figures = {}, FIGURES
    table = hall.tables[0]
    meeting = Meeting(fair_id=hall.fair.id, timetable_id=version.id, booth_id=table.booth_id, table_id=table.id)
    meeting.slot_id, meeting.candidate_id = hall.slots[0].id, hall.candidates[0].id
    meeting.created_at = meeting.updated_at = at
    db.add(meeting)
    await db.flush()
    objection = Objection(fair_id=hall.fair.id, timetable_id=version.id, candidate_id=hall.candidates[0].id, text="Bus")
    objection.made_at = at
    db.add(objection)
    await db.flush()
    rows = {"booth": hall.booths[0], "fair_meeting": meeting, "fair_objection": objection}
    named = {"fair": hall.fair.slug, "draft_fair": draft.slug}
    return named | {name: ids.short(row.id) for name, row in rows.items()}
