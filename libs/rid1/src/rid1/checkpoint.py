"""Checkpoints of the draw log as C2SP signed notes (tlog-checkpoint): origin, size, root, signature lines.

Signing happens elsewhere: `body` gives the text to sign, `attach` adds a signature line to it. Ed25519 is checked
here; a log whose device signs otherwise (SM2) names its algorithm in its key, and the report says that it is not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from rid1.ed25519 import verify as ed25519_verify
from rid1.errors import RidError

_ED25519, _OTHER = b"\x01", b"\xff"
ED25519 = "Ed25519"
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
    """A pinned public key; `name` is None when only the bare key is known. Only Ed25519 is checked here."""

    name: str | None
    public: bytes
    algorithm: str = ED25519


def body(origin: str, size: int, root: bytes, extensions: tuple[str, ...] = ()) -> str:
    """The checkpoint text that is signed."""
    lines = [origin, str(size), base64.b64encode(root).decode(), *extensions]
    if any(not line or "\n" in line for line in lines):
        raise ValueError("a checkpoint line must be one line and not empty")
    return "".join(f"{line}\n" for line in lines)


def _typed(public: bytes, algorithm: str) -> bytes:
    """The key behind its signature type; other algorithms than Ed25519 are told apart by name (C2SP signed-note)."""
    return _ED25519 + public if algorithm == ED25519 else _OTHER + algorithm.encode() + b"\n" + public


def key_hash(name: str, public: bytes, algorithm: str = ED25519) -> bytes:
    """The first four bytes of SHA-256(name LF type key), as signed notes identify keys."""
    return hashlib.sha256(name.encode() + b"\n" + _typed(public, algorithm)).digest()[:4]


def attach(text: str, name: str, public: bytes, signature: bytes, algorithm: str = ED25519) -> str:
    """The signed note of `text` with one signature of key `name`; call again on the result for more signatures."""
    blob = base64.b64encode(key_hash(name, public, algorithm) + signature).decode()
    return f"{text if chr(10) * 2 in text else text + chr(10)}— {name} {blob}\n"


def verifier_key(name: str, public: bytes, algorithm: str = ED25519) -> str:
    """The vkey text of a key: name+hash+base64."""
    blob = base64.b64encode(_typed(public, algorithm)).decode()
    return f"{name}+{key_hash(name, public, algorithm).hex()}+{blob}"


def read_key(text: str) -> LogKey:
    """Reads a vkey, or a bare 32-byte Ed25519 key in hex or base64. Raises RidError `log_key`."""
    text = text.strip()
    try:
        if text.count("+") >= 2:
            name, digest, blob = text.split("+", 2)
            key = _read_typed(name, base64.b64decode(blob, validate=True))
            if key is not None and name and key_hash(name, key.public, key.algorithm).hex() == digest:
                return key
        raw = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
        if len(raw) == 32:
            return LogKey(None, raw)
    except ValueError:
        pass
    raise RidError("log_key", f"不是有效的日志公钥:{text}", f"not a public key or vkey of a log: {text}")


def _read_typed(name: str, raw: bytes) -> LogKey | None:
    if raw[:1] == _ED25519 and len(raw) == 33:
        return LogKey(name, raw[1:])
    algorithm, gap, public = raw[1:].partition(b"\n")
    if raw[:1] == _OTHER and gap and algorithm.isascii() and algorithm:
        return LogKey(name, public, algorithm.decode())
    return None


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
    """Checks that the pinned key signed the checkpoint.

    Raises RidError `checkpoint_signature`, or `checkpoint_algorithm` when the key is not of Ed25519.
    """
    for found in checkpoint.signatures:
        name = key.name or found.name
        if found.name == name and found.key_hash == key_hash(name, key.public, key.algorithm):
            if key.algorithm != ED25519:
                raise RidError(
                    "checkpoint_algorithm",
                    f"检查点以 {key.algorithm} 签名,本程序只能核验 {ED25519}",
                    f"the checkpoint is signed with {key.algorithm}; only {ED25519} can be checked here",
                    _WHERE,
                )
            if ed25519_verify(key.public, checkpoint.text.encode(), found.signature):
                return
            break
    raise RidError(
        "checkpoint_signature",
        "检查点没有指定日志公钥的有效签名",
        "the checkpoint bears no valid signature of the pinned log key",
        _WHERE,
    )
