"""Employers take part in a fair: ask for a booth or take an invitation, attach postings, name who comes, leave."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update

from marketplace.engines.search import outbox
from marketplace.fairs import rules
from marketplace.fairs.booth_models import Booth, BoothPosting, BoothState, FairTable, Representative
from marketplace.fairs.models import Fair
from marketplace.identity import audit, roles
from marketplace.identity.models import Membership, Organisation, User
from marketplace.identity.rules import secret_hash
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Conflict, Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.postings.models import Posting

MOST_POSTINGS, MOST_TABLES, MOST_REPRESENTATIVES = 30, 20, 100
TAKES = ("open", "matching")
"""States of a fair in which employers still come in."""


class NoMoreEmployers(Conflict):
    message = N_("This fair takes no more employers.")


class FairIsOn(Conflict):
    message = N_("The fair is on: tell the organiser, who closes your tables so that your candidates meet others.")


class AskedAlready(Conflict):
    message = N_("Your organisation has asked for a booth at this fair already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What an employer says of its booth. `note` is for the organiser: breaks, a late arrival, what is needed."""

    about: str = ""
    tables: int = 1
    note: str = ""
    arrives_at: datetime | None = None
    leaves_at: datetime | None = None
    languages: tuple[str, ...] = ()


def check(wanted: Wanted) -> None:
    """Raises: Invalid at its field."""
    if not 1 <= wanted.tables <= MOST_TABLES:
        raise Invalid.at("tables", N_("Ask for 1 to %(most)s tables."), most=MOST_TABLES)
    if wanted.arrives_at and wanted.leaves_at and wanted.leaves_at <= wanted.arrives_at:
        raise Invalid.at("leaves", N_("You can’t leave before you arrive."))


async def ask(db: Session, fair_id: UUID, organisation_id: UUID, wanted: Wanted, *, by: UUID, at: datetime) -> Booth:
    """Ask for a booth; the organiser approves or refuses. Raises: NoMoreEmployers, AskedAlready, Invalid, NotMyRole."""
    await roles.require(db, organisation_id, by, "hire")
    check(wanted)
    fair = (await db.scalars(select(Fair).where(Fair.id == fair_id).with_for_update())).one()
    if fair.state not in TAKES:
        raise NoMoreEmployers
    organisation = await db.get_one(Organisation, organisation_id)
    same_name = func.lower(Booth.name) == organisation.name.lower()
    taken = select(Booth.id).where(
        Booth.fair_id == fair.id, Booth.state != "withdrawn", (Booth.organisation_id == organisation_id) | same_name
    )
    if await db.scalar(taken) is not None:
        raise AskedAlready
    booth = Booth(
        fair_id=fair.id, organisation_id=organisation_id, name=organisation.name, state="requested", created_at=at
    )
    booth.requested_by, booth.requested_at, booth.terms_accepted_at = by, at, at
    booth.availability_for = fair.dates_version
    _write(booth, wanted)
    db.add(booth)
    await db.flush()
    await audit.record(db, "booth.requested", subject=("booth", booth.id), by=by, at=at)
    return booth


async def amend(db: Session, booth: Booth, wanted: Wanted, *, by: UUID, at: datetime) -> None:
    """Say it otherwise; the organiser sees it. Raises: Invalid, MoveRefused."""
    check(wanted)
    if booth.state in ("refused", "withdrawn"):
        raise rules.MoveRefused(state=booth.state)
    _write(booth, wanted)
    booth.availability_for = (await db.get_one(Fair, booth.fair_id)).dates_version
    await db.flush()
    await audit.record(db, "booth.amended", subject=("booth", booth.id), by=by, at=at)


def asks_again(booth: Booth, fair: Fair) -> bool:
    """Whether the fair moved since the employer said that it comes."""
    is_coming = booth.state in ("requested", *rules.SHOWN_BOOTHS) and fair.state not in ("live", "closed", "cancelled")
    return is_coming and booth.availability_for < fair.dates_version


