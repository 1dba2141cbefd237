"""A draw of 150,000 objects, from request to stored result, through the gateway; beside ORDER BY random()."""

import tempfile
import time
from pathlib import Path

import psycopg
from suicha_local.demo import drawing, registries
from suicha_local.demo.client import Gateway, china_today
from suicha_local.demo.register import write_register
from suicha_local.home import Home

from bench.large_rounds import publish_task
from bench.report import Report

OBJECTS = 150_000
RATIO_BP = 500
RUNS = 3


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """Draw 5 % of 150,000 objects three times; report the median."""
    admin = gateway.sign_in("reg-admin")
    if not admin.get("/registry/v1/items", limit=1)["items"]:
        registries.forms_and_items(admin)
    registries.inspectors(admin, registries.Registered())
    with tempfile.TemporaryDirectory() as folder:
        path = write_register(Path(folder) / "register.csv", OBJECTS + OBJECTS // 300)
        registries.import_file(gateway.sign_in("he-reg-admin"), "subjects", path.read_bytes(), path.name)
    label = {"code": "BENCH", "name": "测量", "rule": {"name_contains": ["洛阳市"]}}
    admin.post("/registry/v1/labels", label)
    took, objects, selected = [], 0, 0
    for _ in range(RUNS):
        task = publish_task(gateway, {"labels": ["BENCH"]}, ratio_bp=RATIO_BP)
        began = time.perf_counter()
        row = drawing.open_round(gateway, [task], china_today())
        drawn = drawing.throw(gateway, row)
        took.append(time.perf_counter() - began)
        objects = sum(stratum["n"] for one in drawn["manifest"]["lists"] for stratum in one["strata"])
        selected = sum(stratum["k"] for one in drawn["manifest"]["lists"] for stratum in one["strata"])
        void = f"/draw/v1/rounds/{row['id']}/void"
        reason = {"code": "other", "reason": "仅供测量", "evidence": "0" * 64}
        asked = gateway.sign_in("operator").post(void, reason)["void_request"]
        gateway.sign_in("legal").post(f"{void}/confirm", {"content_hash": asked["content_hash"]})
    seconds = sorted(took)[RUNS // 2]
    report.add(
        f"抽取 {objects:,} 户（抽中 {selected:,}，匹配人员）：从请求到结果入库",
        f"{seconds:.2f} 秒（含承诺、揭示、掷骰各次请求）",
        goal="≤ 3 秒",
        rival=f"同库 INSERT … ORDER BY random() LIMIT，仅抽取一步 {_random_rows(home, objects, selected):.2f} 秒",
        met=seconds <= 3,
    )


def _random_rows(home: Home, objects: int, selected: int) -> float:
    """Time what a database does alone: no proof, no matching, no way to repeat it."""
    with psycopg.connect(home.database_url("draw", owner=True), autocommit=True) as connection:
        connection.execute("CREATE TABLE rival_pool (id text)")
        connection.execute(
            "INSERT INTO rival_pool SELECT lpad(n::text, 18, '0') FROM generate_series(1, %s) n", (objects,)
        )
        connection.execute("CREATE TABLE rival_result (rank bigint GENERATED ALWAYS AS IDENTITY, id text)")
        began = time.perf_counter()
        connection.execute(
            "INSERT INTO rival_result (id) SELECT id FROM rival_pool ORDER BY random() LIMIT %s", (selected,)
        )
        took = time.perf_counter() - began
        connection.execute("DROP TABLE rival_pool, rival_result")
        return took
