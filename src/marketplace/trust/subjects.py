"""What can be reported: the rooms above register how each of their things is read.

`register("posting", loader)` in the room's tasks.py; `loader(db, id, viewer_id)` gives the thing as that person sees
it, or None when it is not hers to see (a report can't be used to look for it).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marketplace.kernel.database import AnySession


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing somebody may report: what it is called, where it is, whose it is, its text as it is now.

    `organisation_id` where it is an organisation's; its members never decide about it. `is_private`: the text is not
    public, so a moderator opens it with a reason that its owners see. Who is not `is_named` (an applicant before the
    shortlist) is offered for no block: its page would say her name.
    """

    title: str
    href: str
    about_user_id: UUID | None
    text: str
    organisation_id: UUID | None = None
    is_private: bool = False
    is_named: bool = True


Loader = Callable[[AnySession, UUID, UUID], Awaitable[Subject | None]]
Around = Callable[[AnySession, UUID, UUID], Awaitable[dict[str, Any]]]
_loaders: dict[str, Loader] = {}
_around: dict[str, Around] = {}


def register(kind: str, loader: Loader, *, around: Around | None = None) -> None:
    """Things of this kind can be reported from now on.

    `around(db, id, viewer_id)` gives the conversation in which it stands, which the reporter may include in her
    report: {"text", "owners" (ids of whose text it is), "conversation"}.
    """
    _loaders[kind] = loader
    if around is not None:
        _around[kind] = around


def has_conversation(kind: str) -> bool:
    """Whether a reporter may include the conversation around a thing of this kind."""
    return kind in _around


async def conversation(db: AnySession, kind: str, id: UUID, *, viewer: UUID) -> dict[str, Any]:
    """The conversation around a thing, as evidence; empty for a kind without. Raises: NotFound when it is not hers."""
    around = _around.get(kind)
    return await around(db, id, viewer) if around else {}


def kinds() -> frozenset[str]:
    """All that can be reported."""
    return frozenset(_loaders)


async def load(db: AnySession, kind: str, id: UUID, *, viewer: UUID) -> Subject | None:
    """The thing as this person sees it; None when there is none, or it is not hers to see."""
    loader = _loaders.get(kind)
    return await loader(db, id, viewer) if loader else None
