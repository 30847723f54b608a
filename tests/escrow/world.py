"""What tests of money do, in the words of the people who do it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Self, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import select, text

from marketplace.engines.ledger import journal
from marketplace.engines.ledger import queries as ledger
from marketplace.engines.payments import inbox, outbox
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.events import StripeObjectChanged
from marketplace.engines.payments.models import Command
from marketplace.escrow import accounts, actions, queries
from marketplace.escrow.checking import check
from marketplace.escrow.models import Hold, Payout, PayoutAccount, Release, Transfer
from marketplace.escrow.queries import Balance
from marketplace.escrow.rails.payouts import Wanted, request_payout
from marketplace.escrow.rules import FeeTerms
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.events import publish
from marketplace.kernel.money import Money
from marketplace.kernel.queue import Services, drain
from tests.cast import Cast, make_cast
from tests.engines.payments.sandbox_server import GOOD_CARD, SandboxServer

T = TypeVar("T")
SITE = "https://market.example"
FAILING_IBAN = "PK36SCBL0000001123450000"


def usd(amount: float) -> Money:
    return Money(round(amount * 100), "USD")


class World:
    """AgriTrack (Bilal) pays, Ayesha works."""

    def __init__(
        self, database: Database, client: PaymentClient, sandbox: SandboxServer, cast: Cast, began_at: datetime
    ) -> None:
        self.database, self.client, self.sandbox, self.cast = database, client, sandbox, cast
        self.began_at = self.heard_until = began_at
        self.seen: set[str] = set()
        self.expected_problems: list[str] = []
        self.services = Services()
        self.services.add(database, Database)
        self.services.add(client, PaymentClient)

    @classmethod
    async def of(cls, database: Database, client: PaymentClient, sandbox: SandboxServer) -> Self:
        """A new world in an empty database."""
        async with database.write.begin() as db:
            cast = await make_cast(db)
        world = cls(database, client, sandbox, cast, began_at=clock.now())
        await world.open_books()
        return world

    async def open_books(self) -> None:
        """The sandbox serves other tests too: what lies there already is booked as the beginning."""
        amounts = await self.client.balance()
        before = amounts.available.get("USD", 0) + amounts.pending.get("USD", 0)
        if before:
            lines = accounts.move("world:stripe:USD", "platform:opening:USD", Money(before, "USD"))
            async with self.database.write.begin() as db:
                await journal.post(
                    db, key="opening", kind="opening", lines=lines, at=self.began_at, subject=("test", uuid4())
                )

    # --- what people do

    async def hold(
        self, amount: Money, *, payee: User | None = None, fee_basis_points: int = 1_000, fee_minimum_minor: int = 0
    ) -> Hold:
        async with self.database.write.begin() as db:
            return await actions.open_hold(
                db,
                payer_organisation_id=self.cast.agritrack.id,
                payee_user_id=(payee or self.cast.ayesha).id,
                amount=amount,
                fee=FeeTerms(fee_basis_points, fee_minimum_minor),
                purpose="Shop, milestone 1",
                by=self.cast.bilal.id,
                at=clock.now(),
            )

    async def start_checkout(self, hold: Hold, *, keeps_card: bool = False) -> UUID:
        async with self.database.write.begin() as db:
            return await actions.start_checkout(
                db,
                hold,
                success_url=f"{SITE}/paid",
                cancel_url=f"{SITE}/back",
                keeps_card=keeps_card,
                by=self.cast.bilal.id,
                at=clock.now(),
            )

    async def dispatch(self, command_id: UUID) -> Command:
        return await outbox.dispatch(self.database, self.client, command_id)

    async def pay_page(self, hold: Hold, *, keeps_card: bool = False) -> dict[str, Any]:
        """The open session, as Stripe shows it."""
        command = await self.dispatch(await self.start_checkout(hold, keeps_card=keeps_card))
        assert command.result is not None, command.error
        return command.result

    async def funded(self, amount: Money, **options: Any) -> Hold:
        """A hold that is paid and known to be."""
        card = options.pop("card", GOOD_CARD)
        hold = await self.hold(amount, **options)
        session = await self.pay_page(hold)
        await self.sandbox.pay(session["url"], card=card)
        await self.listen()
        return await self.fresh(Hold, hold.id)

    async def release(self, hold: Hold, amount: Money | None = None) -> Release:
        async with self.database.write.begin() as db:
            left = amount or await queries.left_in(db, hold.id)
            return await actions.release(db, hold, left, by=self.cast.bilal.id, cause="accepted", at=clock.now())

    async def refund(self, hold: Hold, amount: Money | None = None) -> UUID:
        async with self.database.write.begin() as db:
            left = amount or await queries.left_in(db, hold.id)
            made = await actions.refund(db, hold, left, by=self.cast.bilal.id, cause="cancelled", at=clock.now())
            return made.id

    async def connect(self, user: User | None = None) -> PayoutAccount:
        """Her account exists at Stripe, and still wants answers."""
        user = user or self.cast.ayesha
        async with self.database.write.begin() as db:
            account = await actions.connect_account(db, user.id, country="PK", by=user.id, at=clock.now())
        if account.stripe_account_id is None:
            stripe_id = await self.client.create_account(
                key=actions.account_key(account),
                country=account.country,
                email=user.email,
                name=user.name,
                metadata={"payout_account": str(account.id)},
            )
            async with self.database.write.begin() as db:
                account = await actions.account_opened(db, account.id, stripe_id)
        return account

    async def onboard(self, user: User | None = None, *, iban: str = "PK36SCBL0000001123456702") -> PayoutAccount:
        """She fills in Stripe's form, and we hear of it."""
        account = await self.connect(user)
        assert account.stripe_account_id
        link = await self.client.account_link(
            account.stripe_account_id, return_url=f"{SITE}/back", refresh_url=f"{SITE}/again"
        )
        await self.sandbox.onboard(link, iban=iban)
        await self.listen()
        return await self.fresh(PayoutAccount, account.id)

    async def pay_out(self, amount: Money, user: User | None = None) -> Payout:
        user = user or self.cast.ayesha
        async with self.database.write.begin() as db:
            return await request_payout(db, user.id, Wanted(amount), by=user.id, at=clock.now())

    async def rich(self, amount: Money, *, iban: str = "PK36SCBL0000001123456702") -> None:
        """Ayesha has `amount` (net of the fee) to pay out."""
        await self.onboard(iban=iban)
        hold = await self.funded(amount, fee_basis_points=0)
        await self.release(hold)
        await self.listen()

    # --- what happens between us and Stripe

    async def events(self) -> list[dict[str, Any]]:
        """What Stripe has to tell that was not heard yet, oldest first."""
        since = self.heard_until - timedelta(seconds=2)
        async with self.database.read() as db:
            ids = (await db.execute(select(PayoutAccount.stripe_account_id))).scalars().all()
        found = [event async for event in self.client.events(since=since)]
        for account in filter(None, ids):
            found += [{**event, "account": account} async for event in self.client.events(since=since, account=account)]
        return sorted((event for event in found if event["id"] not in self.seen), key=lambda event: event["created"])

    async def hear(self, events: list[dict[str, Any]]) -> None:
        """Webhooks arrive in this order."""
        async with self.database.write.begin() as db:
            for event in events:
                await inbox.receive(db, event)
                self.seen.add(event["id"])
        await drain(self.services)

    async def listen(self) -> None:
        """Commands are sent and everything Stripe tells arrives, until nothing is new."""
        await drain(self.services)
        now = clock.now()
        await self.hear(await self.events())
        self.heard_until = now

    async def settle(self) -> None:
        """Time passes until the bank has answered."""
        await drain(self.services, later_too=True)
        clock.advance(timedelta(seconds=5))
        await self.listen()
        await self.listen()

    async def told(self, kind: str, id: str, *, account: str | None = None, **changes: Any) -> None:
        """One more event about an object, which shows it as it is now with these changes."""
        shown = {**await self.client.retrieve(kind, id, account=account), **changes}
        event = StripeObjectChanged(type="test", object_kind=kind, object_id=id, account=account, object=shown)
        async with self.database.write.begin() as db:
            await publish(db, event)

    # --- what is to be seen

    async def fresh(self, model: type[T], id: UUID) -> T:
        async with self.database.write.begin() as db:
            return await db.get_one(model, id, populate_existing=True)

    async def ledger(self, code: str) -> Money:
        async with self.database.write.begin() as db:
            return await ledger.balance(db, code)

    async def balance(self, user: User | None = None) -> Balance:
        async with self.database.write.begin() as db:
            return await queries.balance_of(db, (user or self.cast.ayesha).id)

    async def transfer(self, release: Release) -> Transfer:
        async with self.database.write.begin() as db:
            return (await db.execute(select(Transfer).where(Transfer.release_id == release.id))).scalar_one()

    async def problems(self) -> list[str]:
        """What `check` finds, but that much waits for its seal: this world is one transaction, and only what is
        committed can be sealed (tests/faults and tests/engines/ledger do)."""
        async with self.database.write.begin() as db:
            await db.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            found = await check(db, self.client, at=clock.now())
        return [each for each in found if " transactions unsealed since " not in each]

    async def at_stripe(self, kind: str, belongs: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """Transfers, refunds, payouts or charges in the sandbox's own books."""
        return [each for each in (await self.sandbox.books())[kind] if belongs(each)]
