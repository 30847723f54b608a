"""What conversations are about: one thread about each proposal, application, contract or case.

The rooms above say what a thread is about: `register("contract", resolver)` in their tasks.py. A resolver answers
for one reader: what it is called, where it stands, who is in it; None when it is not hers to see. Who is in a thread
is asked anew each time, so that a seat given up is a conversation left.
"""

import dataclasses
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import NotFound
from marketplace.messages.thread_models import Thread
from marketplace.trust import blocks


def _unchanged(_by: UUID, text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class ThreadSubject:
    """What a thread is about, as one reader sees it.

    `members` are user ids of both sides, `sides` says who belongs to which (without it everybody is a side of her own).
    `names` are what members are called here instead of their own names ("Bilal Ahmed, AgriTrack"); whoever is in
    `letters` has no name yet, only her letter, and `redact(by, text)` takes her name out of what she wrote; `staff` are
    called "a moderator".
    Before they are acquainted (shortlist, contract) strangers write little. `outlives_block`: the two have work under
    way, so a block does not end the conversation but makes it mediated. `may_share_contact`: money was held.
    """

    title: str
    href: str
    members: tuple[UUID, ...]
    may_write: bool = True
    is_mediated: bool = False
    sides: Mapping[UUID, str] = field(default_factory=dict[UUID, str])
    names: Mapping[UUID, str] = field(default_factory=dict[UUID, str])
    letters: Mapping[UUID, str] = field(default_factory=dict[UUID, str])
    staff: frozenset[UUID] = frozenset()
    redact: Callable[[UUID, str], str] = _unchanged
    is_acquainted: bool = True
    outlives_block: bool = False
    may_share_contact: bool = False
    is_blocked: bool = False

    def others(self, user_id: UUID) -> frozenset[UUID]:
        """Everybody on the other side."""
        own = self.sides.get(user_id)
        return frozenset(
            member for member in self.members if member != user_id and (own is None or self.sides.get(member) != own)
        )

    def text_for(self, reader: UUID, by: UUID, text: str) -> str:
        """What `by` wrote, as the reader may read it."""
        return text if reader == by or self.sides.get(reader) == self.sides.get(by, by) else self.redact(by, text)


Resolver = Callable[[AnySession, UUID, UUID], Awaitable[ThreadSubject | None]]
Several = Callable[[AnySession, Collection[UUID], UUID], Awaitable[Mapping[UUID, ThreadSubject]]]
_resolvers: dict[str, Resolver] = {}
_several: dict[str, Several] = {}


def register(kind: str, resolver: Resolver, *, several: Several | None = None) -> None:
    """Threads of this kind exist. `several` reads many subjects in one query: the list of messages asks it."""
    _resolvers[kind] = resolver
    if several is not None:
        _several[kind] = several


async def subject_of(db: AnySession, kind: str, subject_id: UUID, *, reader: UUID) -> ThreadSubject:
    """What it is about, for a member. Raises: NotFound for everybody else, and for a kind that nobody registered."""
    resolver = _resolvers.get(kind)
    found = await resolver(db, subject_id, reader) if resolver else None
    if found is None or reader not in found.members:
        raise NotFound
    return _mediated(found, reader, await blocks.blocked_by_or_blocking(db, reader))


async def subjects_of(db: AnySession, wanted: Sequence[tuple[str, UUID]], *, reader: UUID) -> dict[UUID, ThreadSubject]:
    """Many subjects by id, those that are hers to see; one query for each kind that can read several."""
    blocked = await blocks.blocked_by_or_blocking(db, reader) if wanted else set[UUID]()
    found: dict[UUID, ThreadSubject] = {}
    for kind in sorted({kind for kind, _ in wanted} & _resolvers.keys()):
        subject_ids = {subject_id for each, subject_id in wanted if each == kind}
        found.update(await _read(db, kind, subject_ids, reader))
    hers = {id: subject for id, subject in found.items() if reader in subject.members}
    return {id: _mediated(subject, reader, blocked) for id, subject in hers.items()}


async def _read(db: AnySession, kind: str, wanted: set[UUID], reader: UUID) -> Mapping[UUID, ThreadSubject]:
    if several := _several.get(kind):
        return await several(db, wanted, reader)
    read = {id: await _resolvers[kind](db, id, reader) for id in sorted(wanted)}
    return {id: subject for id, subject in read.items() if subject is not None}


def _mediated(subject: ThreadSubject, reader: UUID, blocked: set[UUID]) -> ThreadSubject:
    if not subject.others(reader) & blocked:
        return subject
    if subject.outlives_block or subject.is_mediated:
        return dataclasses.replace(subject, is_mediated=True)
    return dataclasses.replace(subject, may_write=False, is_blocked=True)


async def find(db: AnySession, kind: str, subject_id: UUID) -> Thread | None:
    """The thread about it, when somebody has written."""
    found = select(Thread).where(Thread.kind == kind, Thread.subject_id == subject_id)
    return (await db.execute(found)).scalar_one_or_none()


async def thread_about(db: Session, kind: str, subject_id: UUID, user_id: UUID, *, at: datetime) -> Thread:
    """The one thread about it, begun when there is none; its row is locked. Raises: NotFound unless it is hers."""
    await subject_of(db, kind, subject_id, reader=user_id)
    row = insert(Thread).values(kind=kind, subject_id=subject_id, created_by=user_id, created_at=at, last_at=at)
    await db.execute(row.on_conflict_do_nothing(index_elements=["kind", "subject_id"]))
    found = select(Thread).where(Thread.kind == kind, Thread.subject_id == subject_id).with_for_update()
    return (await db.execute(found.execution_options(populate_existing=True))).scalar_one()


async def locked(db: Session, thread_id: UUID) -> Thread:
    """The thread, locked: whoever writes or reads on waits here. Raises: NotFound."""
    found = await db.get(Thread, thread_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound
    return found
