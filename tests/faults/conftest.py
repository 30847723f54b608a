"""A marketplace that may be killed: its PostgreSQL, its Stripe, the processes that act in it."""

import json
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from marketplace.contracts.models import Contract, Milestone
from marketplace.engines.ledger.sealing import JournalKey, seal, verify_chain
from marketplace.engines.payments.client import PaymentClient
from marketplace.escrow import settling
from marketplace.escrow.models import Hold, Payout, Release, Transfer
from marketplace.kernel import clock
from marketplace.kernel.database import Database
from marketplace.kernel.database.embedded import EmbeddedPostgres
from marketplace.kernel.database.migrate import upgrade_async
from tests.engines.payments.sandbox_server import API_KEY, SandboxServer
from tests.escrow.world import World
from tests.faults.story import Order

TEMPLATE = "template_faults"
# Of 100.00 she gets 40.00: so that a second transfer out of the same charge would not be refused by Stripe itself.
FEE_BASIS_POINTS = 6_000


class Zygote:
    """Forks a process for each order."""

    def __init__(self, folder: Path) -> None:
        self._log = (folder / "story.log").open("ab")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.zygote"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={"MARKETPLACE_ENV": "test", "PYTHONPATH": ":".join(sys.path)},
        )
        assert self._read() == "ready"

    def run(self, order: Order) -> int:
        """The exit status; below zero: it was killed."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        return int(self._read())

    def _read(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(20)
        assert self._process.stdout
        self._process.stdout.close()
        self._log.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of our own, since it gets killed; its commits are real."""
    server = EmbeddedPostgres(folder / "data", fast=True, options={"synchronous_commit": "on"})
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
async def migrated(server: EmbeddedPostgres) -> str:
    await _admin(server, f"CREATE DATABASE {TEMPLATE}")
    await upgrade_async(server.url(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="module")
def bank(folder: Path) -> Iterator[SandboxServer]:
    with SandboxServer(folder / "sandbox", clock_file=folder / "clock-offset") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def zygote(folder: Path) -> Iterator[Zygote]:
    zygote = Zygote(folder)
    yield zygote
    zygote.close()


async def _admin(server: EmbeddedPostgres, statement: str) -> None:
    connection = await asyncpg.connect(user="postgres", database="postgres", host=str(server.socket_folder))
    await connection.execute(statement)
    await connection.close()


@dataclass
class Trial:
    """A fresh marketplace whose story has not begun."""

    world: World
    order: Order
    url: str

    async def outcome(self) -> dict[str, Any]:
        """What is there at the end, with us and at Stripe."""
        async with self.world.database.write.begin() as db:
            await seal(db, JournalKey())
        async with self.world.database.write.begin() as db:
            chain = await verify_chain(db, JournalKey())
            milestones = (await db.execute(select(Milestone.state).order_by(Milestone.number))).scalars().all()
            transfers = (await db.execute(select(Transfer.state))).scalars().all()
            payouts = (await db.execute(select(Payout.state))).scalars().all()
            releases = (await db.execute(select(Release.id))).scalars().all()
            groups = {f"hold:{id}" for id in (await db.execute(select(Hold.id))).scalars()}
        books = await self.world.sandbox.books()
        ours = [each for each in books["transfers"] if each["transfer_group"] in groups]
        charges = [each for each in books["charges"] if each["transfer_group"] in groups and each["payment_intent"]]
        paid = {each["id"] for each in charges}
        nothing = {"available": 0, "pending": 0}
        at_stripe = books["balances"].get(self.order.stripe_account, {}).get("usd", nothing)
        return {
            "problems": await self.world.problems(),
            "chain": (chain.problem, chain.unsealed),
            "milestones": list(milestones),
            "releases": len(releases),
            "transfers": list(transfers),
            "payouts": list(payouts),
            "charged": sorted(each["amount"] for each in charges),
            "transferred": sorted(each["amount"] for each in ours),
            "refunded": sorted(each["amount"] for each in books["refunds"] if each["charge"] in paid),
            "her balance": at_stripe["available"] + at_stripe["pending"],
        }


ALL_IS_WELL = {
    "problems": [],
    "chain": ("", 0),
    "milestones": ["released", "released", "settled"],
    "releases": 3,
    "transfers": ["sent", "sent", "sent"],
    "payouts": ["confirmed"],
    "charged": [80_00, 100_00, 150_00],
    "transferred": [20_00, 40_00, 60_00],
    "refunded": [30_00],
    "her balance": 120_00 - 40_00,
}


@pytest.fixture
async def trial(server: EmbeddedPostgres, migrated: str, bank: SandboxServer, folder: Path) -> AsyncIterator[Trial]:
    async with begin(server, migrated, bank, folder) as trial:
        yield trial


@asynccontextmanager
async def begin(server: EmbeddedPostgres, template: str, bank: SandboxServer, folder: Path) -> AsyncIterator[Trial]:
    """A trial in a database of its own."""
    clock.use_offset_file(bank.clock_file)
    await bank.settings(payout_seconds=0)
    name = f"trial_{random.getrandbits(40):x}"
    await _admin(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    database, client = Database(server.url(name)), PaymentClient(API_KEY, address=bank.url)
    world = await World.of(database, client, bank)
    yield Trial(world, await _prepare(world, folder, server.url(name)), server.url(name))
    await client.close()
    await world.database.close()
    await _admin(server, f"DROP DATABASE {name} WITH (FORCE)")


async def _prepare(world: World, folder: Path, url: str) -> Order:
    """A contract that was just agreed, and Ayesha's payout account."""
    cast = world.cast
    async with world.database.write.begin() as db:
        contract = Contract(
            organisation_id=cast.agritrack.id,
            freelancer_id=cast.ayesha_profile.id,
            state="active",
            title="Shop",
            currency="USD",
            fee_basis_points=FEE_BASIS_POINTS,
            terms={},
            terms_hash="",
            started_at=clock.now(),
        )
        db.add(contract)
        await db.flush()
        for number, minor in ((1, 100_00), (2, 150_00), (3, 80_00)):
            title = f"Part {number}"
            db.add(
                Milestone(
                    contract_id=contract.id, number=number, title=title, amount_minor=minor, days=7, state="planned"
                )
            )
    account = await world.connect()
    assert account.stripe_account_id
    link = await world.client.account_link(
        account.stripe_account_id, return_url="https://a.example", refresh_url="https://b.example"
    )
    await world.sandbox.onboard(link)
    async with world.database.write.begin() as db:
        status = await world.client.account(account.stripe_account_id)
        await settling.account_changed(db, status, clock.now())
    return Order(
        environment={
            "MARKETPLACE_ENV": "test",
            "MARKETPLACE_DATA_DIR": str(folder),
            "DATABASE_URL": url,
            "STRIPE_API_URL": world.sandbox.url,
            "STRIPE_API_KEY": API_KEY,
        },
        contract_id=str(contract.id),
        bilal=str(cast.bilal.id),
        ayesha=str(cast.ayesha.id),
        stripe_account=account.stripe_account_id,
        began_at=(world.began_at - timedelta(seconds=1)).isoformat(),
    )
