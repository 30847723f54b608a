"""Until a shortlist nobody reads who she is: every page, JSON answer, notice and search document is looked through."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.engines.search import outbox
from marketplace.gigs import actions as gigs
from marketplace.gigs.models import Proposal
from marketplace.identity.models import User
from marketplace.jobs import stages
from marketplace.jobs.models import Application
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.queue import drain
from marketplace.messages.models import Notice
from marketplace.messages.thread_models import Thread
from marketplace.postings import blind
from marketplace.postings.models import Posting
from marketplace.talent import actions as talent
from marketplace.web.access import Access
from tests.cast import freelancer_of, user_named
from tests.gigs.writing import OFFER, proposed
from tests.jobs.writing import ENTRY, applied
from tests.security.conftest import Stage
from tests.security.test_access import ROUTES
from tests.security.things import OWNED, Things
from tests.visitors import Browser, application, sign_in

PHONE = "+923017654321"
WROTE = "I am Zarmina Qaisrani, zarmina@test.example, 0301 7654321, see zarmina-q.example. "
ANSWER = "Tomorrow. I am Zarmina Qaisrani."
READERS = ("bilal", "usman", "hina", "anonymous")
"""Who hires for the posting, who pays for it, another freelancer, a visitor."""
PAGES = [route for route in ROUTES if route.method == "GET" and route.access not in (Access.WEBHOOK, Access.DEMO)]


@dataclass(frozen=True, slots=True)
class Hidden:
    """Zarmina, who wants to be read for what she can do; what nobody may read; where she is to be found."""

    user: User
    application: Application
    proposal: Proposal
    secrets: dict[str, str]
    things: Things


@pytest.fixture
async def hidden(stage: Stage) -> Hidden:
    """She applied and proposed with her name in every text, has a photo, and writes to the employer."""
    at = clock.now()
    async with stage.database.write.begin() as db:
        user = await user_named(db, "Zarmina Qaisrani")
        user.phone, user.phone_verified_at, user.gender = PHONE, at, "woman"
        freelancer = await freelancer_of(db, user, "Zarmina makes shops that load fast")
        freelancer.handle, freelancer.is_listed, freelancer.about = "zarmina-q", False, WROTE
        upload = files.Upload("zarmina.png", _stream(_png()))
        photo = await files.store(db, stage.services[Folder], upload, by=user.id, at=at, as_picture=True)
        await talent.show_photo(db, freelancer, photo, at=at)
        gig, opening = await _posting(db, stage, "gig"), await _posting(db, stage, "opening")
        sent = await applied(
            db, opening, freelancer, at, replace(ENTRY, cover=WROTE + ENTRY.cover, answers=(WROTE, "yes"))
        )
        offer = replace(OFFER, cover=WROTE + OFFER.cover, answers=(WROTE,)[: len(gig.questions)])
        proposal = await proposed(db, gig, freelancer, at, offer)
    about = {"application": ids.short(sent.id), "proposal": ids.short(proposal.id)}
    await _talk(stage, user, about)
    async with stage.database.read() as db:
        threads = (await db.execute(select(Thread).where(Thread.subject_id == sent.id))).scalars().all()
    about["thread"] = ids.short(threads[0].id)
    await drain(stage.services)
    return Hidden(user, sent, proposal, _secrets(user, photo.id), Things({**stage.things.by_name, **about}))


def _secrets(user: User, photo_id: Any) -> dict[str, str]:
    """What would tell who she is, by what it is; her user id opens a page that says a name."""
    said = {"first name": "zarmina", "last name": "qaisrani", "phone": PHONE[3:], "phone as written": "0301 7654321"}
    return said | {"address": "zarmina@", "photo": ids.short(photo_id), "user": ids.short(user.id)}


async def _posting(db: Session, stage: Stage, name: str) -> Posting:
    found = select(Posting).where(Posting.slug == stage.things.by_name[name])
    return (await db.execute(found)).scalar_one()


async def _talk(stage: Stage, user: User, about: dict[str, str]) -> None:
    """The employer asks her something about each; she answers with her name in it."""
    async with Browser(application()) as hers:
        await sign_in(hers, stage.database, user.id)
        for kind, id in about.items():
            for browser, text in (
                (stage.browsers["bilal"], "When could you begin?"),
                (hers, "Tomorrow. I am Zarmina Qaisrani."),
            ):
                token = {"_csrf_token": browser.own_token(), "text": text}
                answer = await browser.post(f"/messages/about/{kind}/{id}", data=token)
                assert answer.status_code == 303, answer.text


def _png() -> bytes:
    made = BytesIO()
    Image.new("RGB", (300, 300), "#0b726e").save(made, "PNG")
    return made.getvalue()


async def _stream(content: bytes):
    yield content


def everywhere(hidden: Hidden) -> list[str]:
    """Every page of web/, of hers where it takes something of hers, and the lists in the orders they can have."""
    return list(dict.fromkeys([*_pages(hidden), *near(hidden)]))


def _pages(hidden: Hidden) -> list[str]:
    return [hidden.things.address(OWNED[str(each)][0] if str(each) in OWNED else each.address()) for each in PAGES]


def near(hidden: Hidden) -> list[str]:
    """What is about her: pages of what she sent and wrote, lists where it stands, and her own address."""
    hers = [hidden.things.by_name[name] for name in ("application", "proposal", "thread")]
    found = [page for page in _pages(hidden) if any(id in page for id in hers)]
    of = hidden.things.address
    room = of("/jobs/<opening>/applications")
    lists = [f"{room}?view=list", f"{room}?stage=submitted&sort=skills", f"{room}?sort=score", f"{room}?q=A"]
    lists += [f"{room}/compare?id={hidden.things.by_name['application']}", "/people?q=shops", "/search?q=shops"]
    for kind, name in (("application", "application"), ("proposal", "proposal")):
        lists += [of(f"/messages/about/{kind}/<{name}>"), of(f"/report/{kind}/<{name}>")]
    handle = ["/people/zarmina-q", "/people/zarmina-q/photo", "/people/zarmina-q/reviews"]
    return [*found, room, *lists, *handle]


async def told(
    stage: Stage, hidden: Hidden, reader: str, where: Callable[[Hidden], list[str]] = everywhere
) -> list[tuple[str, str]]:
    """(what is told, by which address) to this reader, as a page and as JSON."""
    leaks: list[tuple[str, str]] = []
    for address in where(hidden):
        for accept in ("text/html", "application/json"):
            async with stage.undone():
                answer = await stage.browsers[reader].get(address, headers={"accept": accept})
            text = f"{answer.headers}{answer.text}".replace(address, "").casefold()
            leaks += [(what, address) for what, secret in hidden.secrets.items() if secret in text]
    return leaks


async def documents(stage: Stage) -> str:
    """Everything that search knows."""
    async with stage.database.read() as db:
        found = [
            await source.load(db, list((await db.execute(source.listing.ids)).scalars()))
            for source in outbox._sources.values()  # pyright: ignore[reportPrivateUsage]
        ]
    return repr(found)


async def notices(stage: Stage, hidden: Hidden) -> str:
    """What everybody else was told, by notice and therefore by mail."""
    others = select(Notice.message, Notice.values, Notice.link).where(Notice.user_id != hidden.user.id)
    async with stage.database.read() as db:
        return repr((await db.execute(others)).all())


async def test_who_hires_reads_nothing_about_her_that_says_who_she_is(stage: Stage, hidden: Hidden) -> None:
    assert len(near(hidden)) > 20
    assert await told(stage, hidden, "bilal", near) == []


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
async def test_nobody_reads_who_she_is_before_the_shortlist(stage: Stage, hidden: Hidden, reader: str) -> None:
    assert await told(stage, hidden, reader) == []


async def test_search_and_notices_do_not_know_her_either(stage: Stage, hidden: Hidden) -> None:
    for text in (await documents(stage), await notices(stage, hidden)):
        known = text.casefold()
        assert len(known) > 100
        assert [what for what, secret in hidden.secrets.items() if secret in known] == []


@pytest.mark.slow
async def test_the_search_finds_what_is_not_hidden(
    stage: Stage, hidden: Hidden, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin: with the hiding of texts taken out it is seen at once; and the shortlist shows the rest."""
    for module in ("jobs.candidates", "jobs.board", "gigs.queries", "gigs.threads", "jobs.threads"):
        monkeypatch.setattr(f"marketplace.{module}.without_identity", lambda text, *_: text, raising=False)
    leaks = await told(stage, hidden, "bilal")
    assert {what for what, _ in leaks} >= {"first name", "last name", "address", "phone as written"}
    assert {of for _, of in leaks} >= {
        hidden.things.address("/applications/<application>"),
        hidden.things.address("/proposals/<proposal>"),
    }
    monkeypatch.undo()
    assert blind.without_identity("Zarmina", "Zarmina Qaisrani", "zarmina-q") != "Zarmina"
    async with stage.database.write.begin() as db:
        by = {"by": hidden.user.id, "at": clock.now()}
        await stages.move(db, await db.get_one(Application, hidden.application.id), "interview", **by)
        await gigs.shortlist(db, await db.get_one(Proposal, hidden.proposal.id), **by)
    seen = {of for what, of in await told(stage, hidden, "bilal") if what == "last name"}
    assert seen >= {
        hidden.things.address("/applications/<application>"),
        hidden.things.address("/proposals/<proposal>"),
        "/people/zarmina-q",
    }
    assert await told(stage, hidden, "hina") == []
