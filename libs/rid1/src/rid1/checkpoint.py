"""Checkpoints of the draw log as C2SP signed notes (tlog-checkpoint): origin, size, root, Ed25519 signature lines.

Signing happens elsewhere: `body` gives the text to sign, `attach` adds a signature line to it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from rid1.ed25519 import verify as ed25519_verify
from rid1.errors import RidError

_ED25519 = b"\x01"
_WHERE = "log/checkpoint"


@dataclass(frozen=True)
class Signature:
    """One signature line: key name, 4-byte key hash, signature bytes."""

    name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True)
class Checkpoint:
    """A parsed checkpoint: the log of `origin` has `size` entries under `root`. `text` is what was signed."""

    origin: str
    size: int
    root: bytes
    text: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True)
class LogKey:
    """A pinned Ed25519 public key; `name` is None when only the bare key is known."""

    name: str | None
    public: bytes


def body(origin: str, size: int, root: bytes, extensions: tuple[str, ...] = ()) -> str:
    """The checkpoint text that is signed."""
    lines = [origin, str(size), base64.b64encode(root).decode(), *extensions]
    if any(not line or "\n" in line for line in lines):
        raise ValueError("a checkpoint line must be one line and not empty")
    return "".join(f"{line}\n" for line in lines)


def key_hash(name: str, public: bytes) -> bytes:
    """The first four bytes of SHA-256(name LF 0x01 key), as signed notes identify Ed25519 keys."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def attach(text: str, name: str, public: bytes, signature: bytes) -> str:
    """The signed note of `text` with one signature of key `name`; call again on the result for more signatures."""
    blob = base64.b64encode(key_hash(name, public) + signature).decode()
    return f"{text if chr(10) * 2 in text else text + chr(10)}— {name} {blob}\n"


def verifier_key(name: str, public: bytes) -> str:
    """The vkey text of an Ed25519 key: name+hash+base64."""
    return f"{name}+{key_hash(name, public).hex()}+{base64.b64encode(_ED25519 + public).decode()}"


def read_key(text: str) -> LogKey:
    """Reads a vkey, or a bare 32-byte key in hex or base64. Raises RidError `log_key`."""
    text = text.strip()
    try:
        if text.count("+") >= 2:
            name, digest, blob = text.split("+", 2)
            raw = base64.b64decode(blob, validate=True)
            if raw[:1] == _ED25519 and len(raw) == 33 and name and key_hash(name, raw[1:]).hex() == digest:
                return LogKey(name, raw[1:])
        raw = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
        if len(raw) == 32:
            return LogKey(None, raw)
    except ValueError:
        pass
    raise RidError("log_key", f"不是有效的日志公钥:{text}", f"not an Ed25519 public key or vkey: {text}")


def parse(note: str) -> Checkpoint:
    """Reads a signed checkpoint. Raises RidError `checkpoint`."""
    text, gap, tail = note.rpartition("\n\n")
    try:
        if not gap or not tail.endswith("\n"):
            raise ValueError("no signature block")
        origin, size, root, *_ = f"{text}\n".split("\n")
        if not origin or size != str(int(size)) or int(size) < 0:
            raise ValueError("bad origin or size")
        digest = base64.b64decode(root, validate=True)
        if len(digest) != 32:
            raise ValueError("bad root")
        signatures = tuple(_signature(line) for line in tail[:-1].split("\n"))
    except (ValueError, binascii.Error) as error:
        raise RidError(
            "checkpoint", f"检查点格式无效:{error}", f"not a signed checkpoint: {error}", _WHERE
        ) from None
    return Checkpoint(origin, int(size), digest, f"{text}\n", signatures)


def _signature(line: str) -> Signature:
    dash, name, blob = line.split(" ")
    raw = base64.b64decode(blob, validate=True)
    if dash != "—" or not name or len(raw) < 5:
        raise ValueError("bad signature line")
    return Signature(name, raw[:4], raw[4:])


def check_signature(checkpoint: Checkpoint, key: LogKey) -> None:
    """Checks that the pinned key signed the checkpoint. Raises RidError `checkpoint_signature`."""
    for found in checkpoint.signatures:
        name = key.name or found.name
        if found.name == name and found.key_hash == key_hash(name, key.public):
            if ed25519_verify(key.public, checkpoint.text.encode(), found.signature):
                return
            break
    raise RidError(
        "checkpoint_signature",
        "检查点没有指定日志公钥的有效签名",
        "the checkpoint bears no valid signature of the pinned log key",
        _WHERE,
    )
