"""The people of the access tests, and a fingerprint of everything that is stored."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from marketplace.identity.models import Membership, Organisation, User
from marketplace.kernel import clock
from marketplace.kernel.database import Base, Session
from marketplace.trust import blocks
from marketplace.trust.models import What
from tests.cast import BORN, Cast, freelancer_of, user_named
from tests.trust.scenes import restricted

NAMES = (
    *("anonymous", "ayesha", "hina", "zara", "waqas"),
    *("bilal", "iqra", "usman", "faisal", "omar", "nadia", "tariq", "kamran", "sana", "rabia"),
    *("farah", "imran"),
)
"""A visitor. Freelancers: two, Zara whom Ayesha has blocked, Waqas who is restricted. AgriTrack's owner, its hiring and
its finance member; another employer; two organisers; two training providers; two moderators;
finance and an operator.
"""
FREELANCERS = {"ayesha", "hina", "zara", "waqas"}
EMPLOYERS = {"bilal", "iqra", "usman", "faisal", "omar", "nadia", "tariq", "kamran"}
"""Whoever is a member of an organisation."""
STAFF = {"sana", "rabia", "imran"}
FINANCE = {"farah", "imran"}
LIMITS: tuple[What, ...] = ("message", "post", "apply")
"""What Waqas can't do. Whoever may not even use the site is asked about apart (test_suspended.py)."""
FEW = ("anonymous", "hina", "faisal", "sana", "farah")
STRANGERS = FEW[:3]
"""For the fast tests: one of each kind, and who owns next to nothing; the slow ones ask everybody."""


@dataclass(frozen=True, slots=True)
class People:
    """Users by first name; None is the visitor."""

    by_name: dict[str, User | None]

    def __getitem__(self, name: str) -> User | None:
        return self.by_name[name]


async def gather(db: Session, cast: Cast) -> People:
    """The cast and all others of NAMES."""
    agritrack = cast.agritrack
    named = {
        **{"anonymous": None, "ayesha": cast.ayesha, "hina": cast.hina, "bilal": cast.bilal, "omar": cast.omar},
        **{"sana": cast.sana, "rabia": await user_named(db, "Rabia Noor", staff_role="moderator")},
        "farah": await user_named(db, "Farah Zaidi", staff_role="finance"),
        "imran": await user_named(db, "Imran Ali", staff_role="operator"),
        "iqra": await _member(db, "Iqra Shah", agritrack, "hiring"),
        "usman": await _member(db, "Usman Tariq", agritrack, "finance"),
        "faisal": await _member(db, "Faisal Raza", await _made(db, "RuralPay", ["employer"]), "owner"),
        "nadia": await _member(db, "Nadia Bibi", await _made(db, "Multan Tech Park", ["organiser"]), "owner"),
        "tariq": await _member(db, "Tariq Aziz", await _made(db, "Skills Academy", ["training_provider"]), "owner"),
        "kamran": await _member(db, "Kamran Ali", await _made(db, "Code Centre", ["training_provider"]), "owner"),
    }
    for name in ("Zara Butt", "Waqas Javed"):
        user = await user_named(db, name)
        await freelancer_of(db, user, "Data entry and spreadsheets")
        named[name.split()[0].lower()] = user
    zara, waqas = named["zara"], named["waqas"]
    assert zara is not None and waqas is not None
    await blocks.block(db, by=cast.ayesha.id, other=zara.id, at=clock.now())
    for what in LIMITS:
        await restricted(db, cast, clock.now(), what=what, whom=waqas.id)
    await db.commit()
    return People(named)


async def _made(db: Session, name: str, kinds: list[str]) -> Organisation:
    made = Organisation(
        name=name, slug=name.lower().replace(" ", "-"), kinds=kinds, created_at=BORN, postings_approved_at=BORN
    )
    db.add(made)
    await db.flush()
    return made


async def _member(db: Session, name: str, organisation: Organisation, role: str) -> User:
    user = await user_named(db, name)
    db.add(Membership(user_id=user.id, organisation_id=organisation.id, role=role, created_at=BORN))
    await db.flush()
    return user


_NOT_COUNTED = {"rate_counts", "sessions"}
"""Counts of tries and the tests' own sessions change with every request."""


async def fingerprint(connection: AsyncConnection) -> dict[str, tuple[int, int]]:
    """For each table the number of its rows and a sum over their contents."""
    tables = sorted({*Base.metadata.tables, "pgqueuer"} - _NOT_COUNTED)
    parts = (f"SELECT '{t}', count(*), coalesce(sum(hashtextextended(r::text, 0)), 0) FROM {t} r" for t in tables)
    rows = await connection.execute(text(" UNION ALL ".join(parts)))
    return {name: (count, int(total)) for name, count, total in rows}


async def writes(connection: AsyncConnection) -> int:
    """Rows written so far in this transaction, also those that were rolled back to a savepoint."""
    counted = "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables"
    query = text(f"{counted} WHERE NOT relname = ANY(:uncounted)")
    return int((await connection.execute(query, {"uncounted": sorted(_NOT_COUNTED)})).scalar_one())
