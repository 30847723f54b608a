"""Steps 7 and 8 of the way through, by browser and against the sandbox: fund, deliver, release, connect, pay out."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from marketplace.contracts.models import Contract, Milestone
from marketplace.contracts.notices import path_of
from marketplace.engines.payments.client import PaymentClient
from marketplace.engines.payments.models import Command, WebhookEvent
from marketplace.escrow.models import Hold, Payout
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database, Session
from marketplace.kernel.money import Money
from marketplace.kernel.queue import Services, drain
from marketplace.runtime import open_services
from tests.cast import Cast
from tests.contracts import scenes
from tests.engines.payments.conftest import sandbox, sandbox_server  # noqa: F401 - fixtures
from tests.engines.payments.sandbox_server import CONNECT_SECRET, OWN_SECRET, SandboxServer
from tests.escrow.world import World
from tests.gigs.offering import offered
from tests.visitors import BASE, Browse, Browser, prove

DECLINED = "4000000000000002"


@pytest.fixture
def settings(tmp_path: Path, sandbox: SandboxServer) -> Settings:  # noqa: F811
    return Settings(
        env="test",
        data_dir=tmp_path,
        base_url=BASE,
        secret_key="a secret of the tests",
        stripe_api_key=sandbox.api_key,
        stripe_api_url=sandbox.url,
        stripe_webhook_secret=OWN_SECRET,
        stripe_connect_webhook_secret=CONNECT_SECRET,
    )


@pytest.fixture
async def services(settings: Settings, database: Database) -> AsyncIterator[Services]:
    """As a web process opens them."""
    made = open_services(settings, database)
    yield made
    await made[PaymentClient].close()


@pytest.fixture
async def contract(db: Session, cast: Cast) -> Contract:
    made = await scenes.agreed(db, cast)
    await db.commit()
    return made


class Post:
    """Brings Stripe's news to our webhooks, signed, as the sandbox does by itself in the demo."""

    def __init__(self, world: World, browser: Browser) -> None:
        self.world, self.browser = world, browser

    async def bring(self) -> None:
        """Everything there is to tell, and what follows from it."""
        await drain(self.world.services)
        for event in await self.world.events():
            answer = await deliver(self.browser, event)
            assert answer.status_code == 200, answer.text
        await drain(self.world.services)


async def deliver(browser: Browser, event: dict[str, Any], *, secret: str = "") -> Any:
    is_connect = bool(event.get("account") or event.get("context"))
    body = json.dumps(event).encode()
    secret = secret or (CONNECT_SECRET if is_connect else OWN_SECRET)
    at = int(time.time())
    mark = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    path = "/webhooks/stripe-connect" if is_connect else "/webhooks/stripe"
    return await browser.post(path, content=body, headers={"Stripe-Signature": f"t={at},v1={mark}"})


@pytest.fixture
async def post(
    services: Services,
    database: Database,
    sandbox: SandboxServer,  # noqa: F811
    cast: Cast,
    client: Browser,
) -> Post:
    world = World(database, services[PaymentClient], sandbox, cast, began_at=clock.now())
    world.services = services
    return Post(world, client)


