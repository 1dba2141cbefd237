"""Exit codes, and reading what was given on the command line."""

from __future__ import annotations

import argparse
from pathlib import Path

from rid1.checkpoint import Checkpoint, LogKey, read_key
from rid1.checkpoint import parse as parse_checkpoint
from rid1.consistency import Earlier, read_proof
from rid1.cosignature import WitnessKey, read_witness
from rid1.draw import read_bytes
from rid1.errors import RidError, UnreadableError

OK, FAULT, UNREADABLE = 0, 1, 2


def log_key_of(given: argparse.Namespace) -> LogKey | None:
    """The pinned key of the log, if any."""
    return read_key(given.log_key) if given.log_key else None


def witnesses_of(given: argparse.Namespace) -> list[WitnessKey]:
    """The pinned keys of witnesses."""
    return [read_witness(text) for text in given.witness]


def checkpoint_of(path: Path) -> Checkpoint:
    """A checkpoint file, parsed. Raises UnreadableError."""
    try:
        return parse_checkpoint(read_bytes(path).decode())
    except UnicodeDecodeError:
        raise UnreadableError("checkpoint", "检查点不是 UTF-8", "not UTF-8", path.name) from None
    except UnreadableError:
        raise
    except RidError as error:
        raise UnreadableError(error.code, error.zh, error.en, path.name) from None


def earlier_of(given: argparse.Namespace) -> Earlier | None:
    """The checkpoint of `--since` with the proof of `--consistency`."""
    if given.since is None:
        if given.consistency:
            given.parser.error("--consistency needs --since")
        return None
    name = given.consistency
    return Earlier(checkpoint_of(given.since), read_proof(read_bytes(name), name.name) if name else None)
