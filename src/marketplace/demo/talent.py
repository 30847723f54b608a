"""What freelancers of the demo world show and sell: pieces of work, headlines, handles, away; services and orders."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import aiohttp
from PIL import Image, ImageDraw
from sqlalchemy import select

from marketplace.contracts import orders
from marketplace.contracts.models import Contract
from marketplace.contracts.orders import Order
from marketplace.demo import world
from marketplace.demo.contracts import Story
from marketplace.demo.people import Everybody
from marketplace.demo.proposals import freelancer_of
from marketplace.engines.files import actions as files
from marketplace.engines.files.folder import Folder
from marketplace.gigs import service_rules, services
from marketplace.gigs.models import Service
from marketplace.gigs.service_queries import content_of
from marketplace.gigs.service_rules import Content, Extra, Package
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from marketplace.kernel.queue import Services
from marketplace.talent import actions as talent
from marketplace.talent import handles, headlines, portfolio
from marketplace.talent.models import PortfolioItem
from marketplace.talent.portfolio import Piece

Report = Callable[[str, int, int], None]
_COLOURS = ("#0b4f8a", "#0b726e", "#8f5a00", "#1b6b43", "#7a2f5f")


async def fill(site: Services, everybody: Everybody, report: Report) -> None:
    """Make what is missing."""
    database, told = site[Database], world.talent()
    for number, line in enumerate(told["pieces"]["list"]):
        async with database.write.begin() as db:
            await _show(db, site[Folder], everybody, line.split(" | "), number)
    async with database.write.begin() as db:
        await _say(db, everybody, told)
    await _sell(site, everybody, told["services"], report)


async def _show(db: Session, folder: Folder, everybody: Everybody, line: list[str], number: int) -> None:
    """One piece of work with a picture."""
    name, title, source, text = line
    freelancer = await freelancer_of(db, everybody.users[name])
    there = select(PortfolioItem.id).where(PortfolioItem.freelancer_id == freelancer.id, PortfolioItem.title == title)
    if await db.scalar(there):
        return
    at = clock.now()
    upload = files.Upload(f"piece-{number + 1}.png", _pieces(_picture(number)))
    picture = await files.store(db, folder, upload, by=freelancer.user_id, at=at)
    piece = Piece(title, text, source=source)  # type: ignore[arg-type]
    await portfolio.add(db, freelancer, piece, files=[picture], at=at)


def _picture(number: int) -> bytes:
    """An invented page in the colours of the house: no two alike."""
    colour = _COLOURS[number % len(_COLOURS)]
    made = Image.new("RGB", (800, 600), "#fbfaf6")
    draw = ImageDraw.Draw(made)
    draw.rectangle((0, 0, 800, 90), fill=colour)
    for column in range(3):
        for row in range(2):
            left, top = 40 + column * 250, 130 + row * 230
            draw.rounded_rectangle((left, top, left + 220, top + 200), 12, outline="#d9dde2", width=3)
            if (number + column + row) % 2:
                draw.ellipse((left + 60, top + 30, left + 160, top + 130), fill=colour)
            else:
                draw.polygon([(left + 110, top + 25), (left + 175, top + 130), (left + 45, top + 130)], fill=colour)
            draw.rectangle((left + 30, top + 155, left + 150 + number * 5, top + 170), fill="#a9b6c2")
    out = BytesIO()
    made.save(out, "PNG")
    return out.getvalue()


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _say(db: Session, everybody: Everybody, told: dict[str, Any]) -> None:
    """Headlines, handles, who is away; each only where nothing was said yet."""
    now = clock.now()
    said: dict[str, dict[str, str]] = {}
    for name, skill, headline in (line.split(" | ") for line in told["headlines"]["list"]):
        said.setdefault(name, {})[skill] = headline
    for name, wanted in said.items():
        freelancer = await freelancer_of(db, everybody.users[name])
        if not await headlines.of(db, freelancer.id):
            await headlines.save(db, freelancer, wanted, at=now)
    for name, handle in (line.split(" | ") for line in told["handles"]["list"]):
        freelancer = await freelancer_of(db, everybody.users[name])
        if freelancer.handle_changed_at is None:
            await handles.choose(db, freelancer, handle, at=now)
    for name, days, text in (line.split(" | ") for line in told["away"]["list"]):
        freelancer = await freelancer_of(db, everybody.users[name])
        if freelancer.away_until is None:
            await talent.go_away(db, freelancer, until=now + timedelta(days=int(days)), text=text, at=now)


async def _sell(site: Services, everybody: Everybody, lines: list[dict[str, Any]], report: Report) -> None:
    """Services, and what was ordered of them."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=20)) as http:
        for number, line in enumerate(lines, 1):
            async with site[Database].write.begin() as db:
                sold = await _offer(db, everybody, line), line["freelancer"]
            for order in line["orders"]:
                await _Ordered(site, everybody, http, sold, order.split(" | ")).tell()
            report("services", number, len(lines))


async def _offer(db: Session, everybody: Everybody, line: dict[str, Any]) -> UUID:
    freelancer = await freelancer_of(db, everybody.users[line["freelancer"]])
    there = select(Service.id).where(Service.freelancer_id == freelancer.id, Service.title == line["title"])
    if (found := await db.scalar(there)) is not None:
        return found
    packages = (each.split(" | ") for each in line["packages"])
    extras = (each.split(" | ") for each in line["extras"])
    content = Content(
        title=line["title"],
        description=line["description"].strip(),
        skills=tuple(line["skills"]),
        packages=tuple(Package(n, int(p) * 100, int(d), int(r), what) for n, p, d, r, what in packages),
        extras=tuple(Extra(title, int(price) * 100, int(days)) for title, price, days in extras),
        questions=tuple(line["questions"]),
    )
    at = clock.now() - timedelta(days=8)
    service = await services.make(db, freelancer, content, at=at)
    await services.publish(db, service, by=freelancer.user_id, at=at)
    return service.id


class _Ordered(Story):
    """A service that was ordered, brought as far as its line says."""

    def __init__(
        self,
        site: Services,
        everybody: Everybody,
        http: aiohttp.ClientSession,
        sold: tuple[UUID, str],
        order: list[str],
    ) -> None:
        employer, package, extras, stage, self.brief = order
        super().__init__(site, everybody, http, (sold[1], employer), stage)
        self.service_id, self.organisation_id = sold[0], everybody.organisations[employer]
        self.package, self.extras = int(package), tuple(int(each) for each in extras.split())

    async def agree(self) -> tuple[UUID, bool]:
        """The order's contract, and whether it was made now."""
        async with self.database.write.begin() as db:
            theirs = Contract.service_id == self.service_id, Contract.organisation_id == self.organisation_id
            if (found := await db.scalar(select(Contract.id).where(*theirs))) is not None:
                return found, False
            content = await content_of(db, await db.get_one(Service, self.service_id))
            choice = service_rules.choose(content, self.package, self.extras)
            answers = tuple("In a folder that I share with you today." for _ in content.questions)
            wanted = Order(self.package, self.extras, self.brief, answers, choice.price)
            who: dict[str, Any] = {"by": self.employer, "at": clock.now()}
            made = await orders.order(db, self.service_id, wanted, organisation_id=self.organisation_id, **who)
            return made.id, True
