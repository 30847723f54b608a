"""Limits of passwords, sessions and tokens, and how their secrets are stored."""

import hashlib
import secrets
from datetime import timedelta

PASSWORD_MIN, PASSWORD_MAX = 8, 200
"""Letters. No rule about kinds of letters (NIST SP 800-63B, 3.1.1.2)."""
IDLE_LIMIT = timedelta(days=30)
ABSOLUTE_LIMIT = timedelta(days=90)
STEP_UP_LIMIT = timedelta(minutes=15)
SEEN_EVERY = timedelta(minutes=5)
"""A session's seen_at is written at most this often."""


def new_secret() -> str:
    """256 random bits, for a cookie or an address."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> bytes:
    """What is stored of a secret. It is random and long, so a fast hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
