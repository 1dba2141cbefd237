"""The heavy work of a round, in a child interpreter that imports nothing but rid1, `physical` and the standard library.

So the worker's loop stays free for heartbeats and probes, all memory goes back with the child, and a child
whose worker was killed ends by itself: the worker's end of its standard input closes.

The child reads one JSON line `{"deed": …, "folder": …, …}` and writes JSON lines: `{"progress": [stage, done,
total]}`, at last `{"done": …}` or `{"fault": {code, zh, where}}`.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from rid1 import draw as drawing
from rid1.bundle import LogEvidence, write_bundle
from rid1.errors import RidError
from rid1.log import parse_entry
from rid1.manifest import Crew, ListSpec
from rid1.matching import Match
from rid1.merkle import leaf_hash, root_of
from rid1.receipt import make_receipt
from rid1.scan import Scan, describe
from rid1.sealed import salt_file
from rid1.seed import read_reveals, target_key
from rid1.selection import Drawn, need_of, smallest
from rid1.staffing import read_roster, unstaffable
from rid1.substitution import Roll
from rid1.suites import suite_named
from rid1.tsv import KINDS, SALTED, kinds_of

from suicha_draw import physical

NAMED_AT_MOST = 1000
"""Objects without staff that are named one by one; the total is always told."""

BLOCK = 4096
"""Lines of the pool in a block of its index; a power of two, so that a block is a subtree."""

Progress = Callable[[str, int, int], None]


def freeze(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Split the frozen objects into pool and excluded, count and hash the four input files, check staffing.

    In the folder: objects.tsv, inspectors.tsv, recusals.tsv. `causes` names for each list the file of those whom a
    rule leaves out: object, reason, evidence, history id.
    `raised` says for a list which objects an earlier violation raises: [position, stratum, file of ids] (D9).
    `salt` is the secret of a sealed round, hex, or None.
    Written: pool.tsv, excluded.tsv, exclusions.copy (for COPY, beginning with the round's id).
    """
    folder = Path(task["folder"])
    if task.get("raised"):
        _raise(folder, task["raised"])
    _split(folder, str(task["round_id"]), task["causes"])
    kinds = kinds_of("sealed" if task["salt"] else "open")
    if task["salt"]:
        _seal(folder, bytes.fromhex(task["salt"]))
    suite = suite_named(task["suite"])
    total = sum((folder / f"{name}.tsv").stat().st_size for name in KINDS)
    done = 0

    def tick(amount: int) -> None:
        nonlocal done
        done += amount
        progress("freeze", done, total)

    scans = {name: describe(folder / f"{name}.tsv", suite, kind, tick) for name, kind in kinds.items()}
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


def _raise(folder: Path, raised: Mapping[str, Any]) -> None:
    """Move objects with an earlier violation into its stratum, unless a reason before it has them already."""
    lists = {
        code.encode(): (position, stratum.encode(), frozenset((folder / name).read_bytes().split()))
        for code, (position, stratum, name) in raised.items()
    }
    with (folder / "objects.tsv").open("rb") as source, (folder / "raised.tsv").open("wb") as out:
        for line in source:
            list_code, object_id, stratum, unit = line.split(b"\t")
            position, own, found = lists.get(list_code, (0, b"", frozenset()))
            earlier = any(stratum.startswith(b"R%d-" % before) for before in range(1, position))
            if object_id in found and not earlier:
                out.write(b"\t".join((list_code, object_id, own, unit)))
            else:
                out.write(line)
    (folder / "raised.tsv").replace(folder / "objects.tsv")


def _split(folder: Path, round_id: str, files: Mapping[str, str]) -> None:
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
        for line in source:
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


