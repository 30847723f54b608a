"""Signed tokens for unsubscribe links: they work without signing in, for one person and one kind of mail, for ever."""

import base64
import hashlib
import hmac

_LETTERS = 32


def token(secret: str, subject: str) -> str:
    """A token that says `subject` and that only we can make."""
    words = base64.urlsafe_b64encode(subject.encode()).decode().rstrip("=")
    return f"{words}.{_mark(secret, subject)}"


def subject_of(secret: str, token: str) -> str | None:
    """What a token says, or None when we did not make it."""
    words, _, mark = token.partition(".")
    try:
        subject = base64.urlsafe_b64decode(words + "=" * (-len(words) % 4)).decode()
    except ValueError:
        return None
    return subject if hmac.compare_digest(mark.encode(), _mark(secret, subject).encode()) else None


def _mark(secret: str, subject: str) -> str:
    return hmac.new(f"unsubscribe:{secret}".encode(), subject.encode(), hashlib.sha256).hexdigest()[:_LETTERS]