async def test_the_way_of_the_money(
    db: Session,
    cast: Cast,
    contract: Contract,
    browse: Browse,
    sandbox: SandboxServer,  # noqa: F811
    post: Post,
) -> None:
    theirs, hers, path = await browse(cast.bilal), await browse(cast.ayesha), path_of(contract.id, 1)

    # Funding, twice in two tabs: one page at Stripe.
    first = await theirs.submit(f"{path}/fund", shown_on=path)
    second = await theirs.submit(f"{path}/fund", shown_on=path)
    assert (first.status_code, second.headers["location"]) == (303, first.headers["location"])
    assert first.headers["location"].startswith(sandbox.url)
    waiting = await theirs.get(f"{path}/paid")
    assert 'hx-trigger="every 2s"' in waiting.text
    assert "Look again" in waiting.text

    await sandbox.pay(first.headers["location"], card=DECLINED)
    await post.bring()
    assert (await theirs.get(f"{path}/paid")).status_code == 200  # still waiting
    await sandbox.pay(first.headers["location"])
    assert (await scenes.milestone(db, contract)).state == "funding"  # a page funds nothing
    await post.bring()
    await post.bring()
    assert (await theirs.get(f"{path}/paid")).headers["location"] == path
    assert (await scenes.milestone(db, contract)).state == "funded"
    assert "USD 100" in (await theirs.get("/money")).text
    assert (await theirs.submit(f"{path}/fund", shown_on="/contracts")).status_code == 409

    # Delivered, accepted; the money waits for her payout account.
    assert (await hers.submit(f"{path}/deliveries", {"text": "Here."}, shown_on=path)).status_code == 303
    assert (await theirs.submit(f"{path}/release", shown_on=path)).status_code == 303
    await post.bring()
    money = (await hers.get("/money")).text
    assert "USD 90 waits for you." in money
    assert (await hers.get("/money/payout?amount=50")).status_code == 422

    # Connecting the payout account.
    first = await hers.submit("/money/account", shown_on="/money")
    assert first.headers["location"] == "/account/confirm?next=/money"  # first she proves that it is she
    await prove(post.world.database, cast.ayesha.id, has_factor=False)
    link = await hers.submit("/money/account", shown_on="/money")
    assert link.status_code == 303
    assert "being checked" in (await hers.get("/money/account/back")).text
    await sandbox.onboard(link.headers["location"])
    await post.bring()
    await post.bring()
    assert (await hers.get("/money/account/back")).headers["location"] == "/money"
    assert "can be paid out from" in (await hers.get("/money")).text
    assert "can be paid out from" in (await hers.get(path)).text

    # Paying out.
    preview = await hers.get("/money/payout?amount=60")
    assert "Pay out USD 60?" in preview.text
    assert "USD 30 stays in your balance" in preview.text
    assert "protect your account" in preview.text
    unproved = await hers.submit("/payouts", {"amount": "60"}, shown_on="/money/payout?amount=60")
    assert unproved.headers["location"].startswith("/money/payout?")
    assert (await post.world.balance()).available == Money(90_00, "USD")
    await prove(post.world.database, cast.ayesha.id)
    asked = await hers.submit("/payouts", {"amount": "60"}, shown_on="/money/payout?amount=60")
    assert (asked.status_code, asked.headers["location"][:9]) == (303, "/payouts/")
    await drain(post.world.services)
    clock.advance(timedelta(seconds=5))
    await post.bring()
    await post.bring()
    assert (await db.execute(select(Payout.state))).scalar_one() == "confirmed"
    page = (await hers.get("/money")).text
    assert "Arrived" in page
    shown = (await hers.get(asked.headers["location"])).text
    assert shown.count('<td class="number">USD 60</td>') == 2, "promised and arrived"
    assert (await post.world.balance()).available == Money(30_00, "USD")
    told = await scenes.told(db, cast.ayesha.id)
    assert told[-5:] == [
        "milestone_released",
        "payout_account_needed",
        "payout_account_ready",
        "payout_requested",
        "payout_confirmed",
    ]


