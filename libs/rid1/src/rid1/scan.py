"""Reads an input file once and says what it holds: {size, sha, root} for the manifest and counts for the checks.

Large files are cut at multiples of 2^16 lines, so that every core hashes whole Merkle subtrees of its own part.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice, pairwise
from operator import itemgetter
from pathlib import Path

from rid1 import fast, parallel
from rid1.merkle import Accumulator, leaf_hash, perfect_root, root_of
from rid1.suites import Suite, suite_named
from rid1.tsv import BLOCK, FileKind, blocks, check_order, kind_named, open_file, rows_of

PARALLEL_FROM = 8 << 20
"""Files below this many bytes are read by one core: starting children costs more than it saves."""

_LEAVES = 1 << fast.HEIGHT


@dataclass(frozen=True)
class InputFile:
    """What the manifest says of a file (RID/1 §2): number of lines, hx of the bytes, RFC 9162 root; hashes in hex."""

    size: int
    sha: str
    root: str


@dataclass(frozen=True)
class Scan:
    """A file as found. `groups` counts pool lines per (list, stratum, unit) and excluded lines per (list,)."""

    file: InputFile
    groups: Counter[tuple[str, ...]] = field(default_factory=Counter)


@dataclass
class _Part:
    lines: int
    subtrees: list[tuple[int, bytes]]
    groups: Counter[tuple[bytes, ...]]
    first: bytes
    last: bytes


def describe(
    path: Path,
    suite: Suite,
    kind: FileKind | None = None,
    tick: parallel.Tick | None = None,
    workers: int | None = None,
) -> Scan:
    """Size, hash, Merkle root and counts of a file, its lines checked when a `kind` is given.

    `tick` is told the bytes done; `workers` is the number of cores (default: all, for files from 8 MiB).
    Raises UnreadableError, or the RidErrors of `rid1.tsv` for the first bad line.
    """
    with open_file(path) as file:
        length = file.seek(0, 2)
    cores = workers or (parallel.cores() if length >= PARALLEL_FROM else 1)
    sha, cuts = _hash_and_cut(path, suite, cores, length)
    if not cuts:
        return Scan(InputFile(0, sha, suite.digest(b"").hex()))
    subtrees: list[tuple[int, bytes]] = []
    kernels = fast.kernels(suite, length)
    if kernels:
        ranges = [(kernels, str(path), start, end) for (start, _), (end, _) in pairwise(cuts)]
        for found in fast.run(fast.subtrees, ranges, None if kind else tick):
            subtrees += found
    parts: list[_Part] = []
    if kind or not kernels:
        hashed = None if kernels else suite.name
        kind_name = kind.name if kind else None
        jobs = [
            (str(path), start, end, line + 1, hashed, kind_name) for (start, line), (end, _) in pairwise(cuts)
        ]
        parts = parallel.run(scan_part, jobs, tick)
        subtrees += [subtree for part in parts for subtree in part.subtrees]
    return _join(path, suite, sha, kind, parts, subtrees)


def block_roots(path: Path, suite: Suite, height: int, tick: parallel.Tick | None = None) -> list[bytes]:
    """Merkle roots of every 2**height lines of a file of whole lines; the last block is whatever is left.

    `tick` is told the bytes done. Raises UnreadableError, RidError `fast_mismatch`.
    """
    told = tick or (lambda _: None)
    with open_file(path) as file:
        length = file.seek(0, 2)
        if kernels := fast.kernels(suite, length):
            found = fast.subtrees(kernels, str(path), 0, length, told, height)
            whole = [root for at, root in found if at == height]
            rest = Accumulator(suite)
            for at, root in found[len(whole) :]:
                rest.add(root, at)
            return [*whole, rest.root()] if rest.size else whole
        file.seek(0)
        roots = []
        while lines := list(islice(file, 1 << height)):
            roots.append(root_of(suite, (leaf_hash(suite, line[:-1]) for line in lines)))
            told(sum(map(len, lines)))
        return roots


def file_sha(path: Path, suite: Suite) -> str:
    """hx of a file's bytes, in constant memory."""
    state = suite.new(b"")
    with open_file(path) as file:
        while chunk := file.read(BLOCK):
            state.update(chunk)
    return state.hexdigest()


