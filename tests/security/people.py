"""The people of the access tests, and a fingerprint of everything that is stored."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from marketplace.identity.models import Membership, Organisation, User
from marketplace.kernel.database import Base, Session
from tests.cast import BORN, PASSWORD_HASH, Cast

NAMES = ("anonymous", "ayesha", "hina", "bilal", "faisal", "omar", "sana")
"""A visitor; two freelancers; two employers; an organiser (who has an organisation too); a moderator."""
FREELANCERS, EMPLOYERS, STAFF = {"ayesha", "hina"}, {"bilal", "faisal", "omar"}, {"sana"}


@dataclass(frozen=True, slots=True)
class People:
    """Users by first name; None is the visitor."""

    by_name: dict[str, User | None]

    def __getitem__(self, name: str) -> User | None:
        return self.by_name[name]


async def gather(db: Session, cast: Cast) -> People:
    """The cast and Faisal, who hires for another organisation than Bilal."""
    faisal = User(
        email="faisal@test.example",
        email_verified_at=BORN,
        password_hash=PASSWORD_HASH,
        name="Faisal Raza",
        created_at=BORN,
    )
    ruralpay = Organisation(name="RuralPay", slug="ruralpay", kinds=["employer"], created_at=BORN)
    db.add_all([faisal, ruralpay])
    await db.flush()
    db.add(Membership(user_id=faisal.id, organisation_id=ruralpay.id, role="owner", created_at=BORN))
    await db.commit()
    named = {"bilal": cast.bilal, "omar": cast.omar, "sana": cast.sana, "faisal": faisal, "anonymous": None}
    return People({**named, "ayesha": cast.ayesha, "hina": cast.hina})


_NOT_COUNTED = {"rate_counts", "sessions"}
"""Counts of tries and the tests' own sessions change with every request."""


async def fingerprint(
    connection: AsyncConnection, *, without: frozenset[str] = frozenset()
) -> dict[str, tuple[int, int]]:
    """For each table the number of its rows and a sum over their contents."""
    tables = sorted({*Base.metadata.tables, "pgqueuer"} - _NOT_COUNTED - without)
    parts = (f"SELECT '{t}', count(*), coalesce(sum(hashtextextended(r::text, 0)), 0) FROM {t} r" for t in tables)
    rows = await connection.execute(text(" UNION ALL ".join(parts)))
    return {name: (count, int(total)) for name, count, total in rows}
