"""Mail leaves once, waits when the server is away, and is kept where there is none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from email.message import Message

import pytest
from sqlalchemy import select, text

from marketplace.engines.notify import actions, unsubscribe
from marketplace.engines.notify.mailroom import Mailroom
from marketplace.engines.notify.models import Mail
from marketplace.engines.notify.rendering import Site
from marketplace.kernel import clock
from marketplace.kernel.database import Database, Session
from tests.engines.notify.samples import SAMPLES


def mailroom(smtp_url: str = "") -> Mailroom:
    return Mailroom(Site("Hunar", "https://hunar.example"), "Hunar <no-reply@hunar.example>", "secret", smtp_url)


async def write(db: Session, **changes: str) -> Mail:
    given = {"to": "ayesha@test.example", "message": "gig_filled", "locale": "en", **changes}
    mail_id = await actions.mail(db, values=SAMPLES, **given)
    await db.commit()
    return await db.get_one(Mail, mail_id)


async def seen(db: Session, mail: Mail) -> Mail:
    await db.refresh(mail)
    return mail


@dataclass
class SmtpServer:
    """The few words of RFC 5321 that a sender needs; `answers` are the replies to RCPT, in turn, then 250."""

    answers: list[str] = field(default_factory=list)
    received: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            word = line.split()[0].upper()
            if word == b"DATA":
                writer.write(b"354 go on\r\n")
                self.received.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 taken\r\n")
            elif word == b"RCPT":
                writer.write((self.answers.pop(0) if self.answers else "250 ok").encode() + b"\r\n")
            elif word == b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 ok\r\n")
        writer.close()

    @property
    def mails(self) -> list[Message]:
        return [message_from_bytes(each) for each in self.received]


@asynccontextmanager
async def smtp(*answers: str) -> AsyncIterator[tuple[SmtpServer, str]]:
    heart = SmtpServer(list(answers))
    server = await asyncio.start_server(heart.serve, "127.0.0.1", 0)
    async with server:
        yield heart, f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_without_a_server_the_mail_is_kept_for_the_mailbox(db: Session, database: Database) -> None:
    mail = await write(db)

    assert await actions.send(database, mailroom(), mail.id)

    assert (await seen(db, mail)).state == "kept"
    assert mail.subject == "“A shop for handmade pottery” went to somebody else"
    assert [each.id for each in await actions.mailbox(db, to="ayesha@test.example")] == [mail.id]
    assert await actions.mailbox(db, to="hina@test.example") == []


async def test_a_server_gets_it_once_with_text_html_and_a_way_out(db: Session, database: Database) -> None:
    mail = await write(db, unsubscribe="7:proposals")

    async with smtp() as (server, url):
        assert await actions.send(database, mailroom(url), mail.id)
        assert not await actions.send(database, mailroom(url), mail.id)

    (got,) = server.mails
    assert got["To"] == "ayesha@test.example"
    assert got["Message-ID"] == f"<{mail.id}@hunar.example>"
    assert [part.get_content_type() for part in got.walk()][1:] == ["text/plain", "text/html"]
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = "".join(got["List-Unsubscribe"].split()).strip("<>").rpartition("/")[2]
    assert unsubscribe.subject_of("secret", token) == "7:proposals"
    assert (await seen(db, mail)).state == "sent"


async def test_nothing_secret_stays_behind_once_it_is_sent(db: Session, database: Database) -> None:
    mail = await write(db, message="reset_password")

    async with smtp() as (_server, url):
        await actions.send(database, mailroom(url), mail.id)

    await seen(db, mail)
    assert (mail.values, mail.text, mail.html) == ({}, "", "")


async def test_a_mail_of_the_account_has_no_unsubscribe(db: Session, database: Database) -> None:
    mail = await write(db, message="verify_email")

    async with smtp() as (server, url):
        await actions.send(database, mailroom(url), mail.id)

    assert server.mails[0]["List-Unsubscribe"] is None


async def test_a_server_that_is_away_gets_it_later(db: Session, database: Database) -> None:
    mail = await write(db)

    assert not await actions.send(database, mailroom("smtp://127.0.0.1:1"), mail.id)
    assert (await seen(db, mail)).state == "queued"
    waiting = await db.execute(text("SELECT count(*) FROM pgqueuer WHERE execute_after > now() + interval '5 seconds'"))
    assert waiting.scalar_one() == 1

    async with smtp() as (server, url):
        assert await actions.send(database, mailroom(url), mail.id)
    assert len(server.mails) == 1


async def test_later_and_never_are_told_apart(db: Session, database: Database) -> None:
    greylisted, unknown = await write(db), await write(db, to="nobody@test.example")

    async with smtp("451 later", "550 no such person") as (_server, url):
        await actions.send(database, mailroom(url), greylisted.id)
        await actions.send(database, mailroom(url), unknown.id)

    assert (await seen(db, greylisted)).state == "queued"
    assert (await seen(db, unknown)).state == "failed"
    assert "550" in unknown.error


async def test_nobody_sends_what_another_is_sending(db: Session, database: Database) -> None:
    mail = await write(db)
    mail.lease_until = clock.now() + timedelta(seconds=30)
    await db.commit()

    assert not await actions.send(database, mailroom(), mail.id)
    clock.advance(timedelta(seconds=31))
    assert await actions.send(database, mailroom(), mail.id)


async def test_a_missing_value_stops_the_writer(db: Session) -> None:
    with pytest.raises(AssertionError, match="gig"):
        await actions.mail(db, to="a@test.example", message="gig_filled", values={}, locale="en")


async def test_old_mail_is_forgotten_and_waiting_mail_is_not(db: Session, database: Database) -> None:
    kept, waiting = await write(db), await write(db)
    await actions.send(database, mailroom(), kept.id)

    await actions.sweep(db, clock.now() + timedelta(days=31))

    assert (await db.execute(select(Mail.id))).scalars().all() == [waiting.id]


def test_unsubscribe_tokens_can_not_be_made_by_others() -> None:
    token = unsubscribe.token("secret", "7:money")

    assert unsubscribe.subject_of("secret", token) == "7:money"
    assert unsubscribe.subject_of("other", token) is None
    assert unsubscribe.subject_of("secret", token[:-1] + ("0" if token[-1] != "0" else "1")) is None
    assert unsubscribe.subject_of("secret", "") is None
    assert unsubscribe.subject_of("secret", "ÿ.é") is None
