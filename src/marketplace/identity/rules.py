"""Limits of passwords, sessions and tokens, and how their secrets are stored."""

import hashlib
import secrets
from datetime import timedelta

from marketplace.identity.models import TokenPurpose
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_

PASSWORD_MIN, PASSWORD_MAX = 8, 200
"""Letters. No rule about kinds of letters (NIST SP 800-63B, 3.1.1.2)."""
IDLE_LIMIT = timedelta(days=30)
ABSOLUTE_LIMIT = timedelta(days=90)
SEEN_EVERY = timedelta(minutes=5)
"""A session's seen_at is written at most this often."""
STEP_UP_LASTS = timedelta(minutes=15)
"""How long after signing in, or proving again who she is, she may change what guards her account."""
TOKEN_LIMITS: dict[TokenPurpose, timedelta] = {
    "verify_email": timedelta(days=3),
    "reset_password": timedelta(hours=1),
    "change_email": timedelta(hours=1),
}
LEFT = N_("A person who left")
"""The name of whoever deleted her account, on what others keep; pages say it in the reader's language."""
TIME_ZONES = (
    "Asia/Karachi", "Asia/Dubai", "Asia/Riyadh", "Asia/Kolkata", "Asia/Dhaka", "Asia/Kathmandu", "Asia/Colombo",
    "Asia/Kabul", "Asia/Tashkent", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney", "Europe/Istanbul",
    "Europe/Berlin", "Europe/London", "UTC", "America/New_York", "America/Chicago", "America/Los_Angeles",
)  # fmt: skip
"""Zones of the tz database that can be chosen."""

_COMMON_WORDS = """
    password passw0rd password1 password12 password123 12345678 123456789 1234567890 87654321 11111111 00000000
    88888888 12341234 11223344 qwertyui qwerty123 qwertyuiop 1q2w3e4r 1qaz2wsx zaq12wsx asdfghjk asdfasdf
    iloveyou sunshine princess football baseball superman trustno1 letmein1 welcome1 admin123 administrator
    abcd1234 abc12345 computer internet whatever michelle jennifer liverpool pakistan pakistan1 pakistan123
    pakistani multan123 lahore123 karachi1 karachi123 islamabad allah786 bismillah mashallah inshallah
    alhamdulillah muhammad mohammad ali12345 khan1234 cricket1 zindabad
"""
_COMMON = frozenset(_COMMON_WORDS.split())
"""The commonest passwords of eight letters and more, here and elsewhere."""


def check_password(password: str, *, email: str, name: str) -> None:
    """Raises: Invalid at "password" when it is short, common, or the person's own name or address."""
    lowered = password.lower()
    if len(password) < PASSWORD_MIN:
        raise Invalid.at("password", N_("Use at least %(min)s letters; a few words are fine."), min=PASSWORD_MIN)
    if lowered in _COMMON or len(set(lowered)) < 4:
        raise Invalid.at("password", N_("This password is among the first that thieves try. Take a few words instead."))
    own = {email.lower(), email.lower().partition("@")[0], name.lower(), name.lower().replace(" ", "")}
    if lowered in own:
        raise Invalid.at("password", N_("This is your name or address. Take something others can't guess."))


def new_secret() -> str:
    """256 random bits, for a cookie or an address."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """What is stored of a secret. It is random and long, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