def draw(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Draw and match, into `out` beneath the folder, with rows for COPY beside the canonical files.

    `sha256` names the input files by the hashes that they were fetched under. In suite S256 these are the
    manifest's own, so the files are the frozen ones, which the freeze has checked line by line; they are not
    read once more. With another suite, or any difference, everything is checked again.
    """
    folder = Path(task["folder"])
    out = folder / "out"
    reveals = read_reveals((folder / "reveals.json").read_bytes())
    manifest, digest = drawing.read_manifest(folder)
    if {name: file.sha for name, file in manifest.inputs.items()} == task["sha256"]:
        roster = read_roster(folder / "inspectors.tsv", folder / "recusals.tsv")
    else:
        roster = drawing.check_inputs(manifest, folder, progress)
    outcome = drawing.replay(manifest, digest, folder / "pool.tsv", roster, reveals, out, progress)
    head = f"{task['round_id']}\t"
    with (out / "result.tsv").open() as source, (out / "results.copy").open("w") as rows:
        rows.writelines(head + line for line in source)
    with (out / "match.tsv").open() as source, (out / "matches.copy").open("w") as rows:
        for position, line in enumerate(source, 1):
            object_id, crew, unit, team, alternates = line.rstrip("\n").split("\t")
            rows.write(f"{head}{position}\t{object_id}\t{crew}\t{unit}\t{{{team}}}\t{{{alternates}}}\n")
    with (out / "result.tsv").open() as source:
        fields = [line.split("\t") for line in source]
    ids = sorted({row[4] for row in fields})
    (out / "ids.txt").write_text("".join(f"{one}\n" for one in ids))
    return {
        "seed": outcome.seed,
        "result_hash": outcome.result_hash,
        "match_hash": outcome.match_hash,
        "result_rows": len(fields),
        "match_rows": outcome.targets,
        "ids": len(ids),
        "visits": len({row[4] for row in fields if row[3] == "S"}),
    }


def bundle(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Write bundle.zip from the files in the folder and the log evidence in log.json (RID/1 §9)."""
    folder = Path(task["folder"])
    log = json.loads((folder / "log.json").read_text())
    evidence = LogEvidence(
        [parse_entry(line.encode(), "log.json") for line in log["entries"]],
        [[bytes.fromhex(node) for node in path] for path in log["paths"]],
        log["checkpoint"],
        [bytes.fromhex(response) for response in log["timestamps"]],
    )
    reveals = read_reveals((folder / "reveals.json").read_bytes())
    write_bundle(folder / "bundle.zip", folder, folder, reveals, evidence)
    return {"size": (folder / "bundle.zip").stat().st_size}


def index(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Write index.tsv: lines of a block, then for each block of pool.tsv its offset, Merkle root and first key."""
    folder = Path(task["folder"])
    suite = suite_named(task["suite"])
    size = (folder / "pool.tsv").stat().st_size
    blocks, offset = 0, 0
    with (folder / "pool.tsv").open("rb") as pool, (folder / "index.tsv").open("wb") as out:
        out.write(b"%d\n" % BLOCK)
        while lines := list(islice(pool, BLOCK)):
            root = root_of(suite, (leaf_hash(suite, line[:-1]) for line in lines))
            first = b"\t".join(lines[0].split(b"\t", 2)[:2]) + b"\t"
            out.write(b"\t".join((b"%d" % offset, root.hex().encode(), first)) + b"\n")
            offset += sum(map(len, lines))
            blocks += 1
            progress("index", offset, size)
    return {"blocks": blocks}


def receipt(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Make the receipt of one object of a sealed round from bundle.zip and the files in the folder (RID/1 §9)."""
    folder = Path(task["folder"])
    return make_receipt(folder / "bundle.zip", task["object"], folder)


def substitute(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Find who steps in, strictly in order, after the substitutions before (RID/1 §8). Decides nothing itself."""
    folder = Path(task["folder"])
    manifest, _ = drawing.read_manifest(folder)
    suite, pool, seed = manifest.suite, folder / "pool.tsv", task["seed"]

    def deeper(key: str, list_code: str, stratum: str, count: int) -> Drawn:
        need = need_of(manifest)
        wanted = {at: (n, count if at == (list_code, stratum) else 0) for at, (n, _) in need.items()}
        return smallest(pool, suite, key, wanted)

    lines = [line.split("\t") for line in (folder / "match.tsv").read_text().splitlines()]
    roll = Roll(
        manifest,
        drawing.select(manifest, pool, target_key(suite, seed), progress),
        [Match(who, crew, unit, _names(team), _names(rest)) for who, crew, unit, team, rest in lines],
        read_roster(folder / "inspectors.tsv", folder / "recusals.tsv"),
        seed,
        deeper,
    )
    for number, body in enumerate(task["before"], 1):
        roll.check(body, f"substitution {number}")
    wanted = task["wanted"]
    if wanted["kind"] == "inspector":
        return {"in": roll.inspector_out(wanted["object"], wanted["crew"], wanted["out"])}
    step = roll.object_out(wanted["list"], wanted["stratum"], wanted["out"], wanted.get("beacon"))
    return {"in": step.id, "rank": step.rank, "team": list(step.team)}


def _names(joined: str) -> tuple[str, ...]:
    return tuple(filter(None, joined.split(",")))


DEEDS = {
    "freeze": freeze, "draw": draw, "bundle": bundle, "index": index, "receipt": receipt,
    "substitute": substitute, "lots": physical.lots, "substitute_lots": physical.substitute_lots,
}  # fmt: skip


def main() -> None:
    """Do one deed; see the module's docstring."""
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_the_worker, daemon=True).start()
    told = 0.0

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal told
        if time.monotonic() - told > 0.25:
            told = time.monotonic()
            _say({"progress": [stage, done, total]})

    try:
        _say({"done": DEEDS[task["deed"]](task, progress)})
    except RidError as fault:
        _say({"fault": {"code": fault.code, "zh": fault.zh, "where": fault.where}})


def _say(message: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _end_with_the_worker() -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
