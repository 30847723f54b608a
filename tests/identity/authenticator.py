"""A software authenticator: makes passkeys and signs with them as a phone does (W3C WebAuthn, level 3, section 6)."""

import hashlib
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class SoftwareKey:
    """One device with one passkey. `origin` is the page that it believes to be on."""

    origin: str = "http://localhost:8000"
    verifies: bool = True
    count: int = 0
    id: bytes = field(default_factory=lambda: os.urandom(32))
    private: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    user_handle: bytes = b""

    def make(self, options: dict[str, Any]) -> str:
        """The answer to navigator.credentials.create()."""
        self.user_handle = decoded(options["user"]["id"])
        client = self._client("webauthn.create", options["challenge"])
        numbers = self.private.public_key().public_numbers()
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        said = self._authenticator_says(options["rp"]["id"], ATTESTED) + attested
        statement = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": said})
        return self._credential({"clientDataJSON": encoded(client), "attestationObject": encoded(statement)})

    def sign(self, options: dict[str, Any]) -> str:
        """The answer to navigator.credentials.get()."""
        client = self._client("webauthn.get", options["challenge"])
        said = self._authenticator_says(options["rpId"], 0)
        signature = self.private.sign(said + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        parts = {"clientDataJSON": client, "authenticatorData": said, "signature": signature}
        parts["userHandle"] = self.user_handle
        return self._credential({name: encoded(part) for name, part in parts.items()})

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _authenticator_says(self, party: str, flags: int) -> bytes:
        self.count += 1
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _credential(self, response: dict[str, str]) -> str:
        return json.dumps(
            {"id": encoded(self.id), "rawId": encoded(self.id), "type": "public-key", "response": response}
        )
