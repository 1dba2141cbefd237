"""Whose signature stands under the checkpoints of the draw log. Another device may take the key's place.

A device is plugged in by a package that registers a factory under the entry point `suicha.log_signers`; settings
then name it (`DRAW_LOG_SIGNER`), and `DRAW_LOG_KEY` holds whatever it needs to find its key.
"""

import base64
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import entry_points
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from rid1.checkpoint import ED25519, verifier_key

from suicha_draw.settings import Settings

GROUP = "suicha.log_signers"


class Signer(Protocol):
    """Signs the text of a checkpoint. `origin` names log and key, `algorithm` is told to whoever verifies.

    `sign` is called from the event loop: it SHOULD answer within milliseconds.
    """

    origin: str
    algorithm: str
    public: bytes

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message."""


Factory = Callable[[str, str], Signer]
"""Makes a signer from (origin, DRAW_LOG_KEY); raises ValueError for a key that it cannot use."""


class UnknownSignerError(LookupError):
    """No installed package registers the signer that the settings name."""


class Ed25519Signer:
    """A signer with an Ed25519 key from the settings (RFC 8032: the same text gives the same signature)."""

    algorithm = ED25519

    def __init__(self, origin: str, key: str) -> None:
        self.origin = origin
        self._key = Ed25519PrivateKey.from_private_bytes(base64.b64decode(key))
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def sign(self, message: bytes) -> bytes:
        """Return the signature over the message."""
        return self._key.sign(message)


def signer_of(settings: Settings) -> Signer:
    """Return the signer that the settings describe; the same one each time.

    Raises:
        UnknownSignerError: nobody registers it.
    """
    return _signer(settings.log_signer, settings.log_origin, settings.log_key.get_secret_value())


@lru_cache(maxsize=8)
def _signer(name: str, origin: str, key: str) -> Signer:
    return _factory(name)(origin, key)


def _factory(name: str) -> Factory:
    if name == "ed25519":
        return Ed25519Signer
    for found in entry_points(group=GROUP, name=name):
        factory: Factory = found.load()
        return factory
    raise UnknownSignerError(f"no package registers {name!r} under {GROUP}")


def verifier_key_of(signer: Signer) -> str:
    """Return the public key as a note verifier key (vkey), to be pinned by whoever verifies."""
    return verifier_key(signer.origin, signer.public, signer.algorithm)
