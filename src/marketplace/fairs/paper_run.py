"""Set paper part by part: read, set without a transaction, write. What a killed worker leaves is made by the next."""

import tempfile
from pathlib import Path
from uuid import UUID

from sqlalchemy import update

from marketplace.engines.files.actions import store_made
from marketplace.engines.files.folder import Folder
from marketplace.engines.paper.press import Press
from marketplace.fairs import paper
from marketplace.fairs.models import Fair
from marketplace.fairs.paper_leaves import bundle_of
from marketplace.fairs.paper_models import FairPaper
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services


async def run(services: Services, fair_id: UUID, kind: str, *, site: str, address: str) -> None:
    """All parts of this kind that are still to be made; each is there to load as soon as it is."""
    database = services[Database]
    while True:
        async with database.read(fresh=True) as db:
            part = await paper.next_part(db, fair_id, kind)
            if part is None:
                return
            fair = await db.get_one(Fair, fair_id)
            bundle = await bundle_of(db, fair, part, site=site, address=address)
        await _keep(database, services[Folder], part, fair.slug, await services[Press].bundle(bundle))


async def _keep(database: Database, folder: Folder, part: FairPaper, slug: str, made: bytes) -> None:
    at = clock.now()
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "paper.pdf"
        path.write_bytes(made)
        async with database.write.begin() as db:
            name, kind = f"{slug}-{part.kind}-{part.part}.pdf", "application/pdf"
            file = await store_made(db, folder, path, name, of=part.ordered_by, media_type=kind, at=at)
            own = update(FairPaper).where(FairPaper.id == part.id, FairPaper.file_id.is_(None))
            await db.execute(own.values(file_id=file.id, made_at=at))