def _hash_and_cut(path: Path, suite: Suite, cores: int, length: int) -> tuple[str, list[tuple[int, int]]]:
    """hx of the file and (offset, lines before) where it is cut into `cores` parts at multiples of 2^16 lines."""
    if cores == 1 or length == 0:
        return file_sha(path, suite), [(0, 0), (length, 0)] if length else []
    state = suite.new(b"")
    cuts = [(0, 0)]
    offset = lines = 0
    with open_file(path) as file:
        while chunk := file.read(BLOCK):
            state.update(chunk)
            found = chunk.count(b"\n")
            missing = -lines % _LEAVES
            # Past the next equal share of bytes, the next multiple of 2^16 lines becomes a cut.
            if len(cuts) < cores and offset >= length * len(cuts) // cores and 0 < missing <= found:
                at = -1
                for _ in range(missing):
                    at = chunk.index(b"\n", at + 1)
                cuts.append((offset + at + 1, lines + missing))
            lines += found
            offset += len(chunk)
    if cuts[-1][0] != length:
        cuts.append((length, lines))
    return state.hexdigest(), cuts


def _join(
    path: Path,
    suite: Suite,
    sha: str,
    kind: FileKind | None,
    parts: list[_Part],
    subtrees: list[tuple[int, bytes]],
) -> Scan:
    tree = Accumulator(suite)
    for height, root in subtrees:
        tree.add(root, height)
    groups: Counter[tuple[str, ...]] = Counter()
    last, line_no = b"", 1
    for part in parts:
        if kind:
            check_order([(part.first,)], last, path.name, line_no)
        line_no += part.lines
        for group, count in part.groups.items():
            groups[tuple(b"\t".join(group).decode().split("\t"))] += count
        last = part.last
    return Scan(InputFile(tree.size, sha, tree.root().hex()), groups)


def scan_part(
    path: str,
    start: int,
    end: int,
    line_no: int,
    suite_name: str | None,
    kind_name: str | None,
    tick: parallel.Tick,
) -> _Part:
    """Hashes (if a suite is named) and checks (if a kind is) the lines of one byte range; runs in a child for large
    files.
    """
    suite = suite_named(suite_name) if suite_name else None
    kind = kind_named(kind_name) if kind_name else None
    leaves: list[bytes] = []
    part = _Part(0, [], Counter(), b"", b"")
    name = Path(path).name
    counted = itemgetter(*kind.counted) if kind and kind.counted else None
    single = kind is not None and len(kind.counted) == 1
    counts: Counter[object] = Counter()
    with open_file(Path(path)) as file:
        for block in blocks(file, start, end):
            if kind:
                rows = rows_of(kind, block, name, line_no + part.lines)
                before = part.last
                part.last = check_order(rows, before, name, line_no + part.lines)
                part.first = part.first or rows[0][0]
                if counted:
                    counts.update(map(counted, rows))
            if suite is None:
                part.lines += block.count(b"\n")
                tick(len(block))
                continue
            new = suite.new
            lines = block.split(b"\n")
            if not lines[-1]:
                lines.pop()
            part.lines += len(lines)
            leaves += [new(b"\0" + line).digest() for line in lines]
            if len(leaves) >= _LEAVES:
                part.subtrees.append((fast.HEIGHT, perfect_root(suite, leaves[:_LEAVES])))
                del leaves[:_LEAVES]
            tick(len(block))
    part.subtrees += [(0, leaf) for leaf in leaves]
    part.groups = Counter({(group,) if single else group: n for group, n in counts.items()})  # type: ignore[misc]
    return part
