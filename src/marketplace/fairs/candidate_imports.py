"""A centre's file on its way in: read and shown first, loaded after a yes, in steps; each candidate gets her ticket."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from marketplace.fairs import candidate_files, queries, registering
from marketplace.fairs.candidate_files import Fault, Frame
from marketplace.fairs.models import Fair, FairImport
from marketplace.fairs.registering import AlreadyThere, Origin
from marketplace.fairs.tickets import TicketKey
from marketplace.identity import audit, roles
from marketplace.identity.models import Membership, Organisation
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.kernel.queue import defer
from marketplace.skills.queries import all_skills, by_slugs

TASK, STEP = "fairs.load_candidates", 50
"""The task, and how many rows one transaction loads."""


class BadRows(Conflict):
    message = N_("%(count)s lines are not good. Mend the file, or choose to leave them out.")


class LoadedAlready(Conflict):
    message = N_("This file was loaded, or put aside, already.")


async def preview(
    db: Session, fair: Fair, organisation_id: UUID, *, name: str, content: bytes, by: UUID, at: datetime
) -> FairImport:
    """Read a file and keep what it would do, with every fault; nobody is registered. Raises: Invalid, NotMyRole."""
    await roles.require(db, organisation_id, by, "hire")
    if not registering.is_open(fair, at):
        raise registering.RegistrationClosed
    good, faults = candidate_files.read(candidate_files.rows_of(content), await frame_of(db, fair))
    made = FairImport(fair_id=fair.id, kind="candidates", by_user_id=by, file_name=name[:200], state="previewed")
    made.rows, made.faults = [dict(row) for row in good], [fault.stored() for fault in faults]
    made.centre_organisation_id, made.created_at, made.loaded, made.made = organisation_id, at, 0, 0
    db.add(made)
    await db.flush()
    return made


async def confirm(db: Session, import_id: UUID, *, skips_bad: bool, by: UUID, at: datetime) -> None:
    """Load what was shown, by the queue. Raises: LoadedAlready, BadRows, Invalid."""
    held = await _lock(db, import_id)
    if held.state != "previewed":
        raise LoadedAlready
    if held.faults and not skips_bad:
        raise BadRows(count=len({fault["line"] for fault in held.faults}))
    if not held.rows:
        raise Invalid.at("", N_("No line of this file can be loaded."))
    held.state = "loading"
    await defer(db, TASK, key=f"{TASK}:{held.id}:0", import_id=held.id)
    await db.flush()
    subject = ("fair", held.fair_id)
    await audit.record(db, "candidates.file", subject=subject, by=by, at=at, file=held.file_name, rows=len(held.rows))


async def discard(db: Session, import_id: UUID) -> None:
    """Put it aside; nobody was registered. Raises: LoadedAlready."""
    held = await _lock(db, import_id)
    if held.state != "previewed":
        raise LoadedAlready
    held.state, held.rows, held.faults = "discarded", [], []
    await db.flush()


async def load_step(db: Session, key: TicketKey, import_id: UUID, *, at: datetime) -> None:
    """Register the next rows, and defer the step after it where rows are left."""
    held = await _lock(db, import_id)
    if held.state != "loading":
        return
    fair = await db.get_one(Fair, held.fair_id)
    frame, rows, faults = await frame_of(db, fair), held.rows[held.loaded : held.loaded + STEP], list[Fault]()
    centre = (await db.get_one(Organisation, held.centre_organisation_id)).name
    origin = Origin(
        source="bulk", centre_organisation_id=held.centre_organisation_id, import_id=held.id, by=held.by_user_id
    )
    for row in rows:
        try:
            async with db.begin_nested():
                person = replace(candidate_files.person_of(row, frame), centre=centre)
                await registering.register(db, key, fair.id, person, origin, at=at)
        except Invalid as error:
            line, values = int(row["line"]), dict(error.values)
            faults += [Fault(line, column, said[0], values) for column, said in error.fields.items()]
        except (AlreadyThere, registering.RegistrationClosed) as error:
            faults.append(Fault(int(row["line"]), "phone", error.msgid))
    held.faults = [*held.faults, *(fault.stored() for fault in faults)]
    held.loaded, held.made = held.loaded + len(rows), held.made + len(rows) - len({fault.line for fault in faults})
    if held.loaded < len(held.rows):
        await defer(db, TASK, key=f"{TASK}:{held.id}:{held.loaded}", import_id=held.id)
    else:
        held.state, held.loaded_at = "loaded", at
    await db.flush()


async def own_import(db: AnySession, import_id: UUID, *, by: UUID) -> tuple[FairImport, Fair]:
    """A file of an organisation she acts for. Raises: NotFound."""
    found = (
        select(FairImport, Fair)
        .join(Fair, Fair.id == FairImport.fair_id)
        .join(Membership, Membership.organisation_id == FairImport.centre_organisation_id)
        .where(FairImport.id == import_id, Membership.user_id == by, Membership.role.in_(("owner", "hiring")))
    )
    row = (await db.execute(found)).one_or_none()
    if row is None:
        raise NotFound
    held, fair = row
    return held, fair


async def frame_of(db: AnySession, fair: Fair) -> Frame:
    """What rows of this fair are read against."""
    names = await all_skills(db)
    known = {skill.slug: skill.id for skill in await by_slugs(db, [each.slug for each in names])}
    skills = {name.casefold(): known[each.slug] for each in names for name in (each.slug, *each.search_names)}
    days = await queries.days_of(db, fair.id)
    return Frame(days=days, zone=ZoneInfo(fair.time_zone), max_companions=fair.max_companions, skills=skills)


async def _lock(db: Session, import_id: UUID) -> FairImport:
    found = select(FairImport).where(FairImport.id == import_id).with_for_update()
    return (await db.scalars(found.execution_options(populate_existing=True))).one()
