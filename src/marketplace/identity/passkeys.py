"""Passkeys (W3C Web Authentication, level 3): made, used for signing in, named, removed.

The library checks what browsers send; here stand the challenges (once, ten minutes) and whose key it is. A passkey
proves possession and the person (fingerprint, face, PIN: user verification is required), so it is both factors.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import webauthn
from sqlalchemy import delete, select, update
from webauthn.helpers import base64url_to_bytes, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from marketplace.identity import challenges
from marketplace.identity.challenges import Question
from marketplace.identity.models import ChallengePurpose, Passkey, User
from marketplace.identity.second_factors import note
from marketplace.kernel.database import AnySession, Session
from marketplace.kernel.errors import DomainError, NotFound
from marketplace.kernel.i18n import N_

MOST = 20
"""Passkeys of one person."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_REQUIRED = UserVerificationRequirement.REQUIRED


class PasskeyRefused(DomainError):
    status = 422
    message = N_("This passkey did not work here. Try again, or sign in another way.")


@dataclass(frozen=True, slots=True)
class Party:
    """Who we are to the browser: keys are bound to `id`, a host name (never an IP address: W3C, section 5.1.2)."""

    id: str
    name: str
    origin: str

    @classmethod
    def of(cls, base_url: str, name: str) -> "Party":
        """On this machine the site is `localhost`, whatever address it listens on."""
        url = urlsplit(base_url)
        if url.hostname in _LOOPBACK:
            port = f":{url.port}" if url.port else ""
            return cls("localhost", name, f"{url.scheme}://localhost{port}")
        return cls(url.hostname or "", name, f"{url.scheme}://{url.netloc}")


async def of_user(db: AnySession, user_id: UUID) -> Sequence[Passkey]:
    """Hers, the newest first."""
    mine = select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.id.desc()).limit(MOST)
    return (await db.scalars(mine)).all()


async def own(db: AnySession, user_id: UUID, passkey_id: UUID) -> Passkey:
    """One of hers. Raises: NotFound."""
    found = await db.get(Passkey, passkey_id)
    if found is None or found.user_id != user_id:
        raise NotFound
    return found


async def ask_new(db: Session, user: User, *, party: Party, at: datetime) -> tuple[str, str]:
    """What the browser needs to make a passkey (JSON), and the secret of the question's cookie."""
    known = [PublicKeyCredentialDescriptor(id=each.credential_id) for each in await of_user(db, user.id)]
    if len(known) >= MOST:
        raise PasskeyRefused(N_("You have twenty passkeys. Remove one first."))
    nonce = os.urandom(32)
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=user.id.bytes,
        user_name=user.email or user.phone or user.name,
        user_display_name=user.name,
        challenge=nonce,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_REQUIRED
        ),
        exclude_credentials=known,
    )
    secret = await challenges.ask(db, Question("new_passkey", user_id=user.id, nonce=nonce), at=at)
    return options_to_json(options), secret


@dataclass(frozen=True, slots=True)
class Answered:
    """What the browser sent back: the cookie of the question, and the credential as JSON."""

    secret: str
    credential: str


async def add(db: Session, user_id: UUID, answered: Answered, *, name: str, party: Party, at: datetime) -> Passkey:
    """Keep the key that her device made. Raises: PasskeyRefused."""
    nonce, _ = await _asked(db, answered.secret, "new_passkey", user_id=user_id, at=at)
    try:
        checked = webauthn.verify_registration_response(
            credential=answered.credential,
            expected_challenge=nonce,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused from error
    if await db.scalar(select(Passkey.id).where(Passkey.credential_id == checked.credential_id)):
        raise PasskeyRefused
    made = Passkey(
        user_id=user_id,
        credential_id=checked.credential_id,
        public_key=checked.credential_public_key,
        sign_count=checked.sign_count,
        name=name,
        created_at=at,
    )
    db.add(made)
    await db.flush()
    await note(db, user_id, "factor_added", "passkey", at=at)
    return made


async def ask_for_one(
    db: Session, purpose: ChallengePurpose, *, user_id: UUID | None, party: Party, at: datetime
) -> tuple[str, str]:
    """What the browser needs to sign with a passkey (JSON), and the cookie's secret. Without a user any key answers."""
    allowed = await of_user(db, user_id) if user_id else ()
    nonce = os.urandom(32)
    options = webauthn.generate_authentication_options(
        rp_id=party.id,
        challenge=nonce,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in allowed],
        user_verification=_REQUIRED,
    )
    secret = await challenges.ask(db, Question(purpose, user_id=user_id, nonce=nonce), at=at)
    return options_to_json(options), secret


async def check(
    db: Session, answered: Answered, *, purpose: ChallengePurpose, party: Party, at: datetime
) -> tuple[UUID, UUID]:
    """Whose passkey signed, and which one. Raises: PasskeyRefused."""
    nonce, asked_of = await _asked(db, answered.secret, purpose, user_id=None, at=at)
    key = await _key_of(db, answered.credential)
    if key is None or (asked_of is not None and key.user_id != asked_of):
        raise PasskeyRefused
    try:
        checked = webauthn.verify_authentication_response(
            credential=answered.credential,
            expected_challenge=nonce,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=key.public_key,
            credential_current_sign_count=key.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise PasskeyRefused from error
    key.sign_count, key.last_used_at = checked.new_sign_count, at
    await db.flush()
    return key.user_id, key.id


async def rename(db: Session, user_id: UUID, passkey_id: UUID, *, name: str) -> None:
    """Raises: NotFound when it is not hers."""
    mine = update(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user_id).values(name=name)
    if await db.scalar(mine.returning(Passkey.id).execution_options(synchronize_session=False)) is None:
        raise NotFound


async def remove(db: Session, user_id: UUID, passkey_id: UUID, *, at: datetime) -> None:
    """It opens nothing any more. Raises: NotFound when it is not hers."""
    gone = delete(Passkey).where(Passkey.id == passkey_id, Passkey.user_id == user_id).returning(Passkey.id)
    if await db.scalar(gone) is None:
        raise NotFound
    await note(db, user_id, "factor_removed", "passkey", at=at)


async def _asked(
    db: Session, secret: str, purpose: ChallengePurpose, *, user_id: UUID | None, at: datetime
) -> tuple[bytes, UUID | None]:
    """The bytes that had to be signed, used up now, and of whom they were asked."""
    found = await challenges.take(db, secret, purpose, at=at)
    if found is None or found.nonce is None or (user_id is not None and found.user_id != user_id):
        raise PasskeyRefused
    await challenges.use(db, found, at=at)
    return found.nonce, found.user_id


async def _key_of(db: Session, credential: str) -> Passkey | None:
    try:
        raw = base64url_to_bytes(webauthn.helpers.parse_authentication_credential_json(credential).id)
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return await db.scalar(
        select(Passkey)
        .join(User, User.id == Passkey.user_id)
        .where(Passkey.credential_id == raw, User.closed_at.is_(None))
        .with_for_update(of=Passkey)
    )
