"""Where mail leaves the house: an SMTP server, or nowhere (the demo's mailbox page)."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from marketplace.engines.notify import unsubscribe
from marketplace.engines.notify.models import Mail
from marketplace.engines.notify.rendering import Rendered, Site
from marketplace.kernel import clock

TIMEOUT_SECONDS = 20
_LONG_LINES = policy.SMTP.clone(max_line_length=900)  # else Python breaks the unsubscribe address into encoded words
DOORS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class MailRefused(Exception):
    """The server will never take this mail (SMTP 5xx)."""


class MailUnavailable(Exception):
    """The server did not answer or said "later"."""


@dataclass(frozen=True, slots=True)
class Mailroom:
    """`smtp_url` is `smtp://user:password@host:port` (also smtp+starttls, smtps); empty: mails are kept, not sent.
    `sender` is the From line, `secret` signs unsubscribe links.
    """

    site: Site
    sender: str
    secret: str
    smtp_url: str = ""

    def __post_init__(self) -> None:
        assert not self.smtp_url or urlsplit(self.smtp_url).scheme in DOORS, f"SMTP_URL: use {', '.join(DOORS)}"

    def unsubscribe_address(self, subject: str) -> str:
        """The address at which `subject` (who and which kind) ends these mails; empty without a subject."""
        if not subject:
            return ""
        return f"{self.site.base_url}/unsubscribe/{unsubscribe.token(self.secret, subject)}"

    async def send(self, mail: Mail, words: Rendered) -> None:
        """Hand the mail to the SMTP server. Raises: MailRefused (final), MailUnavailable (try again)."""
        message = self._message(mail, words).as_bytes()
        try:
            async with self._server() as server:
                await server.sendmail(parseaddr(self.sender)[1], mail.to, message)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients[0].code, str(error)) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code, error.message) from error
        except UnicodeError as error:
            raise MailRefused("this address has letters that the server does not take") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise MailUnavailable(str(error)) from error

    @asynccontextmanager
    async def _server(self) -> AsyncGenerator[aiosmtplib.SMTP]:
        url = urlsplit(self.smtp_url)
        server = aiosmtplib.SMTP(
            hostname=url.hostname,
            port=url.port or DOORS[url.scheme],
            username=unquote(url.username) if url.username else None,
            password=unquote(url.password) if url.password else None,
            timeout=TIMEOUT_SECONDS,
            use_tls=url.scheme == "smtps",
            start_tls=url.scheme == "smtp+starttls",
        )
        async with server:
            yield server

    def _message(self, mail: Mail, words: Rendered) -> EmailMessage:
        message = EmailMessage(policy=_LONG_LINES)
        message["From"] = self.sender
        message["To"] = mail.to
        message["Subject"] = words.subject
        message["Date"] = format_datetime(clock.now())
        message["Message-ID"] = f"<{mail.id}@{self._domain}>"
        message["Content-Language"] = mail.locale
        message["Auto-Submitted"] = "auto-generated"
        if address := self.unsubscribe_address(mail.unsubscribe):
            message["List-Unsubscribe"] = f"<{address}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
        message.set_content(words.text)
        message.add_alternative(words.html, subtype="html")
        return message

    @property
    def _domain(self) -> str:
        return parseaddr(self.sender)[1].rpartition("@")[2] or "localhost"


def _refusal(code: int, text: str) -> MailRefused | MailUnavailable:
    return MailRefused(f"{code} {text}") if code >= 500 else MailUnavailable(f"{code} {text}")