async def confirm_date(db: Session, booth: Booth, *, by: UUID, at: datetime) -> None:
    """It comes on the days as they are now. Raises: MoveRefused."""
    if booth.state not in ("requested", *rules.SHOWN_BOOTHS):
        raise rules.MoveRefused(state=booth.state)
    booth.availability_for = (await db.get_one(Fair, booth.fair_id)).dates_version
    await db.flush()
    await audit.record(db, "booth.comes", subject=("booth", booth.id), by=by, at=at)


async def withdraw(db: Session, booth: Booth, *, by: UUID, at: datetime) -> None:
    """The employer does not come; on the day itself its tables are closed one by one. Raises: MoveRefused, FairIsOn."""
    fair = await db.get_one(Fair, booth.fair_id)
    if fair.state == "live":
        raise FairIsOn
    await move(db, booth, "withdrawn", by=by, at=at)


async def invited_by(db: AnySession, secret: str) -> tuple[Booth, Fair]:
    """The booth behind an invitation that nobody took yet. Raises: NotFound."""
    joined = select(Booth, Fair).join(Fair, Fair.id == Booth.fair_id)
    living = Booth.organisation_id.is_(None), Booth.state.in_(("invited", *rules.SHOWN_BOOTHS))
    found = (await db.execute(joined.where(Booth.invitation_hash == secret_hash(secret), *living))).one_or_none()
    if found is None:
        raise NotFound
    booth, fair = found
    return booth, fair


async def accept(db: Session, secret: str, organisation_id: UUID, *, by: UUID, at: datetime) -> Fair:
    """Take an invitation for an organisation: it is approved with that. Raises: NotFound, AskedAlready."""
    await roles.require(db, organisation_id, by, "hire")
    booth, fair = await invited_by(db, secret)
    if fair.state not in TAKES:
        raise NoMoreEmployers
    booth = await lock(db, booth.id)
    same = Booth.fair_id == fair.id, Booth.organisation_id == organisation_id, Booth.state != "withdrawn"
    if await db.scalar(select(Booth.id).where(*same)) is not None:
        raise AskedAlready
    booth.organisation_id, booth.invitation_hash, booth.availability_for = organisation_id, None, fair.dates_version
    booth.requested_by, booth.requested_at, booth.terms_accepted_at = by, at, at
    if booth.state == "invited":
        await move(db, booth, "approved", by=by, at=at)
    await db.flush()
    return fair


async def attach(db: Session, booth: Booth, posting_ids: Collection[UUID], *, by: UUID, at: datetime) -> None:
    """These of its open postings, and no others, are what it hires for here; with one an approved booth is confirmed.

    Raises: NotFound for a posting that is not its own and open, Invalid for too many, MoveRefused.
    """
    if booth.state in ("refused", "withdrawn", "invited"):
        raise rules.MoveRefused(state=booth.state)
    if len(posting_ids) > MOST_POSTINGS:
        raise Invalid.at("postings", N_("At most %(most)s postings, please."), most=MOST_POSTINGS)
    own = {posting.id for posting in await attachable(db, booth)}
    if set(posting_ids) - own:
        raise NotFound
    here = (await db.scalars(select(BoothPosting).where(BoothPosting.booth_id == booth.id))).all()
    for row in here:
        if row.posting_id not in posting_ids:
            await db.delete(row)
    new = set(posting_ids) - {row.posting_id for row in here}
    db.add_all(BoothPosting(booth_id=booth.id, posting_id=id, added_by=by, added_at=at) for id in sorted(new))
    await db.flush()
    if booth.state == "approved" and posting_ids:
        await move(db, booth, "confirmed", by=by, at=at)
    elif booth.state == "confirmed" and not posting_ids:
        await move(db, booth, "approved", by=by, at=at)


async def attachable(db: AnySession, booth: Booth) -> list[Posting]:
    """The open gigs, jobs and internships of its organisation, newest first."""
    found = select(Posting).where(Posting.organisation_id == booth.organisation_id, Posting.state == "open")
    return list((await db.scalars(found.order_by(Posting.id.desc()).limit(200))).all())


