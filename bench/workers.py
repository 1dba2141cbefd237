"""How rounds spread over draw workers: the same number of waiting rounds on one, two and four of them."""

import os
import time
from typing import Any

from suicha_local.demo import drawing
from suicha_local.demo.client import Gateway, china_today
from suicha_local.home import Home
from suicha_local.platform import Platform

from bench.large_rounds import PATIENCE, fill, prepare, publish_task
from bench.report import Report

REGION, OBJECTS, ROUNDS = "410305", 200_000, 12
WORKERS = (1, 2, 4)
_START_SECONDS = 10.0
"""By then every worker waits at the queue; their start is not what is measured."""


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """Let rounds wait for the last throw, start the workers, and time from the throws until the last is drawn."""
    prepare(gateway)
    fill(home, REGION, OBJECTS)
    platform, took = Platform(home), {}
    for workers in WORKERS:
        rows = [_frozen(gateway) for _ in range(ROUNDS)]
        dice = [drawing.throw_in(gateway, row) for row in rows]
        platform.scale(workers)
        time.sleep(_START_SECONDS)
        began = time.perf_counter()
        for row, digits in zip(rows, dice, strict=True):
            drawing.confirm_dice(gateway, row, digits)
        for row in rows:
            drawing.reach(gateway, row["id"], "drawn", PATIENCE)
        took[workers] = time.perf_counter() - began
        for row in rows:
            _drawn_once(gateway, row)
        platform.scale(1)
    one = took[WORKERS[0]]
    report.add(
        f"{ROUNDS} 次抽取（各 {OBJECTS:,} 户）由 {'、'.join(map(str, WORKERS))} 个执行进程完成",
        "、".join(f"{seconds:.1f} 秒" for seconds in took.values()) + "，没有一次重复",
        goal=f"随进程数线性，直到用满 {os.cpu_count()} 核",
        rival="、".join(f"{workers} 个为 {one / took[workers]:.2f} 倍" for workers in WORKERS[1:]),
    )


def _frozen(gateway: Gateway) -> dict[str, Any]:
    task = publish_task(gateway, {"regions": [REGION]})
    return drawing.open_round(gateway, [task], china_today(), units_by="unit", patience=PATIENCE)


def _drawn_once(gateway: Gateway, row: dict[str, Any]) -> None:
    log = gateway.sign_in("operator").get(f"/draw/v1/rounds/{row['id']}")["log"]
    events = [line["event"] for line in log]
    assert events.count("drawn") == events.count("seeded") == 1, (
        f"{row['draw_id']} was drawn more than once: {events}"
    )
