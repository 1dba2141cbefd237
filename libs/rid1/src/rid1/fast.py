"""The `[fast]` extra: tickets and Merkle trees of large S256 files by compiled kernels, one thread per core.

Used when numba is installed, `RID1_FAST` is not 0, and the file is large enough to pay for loading them
(`RID1_FAST=1`: whatever the size). A process that has loaded them uses them for smaller files too; `warm` loads them
beforehand. Nothing compiled is trusted. Every ticket that is kept is hashed again with hashlib, its line cut anew, and
so is one line or node of `_STEP`, chosen so that every lane is met; a difference stops the run with RidError
`fast_mismatch` before anything is written. There is no silent fall back: a machine that hashes wrongly must be seen.
"""

from __future__ import annotations

import hashlib
import os
import struct
import sys
import tempfile
from array import array
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from ctypes import addressof, c_char
from functools import cache
from mmap import mmap
from pathlib import Path
from typing import Any

from rid1.errors import RidError
from rid1.fast_code import CHUNK, LANES, ROOM, Kernels
from rid1.suites import S256, Suite
from rid1.tsv import blocks, open_file

FAST_FROM = 24 << 20
"""Files below this many bytes (about 800,000 pool lines) are done before the kernels are loaded."""

WARM_FROM = 1 << 20
"""The same once they are loaded: what is left to pay is the start of threads."""

HEIGHT = 16
"""Files are cut into Merkle subtrees of 2**HEIGHT lines."""

Limits = dict[bytes, dict[bytes, bytes]]
Tick = Callable[[int], None]

_WINDOW = 4 << 20  # bytes that a kernel is given at once: between them Python runs, one thread at a time
_STEP = 1021  # odd, so that the sample meets every lane


def kernels(suite: Suite, length: int) -> Kernels | None:
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
def _load() -> Kernels | None:
    """The kernels, compiled if nobody has before; None where that cannot be done or kept."""
    try:
        return Kernels()
    except (ImportError, OSError, RuntimeError):
        return None


def run(target: Callable[..., Any], parts: Sequence[tuple[Any, ...]], tick: Tick | None) -> list[Any]:
    """Calls `target(*part, tick)` for every part at once, in threads: the kernels let each other run."""
    told = tick or (lambda _: None)
    with ThreadPoolExecutor(max(1, len(parts))) as pool:
        return list(pool.map(lambda part: target(*part, told), parts))


def draw_part(
    kernel: Kernels, path: str, start: int, end: int, key: str, limits: Limits, tick: Tick
) -> dict[tuple[str, str], list[bytes]]:
    """`selection.draw_part` by kernel. Raises RidError `stratum_unknown`, `fast_mismatch`."""
    names, spans, bounds = _groups(limits)
    words = array("I", (*struct.unpack(">16I", key.encode()), *bytes(8)))  # K_target is one block (RID/1 §6)
    picked, digests = array("I", bytes(8 * ROOM)), array("I", bytes(32 * ROOM))
    most = _WINDOW // (4 * _STEP) + 1  # a line has 4 bytes or more
    sampled, prefixes = array("I", bytes(8 * most)), array("Q", bytes(8 * most))
    marks, lines = array("I", bytes(4 * CHUNK)), array("I", bytes(12 * LANES))
    w, state = array("I", bytes(64 * LANES)), array("I", bytes(32 * LANES))
    fresh = hashlib.sha256(f"{key}:".encode()).copy
    kept: dict[bytes, dict[bytes, list[bytes]]] = {a: {b: [] for b in strata} for a, strata in limits.items()}
    into = {a: {b: (limits[a][b], found.append) for b, found in strata.items()} for a, strata in kept.items()}
    told = array("I", (0, 0, 0))
    for text, address, stop in _windows(path, start, end):
        told[0] = 1
        while told[0] < stop:
            found = kernel.tickets(
                address, stop, told, words, names, spans, bounds, len(bounds), picked, digests, sampled, prefixes,
                _STEP, marks, lines, w, state,
            )  # fmt: skip
            if found < 0:
                raise _unknown(text, told[0], path)
            columns = _cut(text, picked[: 2 * found], path)
            tickets = [_ticket(fresh, ident) for ident in columns[1]]
            if b"".join(tickets) != _big_endian(digests[: 8 * found]):
                raise _mismatch(path)
            for list_code, ident, stratum, unit, digest in zip(*columns, tickets, strict=True):
                limit, keep = into[list_code][stratum]
                if digest < limit:
                    keep(digest + ident + b"\t" + unit)
            known = set(picked[: 2 * found : 2])
            columns = _cut(text, sampled[: 2 * told[2]], path)
            for list_code, ident, stratum, _, at, prefix in zip(
                *columns, sampled[::2], prefixes, strict=False
            ):
                digest = _ticket(fresh, ident)
                wanted = digest < limits[list_code][stratum]
                if int.from_bytes(digest[:8], "big") != prefix or (wanted and at not in known):
                    raise _mismatch(path)
        tick(stop - 1)
    return {
        (a.decode(), b.decode()): sorted(packed) for a, strata in kept.items() for b, packed in strata.items()
    }


