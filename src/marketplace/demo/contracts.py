"""Contracts in every state, each brought there by the same actions, payments and webhooks as a person would."""

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import aiohttp
from sqlalchemy import select

from marketplace.contracts import actions
from marketplace.contracts.models import Contract, Milestone
from marketplace.demo import disputes, world
from marketplace.demo.people import CAST, Everybody
from marketplace.demo.postings import published
from marketplace.demo.proposals import freelancer_of
from marketplace.demo.rails import incoming
from marketplace.engines.payments import outbox
from marketplace.engines.payments.client import PaymentClient
from marketplace.escrow import actions as escrow
from marketplace.escrow import queries as money
from marketplace.escrow.rails import statements
from marketplace.escrow.rails.catalogue import HouseAccounts
from marketplace.escrow.rails.payouts import Wanted, request_payout
from marketplace.escrow.rules import STRIPE_HOLDS
from marketplace.gigs import actions as gigs
from marketplace.gigs.rules import Offer, Part
from marketplace.identity.models import User
from marketplace.kernel import clock, ids
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services
from marketplace.postings.models import Posting

PATIENCE_SECONDS = 60
_LOOK_AGAIN_SECONDS = 0.2
CARD = {"number": "4242424242424242", "expiry": "12 / 34", "cvc": "123"}
DONE = ("owed", "transferred", "paid", "completed")
ONBOARDED = ("transferred", "paid", "completed")


async def fill(services: Services, everybody: Everybody, report: Callable[[str, int, int], None]) -> None:
    """Bring each line of the story as far as it says; whoever is there already is left as she is."""
    lines = world.work()
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(timeout=timeout) as http:
        for number, line in enumerate(lines, 1):
            await _Gig(services, everybody, http, line).tell()
            report("contracts", number, len(lines))


