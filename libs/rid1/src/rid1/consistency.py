"""Whether a log only grew: an earlier checkpoint against a later one (RFC 9162 §2.1.4).

A bundle shows that its entries are in the log of its checkpoint. Somebody who kept an earlier checkpoint can ask for
more: that this log still begins with the one they saw, so that nothing in it was changed or taken out since.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from rid1.checkpoint import Checkpoint, LogKey, check_signature
from rid1.errors import RidError, UnreadableError
from rid1.merkle import consistency_holds
from rid1.suites import S256

_WHERE = "earlier checkpoint"


@dataclass(frozen=True)
class Consistency:
    """A consistency proof from a log of `old` entries to one of `size`."""

    old: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Earlier:
    """A checkpoint kept from an earlier day, and the proof that leads from it; none is needed for the same size."""

    checkpoint: Checkpoint
    proof: Consistency | None = None


def read_proof(data: bytes, where: str) -> Consistency:
    """Reads `{"old", "size", "path": [hex…]}` as the draw log hands it out. Raises UnreadableError `consistency`."""
    try:
        value = json.loads(data)
        old, size, path = value["old"], value["size"], tuple(bytes.fromhex(node) for node in value["path"])
        if type(old) is not int or type(size) is not int or any(len(node) != 32 for node in path):
            raise ValueError("old and size are numbers, path holds hashes of 32 bytes")
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableError(
            "consistency", f"不是一致性证明:{error}", f"not a consistency proof: {error!r}", where
        ) from None
    return Consistency(old, size, path)


def check_growth(earlier: Earlier, later: Checkpoint, key: LogKey | None) -> None:
    """Checks that the log of `earlier` is the beginning of the log of `later`, and its signature when a key is pinned.

    Raises RidError `checkpoint_signature`, `checkpoint_origin`, `checkpoint_order`, `consistency_missing`,
    `consistency_sizes` or `log_forked`.
    """
    old = earlier.checkpoint
    if key:
        try:
            check_signature(old, key)
        except RidError as fault:
            raise RidError(fault.code, fault.zh, fault.en, _WHERE) from None
    if old.origin != later.origin:
        raise RidError(
            "checkpoint_origin",
            f"较早检查点属于另一日志:{old.origin}",
            f"the earlier checkpoint is of another log: {old.origin}",
            _WHERE,
        )
    if old.size > later.size:
        raise RidError(
            "checkpoint_order",
            f"给定检查点({old.size} 条)晚于证明包的检查点({later.size} 条)",
            f"the checkpoint given ({old.size} entries) is later than the bundle's ({later.size})",
            _WHERE,
        )
    if not consistency_holds(S256, old.size, later.size, old.root, later.root, _path(earlier, later)):
        raise RidError(
            "log_forked",
            "两个检查点不属于同一份只增不改的日志,或一致性证明有误",
            "the log is not the one of the earlier checkpoint grown on, or the proof is wrong",
            _WHERE,
        )


def _path(earlier: Earlier, later: Checkpoint) -> tuple[bytes, ...]:
    old, proof = earlier.checkpoint.size, earlier.proof
    if old == later.size:
        return ()
    if proof is None:
        raise RidError(
            "consistency_missing",
            f"需要从 {old} 条到 {later.size} 条的一致性证明",
            f"a consistency proof from {old} to {later.size} entries is needed",
            _WHERE,
        )
    if (proof.old, proof.size) != (old, later.size):
        raise RidError(
            "consistency_sizes",
            f"一致性证明是从 {proof.old} 条到 {proof.size} 条,需要的是从 {old} 条到 {later.size} 条",
            f"the proof leads from {proof.old} to {proof.size} entries, needed: from {old} to {later.size}",
            _WHERE,
        )
    return proof.path
