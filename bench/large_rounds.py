"""Rounds of one and of ten million objects, from request to stored result and event, through the gateway.

The register is written into registry's database by SQL: what is measured begins with the request for a round. Memory is
watched until the worker has also prepared what comes after the event. Then the bundle is verified, as the public does.
"""

import csv
import io
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from suicha_local.demo import drawing, registries
from suicha_local.demo.client import Gateway, china_today, wait_for
from suicha_local.home import Home

from bench.memory import peak_of
from bench.report import Report
from bench.rid1 import GRADES
from bench.verify import measure_bundle

UNITS, INSPECTORS = 100, 4000
SIZES = {1_000_000: ("410302", 10.0), 10_000_000: ("410303", 90.0)}
"""Objects → (the division in which they lie, seconds that the round may take)."""

RATIOS = {grade: bp for grade, (_, bp) in GRADES.items()}
WORKER_MEGABYTES = 1500
PATIENCE = 900.0

_PUBLISHED = """
SELECT 1 FROM outbox
WHERE payload->>'subject' = %(about)s AND subject LIKE '%%draw_completed%%' AND published_at IS NOT NULL
"""
_PREPARED = """
SELECT 1 FROM round_files
WHERE round_id = %(about)s AND kind = 'receipt_index'
  AND NOT EXISTS (SELECT FROM round_work w WHERE w.round_id = round_files.round_id)
"""
_SUBJECTS = """
INSERT INTO subjects (id, name, kind, region, unit)
SELECT '91' || %(region)s || 'BN' || lpad(n::text, 8, '0'), '洛阳市测量' || n || '有限公司', 'enterprise', %(region)s,
  'U' || lpad((n %% %(units)s)::text, 3, '0')
FROM generate_series(1, %(objects)s) n
"""
_GRADES = """
INSERT INTO subject_grades (subject_id, grade, source, month)
SELECT id, CASE WHEN at < 50 THEN 'A' WHEN at < 80 THEN 'B' WHEN at < 95 THEN 'C' ELSE 'D' END, '测量', '2026-10'
FROM (SELECT id, (hashtextextended(id, 0) & 9223372036854775807) %% 100 AS at FROM subjects WHERE region = %(region)s) s
"""


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """One round of each size; the register grows with them."""
    prepare(gateway)
    for objects, (region, limit) in SIZES.items():
        fill(home, region, objects)
        task = publish_task(gateway, {"regions": [region]})
        began = time.perf_counter()
        with peak_of(home, "draw-worker") as peak:
            frozen = drawing.open_round(gateway, [task], china_today(), units_by="unit", patience=PATIENCE)
            froze = time.perf_counter() - began
            drawn = drawing.throw(gateway, frozen, patience=PATIENCE)
            drew = time.perf_counter() - began - froze
            signed = drawing.sign(gateway, drawn, patience=PATIENCE)
            _wait(home, "DrawCompleted 发出", _PUBLISHED, signed["draw_id"])
            seconds = time.perf_counter() - began
            _wait(home, "回执索引与统计", _PREPARED, signed["id"])
            after = time.perf_counter() - began - seconds
        strata = [stratum for one in signed["manifest"]["lists"] for stratum in one["strata"]]
        report.add(
            f"一次抽取 {objects:,} 户（4 层，抽中 {sum(stratum['k'] for stratum in strata):,}，匹配人员）："
            "经网关，从请求到结果入库、事件发出",
            f"{seconds:.1f} 秒（冻结 {froze:.1f}，承诺、揭示、抽取、匹配、入库 {drew:.1f}，其余为签署、证据包、事件）；"
            f"此后准备回执与统计 {after:.1f} 秒；到此为止执行进程内存峰值 {peak.megabytes:.0f} MB",
            goal=f"≤ {limit:.0f} 秒，≤ {WORKER_MEGABYTES} MB",
            met=seconds <= limit and peak.megabytes <= WORKER_MEGABYTES,
        )
        if objects == max(SIZES):
            files = gateway.sign_in("operator").get(f"/draw/v1/rounds/{signed['id']}")["files"]
            key = str(gateway.anyone().get("/public/log/key")["vkey"])
            measure_bundle(stored(home, files["bundle"]["sha256"]), key, objects, limit, report)


def _wait(home: Home, what: str, query: LiteralString, about: str) -> None:
    """Wait until a query of draw's database finds a row about the round."""
    with psycopg.connect(home.database_url("draw", owner=True), autocommit=True) as connection:
        wait_for(what, lambda: connection.execute(query, {"about": about}).fetchone(), PATIENCE)


def prepare(gateway: Gateway) -> None:
    """Publish the items and register the inspectors."""
    admin = gateway.sign_in("reg-admin")
    registries.forms_and_items(admin)
    registries.import_file(admin, "inspectors", roster())


def fill(home: Home, region: str, objects: int) -> None:
    """Write so many graded enterprises of a division into registry's database."""
    with psycopg.connect(home.database_url("registry", owner=True), autocommit=True) as connection:
        values = {"region": region, "units": UNITS, "objects": objects}
        connection.execute(_SUBJECTS, values)
        connection.execute(_GRADES, values)
        connection.execute("VACUUM (ANALYZE) subjects, subject_grades")


def roster() -> bytes:
    """Forty inspectors in each of a hundred units."""
    until = (china_today() + timedelta(days=800)).isoformat()
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("编号", "姓名", "处室", "监管单位", "执法证号", "执法证有效期至", "执法事项"))
    for number in range(INSPECTORS):
        unit = f"U{number % UNITS:03d}"
        rows.writerow((f"BN{number:05d}", f"测量{number}", "LDJC", unit, f"豫B{number:06d}", until, "*"))
    return out.getvalue().encode()


def publish_task(gateway: Gateway, criteria: dict[str, Any], **ratio: Any) -> str:
    """Publish a plan with one task over the enterprises that fit, by grade; return the task's id."""
    planner, approver = gateway.sign_in("planner"), gateway.sign_in("approver")
    plan = planner.post("/draw/v1/plans", {"year": china_today().year, "ruleset_id": "410300-rsj"})
    task = planner.post(
        f"/draw/v1/plans/{plan['id']}/tasks",
        {
            "name": "测量", "department": "劳动保障监察支队", "crew": "LDJC", "list_code": "HR",
            "items": ["RZ-HR-01"], "mode": "directed", "criteria": criteria, "by_grade": True,
            "month": china_today().month, "team": 2, **(ratio or {"ratios": RATIOS}),
        },
    )  # fmt: skip
    planner.post(f"/draw/v1/plans/{plan['id']}/submit")
    approver.post(f"/draw/v1/plans/{plan['id']}/approve")
    planner.post(f"/draw/v1/plans/{plan['id']}/publish")
    return str(task["id"])


def stored(home: Home, sha256: str) -> Path:
    """Return where the platform keeps a file."""
    return home.folder / "files" / "sha256" / sha256[:2] / sha256[2:4] / sha256
