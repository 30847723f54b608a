"""Paper for a hall whose network fails: sheets per candidate and table, a door list, badges. Made by a task, in parts.

What is printed is how things stand when a part is set; after a change, order it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select

from marketplace.engines.files.actions import stored_file
from marketplace.engines.files.models import StoredFile
from marketplace.fairs.booth_models import Booth, FairTable
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.models import Fair
from marketplace.fairs.paper_models import FairPaper, PaperKind
from marketplace.fairs.rules import SEATED, SHOWN_BOOTHS
from marketplace.identity import audit
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.queue import defer

TASK = "fairs.print"
KINDS: dict[PaperKind, str] = {
    "sheets": N_("A sheet for each candidate"),
    "tables": N_("A sheet for each table"),
    "doors": N_("Door list"),
    "badges": N_("Badges"),
}
PER_PART: dict[PaperKind, int] = {"sheets": 200, "tables": 40, "doors": 5_000, "badges": 400}
"""Candidates or tables in one file: what a printer takes at once, and a task sets in a second or two."""
KEPT = timedelta(days=30)
"""How long after the fair its paper is kept."""


class NothingToPrint(Conflict):
    message = N_("There is nobody to print this for yet.")


@dataclass(frozen=True, slots=True)
class Shelf:
    """The parts of one kind."""

    kind: PaperKind
    parts: Sequence[FairPaper]

    @property
    def made(self) -> int:
        return sum(part.file_id is not None for part in self.parts)

    @property
    def is_running(self) -> bool:
        return self.made < len(self.parts)


async def order(
    db: Session, fair: Fair, kind: PaperKind, *, locale: str, site: str, address: str, by: UUID, at: datetime
) -> None:
    """Have it made anew; what was made of this kind goes. Sheets of candidates are in the language of each.

    `site` and `address` are what stands on the paper. Raises: NothingToPrint.
    """
    spans = await _spans(db, fair.id, kind)
    if not spans:
        raise NothingToPrint
    await db.execute(delete(FairPaper).where(FairPaper.fair_id == fair.id, FairPaper.kind == kind))
    told = {"fair_id": fair.id, "kind": kind, "locale": locale, "ordered_by": by, "ordered_at": at}
    db.add_all(
        FairPaper(part=n, parts=len(spans), first=first, last=last, **told)
        for n, (first, last) in enumerate(spans, start=1)
    )
    await db.flush()
    await defer(db, TASK, fair_id=fair.id, kind=kind, site=site, address=address)
    await audit.record(db, "fair.paper_ordered", subject=("fair", fair.id), by=by, at=at, kind=kind)


async def shelves_of(db: AnySession, fair_id: UUID) -> list[Shelf]:
    """All kinds, with what was ordered of each."""
    found = select(FairPaper).where(FairPaper.fair_id == fair_id).order_by(FairPaper.kind, FairPaper.part)
    rows = (await db.scalars(found)).all()
    return [Shelf(kind, [row for row in rows if row.kind == kind]) for kind in KINDS]


async def file_of(db: AnySession, fair_id: UUID, paper_id: UUID) -> tuple[FairPaper, StoredFile]:
    """A part that is made. Raises: NotFound."""
    paper = await db.get(FairPaper, paper_id)
    if paper is None or paper.fair_id != fair_id or paper.file_id is None:
        raise NotFound
    return paper, await stored_file(db, paper.file_id)


async def next_part(db: AnySession, fair_id: UUID, kind: str) -> FairPaper | None:
    """What is to be made next."""
    waiting = FairPaper.fair_id == fair_id, FairPaper.kind == kind, FairPaper.file_id.is_(None)
    return await db.scalar(select(FairPaper).where(*waiting).order_by(FairPaper.part).limit(1))


async def forget(db: Session, *, at: datetime) -> None:
    """Paper of fairs that are long over goes; the nightly sweep of files removes the bytes."""
    over = select(Fair.id).where(Fair.ends_at < at - KEPT)
    await db.execute(delete(FairPaper).where(FairPaper.fair_id.in_(over)))


async def _spans(db: AnySession, fair_id: UUID, kind: PaperKind) -> list[tuple[int, int]]:
    if kind == "tables":
        found = select(func.count()).select_from(FairTable).join(Booth, Booth.id == FairTable.booth_id)
        shown = found.where(FairTable.fair_id == fair_id, Booth.state.in_(SHOWN_BOOTHS))
        numbers = list(range(1, (await db.scalars(shown)).one() + 1))
    else:
        seated = FairCandidate.fair_id == fair_id, FairCandidate.state.in_(SEATED)
        numbers = list((await db.scalars(select(FairCandidate.number).where(*seated).order_by("number"))).all())
    parts = [numbers[n : n + PER_PART[kind]] for n in range(0, len(numbers), PER_PART[kind])]
    return [(part[0], part[-1]) for part in parts]
