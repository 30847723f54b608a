"""The sandbox's books: one SQLite file with objects, movements of balances, saved answers and webhooks to deliver."""

import json
import sqlite3
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

Wire = dict[str, Any]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    account TEXT NOT NULL,          -- '' is the platform
    created INTEGER NOT NULL,
    due_at INTEGER,                 -- when the sandbox itself must do something with it
    key TEXT,                       -- the idempotency key that made it
    body TEXT NOT NULL              -- as it goes over the wire, nothing expanded
);
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, account, seq);
CREATE INDEX IF NOT EXISTS objects_due ON objects (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS movements (
    id TEXT PRIMARY KEY,            -- of the balance transaction
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    net INTEGER NOT NULL,
    available_on INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS movements_account ON movements (account, currency, available_on, net);
CREATE TABLE IF NOT EXISTS answers (
    account TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,      -- of operation and parameters
    status INTEGER NOT NULL,
    body TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (account, key)
);
CREATE TABLE IF NOT EXISTS deliveries (
    event_id TEXT PRIMARY KEY,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL,          -- real time: the demo's clock does not hurry the network; 0 is at once
    first_at REAL,
    last_status INTEGER,
    ended_at REAL
);
CREATE INDEX IF NOT EXISTS deliveries_open ON deliveries (next_at) WHERE ended_at IS NULL;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """The first answer under an idempotency key."""

    fingerprint: str
    status: int
    body: Wire


class Books:
    """Everything the sandbox remembers. Survives `kill -9` of its process."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """All or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    # --- objects

    def insert(
        self, body: Wire, *, account: str, created: int, due_at: int | None = None, key: str | None = None
    ) -> None:
        self._db.execute(
            "INSERT INTO objects (id, kind, account, created, due_at, key, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (body["id"], body["object"], account, created, due_at, key, json.dumps(body)),
        )

    def update(self, body: Wire, *, due_at: int | None = None) -> None:
        """Store `body` as it is now; without `due_at` nothing more is to be done with it."""
        self._db.execute("UPDATE objects SET body = ?, due_at = ? WHERE id = ?", (json.dumps(body), due_at, body["id"]))

    def get(self, id: str, *, kind: str | None = None, account: str | None = None) -> Wire | None:
        """The object, of this kind and in this account where they are given."""
        row = self._db.execute("SELECT kind, account, body FROM objects WHERE id = ?", (id,)).fetchone()
        if row is None or (kind is not None and row[0] != kind) or (account is not None and row[1] != account):
            return None
        return cast(Wire, json.loads(row[2]))

    def account_of(self, id: str) -> str:
        return str(self._db.execute("SELECT account FROM objects WHERE id = ?", (id,)).fetchone()[0])

    def seq_of(self, id: str) -> int | None:
        row = self._db.execute("SELECT seq FROM objects WHERE id = ?", (id,)).fetchone()
        return None if row is None else int(row[0])

    def newest(
        self, kind: str, conditions: Iterable[tuple[str, Any]], *, limit: int, is_backwards: bool = False
    ) -> list[Wire]:
        """Objects for which every condition (SQL with one `?`, its value) holds, newest first."""
        wheres, values = ["kind = ?"], [kind]
        for condition, value in conditions:
            wheres.append(condition)
            values.append(value)
        order = "ASC" if is_backwards else "DESC"
        query = f"SELECT body FROM objects WHERE {' AND '.join(wheres)} ORDER BY seq {order} LIMIT ?"  # noqa: S608 - our own conditions
        rows = [json.loads(row[0]) for row in self._db.execute(query, (*values, limit))]
        return rows[::-1] if is_backwards else rows

    def due(self, now: int) -> list[Wire]:
        rows = self._db.execute("SELECT body FROM objects WHERE due_at <= ? ORDER BY due_at, seq", (now,))
        return [json.loads(row[0]) for row in rows]

    def made_with_keys(self, kind: str) -> list[tuple[Wire, str | None]]:
        rows = self._db.execute("SELECT body, key FROM objects WHERE kind = ? ORDER BY seq", (kind,))
        return [(json.loads(body), key) for body, key in rows]

    def counts(self) -> dict[str, int]:
        return dict(self._db.execute("SELECT kind, count(*) FROM objects GROUP BY kind").fetchall())

    # --- balances

    def move(self, transaction: Wire, *, account: str) -> None:
        """Book a balance transaction."""
        self.insert(transaction, account=account, created=transaction["created"])
        self._db.execute(
            "INSERT INTO movements (id, account, currency, net, available_on) VALUES (?, ?, ?, ?, ?)",
            (transaction["id"], account, transaction["currency"], transaction["net"], transaction["available_on"]),
        )

    def balances(self, account: str, now: int) -> dict[str, tuple[int, int]]:
        """Available and pending by currency."""
        rows = self._db.execute(
            "SELECT currency, sum(CASE WHEN available_on <= ? THEN net ELSE 0 END),"
            " sum(CASE WHEN available_on > ? THEN net ELSE 0 END)"
            " FROM movements WHERE account = ? GROUP BY currency ORDER BY currency",
            (now, now, account),
        )
        return {currency: (available, pending) for currency, available, pending in rows}

    def accounts_with_balances(self) -> list[str]:
        return [row[0] for row in self._db.execute("SELECT DISTINCT account FROM movements ORDER BY account")]

    # --- answers saved under idempotency keys

    def saved_answer(self, account: str, key: str) -> SavedAnswer | None:
        row = self._db.execute(
            "SELECT fingerprint, status, body FROM answers WHERE account = ? AND key = ?", (account, key)
        ).fetchone()
        return SavedAnswer(row[0], row[1], json.loads(row[2])) if row else None

    def save_answer(self, account: str, key: str, answer: SavedAnswer, *, now: int) -> None:
        self._db.execute(
            "INSERT INTO answers (account, key, fingerprint, status, body, created) VALUES (?, ?, ?, ?, ?, ?)",
            (account, key, answer.fingerprint, answer.status, json.dumps(answer.body), now),
        )

    def forget_answers(self, *, before: int) -> None:
        self._db.execute("DELETE FROM answers WHERE created < ?", (before,))

    # --- webhooks

    def deliver(self, event_id: str, *, at: float = 0) -> None:
        """Queue the event for that (real) time, 0 is at once; one that was delivered already goes out again."""
        self._db.execute(
            "INSERT INTO deliveries (event_id, next_at) VALUES (?, ?)"
            " ON CONFLICT (event_id) DO UPDATE SET next_at = excluded.next_at, ended_at = NULL",
            (event_id, at),
        )

    def deliveries_due(self, at: float, limit: int) -> list[tuple[str, int, float | None]]:
        """Event, attempts so far, time of the first."""
        return self._db.execute(
            "SELECT event_id, attempts, first_at FROM deliveries WHERE ended_at IS NULL AND next_at <= ?"
            " ORDER BY next_at, rowid LIMIT ?",
            (at, limit),
        ).fetchall()

    def next_delivery_at(self) -> float | None:
        row = self._db.execute("SELECT min(next_at) FROM deliveries WHERE ended_at IS NULL").fetchone()
        return cast(float | None, row[0])

    def note_delivery(self, event_id: str, status: int | None, *, at: float, next_at: float | None) -> None:
        """One attempt at `at`; without `next_at` it was the last."""
        self._db.execute(
            "UPDATE deliveries SET attempts = attempts + 1, last_status = ?, first_at = coalesce(first_at, ?),"
            " ended_at = ?, next_at = ? WHERE event_id = ?",
            (status, at, at if next_at is None else None, next_at or 0, event_id),
        )

    def open_deliveries(self) -> set[str]:
        return {row[0] for row in self._db.execute("SELECT event_id FROM deliveries WHERE ended_at IS NULL")}

    # --- settings

    def setting(self, name: str, default: Any) -> Any:
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else default

    def set(self, name: str, value: Any) -> None:
        self._db.execute(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, json.dumps(value)),
        )
