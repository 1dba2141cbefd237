"""Witness cosignatures under a checkpoint (C2SP tlog-cosignature, `cosignature/v1`): who else saw this log grow.

A witness signs a checkpoint only after it has checked that the log grew on from the one it signed before. So a log
that shows two histories needs two histories of every witness as well. A cosignature carries the witness's own time.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from rid1.checkpoint import Checkpoint
from rid1.ed25519 import verify as ed25519_verify
from rid1.errors import RidError

_TYPE = b"\x04"
"""Signature type of Ed25519 cosignatures (C2SP signed-note)."""
_TIME, _SIGNATURE = 8, 64


@dataclass(frozen=True)
class WitnessKey:
    """The Ed25519 public key of a witness and the name it signs under."""

    name: str
    public: bytes


@dataclass(frozen=True)
class Cosignature:
    """A valid cosignature: which witness, and when by its own clock (Unix seconds)."""

    name: str
    time: int


def message(text: str, time: int) -> bytes:
    """What a witness signs: `text` is the checkpoint without signatures, `time` is in Unix seconds."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def key_hash(key: WitnessKey) -> bytes:
    """The first four bytes of SHA-256(name LF 0x04 key), as signed notes identify witness keys."""
    return hashlib.sha256(key.name.encode() + b"\n" + _TYPE + key.public).digest()[:4]


def witness_key(key: WitnessKey) -> str:
    """The vkey text of a witness: name+hash+base64."""
    return f"{key.name}+{key_hash(key).hex()}+{base64.b64encode(_TYPE + key.public).decode()}"


def read_witness(text: str) -> WitnessKey:
    """Reads the vkey of a witness. Raises RidError `witness_key`."""
    try:
        name, digest, blob = text.strip().split("+", 2)
        raw = base64.b64decode(blob, validate=True)
        key = WitnessKey(name, raw[1:])
        if raw[:1] == _TYPE and len(raw) == 33 and name and " " not in name and key_hash(key).hex() == digest:
            return key
    except ValueError:
        pass
    raise RidError("witness_key", f"不是有效的见证人公钥:{text}", f"not a witness's vkey: {text}")


def line(key: WitnessKey, time: int, signature: bytes) -> str:
    """The signature line of a cosignature, ending in LF; it goes beneath the lines that are there."""
    blob = base64.b64encode(key_hash(key) + time.to_bytes(_TIME, "big") + signature).decode()
    return f"— {key.name} {blob}\n"


def cosigned_by(checkpoint: Checkpoint, witnesses: Iterable[WitnessKey]) -> list[Cosignature]:
    """Which of the witnesses signed the checkpoint, in the order of its lines; lines of others are ignored.

    Raises RidError `cosignature` when a line claims to be a witness's and is not.
    """
    known = {(key.name, key_hash(key)): key for key in witnesses}
    found: list[Cosignature] = []
    for signature in checkpoint.signatures:
        key = known.get((signature.name, signature.key_hash))
        if key is None:
            continue
        time = int.from_bytes(signature.signature[:_TIME], "big")
        rest = signature.signature[_TIME:]
        if len(rest) != _SIGNATURE or not ed25519_verify(key.public, message(checkpoint.text, time), rest):
            raise RidError(
                "cosignature",
                f"见证人 {key.name} 的共同签名无效",
                f"the cosignature of {key.name} is not valid",
                "log/checkpoint",
            )
        found.append(Cosignature(key.name, time))
    return found
