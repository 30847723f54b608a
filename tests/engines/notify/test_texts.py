"""Texts leave once by an HTTP gateway, wait when it is away, fit three segments, and are kept where there is none."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import text

from marketplace.engines.notify import actions
from marketplace.engines.notify.models import TextMessage
from marketplace.engines.notify.rendering import Site, messages, needed_by_text, plain, text_parts
from marketplace.engines.notify.textroom import MOST_SEGMENTS, Textroom, segments, shortened, simple
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from tests.engines.notify.samples import SAMPLES

SITE = Site("Hunar", "https://hunar.example")


@dataclass
class Gateway:
    """A gateway that keeps what it got; `answers` are its replies in turn, then 202."""

    answers: list[int] = field(default_factory=list)
    received: list[tuple[dict[str, str], dict[str, str]]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        self.received.append((headers, body))
        status = self.answers.pop(0) if self.answers else 202
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok".encode())
        writer.close()


@asynccontextmanager
async def gateway(*answers: int) -> AsyncIterator[tuple[Gateway, Textroom]]:
    heart = Gateway(list(answers))
    server = await asyncio.start_server(heart.serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield heart, Textroom(SITE, f"http://127.0.0.1:{port}/send", "token-1")


async def write(db: Session, message: str = "password_changed") -> TextMessage:
    text_id = await actions.text(db, to="+923001234567", message=message, values=SAMPLES, locale="en")
    await db.commit()
    return await db.get_one(TextMessage, text_id)


async def test_the_gateway_gets_it_once_with_a_key_and_the_bearer(db: Session, database: Database) -> None:
    written = await write(db)

    async with gateway() as (server, room):
        assert await actions.send_text(database, room, written.id)
        assert not await actions.send_text(database, room, written.id)

    ((headers, body),) = server.received
    assert body["to"] == "+923001234567"
    assert body["text"].endswith("https://hunar.example/contracts/1")
    assert (headers["authorization"], headers["idempotency-key"]) == ("Bearer token-1", str(written.id))
    await db.refresh(written)
    assert (written.state, written.values, written.body) == ("sent", {}, ""), "nothing secret stays behind"


async def test_later_and_never_are_told_apart(db: Session, database: Database) -> None:
    busy, full, unknown = await write(db), await write(db), await write(db)

    async with gateway(503, 429, 400) as (_server, room):
        for each in (busy, full, unknown):
            await actions.send_text(database, room, each.id)

    for each in (busy, full, unknown):
        await db.refresh(each)
    assert (busy.state, full.state, unknown.state) == ("queued", "queued", "failed")
    waiting = await db.execute(text("SELECT count(*) FROM pgqueuer WHERE execute_after > now() + interval '5 seconds'"))
    assert waiting.scalar_one() == 2


async def test_nobody_at_the_door_means_later_and_a_lease_keeps_others_away(db: Session, database: Database) -> None:
    written = await write(db)
    assert not await actions.send_text(database, Textroom(SITE, "http://127.0.0.1:1/"), written.id)
    await db.refresh(written)
    assert written.state == "queued"

    written.lease_until = clock.now() + timedelta(seconds=30)
    await db.commit()
    async with gateway() as (server, room):
        assert not await actions.send_text(database, room, written.id)
        clock.advance(timedelta(seconds=31))
        assert await actions.send_text(database, room, written.id)
    assert len(server.received) == 1


async def test_without_a_gateway_it_is_kept_for_the_mailbox_and_forgotten_later(
    db: Session, database: Database
) -> None:
    written = await write(db)

    assert await actions.send_text(database, Textroom(SITE), written.id)

    assert [each.id for each in await actions.textbox(db, to="+923001234567")] == [written.id]
    assert await actions.textbox(db, to="+923000000000") == []
    await actions.sweep(db, clock.now() + timedelta(days=31))
    assert await actions.textbox(db) == []


def test_segments_are_counted_as_gateways_bill_them() -> None:
    assert [segments("a" * n) for n in (0, 160, 161, 306, 307)] == [1, 1, 2, 2, 3]
    assert [segments("ک" * n) for n in (70, 71, 134, 135)] == [1, 2, 2, 3]
    assert segments("€" * 80) == 1, "a letter of the extension table counts twice"
    assert segments("€" * 81) == 2
    assert segments("😀" * 36) == 2, "letters beyond the first plane take two units"


def test_every_message_fits_three_segments_and_keeps_its_address() -> None:
    for message in messages():
        assert needed_by_text(message) <= SAMPLES.keys(), message
        for locale in ("en", "ur"):
            values = plain({**SAMPLES, "link": "/reset-password/" + "x" * 43})
            words, address = text_parts(message, values, locale=locale, time_zone="Asia/Karachi", site=SITE)
            body = shortened(simple(words), address)
            assert segments(body) <= MOST_SEGMENTS, (message, locale, body)
            assert body.endswith(address)
            assert "{" not in body


def test_a_long_headline_gives_way_to_the_address() -> None:
    body = shortened("گ" * 400, "https://hunar.example/verify-email/" + "x" * 43)

    assert segments(body) == MOST_SEGMENTS
    assert body.endswith(" https://hunar.example/verify-email/" + "x" * 43)


def test_typographic_letters_do_not_halve_what_fits() -> None:
    assert segments(simple("“Logo” – it’s done…")) == 1
    assert simple("“Logo” – it’s done…\u2066") == '"Logo" - it\'s done...'