class Story(ABC):
    """One contract from its agreement to its stage."""

    def __init__(
        self, services: Services, everybody: Everybody, http: aiohttp.ClientSession, people: tuple[str, str], stage: str
    ) -> None:
        """`people`: the freelancer's name, the employer's key."""
        self.services, self.everybody, self.http, self.stage = services, everybody, http, stage
        self.database = services[Database]
        self.freelancer = everybody.users[people[0]]
        self.employer = everybody.owner(people[1])

    @abstractmethod
    async def agree(self) -> tuple[UUID, bool]:
        """The contract, and whether it was made now."""

    async def tell(self) -> None:
        """Agree, then go as far as the stage says; what is there already stays as it is."""
        contract_id, is_new = await self.agree()
        stage = self.stage
        if not is_new or stage == "planned":
            return
        if stage in ONBOARDED:
            await self._onboard()
        milestones = await self._milestones(contract_id)
        for milestone in milestones if stage in DONE else milestones[:1]:
            await self._fund(contract_id, milestone, pays=stage != "funding")
            if stage in ("delivered", "revision", *disputes.DELIVERED, *DONE):
                await self._deliver(milestone)
            if stage in DONE:
                await self._accept(milestone)
        if stage in disputes.STAGES:
            sides = disputes.Sides(self.employer, self.freelancer)
            await disputes.carry_on(self.services, self.everybody, self.http, milestones[0], stage=stage, sides=sides)
        if stage == "revision":
            await self._send_back(milestones[0])
        if stage == "cancelled":
            await self._cancel(contract_id)
        if stage == "paid":
            await self._pay_out()

    async def _milestones(self, contract_id: UUID) -> Sequence[UUID]:
        async with self.database.read() as db:
            wanted = select(Milestone.id).where(Milestone.contract_id == contract_id).order_by(Milestone.number)
            return (await db.execute(wanted)).scalars().all()

    async def _fund(self, contract_id: UUID, milestone_id: UUID, *, pays: bool) -> None:
        """By card, which Bilal keeps; in rupees by a transfer that our statement shows."""
        async with self.database.read() as db:
            wanted = select(Contract.currency).where(Contract.id == contract_id)
            is_by_card = (await db.execute(wanted)).scalar_one() in STRIPE_HOLDS
        if is_by_card:
            await self._fund_by_card(contract_id, milestone_id, pays=pays)
            return
        async with self.database.write.begin() as db:
            milestone = await db.get_one(Milestone, milestone_id)
            pay_in = await actions.fund_by_transfer(db, milestone, by=self.employer, at=clock.now())
        if pays:
            async with self.database.write.begin() as db:
                house = self.services[HouseAccounts].by_slug["bank-pkr"]
                given = incoming(pay_in.reference, milestone.amount_minor)
                await statements.import_statement(db, given, house, by=None, at=clock.now())

    async def _fund_by_card(self, contract_id: UUID, milestone_id: UUID, *, pays: bool) -> None:
        async with self.database.write.begin() as db:
            milestone = await db.get_one(Milestone, milestone_id)
            address = f"{self.services[Settings].base_url}/contracts/{ids.short(contract_id)}"
            command_id = await actions.fund_milestone(
                db,
                milestone,
                success_url=f"{address}/milestones/{milestone.number}/paid",
                cancel_url=address,
                keeps_card=self.employer == self.everybody.users[CAST["bilal"]],
                by=self.employer,
                at=clock.now(),
            )
            name, email = await self._payer(db)
        url = await self._pay_page(command_id)
        if pays:
            card = {"email": email, "name": name, **CARD}
            async with self.http.post(url, data=card, allow_redirects=False) as answer:
                answer.raise_for_status()
            await self._until(milestone_id, "funded")

    async def _pay_page(self, command_id: UUID) -> str:
        """Its address; the worker may be faster than we are at asking Stripe for it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                command = await outbox.dispatch(self.database, self.services[PaymentClient], command_id)
                if command.result:
                    return command.result["url"]
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _payer(self, db: Any) -> tuple[str, str]:
        user = await db.get_one(User, self.employer)
        return user.name, user.email or ""

    async def _until(self, milestone_id: UUID, state: str) -> None:
        """Wait for the webhook to have done its work."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with self.database.read() as db:
                    now = await db.scalar(select(Milestone.state).where(Milestone.id == milestone_id))
                if now == state:
                    return
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    async def _deliver(self, milestone_id: UUID) -> None:
        async with self.database.write.begin() as db:
            milestone = await db.get_one(Milestone, milestone_id)
            text = "Here it is. I checked it on a small phone and on a laptop; tell me what you would like different."
            await actions.deliver(db, milestone, text=text, by=self.freelancer, at=clock.now())

    async def _send_back(self, milestone_id: UUID) -> None:
        async with self.database.write.begin() as db:
            milestone = await db.get_one(Milestone, milestone_id)
            missing = "The second colour is too light for print. Please make it darker; the rest is right."
            await actions.ask_revision(db, milestone, missing=missing, by=self.employer, at=clock.now())

    async def _accept(self, milestone_id: UUID) -> None:
        async with self.database.write.begin() as db:
            milestone = await db.get_one(Milestone, milestone_id)
            await actions.accept_delivery(db, milestone, by=self.employer, at=clock.now())

    async def _cancel(self, contract_id: UUID) -> None:
        async with self.database.write.begin() as db:
            contract = await db.get_one(Contract, contract_id)
            await actions.cancel_contract(
                db,
                contract,
                side="freelancer",
                reason="I fell ill and don't want to keep you waiting.",
                by=self.freelancer,
                at=clock.now(),
            )

    async def _onboard(self) -> None:
        """She connects her payout account, on Stripe's hosted page."""
        client, base_url = self.services[PaymentClient], self.services[Settings].base_url
        async with self.database.write.begin() as db:
            account = await escrow.connect_account(
                db, self.freelancer, country="PK", by=self.freelancer, at=clock.now()
            )
            user = await db.get_one(User, self.freelancer)
        if account.state == "active":
            return
        stripe_account_id = await client.create_account(
            key=escrow.account_key(account),
            country="PK",
            email=user.email or "",
            name=user.name,
            metadata={"user": str(user.id)},
        )
        async with self.database.write.begin() as db:
            await escrow.account_opened(db, account.id, stripe_account_id)
        link = await client.account_link(
            stripe_account_id, return_url=f"{base_url}/money", refresh_url=f"{base_url}/money"
        )
        async with self.http.get(link) as page:
            visit = re.search(r'name="visit" value="([^"]*)"', await page.text())
        assert visit, "the onboarding page has no form"
        bank = {
            "visit": visit[1],
            "country": "PK",
            "name": user.name,
            "iban": "PK36SCBL0000001123456702",
            "agree": "yes",
        }
        async with self.http.post(link, data=bank, allow_redirects=False) as answer:
            answer.raise_for_status()

    async def _pay_out(self) -> None:
        """She asks for a payout of what has arrived."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                async with self.database.read() as db:
                    available = (await money.balance_of(db, self.freelancer)).available
                if available:
                    break
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        async with self.database.write.begin() as db:
            await request_payout(db, self.freelancer, Wanted(available), by=self.freelancer, at=clock.now())


class _Gig(Story):
    """A gig with its accepted proposal."""

    def __init__(
        self, services: Services, everybody: Everybody, http: aiohttp.ClientSession, line: world.WorkLine
    ) -> None:
        super().__init__(services, everybody, http, (line.freelancer, line.gig.employer), line.stage)
        self.line = line

    async def agree(self) -> tuple[UUID, bool]:
        gig, now = self.line.gig, clock.now()
        async with self.database.write.begin() as db:
            posting = await published(db, self.everybody, gig, hours_ago=200)
            existing = select(Contract.id).where(Contract.posting_id == posting.id)
            if (found := (await db.execute(existing)).scalar_one_or_none()) is not None:
                return found, False
            proposal = await gigs.submit(
                db, posting, self._offer(posting), freelancer=await freelancer_of(db, self.freelancer), at=now
            )
            await gigs.shortlist(db, proposal, by=self.employer, at=now)
            return (await actions.accept_proposal(db, proposal, by=self.employer, at=now)).id, True

    def _offer(self, posting: Posting) -> Offer:
        cover = "I did the same for a shop nearby and can show it to you. You get a first part early."
        parts = tuple(Part(title, cents, days) for title, cents, days in self.line.milestones)
        return Offer(
            cover=cover,
            answers=("The list for the winter catalogue: same size, same tools.", "Tomorrow.")[
                : len(posting.questions)
            ],
            milestones=parts,
        )
