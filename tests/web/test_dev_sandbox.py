"""The demo's page of the bank and the clock, against a sandbox over HTTP."""

from datetime import timedelta
from pathlib import Path

import pytest

from marketplace.engines.payments.client import PaymentClient
from marketplace.kernel import clock
from marketplace.kernel.config import Settings
from tests.cast import Cast
from tests.engines.payments.conftest import contract, sandbox, sandbox_server  # noqa: F401 - fixtures
from tests.engines.payments.sandbox_server import SandboxServer
from tests.engines.payments.steps import fresh, paid_charge
from tests.visitors import BASE, Browse


@pytest.fixture
def settings(tmp_path: Path, sandbox: SandboxServer) -> Settings:  # noqa: F811
    return Settings(
        env="demo",
        data_dir=tmp_path,
        base_url=BASE,
        secret_key="a secret of the tests",
        stripe_api_key=sandbox.api_key,
        stripe_api_url=sandbox.url,
    )


async def test_banks_ask_back_send_back_and_time_passes(
    cast: Cast,
    browse: Browse,
    sandbox: SandboxServer,  # noqa: F811
) -> None:
    client = PaymentClient(sandbox.api_key, address=sandbox.url)
    charge = await paid_charge(client, sandbox, 12_34)
    payout = await client.execute("payouts.create", {"amount": 500, "currency": "usd"}, key=fresh("payout"))
    browser = await browse(cast.bilal)
    here = "/dev/sandbox"
    assert f'href="{here}"' in (await browser.get("/help")).text, "it is reachable from every page of the demo"
    assert charge["id"] in (await browser.get(here)).text

    await browser.submit(f"{here}/disputes", {"charge": charge["id"], "way": "dispute"}, shown_on=here)
    [dispute] = [each for each in (await sandbox.books())["disputes"] if each["charge"] == charge["id"]]
    await browser.submit(f"{here}/decisions", {"dispute": dispute["id"], "outcome": "won"}, shown_on=here)
    assert (await client.retrieve("dispute", dispute["id"]))["status"] == "won"

    await browser.submit(f"{here}/payouts", {"payout": payout["id"]}, shown_on=here)
    assert (await client.retrieve("payout", payout["id"]))["status"] == "failed"
    again = await browser.submit(f"{here}/payouts", {"payout": payout["id"]}, shown_on=here)
    assert again.status_code == 303

    await browser.submit(f"{here}/events", {"events": "lost", "is_counted": "1"}, shown_on=here)
    shown = (await browser.get(here)).text
    assert 'value="lost" checked' in shown and 'value="1" checked' in shown
    await client.close()

    wanted = {"saved_cards": "authentication_required"}
    await browser.submit(f"{here}/cards", wanted, shown_on=here)
    assert 'value="authentication_required" checked' in (await browser.get(here)).text

    before = clock.now()
    await browser.submit(f"{here}/clock", {"days": "3"}, shown_on=here)
    assert clock.now() - before > timedelta(days=2, hours=23)
