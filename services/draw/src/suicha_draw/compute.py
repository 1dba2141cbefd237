"""The heavy work of a round, in a child interpreter that imports nothing but rid1, `physical` and the standard library.

So the worker's loop stays free for heartbeats and probes, all memory goes back with the child, and a child
whose worker was killed ends by itself: the worker's end of its standard input closes.

The child reads JSON lines `{"deed": …, "folder": …, …}`, one deed after the other, and writes JSON lines: `{"progress":
[stage, done, total]}`, at last `{"done": …}` or `{"fault": {code, zh, where}}`, with its `peak` memory in KiB so far.
"""

import gc
import json
import os
import sys
import threading
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from rid1 import draw as drawing
from rid1 import fast
from rid1.bundle import LogEvidence, write_bundle
from rid1.errors import RidError
from rid1.log import parse_entry
from rid1.matching import Match
from rid1.receipt import make_receipt
from rid1.scan import block_roots
from rid1.seed import read_reveals, target_key
from rid1.selection import Drawn, need_of, smallest
from rid1.staffing import read_roster
from rid1.substitution import Roll
from rid1.suites import suite_named

from suicha_draw import physical
from suicha_draw.freezing_files import Progress, Ticks, freeze

BLOCK_HEIGHT = 12
"""A block of the pool's index has 2**12 lines, so that it is a subtree."""


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
    told = result_rows(out, head)
    with (out / "match.tsv").open() as source, (out / "matches.copy").open("w") as rows:
        for position, line in enumerate(source, 1):
            object_id, crew, unit, team, alternates = line.rstrip("\n").split("\t")
            rows.write(f"{head}{position}\t{object_id}\t{crew}\t{unit}\t{{{team}}}\t{{{alternates}}}\n")
    return {
        "seed": outcome.seed,
        "result_hash": outcome.result_hash,
        "match_hash": outcome.match_hash,
        "match_rows": outcome.targets,
        **told,
    }


def result_rows(out: Path, head: str) -> dict[str, int]:
    """Write results.copy (for COPY, `head` before each line) and ids.txt from result.tsv, and count what is in it."""
    drawn: set[bytes] = set()
    selected: set[bytes] = set()
    count, first = 0, head.encode()
    with (out / "result.tsv").open("rb") as source, (out / "results.copy").open("wb") as rows:
        for line in source:
            count += 1
            rows.write(first + line)
            _, _, _, mark, object_id, _ = line.split(b"\t")
            drawn.add(object_id)
            if mark == b"S":
                selected.add(object_id)
    (out / "ids.txt").write_bytes(b"".join(one + b"\n" for one in sorted(drawn)))
    return {"result_rows": count, "ids": len(drawn), "visits": len(selected)}


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
    pool = folder / "pool.tsv"
    tick = Ticks("index", 2 * pool.stat().st_size, progress)
    roots = block_roots(pool, suite, BLOCK_HEIGHT, tick)
    offset = 0
    with pool.open("rb") as source, (folder / "index.tsv").open("wb") as out:
        out.write(b"%d\n" % (1 << BLOCK_HEIGHT))
        for root in roots:
            lines = list(islice(source, 1 << BLOCK_HEIGHT))
            first = b"\t".join(lines[0].split(b"\t", 2)[:2]) + b"\t"
            out.write(b"\t".join((b"%d" % offset, root.hex().encode(), first)) + b"\n")
            offset += (length := sum(map(len, lines)))
            tick(length)
    return {"blocks": len(roots)}


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


def warm(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Load the compiled kernels, if there are any here."""
    return {"kernels": fast.warm()}


def compile_kernels(task: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Compile the kernels if nobody has before. That keeps a core busy: whatever else wants it comes first."""
    os.nice(10)
    return warm(task, progress)


DEEDS = {
    "compile": compile_kernels, "warm": warm, "freeze": freeze, "draw": draw, "bundle": bundle, "index": index,
    "receipt": receipt, "substitute": substitute, "lots": physical.lots, "substitute_lots": physical.substitute_lots,
}  # fmt: skip


def main() -> None:
    """Do one deed after the other; see the module's docstring."""
    gc.disable()  # a deed makes millions of tuples and no cycles; to look for some takes a seventh of a match
    tasks: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    while True:
        _do(json.loads(tasks.get()))


def _do(task: Mapping[str, Any]) -> None:
    told, last = 0.0, ""

    def progress(stage: str, done: int, total: int) -> None:
        nonlocal told, last
        if stage != last or time.monotonic() - told > 0.25:
            told, last = time.monotonic(), stage
            _say({"progress": [stage, done, total]})

    try:
        said: dict[str, Any] = {"done": DEEDS[task["deed"]](task, progress)}
    except RidError as fault:
        said = {"fault": {"code": fault.code, "zh": fault.zh, "where": fault.where}}
    _say(said | {"peak": _peak()})


def _peak() -> int:
    """The most memory this process has held, in KiB; 0 where /proc is missing (getrusage would count the worker's)."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _say(message: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _listen(tasks: SimpleQueue[bytes]) -> None:
    """Take in tasks; when the worker's end of the pipe is closed, the child ends, whatever it is doing."""
    for line in sys.stdin.buffer:
        tasks.put(line)
    os._exit(1)


if __name__ == "__main__":
    main()
