"""The sandbox's own controls answer this machine only."""

from pathlib import Path

import httpx
import pytest

from marketplace.engines.payments.sandbox.app import create_app


@pytest.mark.filterwarnings("ignore::litestar.exceptions.LitestarDeprecationWarning")  # it injects by name as in 2.x
@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("192.0.2.7", 404)])
async def test_the_books_are_shown_to_this_machine_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, status: int
) -> None:
    monkeypatch.setenv("MARKETPLACE_SANDBOX_BOOKS", str(tmp_path / "books.sqlite"))
    transport = httpx.ASGITransport(create_app(), client=(address, 1), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
        assert (await client.get("/_sandbox/books")).status_code == status
