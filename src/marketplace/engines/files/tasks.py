"""The nightly sweep."""

from marketplace.engines.files import actions
from marketplace.engines.files.folder import Folder
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.queue import defer, task


@task("files.sweep")
async def sweep(db: Session) -> None:
    """Remove files that nothing points to; then, folder by folder, the bytes that no file names."""
    await actions.remove_unused(db, at=clock.now())
    folder = db.info["services"][Folder]
    await folder.clear_arrivals(actions.real_time(clock.now()) - actions.YOUNG)
    for prefix in await folder.prefixes():
        await defer(db, "files.sweep_folder", key=f"files.sweep_folder:{prefix}", prefix=prefix)


@task("files.sweep_folder")
async def sweep_folder(db: Session, *, prefix: str) -> None:
    """Uploads wait while one folder of two hundred is swept, and no longer."""
    await actions.remove_lost(db, db.info["services"][Folder], prefix, at=clock.now())
