"""The nightly sweep."""

from marketplace.engines.files import actions
from marketplace.engines.files.folder import Folder
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services, task


@task("files.sweep", transaction=False)
async def sweep(services: Services) -> None:
    """Remove files that nothing points to."""
    await actions.sweep(services[Database], services[Folder], at=clock.now())
