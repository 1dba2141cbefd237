"""Whose signature stands under the checkpoints of the draw log. Another device may take the key's place."""

import base64
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rid1.checkpoint import verifier_key

from suicha_draw.settings import Settings


class Signer(Protocol):
    """Signs the text of a checkpoint. `origin` names log and key."""

    origin: str
    public: bytes

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message."""


class Ed25519Signer:
    """A signer with an Ed25519 key from the settings (RFC 8032: the same text gives the same signature)."""

    def __init__(self, origin: str, seed: bytes) -> None:
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message."""
        return self._key.sign(message)


def signer_of(settings: Settings) -> Ed25519Signer:
    """Return the signer that the settings describe."""
    return Ed25519Signer(settings.log_origin, base64.b64decode(settings.log_key.get_secret_value()))


def verifier_key_of(signer: Signer) -> str:
    """Return the public key as a note verifier key (vkey), to be pinned by whoever verifies."""
    return verifier_key(signer.origin, signer.public)
