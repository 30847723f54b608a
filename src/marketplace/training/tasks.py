"""What training does by itself: load files step by step, tell providers of claims once a day; what can be reported."""

from uuid import UUID

from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.queue import task
from marketplace.training import digest, imports, reporting
from marketplace.trust import subjects

subjects.register("programme", reporting.programme)
subjects.register("certificate", reporting.certificate)


@task(imports.TASK)
async def load(db: Session, *, import_id: UUID) -> None:
    """The next rows of a file of graduates."""
    await imports.load_step(db, import_id, at=clock.now())


@task("training.digest")
async def tell_providers(db: Session) -> None:
    """Each morning: which graduates have claimed their certificates since the last time."""
    await digest.tell(db, at=clock.now())
