"""Tickets and selection (RID/1 §6). Streams pool.tsv and keeps only the smallest tickets of each stratum.

Tickets are uniform, so the k+m smallest of n lie below a cutoff that can be computed beforehand with a margin; nearly
all objects are dropped by one comparison. If the margin ever fails, it is doubled and the pool read again: the result
never depends on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from math import isqrt
from pathlib import Path
from typing import BinaryIO

from rid1 import fast, parallel
from rid1.errors import RidError
from rid1.manifest import Manifest
from rid1.scan import PARALLEL_FROM
from rid1.suites import Suite, suite_named
from rid1.tsv import blocks, open_file

Need = Mapping[tuple[str, str], tuple[int, int]]
"""(list, stratum) → (objects in it, smallest tickets wanted)."""

Drawn = dict[tuple[str, str], list[bytes]]
"""(list, stratum) → the wanted smallest, ascending by (ticket, id), packed as ticket ‖ id TAB unit."""

_DIGEST = 32
_PIECE = 512  # lines written at once: what they are made of fits into the cache of a core
_NEVER = b""
_ALWAYS = b"\xff" * (_DIGEST + 1)


@dataclass(frozen=True)
class Pick:
    """One drawn object: its ticket (hex), id and unit."""

    ticket: str
    id: str
    unit: str


def unpack(packed: bytes) -> Pick:
    """The object packed by `smallest`."""
    ident, unit = packed[_DIGEST:].decode().split("\t")
    return Pick(packed[:_DIGEST].hex(), ident, unit)


def smallest(
    pool: Path,
    suite: Suite,
    key: str,
    need: Need,
    tick: parallel.Tick | None = None,
    workers: int | None = None,
) -> Drawn:
    """The wanted number of smallest (ticket, id) of each stratum of a pool file, whatever the order of its lines.

    The lines must have passed `scan.describe`. `key` is K_target in hex; `tick` is told the bytes done.
    Raises RidError `stratum_unknown`, `stratum_size`.
    """
    with open_file(pool) as file:
        length = file.seek(0, 2)
        cuts = _cuts(file, length, workers or (parallel.cores() if length >= PARALLEL_FROM else 1))
    margin = 8
    while True:
        limits = _limits(need, margin)
        ranges = [(str(pool), a, b) for a, b in pairwise(cuts)]
        if kernels := fast.kernels(suite, length):
            parts = fast.run(fast.draw_part, [(kernels, *part, key, limits) for part in ranges], tick)
        else:
            parts = parallel.run(draw_part, [(*part, suite.name, key, limits) for part in ranges], tick)
        found = {at: sorted(chain.from_iterable(part.get(at, ()) for part in parts)) for at in need}
        if all(len(found[at]) >= wanted for at, (_, wanted) in need.items()):
            return {at: found[at][:wanted] for at, (_, wanted) in need.items()}
        if margin > 1 << 40:
            raise RidError(
                "stratum_size",
                "对象库中的对象少于应抽数量",
                "the pool has fewer objects than are wanted",
                pool.name,
            )
        margin *= margin


def _cuts(file: BinaryIO, length: int, parts: int) -> list[int]:
    """Offsets of line starts that cut the file into about equal parts."""
    cuts = [0]
    for part in range(1, parts):
        file.seek(length * part // parts)
        file.readline()
        if cuts[-1] < file.tell() < length:
            cuts.append(file.tell())
    return [*cuts, length] if length else []


def _limits(need: Need, margin: int) -> dict[bytes, dict[bytes, bytes]]:
    """The ticket bytes below which an object of (list, stratum) is kept: the wanted share plus `margin` deviations."""
    limits: dict[bytes, dict[bytes, bytes]] = {}
    for (list_code, stratum), (n, wanted) in need.items():
        expected = wanted + margin * (isqrt(wanted) + 8)
        if wanted == 0:
            limit = _NEVER
        elif expected >= n:
            limit = _ALWAYS
        else:
            limit = ((expected << 8 * _DIGEST) // n).to_bytes(_DIGEST, "big")
        limits.setdefault(list_code.encode(), {})[stratum.encode()] = limit
    return limits


def draw_part(
    path: str,
    start: int,
    end: int,
    suite_name: str,
    key: str,
    limits: dict[bytes, dict[bytes, bytes]],
    tick: parallel.Tick,
) -> dict[tuple[str, str], list[bytes]]:
    """The objects of one byte range whose tickets lie below the limits; runs in a child for large pools."""
    base = suite_named(suite_name).new(f"{key}:".encode())  # K fills one hash block: it is compressed once
    copy = base.copy
    kept: dict[tuple[bytes, bytes], list[bytes]] = {}
    current, below = b"", {}
    with open_file(Path(path)) as file:
        for block in blocks(file, start, end):
            fields = block.replace(b"\n", b"\t").split(b"\t")
            width = len(fields) // max(1, block.count(b"\n"))
            try:
                for list_code, ident, stratum, unit in zip(
                    fields[:-1:width], fields[1::width], fields[2::width], fields[3::width], strict=True
                ):
                    if list_code != current:
                        current, below = list_code, limits[list_code]
                    state = copy()
                    state.update(ident)
                    digest = state.digest()
                    if digest < below[stratum]:
                        kept.setdefault((list_code, stratum), []).append(digest + ident + b"\t" + unit)
            except KeyError:
                raise _unknown(list_code, stratum, path) from None
            tick(len(block))
    return {(a.decode(), b.decode()): sorted(packed) for (a, b), packed in kept.items()}


def _unknown(list_code: bytes, stratum: bytes, path: str) -> RidError:
    name = f"{list_code.decode()}/{stratum.decode()}"
    return RidError("stratum_unknown", f"未知的名单或层:{name}", f"unknown stratum: {name}", Path(path).name)


def need_of(manifest: Manifest) -> dict[tuple[str, str], tuple[int, int]]:
    """What the manifest's round draws: k+m of each stratum."""
    return {(li.code, st.code): (st.n, st.k + st.m) for li in manifest.lists for st in li.strata}


def result_lines(manifest: Manifest, drawn: Drawn) -> Iterator[bytes]:
    """result.tsv (RID/1 §6) in pieces of whole lines: lists and strata in manifest order."""
    for spec in manifest.lists:
        for st in spec.strata:
            picks = drawn[spec.code, st.code][: st.k + st.m]
            for start, end, mark in ((0, st.k, "S"), (st.k, len(picks), "R")):
                for at in range(start, end, _PIECE):
                    piece = picks[at : min(end, at + _PIECE)]
                    named = b"\t".join([packed[_DIGEST:] for packed in piece]).decode().split("\t")[::2]
                    yield "".join(
                        [
                            f"{spec.code}\t{st.code}\t{rank}\t{mark}\t{ident}\t{packed[:_DIGEST].hex()}\n"
                            for rank, (ident, packed) in enumerate(zip(named, piece, strict=True), at + 1)
                        ]
                    ).encode()


def targets_by_crew(manifest: Manifest, drawn: Drawn) -> dict[str, dict[bytes, Sequence[str]]]:
    """crew → the packed objects selected in at least one of its lists → those lists, for the matching (RID/1 §7)."""
    targets: dict[str, dict[bytes, list[str]]] = {crew.code: {} for crew in manifest.crews}
    for spec in manifest.lists:
        for st in spec.strata:
            for packed in drawn[spec.code, st.code][: st.k]:
                targets[spec.crew].setdefault(packed, []).append(spec.code)
    return {crew: dict(found) for crew, found in targets.items()}
