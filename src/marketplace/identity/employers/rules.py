"""What each level asks for, and how long it holds. Pure."""

import re
import secrets
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from marketplace.identity.employers.models import CheckKind
from marketplace.kernel.errors import Conflict, DomainError, Invalid, NotAllowed
from marketplace.kernel.i18n import N_

LevelKind = Literal["email", "domain", "registration", "card", "first_paid"]

LEVELS: dict[LevelKind, tuple[str, str]] = {
    "email": (
        N_("E-mail confirmed"),
        N_("An owner opened a link that we sent to her address."),
    ),
    "domain": (
        N_("Domain confirmed"),
        N_("A code that we sent to an address at the domain of its website came back."),
    ),
    "registration": (
        N_("Registration seen"),
        N_("Our staff has seen a registration document, such as an NTN or SECP certificate."),
    ),
    "card": (
        N_("Payment works"),
        N_("A payment of this employer has arrived."),
    ),
    "first_paid": (
        N_("Has paid for work"),
        N_("Money of this employer was released to a freelancer."),
    ),
}
"""In the order in which they are shown: title and what was found out."""

ZONE = (N_("Zone enterprise"), N_("Somebody who may say so has seen its zone enterprise certificate."))

DOCUMENTS: tuple[CheckKind, ...] = ("registration", "zone")
"""What is handed in as a document and decided by somebody."""

CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LIFE = timedelta(hours=1)
MOST_TRIES = 8
LONGEST_NUMBER = 60
LONGEST_REASON = 500
LONGEST_ABOUT = 5_000
LONGEST_WEBSITE = 200
REMINDER = timedelta(days=30)
LONGEST_BADGE = timedelta(days=366 * 5)
REMIND = "zone_badge_reminder"
"""The kind of the deadline that reminds of a badge about to end."""
_HERE = ZoneInfo("Asia/Karachi")

_FREE_MAIL = """
    gmail.com googlemail.com yahoo.com yahoo.co.uk ymail.com rocketmail.com hotmail.com hotmail.co.uk outlook.com
    live.com msn.com icloud.com me.com mac.com aol.com proton.me protonmail.com pm.me gmx.com gmx.net gmx.de web.de
    mail.com mail.ru yandex.com yandex.ru zoho.com zohomail.com tutanota.com tuta.io fastmail.com hey.com qq.com
    163.com 126.com rediffmail.com inbox.com hushmail.com mailinator.com yopmail.com guerrillamail.com tempmail.com
    10minutemail.com temp-mail.org sharklasers.com trashmail.com facebook.com linkedin.com instagram.com github.io
    wordpress.com blogspot.com wixsite.com weebly.com sites.google.com business.site web.app netlify.app vercel.app
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())
"""Where anybody gets an address or a page, so that having one there says nothing about an employer."""


class NoDomain(Conflict):
    message = N_("Write the address of your website first; its domain is what we check.")


class WaitsAlready(Conflict):
    message = N_("Your last document is still being checked. You get a mail as soon as it is decided.")


class DecidedAlready(Conflict):
    message = N_("This has been decided already.")


class OwnOrganisation(NotAllowed):
    message = N_("This is your own organisation, so somebody else decides.")


class CodeOver(DomainError):
    status = 410
    message = N_("This code is too old or was tried too often. Ask for a new one.")


class OwnersOnly(NotAllowed):
    message = N_("Only an owner of the organisation can do that.")


def domain_of(website: str) -> str:
    """The domain of a website's address without "www."; "" when it has none that could be checked."""
    try:
        host = (urlsplit(website.strip()).hostname or "").lower().rstrip(".").removeprefix("www.")
    except ValueError:
        return ""
    return host if re.fullmatch(r"(?=.{4,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", host) else ""


def is_free(domain: str) -> bool:
    """Whether anybody can have an address or a page at this domain, or beneath it."""
    parts = domain.split(".")
    return any(".".join(parts[n:]) in FREE_MAIL for n in range(len(parts) - 1))


def check_website(website: str) -> str:
    """The address with its scheme, or "". Raises: Invalid at "website"."""
    website = website.strip()
    if not website:
        return ""
    if "://" not in website:
        website = f"https://{website}"
    if not website.lower().startswith(("https://", "http://")) or not domain_of(website):
        raise Invalid.at("website", N_("Write an address like https://example.com."))
    return website


def check_mailbox(mailbox: str, website: str) -> str:
    """The whole address at the website's domain. Raises: NoDomain, Invalid at "mailbox"."""
    domain = domain_of(website)
    if not domain:
        raise NoDomain
    if is_free(domain):
        raise Invalid.at("mailbox", N_("Anybody can have a page at this domain, so it proves nothing."))
    local, _, typed = mailbox.strip().partition("@")
    if typed and typed.lower() != domain:
        raise Invalid.at("mailbox", N_("The address must end with @%(domain)s."), domain=domain)
    if not re.fullmatch(r"[A-Za-z0-9._%+-]{1,64}", local):
        raise Invalid.at("mailbox", N_("Write the part before the @, like “info”."))
    return f"{local}@{domain}"


def new_code() -> str:
    """Eight letters that nobody confuses when typing them over."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(8))


def plain_code(typed: str) -> str:
    """A code as it was made, however it was typed."""
    return re.sub(r"[^A-Z0-9]", "", typed.upper())[:20]


def today(at: datetime) -> date:
    """The day in Pakistan: documents end with it."""
    return at.astimezone(_HERE).date()


def check_expiry(expires_on: date | None, *, at: datetime) -> None:
    """Raises: Invalid at "expires_on" for a certificate that is over, or runs longer than any does."""
    if expires_on is None:
        raise Invalid.at("expires_on", N_("Write the last day on which the certificate is valid."))
    if not today(at) <= expires_on <= today(at) + LONGEST_BADGE:
        raise Invalid.at("expires_on", N_("The certificate must be valid today, and for five years at most."))


def reminder_at(expires_on: date) -> datetime:
    """Thirty days before its last day begins."""
    return datetime(expires_on.year, expires_on.month, expires_on.day, 9, tzinfo=_HERE).astimezone(UTC) - REMINDER
