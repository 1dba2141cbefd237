"""How rounds spread over draw workers, and that none is lost or drawn twice when workers are killed.

The same number of waiting rounds is drawn by one, two and four workers. The goal is linear until the cores are used,
so a run is held against the better of what it may become: the time of one worker divided by the workers, or the core-
seconds that everything took with one worker (database, gateway, this program) divided by the cores there are.
"""

import hashlib
import os
import time
from dataclasses import dataclass
from typing import Any

from rid1.draw import select
from rid1.manifest_reader import parse
from rid1.seed import target_key
from rid1.selection import result_lines
from suicha_local.demo import drawing
from suicha_local.demo.client import Gateway, china_today
from suicha_local.home import Home
from suicha_local.platform import Platform

from bench.large_rounds import PATIENCE, fill, prepare, publish_task, stored
from bench.memory import family
from bench.processors import busy, used_by
from bench.report import Report

REGION, OBJECTS, ROUNDS = "410305", 200_000, 12
WORKERS = (1, 2, 4)
KILLED_EVERY = 1.0
"""Seconds between two kills; each of four workers is killed once."""

EFFICIENCY = 0.8
"""Share of what is possible that counts as linear: rounds are whole, so the last ones never end together."""

_START_SECONDS = 15.0
"""By then every worker waits at the queue, its child has loaded the kernels; their start is not what is measured."""


@dataclass(frozen=True)
class Drawn:
    """One run: wall-clock seconds, core-seconds of the machine and of the database among them."""

    seconds: float
    cores: float
    database: float


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """Let rounds wait for the last throw, start the workers, and time from the throws until the last is drawn."""
    prepare(gateway)
    fill(home, REGION, OBJECTS)
    platform = Platform(home)
    runs = {workers: _run(home, platform, gateway, workers) for workers in WORKERS}
    one, cores = runs[WORKERS[0]], os.cpu_count() or 1
    shares = {
        workers: max(one.seconds / workers, one.cores / cores) / run.seconds for workers, run in runs.items()
    }
    report.add(
        f"{ROUNDS} 次抽取（各 {OBJECTS:,} 户）由 {'、'.join(map(str, WORKERS))} 个执行进程完成",
        "、".join(
            f"{run.seconds:.1f} 秒（用去 {run.cores / run.seconds:.1f} 核，其中数据库 {run.database / run.cores:.0%}）"
            for run in runs.values()
        )
        + "，没有一次重复",
        goal=f"随进程数线性，直到用满 {cores} 核：达到可能值的 {EFFICIENCY:.0%}",
        rival="、".join(
            f"{workers} 个为 1 个的 {one.seconds / runs[workers].seconds:.2f} 倍（可能值的 {shares[workers]:.0%}）"
            for workers in WORKERS[1:]
        ),
        met=all(share >= EFFICIENCY for share in shares.values()),
    )
    killed = _run(home, platform, gateway, WORKERS[-1], kill=True)
    report.add(
        f"同样 {ROUNDS} 次抽取，{WORKERS[-1]} 个执行进程逐个 SIGKILL",
        f"{killed.seconds:.1f} 秒，全部完成，各抽取一次，结果与单独重算逐字节相同",
        goal="一次不丢、一次不重",
        rival=f"不杀 {runs[WORKERS[-1]].seconds:.1f} 秒",
        met=True,  # anything else has ended the bench
    )


def _run(home: Home, platform: Platform, gateway: Gateway, workers: int, *, kill: bool = False) -> Drawn:
    rows = [_frozen(gateway) for _ in range(ROUNDS)]
    dice = [drawing.throw_in(gateway, row) for row in rows]
    platform.scale(workers)
    time.sleep(_START_SECONDS)
    postgres = platform.pid("postgres")
    began, cores, database = time.perf_counter(), busy(), used_by(family(postgres))
    for row, digits in zip(rows, dice, strict=True):
        drawing.confirm_dice(gateway, row, digits)
    if kill:
        for number in range(1, workers + 1):
            time.sleep(KILLED_EVERY)
            platform.kill("draw-worker" if number == 1 else f"draw-worker-{number}")
    drawn = [drawing.reach(gateway, row["id"], "drawn", PATIENCE) for row in rows]
    run = Drawn(time.perf_counter() - began, busy() - cores, used_by(family(postgres)) - database)
    for row in drawn:
        _drawn_once(gateway, row)
        if kill:
            _same_alone(home, row)
    platform.scale(1)
    return run


def _frozen(gateway: Gateway) -> dict[str, Any]:
    task = publish_task(gateway, {"regions": [REGION]})
    return drawing.open_round(gateway, [task], china_today(), units_by="unit", patience=PATIENCE)


def _drawn_once(gateway: Gateway, row: dict[str, Any]) -> None:
    log = gateway.sign_in("operator").get(f"/draw/v1/rounds/{row['id']}")["log"]
    events = [line["event"] for line in log]
    assert events.count("drawn") == events.count("seeded") == 1, (
        f"{row['draw_id']} was drawn more than once: {events}"
    )


def _same_alone(home: Home, row: dict[str, Any]) -> None:
    """Draw the round again from its frozen files and its seed, here, and compare the bytes."""
    manifest = parse(stored(home, row["files"]["manifest"]["sha256"]).read_bytes())
    key = target_key(manifest.suite, row["seed"])
    state = hashlib.sha256()
    for piece in result_lines(manifest, select(manifest, stored(home, row["files"]["pool"]["sha256"]), key)):
        state.update(piece)
    assert state.hexdigest() == row["result_hash"], f"{row['draw_id']}: not the bytes of its seed"
