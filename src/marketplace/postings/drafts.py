"""Gigs written before sign-in, under a secret that only the writer's browser has: nothing typed is lost."""

import hashlib
import secrets
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.postings.models import PostingDraft
from marketplace.postings.rules import DRAFT_LIFE

LONGEST_FORM = 60_000
"""Letters of one draft in all: a stranger may write here, so it has an end."""


async def keep_anonymous_draft(db: Session, form: dict[str, Any], *, secret: str | None, at: datetime) -> str:
    """Store the form of somebody who has not signed in; the answer is the secret for her cookie.

    Give the `secret` of an earlier draft to write over it. Raises: Invalid when it is far too long.
    """
    if sum(len(str(value)) for value in form.values()) > LONGEST_FORM:
        raise Invalid.at("description", N_("This is too long to keep. Please shorten the description."))
    secret = secret or secrets.token_urlsafe(32)
    row = {"secret_hash": _hash(secret), "form": form, "created_at": at, "expires_at": at + DRAFT_LIFE}
    upsert = insert(PostingDraft).values(row)
    again = {"form": upsert.excluded.form, "expires_at": upsert.excluded.expires_at}
    await db.execute(upsert.on_conflict_do_update(index_elements=["secret_hash"], set_=again))
    return secret


async def anonymous_draft(db: AnySession, secret: str | None, *, at: datetime) -> dict[str, Any] | None:
    """The form kept under `secret`; None when there is none (any more)."""
    if not secret:
        return None
    kept = select(PostingDraft.form).where(PostingDraft.secret_hash == _hash(secret), PostingDraft.expires_at > at)
    return (await db.execute(kept)).scalar_one_or_none()


async def claim_draft(db: Session, secret: str | None, *, at: datetime) -> dict[str, Any] | None:
    """Take the form out, once: it becomes a posting in this transaction. None when there is none (any more)."""
    if not secret:
        return None
    taken = (
        delete(PostingDraft)
        .where(PostingDraft.secret_hash == _hash(secret), PostingDraft.expires_at > at)
        .returning(PostingDraft.form)
    )
    return (await db.execute(taken)).scalar_one_or_none()


async def forget_old_drafts(db: Session, *, at: datetime) -> int:
    """Remove drafts that nobody came back for; returns how many."""
    gone = delete(PostingDraft).where(PostingDraft.expires_at <= at).returning(PostingDraft.secret_hash)
    return len((await db.execute(gone)).all())


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
