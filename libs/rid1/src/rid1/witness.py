"""`rid1 cosign`: what a witness of the draw log runs. The only part of rid1 that holds a secret key.

The witness keeps the last checkpoint that it signed. It signs a new one when the log's own signature holds and a
consistency proof leads from the kept one to it, and keeps it before the signature is given away.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import secrets
import sys
import time
from pathlib import Path

from rid1.checkpoint import LogKey, check_signature, read_key
from rid1.checkpoint import parse as parse_checkpoint
from rid1.consistency import Consistency, Earlier, check_growth, read_proof
from rid1.cosignature import WitnessKey, line, message, witness_key
from rid1.draw import read_bytes
from rid1.ed25519 import BASE, L, compress, multiply
from rid1.errors import UnreadableError


def public_of(seed: bytes) -> bytes:
    """The Ed25519 public key of a 32-byte seed (RFC 8032 §5.1.5)."""
    return compress(multiply(_expand(seed)[0], BASE))


def sign(seed: bytes, text: bytes) -> bytes:
    """An Ed25519 signature (RFC 8032 §5.1.6). Not in constant time: for a witness's own machine, not for a server."""
    scalar, prefix = _expand(seed)
    public = compress(multiply(scalar, BASE))
    nonce = int.from_bytes(hashlib.sha512(prefix + text).digest(), "little") % L
    point = compress(multiply(nonce, BASE))
    challenge = int.from_bytes(hashlib.sha512(point + public + text).digest(), "little") % L
    return point + ((nonce + challenge * scalar) % L).to_bytes(32, "little")


def _expand(seed: bytes) -> tuple[int, bytes]:
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    return scalar, digest[32:]


def cosign(
    seed: bytes, name: str, note: str, log_key: LogKey, kept: str | None, proof: Consistency | None, now: int
) -> str:
    """The cosignature line for the checkpoint `note`, after checking it against the one kept (None: the first).

    Raises RidError `checkpoint`, `checkpoint_signature`, those of `check_growth`, or `log_forked`.
    """
    checkpoint = parse_checkpoint(note)
    check_signature(checkpoint, log_key)
    if kept is not None:
        check_growth(Earlier(parse_checkpoint(kept), proof), checkpoint, log_key)
    key = WitnessKey(name, public_of(seed))
    return line(key, now, sign(seed, message(checkpoint.text, now)))


def add_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], common: argparse.ArgumentParser
) -> None:
    """Adds `cosign` and `witness-key` to the command line."""
    command = commands.add_parser(
        "witness-key", parents=[common], help="make a witness's key; prints what the log's keeper pins"
    )
    command.add_argument(
        "key", type=Path, metavar="KEY_FILE", help="a new file that only the witness may read"
    )
    command.add_argument("--name", required=True, help="name the witness signs under, without blanks")
    command.set_defaults(run=_make_key)

    command = commands.add_parser(
        "cosign", parents=[common], help="cosign a checkpoint of the draw log as its witness"
    )
    command.add_argument("checkpoint", type=Path, metavar="CHECKPOINT")
    command.add_argument("--key", type=Path, required=True, metavar="KEY_FILE")
    command.add_argument("--name", required=True)
    command.add_argument("--log-key", required=True, metavar="KEY", help="pinned key of the draw log")
    command.add_argument(
        "--state", type=Path, required=True, metavar="FILE", help="the checkpoint signed last; replaced"
    )
    command.add_argument("--first", action="store_true", help="there is none yet")
    command.add_argument("--consistency", type=Path, metavar="FILE", help="proof from the one signed last")
    command.set_defaults(run=_cosign, parser=command)


def _make_key(given: argparse.Namespace) -> int:
    seed = secrets.token_bytes(32)
    if not given.name or any(letter in given.name for letter in " +\n"):
        raise UnreadableError("witness_name", "名称不得含空格或加号", "a name has no blank or plus sign")
    with os.fdopen(os.open(given.key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(base64.b64encode(seed).decode() + "\n")
    sys.stdout.write(witness_key(WitnessKey(given.name, public_of(seed))) + "\n")
    return 0


def _cosign(given: argparse.Namespace) -> int:
    if given.state.exists() == given.first:
        given.parser.error("--first exactly when there is no checkpoint signed before")
    note = _text(given.checkpoint)
    proof = read_proof(read_bytes(given.consistency), given.consistency.name) if given.consistency else None
    kept = None if given.first else _text(given.state)
    try:
        seed = base64.b64decode(_text(given.key).strip(), validate=True)
        if len(seed) != 32:
            raise ValueError
    except ValueError:
        raise UnreadableError("witness_key", "密钥文件无效", "not a key file", given.key.name) from None
    made = cosign(seed, given.name, note, read_key(given.log_key), kept, proof, int(time.time()))
    fresh = given.state.with_name(given.state.name + ".new")
    fresh.write_text(note, "utf-8")
    fresh.replace(given.state)
    sys.stdout.write(made)
    return 0


def _text(path: Path) -> str:
    try:
        return read_bytes(path).decode()
    except UnicodeDecodeError:
        raise UnreadableError("checkpoint", "不是 UTF-8 文本", "not UTF-8", path.name) from None
