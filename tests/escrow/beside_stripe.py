"""Our journal beside the sandbox's own books, after each step: cheap, since only what is new is read."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from tests.escrow.world import World

OURS = """SELECT e.account_version, e.amount FROM ledger_accounts a JOIN ledger_entries e ON e.account_id = a.id
    WHERE a.code = 'world:stripe:USD' AND e.account_version > :after"""
_THEIRS = (
    """SELECT seq, body FROM objects WHERE kind = 'balance_transaction' AND account = '' AND seq > ? ORDER BY seq"""
)


@dataclass
class BesideStripe:
    """Money moves at Stripe first, and then here: what our journal says of our balance there has happened there.

    `under_way` counts, by signed amount, the movements at Stripe (amounts and fees apart, as they are posted) that the
    journal has not told yet. One below zero is a posting that Stripe knows nothing of. When nothing is under way, all
    are zero, and so the two balances are the same.
    """

    world: World
    under_way: Counter[int] = field(default_factory=Counter)
    last_of_ours: int = 0
    last_of_theirs: int = 0

    async def begin(self) -> None:
        """What lies there before is none of ours."""
        async with self.world.database.read() as db:
            self.compare((await db.execute(text(OURS), {"after": 0})).all())
        self.under_way.clear()

    def compare(self, ours: Iterable[tuple[int, int]]) -> dict[int, int]:
        """Add what is new on both sides; returns the postings that have nothing at Stripe, by amount.

        Ours (rows of OURS) are read before theirs: what comes in between is only under way.
        """
        for body in self._theirs():
            for amount in filter(None, (body["amount"], -body["fee"])):
                self.under_way[amount] += 1
        for version, amount in ours:
            self.last_of_ours = max(self.last_of_ours, version)
            self.under_way[-amount] -= 1  # money in is below zero in the world's account
        self.under_way = Counter({amount: count for amount, count in self.under_way.items() if count})
        return {amount: count for amount, count in self.under_way.items() if count < 0}

    def _theirs(self) -> list[dict[str, Any]]:
        rows = self._read(_THEIRS, self.last_of_theirs)
        if rows:
            self.last_of_theirs = rows[-1][0]
        return [json.loads(body) for _seq, body in rows]

    def shown(self, id: str) -> dict[str, Any]:
        """An object as it lies in the sandbox's books."""
        [[body]] = self._read("SELECT body FROM objects WHERE id = ?", id)
        return json.loads(body)

    def _read(self, query: str, value: object) -> list[Any]:
        books = sqlite3.connect(f"file:{self.world.sandbox.folder / 'sandbox.sqlite'}?mode=ro", uri=True)
        try:
            return books.execute(query, (value,)).fetchall()
        finally:
            books.close()
