"""Pausing, resuming and closing a posting: each asks on a page of its own, for gigs as for jobs."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from litestar.handlers import HTTPRouteHandler

from marketplace.gigs import queries as proposals
from marketplace.jobs import queries as applications
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import NotFound
from marketplace.kernel.i18n import N_
from marketplace.postings import actions, queries, rules
from marketplace.postings.models import PostingKind
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Words:
    """What one step says: its question, what happens, its button, and what is said when it is done."""

    title: str
    text: str
    verb: str
    done: str


@dataclass(frozen=True, slots=True)
class Noun:
    """Gigs or jobs: where their pages are, how they are called, who waits for an answer."""

    path: str
    kinds: Sequence[PostingKind]
    mine: str
    words: Mapping[str, Words]
    waiting: Callable[[AnySession, UUID], Awaitable[int]]


GIGS = Noun(
    "/gigs",
    rules.GIGS,
    N_("Your gigs"),
    {
        "pause": Words(
            N_("Pause this gig"),
            N_(
                "It leaves the search and takes no new proposals until you resume it. The proposals you have stay, and "
                "so does the date by which everybody gets your answer."
            ),
            N_("Pause it"),
            N_("The gig is paused."),
        ),
        "resume": Words(
            N_("Resume this gig"),
            N_("It is found again and takes proposals until its last day."),
            N_("Resume it"),
            N_("The gig is open again."),
        ),
        "close": Words(
            N_("Close this gig"),
            N_("It can not be opened again. You can start a new one from a copy."),
            N_("Close it"),
            N_("The gig is closed. Everybody who waited has been told."),
        ),
    },
    proposals.waiting_count,
)

JOBS = Noun(
    "/jobs",
    rules.JOBS,
    N_("Your jobs and internships"),
    {
        "pause": Words(
            N_("Pause this posting"),
            N_(
                "It leaves the search and takes no new applications until you resume it. The applications you have "
                "stay, and so does the date by which everybody gets your answer."
            ),
            N_("Pause it"),
            N_("The posting is paused."),
        ),
        "resume": Words(
            N_("Resume this posting"),
            N_("It is found again and takes applications until its last day."),
            N_("Resume it"),
            N_("The posting is open again."),
        ),
        "close": Words(
            N_("Close this posting"),
            N_("It can not be opened again. You can start a new one from a copy."),
            N_("Close it"),
            N_("The posting is closed. Everybody who waited has been told."),
        ),
    },
    applications.waiting_count,
)

PUBLISHED = N_("It is published. People find it within five seconds.")
HELD = N_("It is sent. A person reads it before everybody can; you are told as soon as that is done.")


def published(state: str) -> Flash:
    """What is said after publishing: it is out, or it waits for a moderator."""
    return Flash(HELD, tone="waiting") if state == "pending_review" else Flash(PUBLISHED)


_STEPS = {"pause": (actions.pause, "paused"), "resume": (actions.resume, "open"), "close": (actions.close, "closed")}
"""By the last word of the address: what is done, in which state the posting is then."""


def steps(noun: Noun) -> list[HTTPRouteHandler]:
    """The pages that ask, and what they do."""
    return [made(noun, name) for name in _STEPS for made in (_ask, _do)]


def _ask(noun: Noun, name: str) -> HTTPRouteHandler:
    async def ask(visit: Visit, slug: str) -> Answer:
        """Say what happens, ask whether to do it."""
        async with visit.read() as db:
            posting = await queries.posting_view(db, slug, reader=visit.user.id, kinds=noun.kinds)
            waiting = await noun.waiting(db, posting.id) if name == "close" else 0
        if not posting.may_manage:
            raise NotFound
        words = noun.words[name]
        return page(
            visit, "gigs/step.html", posting=posting, noun=noun, words=words, waiting=waiting, is_end=name == "close"
        )

    ask.__name__ = f"ask_{name}"
    return get(f"{noun.path}/{{slug}}/{name}", USER)(ask)


def _do(noun: Noun, name: str) -> HTTPRouteHandler:
    action, state = _STEPS[name]

    async def do(visit: Visit, slug: str) -> Answer:
        """Do it; a second click finds it done."""
        async with visit.write() as db:
            posting = await queries.managed(db, slug, by=visit.user.id, kinds=noun.kinds)
            await actions.lock(db, posting)
            if posting.state != state:
                await action(db, posting, by=visit.user.id, at=visit.now)
        return redirect(visit, f"{noun.path}/{slug}", flash=noun.words[name].done)

    do.__name__ = f"do_{name}"
    return post(f"{noun.path}/{{slug}}/{name}", USER)(do)
