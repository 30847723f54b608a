"""What the demo asks of the sandbox itself: its books, its faults, what banks decide. Never Stripe's."""

from dataclasses import dataclass
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from marketplace.engines.payments.errors import PaymentRefused, PaymentUnavailable

_TIMEOUT = ClientTimeout(total=10)


@dataclass(frozen=True, slots=True)
class Steering:
    """The controls of the sandbox at this address."""

    address: str

    async def books(self) -> dict[str, Any]:
        """Charges, payouts, disputes and the switches, the newest first. Raises: PaymentUnavailable, PaymentRefused."""
        return await self._ask("GET", "books/newest")

    async def set(self, **wanted: Any) -> None:
        """Switches of the sandbox (DEFAULTS of its desk). Raises: PaymentUnavailable, PaymentRefused."""
        await self._ask("POST", "settings", wanted)

    async def fault(self, operation: str, kind: str) -> None:
        """The next call of this operation goes wrong like that. Raises: PaymentUnavailable, PaymentRefused."""
        await self._ask("POST", "faults", {"operation": operation, "kind": kind})

    async def dispute(self, charge_id: str, *, is_inquiry: bool) -> None:
        """The payer's bank asks for it back. Raises: PaymentUnavailable, PaymentRefused."""
        await self._ask("POST", "disputes", {"charge": charge_id, "is_inquiry": is_inquiry})

    async def decide(self, dispute_id: str, outcome: str) -> None:
        """The bank has decided: won or lost. Raises: PaymentUnavailable, PaymentRefused."""
        await self._ask("POST", f"disputes/{dispute_id}/decide", {"outcome": outcome})

    async def fail_payout(self, payout_id: str) -> None:
        """The bank sends a payout back. Raises: PaymentUnavailable, PaymentRefused."""
        await self._ask("POST", f"payouts/{payout_id}/fail", {})

    async def _ask(self, method: str, what: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            async with (
                ClientSession(timeout=_TIMEOUT) as session,
                session.request(method, f"{self.address}/_sandbox/{what}", json=body) as answer,
            ):
                if answer.status >= 400:
                    raise PaymentRefused("sandbox", await answer.text())
                return await answer.json() if answer.status != 204 else {}
        except (ClientError, TimeoutError) as error:
            raise PaymentUnavailable(str(error)) from error
