"""A year of twelve tasks over a register of a million objects, simulated before anybody approves it."""

import time

from suicha_local.demo.client import Gateway, china_today
from suicha_local.home import Home

from bench.large_rounds import RATIOS, fill, prepare
from bench.report import Report

REGION, OBJECTS, RUNS = "410304", 1_000_000, 3
SECONDS = 10.0


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """Simulate three times through the gateway; report the median."""
    prepare(gateway)
    fill(home, REGION, OBJECTS)
    planner = gateway.sign_in("planner")
    plan = planner.post("/draw/v1/plans", {"year": china_today().year, "ruleset_id": "410300-rsj"})
    for month in range(1, 13):
        # Every task takes the million; half of them by grade, a quarter from part of the names.
        graded = {"by_grade": True, "ratios": RATIOS}
        criteria = {"regions": [REGION]} | ({"names_contain": str(month)} if month % 4 == 0 else {})
        planner.post(
            f"/draw/v1/plans/{plan['id']}/tasks",
            {
                "name": f"测量 {month}", "department": "劳动保障监察支队", "crew": "LDJC", "list_code": f"HR{month}",
                "items": ["RZ-HR-01"], "mode": "directed", "criteria": criteria, "month": (month + 1) // 2,
                "team": 2, **(graded if month % 2 else {"ratio_bp": 300}),
            },
        )  # fmt: skip
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        found = planner.get(f"/draw/v1/plans/{plan['id']}/simulation", units_by="unit")
        took.append(time.perf_counter() - began)
    seconds = sorted(took)[RUNS // 2]
    report.add(
        f"计划推演：{OBJECTS:,} 户、12 项任务、100 个单位",
        f"{seconds:.1f} 秒（三次 {min(took):.1f}–{max(took):.1f}）；推演 {found['trial']['runs']} 次",
        goal=f"≤ {SECONDS:.0f} 秒",
        met=seconds <= SECONDS,
    )