def _cut(text: mmap, places: array[int], path: str) -> list[list[bytes]]:
    """List, id, stratum and unit of the lines at these places, each from the LF before it to the one that ends it."""
    chosen = b"".join(map(text.__getitem__, map(slice, places[::2], places[1::2])))
    fields = chosen.replace(b"\n", b"\t").split(b"\t")
    lines = len(places) // 2
    width = max(1, (len(fields) - 1) // max(1, lines))
    if fields[::width] != [b""] * (lines + 1):
        raise _mismatch(path)
    return [fields[column::width] for column in range(1, 5)]


def _ticket(fresh: Callable[[], Any], ident: bytes) -> bytes:
    hashed = fresh()
    hashed.update(ident)
    digest: bytes = hashed.digest()
    return digest


def _big_endian(words: array[int]) -> bytes:
    if sys.byteorder == "little":
        words.byteswap()
    return words.tobytes()


def subtrees(
    kernel: Kernels, path: str, start: int, end: int, tick: Tick, height: int = HEIGHT
) -> list[tuple[int, bytes]]:
    """(height, root) of the perfect Merkle subtrees over the lines of a byte range, for `merkle.Accumulator`.

    None is higher than `height`; the lower ones stand at the end. Raises RidError `fast_mismatch`.
    """
    state, w = array("I", bytes(32 * LANES)), array("I", bytes(64 * LANES))
    found: list[tuple[int, bytes]] = []
    hashes = array("I", bytes(32 << height))
    waiting = 0  # leaves in `hashes` that are not in a subtree yet
    for block in _blocks(path, start, end):
        room = block.count(b"\n") + 2
        starts = array("I", bytes(4 * room))
        if len(hashes) < 8 * (waiting + room):
            hashes.extend(array("I", bytes(8 * 4 * (waiting + room) - 4 * len(hashes))))
        lines = kernel.leaves(block, len(block), hashes, waiting, starts, w, state)
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


def _root(kernel: Kernels, hashes: Any, first: int, height: int, w: Any, state: Any, path: str) -> bytes:
    """Root over 2**height leaves from hash `first` on, level by level; a sample of each level is hashed again."""
    below, at = hashes, first
    for level in range(height - 1, -1, -1):
        pairs = 1 << level
        above = array("I", bytes(32 * pairs))
        kernel.nodes(below, at, above, pairs, w, state)
        for node in range(level % LANES, pairs, _STEP):
            left = 8 * (at + 2 * node)
            _check(above, node, b"\1" + struct.pack(">16I", *below[left : left + 16]), path)
        below, at = above, 0
    return struct.pack(">8I", *below[8 * at : 8 * at + 8])


def _check(hashes: Any, at: int, text: bytes, path: str) -> None:
    if struct.pack(">8I", *hashes[8 * at : 8 * at + 8]) != hashlib.sha256(text).digest():
        raise _mismatch(path)


def _windows(path: str, start: int, end: int) -> Iterator[tuple[mmap, int, int]]:
    """The lines between two offsets through one piece of memory: it, its address, and where the lines in it end.

    The first of them begins at offset 1, behind an LF. Fresh memory for every piece would make the threads wait for
    each other while the kernel hands it out.
    """
    with open_file(Path(path)) as file, mmap(-1, 1 + _WINDOW) as text:
        text[0] = ord("\n")
        address = addressof(c_char.from_buffer(text))
        while start < end:
            file.seek(start)
            with memoryview(text) as whole, whole[1 : 1 + min(_WINDOW, end - start)] as free:
                length: int = file.readinto(free)  # type: ignore[attr-defined]
            if not length:
                return
            stop = text.rfind(b"\n", 1, 1 + length) + 1 or 1 + length
            yield text, address, stop
            start += stop - 1


def _blocks(path: str, start: int, end: int) -> Iterator[bytes]:
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


def _unknown(text: mmap, at: int, path: str) -> RidError:
    shown = text[at : text.find(b"\n", at)].decode("utf-8", "replace").replace("\t", " ")
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
