"""What the child does for a freeze: pool and excluded apart, everything counted, hashed and checked."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from rid1.manifest import Crew, ListSpec
from rid1.scan import Scan, describe
from rid1.sealed import salt_file
from rid1.staffing import read_roster, unstaffable
from rid1.suites import suite_named
from rid1.tsv import KINDS, SALTED, kinds_of

NAMED_AT_MOST = 1000
"""Objects without staff that are named one by one; the total is always told."""

Progress = Callable[[str, int, int], None]
"""Told (stage, done, total), in bytes or objects."""


class Ticks:
    """Adds up what is done of a stage."""

    def __init__(self, stage: str, total: int, progress: Progress) -> None:
        self._stage, self._total, self._progress, self._done = stage, total, progress, 0
        progress(stage, 0, total)

    def __call__(self, amount: int) -> None:
        """Add what is done since the last call."""
        self._done += amount
        self._progress(self._stage, self._done, self._total)


def freeze(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Split the frozen objects into pool and excluded, count and hash the four input files, check staffing.

    In the folder: objects.tsv, inspectors.tsv, recusals.tsv. `causes` names for each list the file of those whom a
    rule leaves out: object, reason, evidence, history id.
    `raised` says for a list which objects an earlier violation raises: [position, stratum, file of ids] (D9).
    `salt` is the secret of a sealed round, hex, or None.
    Written: pool.tsv, excluded.tsv, exclusions.copy (for COPY, beginning with the round's id).
    """
    folder = Path(task["folder"])
    objects = folder / "objects.tsv"
    if task.get("raised"):
        _raise(folder, task["raised"], Ticks("raise", objects.stat().st_size, progress))
    _split(folder, str(task["round_id"]), task["causes"], Ticks("split", objects.stat().st_size, progress))
    kinds = kinds_of("sealed" if task["salt"] else "open")
    if task["salt"]:
        progress("seal", 0, objects.stat().st_size)
        _seal(folder, bytes.fromhex(task["salt"]))
    suite = suite_named(task["suite"])
    tick = Ticks("freeze", sum((folder / f"{name}.tsv").stat().st_size for name in KINDS), progress)
    scans = {name: describe(folder / f"{name}.tsv", suite, kind, tick) for name, kind in kinds.items()}
    progress("staff", 0, scans["pool"].file.size)
    roster = read_roster(folder / "inspectors.tsv", folder / "recusals.tsv")
    lists = [ListSpec(code, crew, 0, 0, ()) for code, crew in task["lists"]]
    crews = [Crew(code, team, 0, 0) for code, team in task["crews"]]
    named: list[list[Any]] = []
    without = 0
    for one in unstaffable(folder / "pool.tsv", roster, lists, crews, scans["pool"].groups):
        without += 1
        if len(named) < NAMED_AT_MOST:
            named.append([one.id, one.crew, one.unit, one.eligible, one.team])
    return {
        "scans": {name: _plain(scan) for name, scan in scans.items()},
        "unstaffable": named,
        "unstaffable_total": without,
    }


def _raise(folder: Path, raised: Mapping[str, Any], tick: Ticks) -> None:
    """Move objects with an earlier violation into its stratum, unless a reason before it has them already."""
    lists = {
        code.encode(): (position, stratum.encode(), frozenset((folder / name).read_bytes().split()))
        for code, (position, stratum, name) in raised.items()
    }
    with (folder / "objects.tsv").open("rb") as source, (folder / "raised.tsv").open("wb") as out:
        for line in _told(source, tick):
            list_code, object_id, stratum, unit = line.split(b"\t")
            position, own, found = lists.get(list_code, (0, b"", frozenset()))
            earlier = any(stratum.startswith(b"R%d-" % before) for before in range(1, position))
            if object_id in found and not earlier:
                out.write(b"\t".join((list_code, object_id, own, unit)))
            else:
                out.write(line)
    (folder / "raised.tsv").replace(folder / "objects.tsv")


def _told(source: BinaryIO, tick: Ticks) -> Iterator[bytes]:
    """The lines of a file; `tick` is told of them in blocks."""
    while lines := source.readlines(1 << 20):
        yield from lines
        tick(sum(map(len, lines)))


def _split(folder: Path, round_id: str, files: Mapping[str, str], tick: Ticks) -> None:
    read = {name: _causes(folder / name) for name in set(files.values())}
    causes = {code.encode(): read[name] for code, name in files.items()}
    pool, excluded, copy = (folder / name for name in ("pool.tsv", "excluded.tsv", "exclusions.copy"))
    if not any(read.values()):
        os.link(folder / "objects.tsv", pool)
        excluded.touch()
        copy.touch()
        return
    head = round_id.encode()
    with (
        (folder / "objects.tsv").open("rb") as source,
        pool.open("wb") as kept,
        excluded.open("wb") as left_out,
        copy.open("wb") as rows,
    ):
        for line in _told(source, tick):
            list_code, object_id, _ = line.split(b"\t", 2)
            found = causes[list_code].get(object_id)
            if found is None:
                kept.write(line)
            else:
                reason, evidence, history_id = found
                excluded_line = b"\t".join((list_code, object_id, reason, evidence))
                left_out.write(excluded_line + b"\n")
                rows.write(b"\t".join((head, excluded_line, history_id)) + b"\n")


def _causes(path: Path) -> dict[bytes, list[bytes]]:
    causes = {}
    for line in path.read_bytes().splitlines():
        object_id, *cause = line.split(b"\t")
        causes[object_id] = cause
    return causes


def _seal(folder: Path, secret: bytes) -> None:
    """Salt every file that names objects (RID/1 §2, sealed)."""
    for name in SALTED:
        salt_file(folder / f"{name}.tsv", folder / f"{name}.salted", name, secret)
        (folder / f"{name}.salted").replace(folder / f"{name}.tsv")


def _plain(scan: Scan) -> dict[str, Any]:
    file = scan.file
    groups = [[*group, lines] for group, lines in sorted(scan.groups.items())]
    return {"size": file.size, "sha": file.sha, "root": file.root, "groups": groups}
