"""The `[fast]` extra: tickets and Merkle trees of large S256 files by compiled kernels, one thread per core.

Used when numba can be imported, `RID1_FAST` is not 0, and the file is large enough to pay for loading the compiler
(`RID1_FAST=1`: whatever the size). A process that has loaded them uses them for smaller files too; `warm` loads them
beforehand. Nothing compiled is trusted. Every ticket that is kept is hashed again with hashlib, and so is one line or
node of `_STEP`, chosen so that every lane is met; a difference stops the run with RidError `fast_mismatch` before
anything is written. There is no silent fall back: a machine that hashes wrongly must be seen.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import tempfile
from array import array
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from rid1.errors import RidError
from rid1.suites import S256, Suite
from rid1.tsv import blocks, open_file

FAST_FROM = 24 << 20
"""Files below this many bytes (about 800,000 pool lines) are done before the compiler is loaded."""

WARM_FROM = 1 << 20
"""The same once it is loaded: what is left to pay is the start of threads."""

HEIGHT = 16
"""Files are cut into Merkle subtrees of 2**HEIGHT lines."""

Limits = dict[bytes, dict[bytes, bytes]]
Tick = Callable[[int], None]

_SLACK = 1 << 16
_STEP = 1021  # odd, so that the sample meets every lane


def kernels(suite: Suite, length: int) -> ModuleType | None:
    """The compiled kernels, if they are wanted and there for a file of `length` bytes; else None."""
    wish = os.environ.get("RID1_FAST", "")
    least = WARM_FROM if _load.cache_info().currsize else FAST_FROM
    if wish == "0" or suite is not S256 or (length < least and wish != "1"):
        return None
    return _load()


def warm() -> bool:
    """Loads the kernels, compiling them if nobody has before; whether there are any now. `python -m rid1.fast` does it.

    Raises RidError `fast_mismatch`.
    """
    kernel = None if os.environ.get("RID1_FAST") == "0" else _load()
    if kernel is None:
        return False
    with tempfile.TemporaryDirectory(prefix="rid1-warm-") as folder:
        path = Path(folder) / "pool.tsv"
        path.write_bytes(b"L\tA\tS\tU\nL\tB\tS\tU\n")
        part = (kernel, str(path), 0, path.stat().st_size)
        draw_part(*part, "0" * 64, {b"L": {b"S": b"\xff" * 33}}, lambda _: None)
        subtrees(*part, lambda _: None)
    return True


@cache
def _load() -> ModuleType | None:
    """Imports the kernels with a cache directory of the user's, named after their source: old code is never met.

    Without numba, or without a place to keep what was compiled, there are none: compiling takes longer than it saves.
    """
    if find_spec("numba") is None:
        return None
    try:
        import numba

        config: Any = numba.config
        before = config.CACHE_DIR
        config.CACHE_DIR = str(_cache_folder(before))
        try:
            from rid1 import fast_kernels
        finally:
            config.CACHE_DIR = before
    except (ImportError, OSError, RuntimeError):
        return None
    return fast_kernels


def _cache_folder(given: str) -> Path:
    here = Path(__file__).parent
    source = b"".join((here / f"fast_{name}.py").read_bytes() for name in ("sha256", "kernels"))
    base = Path(given or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "rid1" / hashlib.sha256(source).hexdigest()[:16]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def run(target: Callable[..., Any], parts: Sequence[tuple[Any, ...]], tick: Tick | None) -> list[Any]:
    """Calls `target(*part, tick)` for every part at once, in threads: the kernels let each other run."""
    told = tick or (lambda _: None)
    with ThreadPoolExecutor(max(1, len(parts))) as pool:
        return list(pool.map(lambda part: target(*part, told), parts))


def draw_part(
    kernel: ModuleType, path: str, start: int, end: int, key: str, limits: Limits, tick: Tick
) -> dict[tuple[str, str], list[bytes]]:
    """`selection.draw_part` by kernel. Raises RidError `stratum_unknown`, `fast_mismatch`."""
    names, spans, bounds = _groups(limits)
    state, w = array("I", bytes(32 * kernel.LANES)), array("I", bytes(64 * kernel.LANES))
    first = _key_state(kernel, key, w, state)
    from_bytes = int.from_bytes
    fresh = hashlib.sha256(f"{key}:".encode()).copy
    kept: dict[bytes, dict[bytes, list[bytes]]] = {a: {b: [] for b in strata} for a, strata in limits.items()}
    into = {a: {b: (limits[a][b], found.append) for b, found in strata.items()} for a, strata in kept.items()}
    size = 0
    for block in _blocks(path, start, end):
        if size < len(block):
            size = (len(block) + _SLACK) // 8 * 8
            marks, prefixes = array("I", bytes(4 * size + 4)), array("Q", bytes(2 * size + 16))
            starts, picked = (
                array("I", bytes(size + 8)),
                array("I", bytes(size + 8)),
            )  # a line has 4 bytes or more
        lines, found = kernel.tickets(
            block, first, names, spans, bounds, prefixes, starts, picked, marks, w, state
        )
        if lines < 0:
            raise _unknown(block, starts[-1 - lines], path)
        for line in picked[:found]:
            list_code, ident, stratum, rest = block[starts[line] : starts[line + 1] - 1].split(b"\t", 3)
            hashed = fresh()
            hashed.update(ident)
            digest = hashed.digest()
            if from_bytes(digest[:8], "big") != prefixes[line]:
                raise _mismatch(path)
            limit, keep = into[list_code][stratum]
            if digest < limit:
                keep(digest + ident + b"\t" + rest.partition(b"\t")[0])
        for line in range(0, lines, _STEP):
            list_code, ident, stratum, _ = block[starts[line] : starts[line + 1] - 1].split(b"\t", 3)
            hashed = fresh()
            hashed.update(ident)
            digest = hashed.digest()
            wanted = digest < limits[list_code][stratum]
            if from_bytes(digest[:8], "big") != prefixes[line] or (wanted and line not in picked[:found]):
                raise _mismatch(path)
        tick(len(block))
    return {
        (a.decode(), b.decode()): sorted(packed) for a, strata in kept.items() for b, packed in strata.items()
    }


def subtrees(
    kernel: ModuleType, path: str, start: int, end: int, tick: Tick, height: int = HEIGHT
) -> list[tuple[int, bytes]]:
    """(height, root) of the perfect Merkle subtrees over the lines of a byte range, for `merkle.Accumulator`.

    None is higher than `height`; the lower ones stand at the end. Raises RidError `fast_mismatch`.
    """
    state, w = array("I", bytes(32 * kernel.LANES)), array("I", bytes(64 * kernel.LANES))
    found: list[tuple[int, bytes]] = []
    hashes = array("I", bytes(32 << height))
    waiting = 0  # leaves in `hashes` that are not in a subtree yet
    for block in _blocks(path, start, end):
        room = block.count(b"\n") + 2
        starts = array("I", bytes(4 * room))
        if len(hashes) < 8 * (waiting + room):
            hashes.extend(array("I", bytes(8 * 4 * (waiting + room) - 4 * len(hashes))))
        lines = kernel.leaves(block, hashes, waiting, starts, w, state)
        for line in range(0, lines, _STEP):
            text = b"\0" + block[starts[line] : starts[line + 1] - 1]
            _check(hashes, waiting + line, text, path)
        waiting += lines
        done = 0
        while waiting - done >= 1 << height:
            found.append((height, _root(kernel, hashes, done, height, w, state, path)))
            done += 1 << height
        hashes, waiting = hashes[8 * done :], waiting - done
        tick(len(block))
    done = 0
    for lower in range(height, -1, -1):
        if waiting & 1 << lower:
            found.append((lower, _root(kernel, hashes, done, lower, w, state, path)))
            done += 1 << lower
    return found


def _root(kernel: ModuleType, hashes: Any, first: int, height: int, w: Any, state: Any, path: str) -> bytes:
    """Root over 2**height leaves from hash `first` on, level by level; a sample of each level is hashed again."""
    below, at = hashes, first
    for level in range(height - 1, -1, -1):
        pairs = 1 << level
        above = array("I", bytes(32 * pairs))
        kernel.nodes(below, at, above, pairs, w, state)
        for node in range(level % kernel.LANES, pairs, _STEP):
            left = 8 * (at + 2 * node)
            _check(above, node, b"\1" + struct.pack(">16I", *below[left : left + 16]), path)
        below, at = above, 0
    return struct.pack(">8I", *below[8 * at : 8 * at + 8])


def _check(hashes: Any, at: int, text: bytes, path: str) -> None:
    if struct.pack(">8I", *hashes[8 * at : 8 * at + 8]) != hashlib.sha256(text).digest():
        raise _mismatch(path)


def _blocks(path: str, start: int, end: int) -> Any:
    with open_file(Path(path)) as file:
        yield from blocks(file, start, end)


def _groups(limits: Limits) -> tuple[bytes, Any, Any]:
    """The limits as `fast_kernels.tickets` takes them: names, spans and 64-bit bounds."""
    names = b""
    spans, bounds = array("I"), array("Q")
    for list_code, strata in limits.items():
        for stratum, limit in strata.items():
            middle = len(names) + len(list_code)
            spans.extend((len(names), middle, middle, middle + len(stratum)))
            names += list_code + stratum
            bounds.append(int.from_bytes(limit[:8].ljust(8, b"\0"), "big"))
    return names, spans, bounds


def _key_state(kernel: ModuleType, key: str, w: Any, state: Any) -> Any:
    """The state of SHA-256 after K_target, which is exactly one block (RID/1 §6)."""
    for j, word in enumerate(struct.unpack(">16I", key.encode())):
        w[j * kernel.LANES] = word
    for j, word in enumerate(kernel.START):
        state[j * kernel.LANES] = word
    kernel.compress(state, w)
    return array("I", (state[j * kernel.LANES] for j in range(8)))


def _unknown(block: bytes, at: int, path: str) -> RidError:
    shown = block[at : block.find(b"\n", at)].decode("utf-8", "replace").replace("\t", " ")
    return RidError(
        "stratum_unknown",
        f"未知的名单或层:{shown}",
        f"unknown stratum: {shown}",
        Path(path).name,
    )


def _mismatch(path: str) -> RidError:
    return RidError(
        "fast_mismatch",
        "加速模块的哈希与标准库不一致,已停止。请检查本机,并以 RID1_FAST=0 重算",
        "the compiled hashes differ from hashlib's: stopped. Check this machine, and set RID1_FAST=0 to go on without",
        Path(path).name,
    )


if __name__ == "__main__":
    sys.exit(
        0 if warm() else "rid1: no kernels: numba is missing, or nothing can be written to the cache folder"
    )
