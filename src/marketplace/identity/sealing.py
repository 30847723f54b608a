"""Secrets that must be read again, encrypted at rest: the shared secrets of authenticator apps."""

import os
from dataclasses import dataclass, field
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals and opens with a key derived from the site's secret (HKDF-SHA256, AES-256-GCM), bound to whose it is."""

    secret: str = field(repr=False)

    def seal(self, content: bytes, *, whose: UUID) -> bytes:
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher().encrypt(nonce, content, whose.bytes)

    def open(self, sealed: bytes, *, whose: UUID) -> bytes | None:
        """What was sealed; None when it was sealed for somebody else, under another key, or changed."""
        try:
            return self._cipher().decrypt(sealed[:_NONCE], sealed[_NONCE:], whose.bytes)
        except InvalidTag:
            return None

    def _cipher(self) -> AESGCM:
        derived = HKDF(SHA256(), length=32, salt=None, info=b"marketplace authenticator")
        return AESGCM(derived.derive(self.secret.encode()))