async def attached(db: AnySession, booth_id: UUID) -> list[Posting]:
    """What it hires for here and now."""
    found = select(Posting).join(BoothPosting, BoothPosting.posting_id == Posting.id)
    here = found.where(BoothPosting.booth_id == booth_id, Posting.state == "open")
    return list((await db.scalars(here.order_by(Posting.title, Posting.id))).all())


async def send(
    db: Session, booth: Booth, *, user_id: UUID | None, name: str, phone: str | None, by: UUID, at: datetime
) -> Representative:
    """Name somebody who comes: a member of the organisation, or by name alone. Raises: NotFound, Invalid."""
    if user_id is not None:
        member = select(User.name).join(Membership, Membership.user_id == User.id)
        here = Membership.organisation_id == booth.organisation_id, Membership.user_id == user_id
        found = await db.scalar(member.where(*here))
        if found is None:
            raise NotFound
        name = found
    known = await representatives(db, booth.id)
    if not name.strip() or len(known) >= MOST_REPRESENTATIVES:
        raise Invalid.at("name", N_("Choose a colleague, or write the name of whoever comes."))
    if user_id is not None and user_id in {each.user_id for each in known}:
        raise Invalid.at("name", N_("%(name)s is on the list already."), name=name)
    made = Representative(fair_id=booth.fair_id, booth_id=booth.id, user_id=user_id, name=name, created_at=at)
    made.phone = phone
    db.add(made)
    await db.flush()
    await audit.record(db, "representative.named", subject=("booth", booth.id), by=by, at=at, name=name)
    return made


async def unsend(db: Session, booth: Booth, representative_id: UUID, *, by: UUID, at: datetime) -> None:
    """Somebody does not come after all. Raises: NotFound."""
    mine = (
        Representative.id == representative_id,
        Representative.booth_id == booth.id,
        Representative.ended_at.is_(None),
    )
    ended = update(Representative).where(*mine).values(ended_at=at, link_hash=None).returning(Representative.name)
    name = await db.scalar(ended)
    if name is None:
        raise NotFound
    await audit.record(db, "representative.ended", subject=("booth", booth.id), by=by, at=at, name=name)


async def representatives(db: AnySession, booth_id: UUID) -> list[Representative]:
    """Who comes, in the order of naming."""
    found = select(Representative).where(Representative.booth_id == booth_id, Representative.ended_at.is_(None))
    return list((await db.scalars(found.order_by(Representative.id))).all())


async def tables(db: AnySession, booth_id: UUID) -> list[FairTable]:
    """The tables that the organiser set for it."""
    return list(
        (await db.scalars(select(FairTable).where(FairTable.booth_id == booth_id).order_by(FairTable.id))).all()
    )


async def own_booth(db: AnySession, fair_id: UUID, organisation_id: UUID) -> Booth | None:
    """An organisation's booth at a fair, whatever became of it; the living one first."""
    over = Booth.state.in_(("withdrawn", "refused"))
    found = select(Booth).where(Booth.fair_id == fair_id, Booth.organisation_id == organisation_id)
    return await db.scalar(found.order_by(over, Booth.id.desc()).limit(1))


async def lock(db: Session, booth_id: UUID) -> Booth:
    """Its row as it is now, for a change."""
    found = select(Booth).where(Booth.id == booth_id).with_for_update()
    return (await db.scalars(found.execution_options(populate_existing=True))).one()


async def move(db: Session, booth: Booth, to: BoothState, *, by: UUID | None, at: datetime) -> None:
    """One step of a booth. Raises: MoveRefused."""
    rules.check_move(rules.BOOTH_MOVES, booth.state, to)
    before, booth.state = booth.state, to
    await db.flush()
    await outbox.changed(db, rules.INDEX, booth.fair_id)
    await audit.record(db, f"booth.{to}", subject=("booth", booth.id), by=by, at=at, before=before)


def _write(booth: Booth, wanted: Wanted) -> None:
    booth.about, booth.wants_tables, booth.note = wanted.about, wanted.tables, wanted.note
    booth.arrives_at, booth.leaves_at = wanted.arrives_at, wanted.leaves_at
    booth.languages = list(wanted.languages)
