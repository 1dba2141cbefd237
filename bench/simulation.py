"""A year of twelve tasks over a register of a million objects, simulated before anybody approves it.

Once under 洛阳's ruleset (no second visit within three months), once under S0's values: exemption of three months, two
draws a year.
"""

import time

import yaml
from suicha_local.demo.client import DemoError, Gateway, china_today, wait_for
from suicha_local.home import Home, project_root

from bench.large_rounds import RATIOS, fill, prepare
from bench.report import Report

REGION, OBJECTS, RUNS = "410304", 1_000_000, 3
SECONDS = 10.0


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """Simulate three times through the gateway under each ruleset."""
    prepare(gateway)
    fill(home, REGION, OBJECTS)
    for ruleset_id, words in (
        ("410300-rsj", "洛阳的不再第二次上门"),
        (s0_values(gateway), "汝州的免检与频次"),
    ):
        simulate(gateway, report, ruleset_id, words)


def s0_values(gateway: Gateway) -> str:
    """Publish S0's values for the region of the bench; return their id once draw knows them."""
    document = yaml.safe_load(
        (project_root() / "rulesets" / "410482-rsj@2022.1.yaml").read_text(encoding="utf-8")
    )
    document |= {"id": "410300-s0", "region": "410300", "name": "测量：汝州规则的值"}
    text = yaml.safe_dump(document, allow_unicode=True)
    gateway.sign_in("reg-admin").post("/registry/v1/rulesets", {"yaml": text})
    body = {"year": 2020, "ruleset_id": document["id"]}

    def known() -> bool:
        try:
            gateway.sign_in("planner").post("/draw/v1/plans", body)
        except DemoError:
            return False
        return True

    wait_for("规则集到达抽取服务", known)
    return str(document["id"])


def simulate(gateway: Gateway, report: Report, ruleset_id: str, words: str) -> None:
    """Simulate a plan under a ruleset; report the median."""
    planner = gateway.sign_in("planner")
    plan = planner.post("/draw/v1/plans", {"year": china_today().year, "ruleset_id": ruleset_id})
    for month in range(1, 13):
        # Every task takes the million; half of them by grade, a quarter from part of the names.
        graded = {"by_grade": True, "ratios": RATIOS}
        criteria = {"regions": [REGION]} | ({"names_contain": str(month)} if month % 4 == 0 else {})
        planner.post(
            f"/draw/v1/plans/{plan['id']}/tasks",
            {
                "name": f"测量 {month}", "department": "劳动保障监察支队", "crew": "LDJC", "list_code": f"HR{month}",
                "items": ["RZ-HR-01"], "mode": "directed", "criteria": criteria, "month": (month + 1) // 2,
                "team": 3, **(graded if month % 2 else {"ratio_bp": 500}),
            },
        )  # fmt: skip
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        found = planner.get(f"/draw/v1/plans/{plan['id']}/simulation", units_by="unit")
        took.append(time.perf_counter() - began)
    seconds = sorted(took)[RUNS // 2]
    report.add(
        f"计划推演（{words}）：{OBJECTS:,} 户、12 项任务、100 个单位",
        f"{seconds:.1f} 秒（三次 {min(took):.1f}–{max(took):.1f}）；推演 {found['trial']['runs']} 次",
        goal=f"≤ {SECONDS:.0f} 秒",
        met=seconds <= SECONDS,
    )
