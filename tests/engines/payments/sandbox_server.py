"""The sandbox as a real server on a free loopback port, for these tests, for journeys and for the crash harness.

with SandboxServer(folder, webhook_url="http://127.0.0.1:8000/stripe/webhooks") as sandbox:
    client = PaymentClient(sandbox.api_key, address=sandbox.url)
    await sandbox.pay(session["url"])
"""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self

import httpx

API_KEY = "sk_test_sandbox"
OWN_SECRET = "whsec_own"
CONNECT_SECRET = "whsec_connect"
GOOD_CARD = "4242424242424242"
_FACTORY = "marketplace.engines.payments.sandbox.app:create_app"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class SandboxServer:
    """One sandbox process. Its books stay in `folder` when it is killed and started again."""

    api_key = API_KEY

    def __init__(self, folder: Path, *, webhook_url: str = "", clock_file: Path | None = None) -> None:
        self.folder = folder
        self.webhook_url = webhook_url
        self.clock_file = clock_file or folder / "clock-offset"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.folder.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "granian", "--factory", "--interface", "asgi", "--no-ws", "--no-log"]
        environment = {
            **os.environ,
            "MARKETPLACE_SANDBOX_BOOKS": str(self.folder / "sandbox.sqlite"),
            "MARKETPLACE_SANDBOX_WEBHOOK_URL": self.webhook_url,
            "MARKETPLACE_SANDBOX_WEBHOOK_SECRET": OWN_SECRET,
            "MARKETPLACE_SANDBOX_CONNECT_WEBHOOK_SECRET": CONNECT_SECRET,
            "MARKETPLACE_SANDBOX_URL": self.url,
            "MARKETPLACE_CLOCK_FILE": str(self.clock_file),
        }
        with (self.folder / "sandbox.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), _FACTORY],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 120  # on a busy machine
        while time.monotonic() < deadline:
            assert self.process is not None and self.process.poll() is None, self.log()
            try:
                if httpx.get(f"{self.url}/live", timeout=1, verify=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the sandbox does not answer: {self.log()}")

    def log(self) -> str:
        return (self.folder / "sandbox.log").read_text()

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """As `kill -9` of the whole server."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self.process is None:
            return
        os.killpg(self.process.pid, number)
        self.process.wait(20)
        self.process = None

    # --- what tests ask of it

    async def fault(self, operation: str, kind: str, *, times: int = 1, seconds: float = 30.0) -> None:
        """Order a fault for the next calls of `POST /v1/transfers` and the like."""
        ordered = {"operation": operation, "kind": kind, "times": times, "seconds": seconds}
        await self._control("faults", ordered)

    async def settings(self, **wanted: Any) -> None:
        """settle_seconds, payout_seconds, account_link_seconds, unapproved_countries"""
        await self._control("settings", wanted)

    async def redeliver(self, event_id: str) -> None:
        """Send the webhook of this event once more."""
        await self._control(f"events/{event_id}/deliver", {})

    async def dispute(self, charge_id: str | None, **how: Any) -> dict[str, Any]:
        """A payer asks her bank for a payment back: amount, reason, is_inquiry."""
        return await self._asked("disputes", {"charge": charge_id, **how})

    async def decide(self, dispute_id: str, outcome: str) -> dict[str, Any]:
        """The bank decides: won or lost (an inquiry just ends)."""
        return await self._asked(f"disputes/{dispute_id}/decide", {"outcome": outcome})

    async def _asked(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        async with httpx.AsyncClient(verify=False) as http:
            answer = await http.post(f"{self.url}/_sandbox/{what}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def _control(self, what: str, body: dict[str, Any]) -> None:
        async with httpx.AsyncClient(verify=False) as http:
            (await http.post(f"{self.url}/_sandbox/{what}", json=body)).raise_for_status()

    async def books(self) -> dict[str, Any]:
        """The summary of the sandbox's own books."""
        async with httpx.AsyncClient(verify=False) as http:
            return (await http.get(f"{self.url}/_sandbox/books")).json()

    async def pay(self, url: str, *, card: str = GOOD_CARD) -> httpx.Response:
        """Fill in the hosted pay page as a browser without script would; redirects are not followed."""
        form = {"email": "bilal@demo.example", "number": card, "expiry": "12 / 34", "cvc": "123", "name": "Bilal"}
        async with httpx.AsyncClient(verify=False) as http:
            return await http.post(url, data=form)

    async def approve(self, url: str) -> httpx.Response:
        """The payer says yes to her bank's question."""
        async with httpx.AsyncClient(verify=False) as http:
            return await http.post(f"{url}/challenge", data={"outcome": "approve"})

    async def onboard(self, url: str, *, iban: str = "PK36SCBL0000001123456702") -> httpx.Response:
        """Open the onboarding link, fill it in, agree; redirects are not followed."""
        async with httpx.AsyncClient(verify=False) as http:
            page = await http.get(url)
            visit = re.search(r'name="visit" value="([^"]+)"', page.text)
            assert visit, page.text
            form = {"visit": visit[1], "country": "PK", "name": "Ayesha Khan", "iban": iban, "agree": "yes"}
            return await http.post(url, data=form)