async def test_a_double_click_on_pay_out_pays_once(
    db: Session, cast: Cast, browse: Browse, post: Post, services: Services
) -> None:
    await post.world.rich(Money(100_00, "USD"))
    browser = await browse(cast.ayesha)
    await prove(post.world.database, cast.ayesha.id)
    page = (await browser.get("/money/payout?amount=60")).text
    hidden = {
        "_csrf_token": page.split('name="_csrf_token" value="')[1].split('"')[0],
        "submission": page.split('name="submission" type="hidden" value="')[1].split('"')[0],
    }

    answers = [await browser.post("/payouts", data={**hidden, "amount": "60"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert (await db.execute(select(func.count()).select_from(Payout))).scalar_one() == 1


@pytest.mark.parametrize(
    ("amount", "words"), [("101", "more than your balance"), ("9.99", "smallest payout"), ("x", "in figures")]
)
async def test_a_payout_that_can_not_be_says_why(
    cast: Cast, browse: Browse, post: Post, amount: str, words: str
) -> None:
    await post.world.rich(Money(100_00, "USD"))
    browser = await browse(cast.ayesha)
    await prove(post.world.database, cast.ayesha.id)

    preview = await browser.get(f"/money/payout?amount={amount}")
    assert preview.status_code == 422
    assert words in preview.text
    asked = await browser.submit("/payouts", {"amount": amount}, shown_on="/money/payout?amount=50")
    assert asked.status_code == 422
    assert words in asked.text


async def test_when_stripe_is_away_the_page_says_so_and_the_next_try_is_the_same_payment(
    db: Session,
    cast: Cast,
    contract: Contract,
    browse: Browse,
    sandbox: SandboxServer,  # noqa: F811
    services: Services,
) -> None:
    browser, path = await browse(cast.bilal), path_of(contract.id, 1)
    away = PaymentClient(sandbox.api_key, address="http://127.0.0.1:1")
    there = services[PaymentClient]
    services.add(away)
    refused = await browser.submit(f"{path}/fund", shown_on=path)
    await away.close()
    services.add(there)

    assert refused.status_code == 503
    assert "does not answer" in refused.text
    assert "Try again" in refused.text
    again = await browser.submit(f"{path}/fund", shown_on=path)
    assert again.status_code == 303
    assert (await db.execute(select(func.count()).select_from(Hold))).scalar_one() == 1
    assert (await db.execute(select(func.count()).select_from(Command))).scalar_one() == 1


async def test_webhooks_are_taken_signed_once_and_nothing_else_is(db: Session, client: Browser) -> None:
    event = {"id": "evt_web_1", "object": "event", "type": "charge.succeeded", "data": {"object": {"id": "ch_x"}}}

    forged = await deliver(client, event, secret="whsec_forged")
    assert forged.status_code == 400
    assert (await client.post("/webhooks/stripe", content=b"{}")).status_code == 400
    assert (await db.execute(select(WebhookEvent))).all() == []
    assert (await deliver(client, event)).json() == {"received": True, "new": True}
    assert (await deliver(client, event)).json() == {"received": True, "new": False}
    assert (await db.execute(select(func.count()).select_from(WebhookEvent))).scalar_one() == 1


async def test_whose_money_is_seen(cast: Cast, contract: Contract, browse: Browse) -> None:
    hers, theirs = await browse(cast.ayesha), await browse(cast.bilal)

    assert "Available" in (await hers.get("/money")).text
    assert (await hers.get("/money?as=employer")).status_code == 403
    assert "AgriTrack" in (await theirs.get("/money")).text
    assert "AgriTrack" not in (await (await browse(cast.omar)).get("/money")).text
    assert (await theirs.submit("/money/account", shown_on="/money")).status_code == 403
    assert (await (await browse()).get("/money")).status_code == 303


async def test_the_link_that_is_used_up_offers_the_next(cast: Cast, browse: Browse) -> None:
    browser = await browse(cast.ayesha)

    assert "This link is used up" in (await browser.get("/money/account/again")).text
    assert (await browser.get("/money/account/back")).status_code == 404


async def test_whoever_has_no_profile_is_not_asked_where_she_is_paid(browse: Browse, cast: Cast) -> None:
    found = await (await browse(cast.sana)).get("/money")
    assert "/money/methods" not in found.text and 'href="/profile"' in found.text
    assert "/money/methods" in (await (await browse(cast.ayesha)).get("/money")).text


async def test_a_card_that_was_kept_pays_the_next_milestone_with_one_press(
    db: Session,
    cast: Cast,
    contract: Contract,
    browse: Browse,
    sandbox: SandboxServer,  # noqa: F811
    post: Post,
) -> None:
    theirs, hers = await browse(cast.bilal), await browse(cast.ayesha)
    first, second = path_of(contract.id, 1), path_of(contract.id, 2)
    assert 'name="keep" value="yes"' in (await theirs.get(first)).text
    page = await theirs.submit(f"{first}/fund", {"keep": "yes"}, shown_on=first)
    await sandbox.pay(page.headers["location"])
    await post.bring()
    assert (await scenes.told(db, cast.bilal.id))[-2:] == ["payment_held", "card_saved"]
    money = (await theirs.get("/money")).text
    assert "Visa ending in 4242" in money
    card = money.split('href="/money/cards/')[1].split("/")[0]

    # Declined: said in words, nothing charged, the pay page is there.
    await sandbox.settings(saved_cards="insufficient_funds")
    refused = await theirs.submit(f"{second}/fund", {"card": card}, shown_on=second)
    assert refused.headers["location"] == second
    assert "Nothing was charged" in (await theirs.get(second)).text
    assert (await scenes.milestone(db, contract, 2)).state == "planned"
    await drain(post.world.services)
    assert (await scenes.told(db, cast.bilal.id))[-1] == "card_refused"

    # Paid, and pressed again by the back button.
    await sandbox.settings(saved_cards="")
    assert "Fund USD 200.01 with Visa ending in 4242" in (await theirs.get(second)).text
    for _ in range(2):
        paid = await theirs.submit(f"{second}/fund", {"card": card}, shown_on=first)
        assert paid.headers["location"] in (f"{second}/paid", second)
    assert (await theirs.get(f"{second}/paid")).headers["location"] == second
    assert (await scenes.milestone(db, contract, 2)).state == "funded"
    made = select(func.count()).where(Command.operation == "payment_intents.create", Command.state == "done")
    assert (await db.execute(made)).scalar_one() == 1

    # Others do not find it; it is removed after a question.
    assert "4242" not in (await hers.get(second)).text
    assert (await hers.get(f"/money/cards/{card}/remove")).status_code == 404
    assert "Remove Visa ending in 4242?" in (await theirs.get(f"/money/cards/{card}/remove")).text
    gone = await theirs.submit(f"/money/cards/{card}/remove")
    assert gone.headers["location"] == "/money?as=employer"
    await post.bring()
    assert "Visa ending in 4242" not in (await theirs.get("/money")).text
    assert (await scenes.told(db, cast.bilal.id))[-1] == "card_removed"


async def test_an_order_is_paid_by_the_card_that_was_kept(
    db: Session,
    cast: Cast,
    contract: Contract,
    browse: Browse,
    sandbox: SandboxServer,  # noqa: F811
    post: Post,
) -> None:
    service = await offered(db, cast.ayesha_profile, clock.now())
    await db.commit()
    his, path = await browse(cast.bilal), f"/services/{service.slug}/order"
    assert "ending in" not in (await his.get(path)).text
    page = await his.submit(f"{path_of(contract.id, 1)}/fund", {"keep": "yes"}, shown_on=path_of(contract.id, 1))
    await sandbox.pay(page.headers["location"])
    await post.bring()
    shown = (await his.get(path)).text
    assert "Order for AgriTrack and pay USD 100 with Visa ending in 4242" in shown
    card = shown.split('name="card" value="')[1].split('"')[0]
    brief = "The shop is at seeds.example; make its first page open in a second on a Nokia."
    order = {**await his.hidden(path), "organisation": "", "brief": brief, "answers-0": "Nokia", "card": card}
    order |= {"package": "1", "price": "10000 USD"}

    async def states() -> list[str]:
        held = select(Hold.state).join(Milestone, Milestone.hold_id == Hold.id)
        return list((await db.scalars(held.where(Milestone.contract_id != contract.id))).all())

    # Refused: the order stands, nothing is charged, and its page says why and leads to the pay page.
    await sandbox.settings(saved_cards="authentication_required")
    first = await his.post(path, data=order)
    assert first.status_code == 303, first.text
    refused = first.headers["location"]
    said = (await his.get(refused)).text
    assert "wants you to confirm the payment yourself" in said and "Go to the pay page" in said
    assert await states() == ["pending"]

    # Sent again, as by the back button: the same order, paid once. It is of those whose card it is.
    await sandbox.settings(saved_cards="")
    paid = [(await his.post(path, data=order)).headers["location"] for _ in range(2)]
    assert paid == [f"{refused}/paid", refused]
    assert await states() == ["held"]
    made = (await db.scalars(select(Contract).where(Contract.id != contract.id))).one()
    assert made.organisation_id == cast.agritrack.id
    done = select(func.count()).where(Command.operation == "payment_intents.create", Command.state == "done")
    assert (await db.execute(done)).scalar_one() == 1

    # Nobody orders with the card of others; what was typed is not lost.
    sana = await browse(cast.sana)
    stolen = {**await sana.hidden(path), **{name: order[name] for name in ("brief", "answers-0", "card")}}
    refused_page = await sana.post(path, data=stolen)
    assert refused_page.status_code == 422 and "not kept any more" in refused_page.text and brief in refused_page.text
    assert len(await states()) == 1
