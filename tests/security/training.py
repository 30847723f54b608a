"""One of each thing of training, and who may reach it."""

from sqlalchemy import select

from marketplace.engines.files.models import StoredFile
from marketplace.identity.models import Organisation, User
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.training import outside, programmes
from marketplace.training.outside import OutsideText
from marketplace.training.rules import ProgrammeText
from tests.cast import Cast
from tests.training.scenes import claimed, line, previewed, school_of, yesterday

AYESHA, TARIQ = frozenset({"ayesha"}), frozenset({"tariq"})
STAFF, NOBODY = frozenset({"sana", "rabia", "imran"}), frozenset[str]()
_COHORT, _HELD, _OUTSIDE = (
    "/training/cohorts/<cohort>",
    "/certificates/<certificate>",
    "/certificates/outside/<outside>",
)
_CHECK = "/certificates/unchecked/<outside>"

TRAINING: dict[str, tuple[str, frozenset[str], frozenset[str]]] = {
    "GET /training/{slug}": ("/training/<hidden_programme>", TARIQ, NOBODY),
    "GET /training/{slug}/edit": ("/training/<programme>/edit", TARIQ, NOBODY),
    "GET /training/{slug}/shown": ("/training/<programme>/shown", TARIQ, NOBODY),
    "POST /training/{slug}": ("/training/<programme>", TARIQ, NOBODY),
    "POST /training/{slug}/publish": ("/training/<programme>/publish", TARIQ, NOBODY),
    "POST /training/{slug}/hide": ("/training/<programme>/hide", TARIQ, NOBODY),
    "GET /training/{slug}/courses/new": ("/training/<programme>/courses/new", TARIQ, NOBODY),
    "POST /training/{slug}/courses": ("/training/<programme>/courses", TARIQ, NOBODY),
    "GET /training/courses/{id}/edit": ("/training/courses/<course>/edit", TARIQ, NOBODY),
    "POST /training/courses/{id}": ("/training/courses/<course>", TARIQ, NOBODY),
    "GET /training/{slug}/cohorts/new": ("/training/<programme>/cohorts/new", TARIQ, NOBODY),
    "POST /training/{slug}/cohorts": ("/training/<programme>/cohorts", TARIQ, NOBODY),
    "GET /training/cohorts/{id}": (_COHORT, TARIQ, NOBODY),
    "POST /training/cohorts/{id}/state": (f"{_COHORT}/state", TARIQ, NOBODY),
    "POST /training/cohorts/{id}/decisions": (f"{_COHORT}/decisions", TARIQ, NOBODY),
    "GET /training/cohorts/{id}/graduates": (f"{_COHORT}/graduates", TARIQ, NOBODY),
    "POST /training/cohorts/{id}/graduates": (f"{_COHORT}/graduates", TARIQ, NOBODY),
    "GET /training/cohorts/{id}/sample": (f"{_COHORT}/sample", TARIQ, NOBODY),
    "POST /training/cohorts/{id}/links": (f"{_COHORT}/links", TARIQ, NOBODY),
    "GET /training/imports/{id}": ("/training/imports/<import>", TARIQ, NOBODY),
    "POST /training/imports/{id}/confirm": ("/training/imports/<import>/confirm", TARIQ, NOBODY),
    "POST /training/imports/{id}/discard": ("/training/imports/<import>/discard", TARIQ, NOBODY),
    "POST /certificates/{id}/name": (f"{_HELD}/name", AYESHA, NOBODY),
    "GET /certificates/{id}/revoke": (f"{_HELD}/revoke", TARIQ, NOBODY),
    "POST /certificates/{id}/revoke": (f"{_HELD}/revoke", TARIQ, NOBODY),
    "GET /certificates/{id}/send": (f"{_HELD}/send", TARIQ, NOBODY),
    "POST /certificates/{id}/send": (f"{_HELD}/send", TARIQ, NOBODY),
    "POST /certificates/{id}/replace": (f"{_HELD}/replace", TARIQ, NOBODY),
    "POST /certificates/outside/{id}/withdraw": (f"{_OUTSIDE}/withdraw", AYESHA, NOBODY),
    "GET /certificates/outside/{id}/file": (f"{_OUTSIDE}/file", AYESHA | STAFF, NOBODY),
    "GET /certificates/unchecked/{id}": (_CHECK, STAFF, NOBODY),
    "POST /certificates/unchecked/{id}/check": (f"{_CHECK}/check", STAFF, NOBODY),
    "POST /certificates/unchecked/{id}/refuse": (f"{_CHECK}/refuse", STAFF, NOBODY),
}


async def training_of(db: Session, cast: Cast, file: StoredFile) -> dict[str, str]:
    """Tariq's school has certified Ayesha; a file waits for his yes; Ayesha names a certificate from elsewhere."""
    at = clock.now()
    tariq = (await db.scalars(select(User).where(User.email == "tariq@test.example"))).one()
    academy = (await db.scalars(select(Organisation).where(Organisation.slug == "skills-academy"))).one()
    at_school = await school_of(db, tariq, academy)
    certificate = await claimed(db, at_school, cast.ayesha)
    waiting = await previewed(db, at_school, line("S-2", "Somebody Else", ""))
    text = ProgrammeText(name="A hidden programme", about="", language="en")
    hidden = await programmes.make_programme(db, academy.id, text, by=tariq.id, at=at)
    said = OutsideText(issuer="navttc", title="Web", number="N-1", issued_on=yesterday(), skills=("css",))
    named = await outside.add(db, said, file, by=cast.ayesha.id, at=at)
    rows = {"course": at_school.course, "cohort": at_school.cohort, "import": waiting, "certificate": certificate}
    rows |= {"outside": named}
    slugs = {"programme": at_school.programme.slug, "hidden_programme": hidden.slug}
    return slugs | {name: ids.short(row.id) for name, row in rows.items()}
