"""Rounds of one and of ten million objects, from request to stored result and event, through the gateway.

The register is written into registry's database by SQL: what is measured begins with the request for a round.
Beside it, in the same database, what a database does alone: INSERT … SELECT … ORDER BY random() LIMIT.
"""

import csv
import io
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier
from rid1.draw import select
from rid1.manifest import Manifest
from rid1.manifest_reader import parse
from rid1.seed import target_key
from rid1.selection import result_lines
from suicha_local.demo import drawing, registries
from suicha_local.demo.client import Gateway, china_today, wait_for
from suicha_local.home import Home

from bench.memory import peak_of
from bench.report import Report
from bench.rid1 import GRADES

UNITS, INSPECTORS = 100, 4000
SIZES = {1_000_000: ("410302", 10.0), 10_000_000: ("410303", 90.0)}
"""Objects → (the division in which they lie, seconds that the round may take)."""

RATIOS = {grade: bp for grade, (_, bp) in GRADES.items()}
WORKER_MEGABYTES = 1500
PATIENCE = 900.0

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
            _published(home, signed)
            seconds = time.perf_counter() - began
        strata = [stratum for one in signed["manifest"]["lists"] for stratum in one["strata"]]
        report.add(
            f"一次抽取 {objects:,} 户（4 层，抽中 {sum(stratum['k'] for stratum in strata):,}，匹配人员）："
            "经网关，从请求到结果入库、事件发出",
            f"{seconds:.1f} 秒（冻结 {froze:.1f}，承诺、揭示、抽取、匹配、入库 {drew:.1f}，其余为签署、证据包、事件）；"
            f"执行进程内存峰值 {peak.mebibytes} MB",
            goal=f"≤ {limit:.0f} 秒，≤ {WORKER_MEGABYTES} MB",
            met=seconds <= limit and peak.mebibytes <= WORKER_MEGABYTES,
        )
        _draw_step(home, signed, objects, report)


def _published(home: Home, row: dict[str, Any]) -> None:
    """Wait until the broker has the round's DrawCompleted."""
    with psycopg.connect(home.database_url("draw", owner=True), autocommit=True) as connection:
        wait_for(
            "DrawCompleted 发出",
            lambda: connection.execute(
                "SELECT 1 FROM outbox WHERE payload->>'subject' = %s AND subject LIKE '%%draw_completed%%' "
                "AND published_at IS NOT NULL",
                (row["draw_id"],),
            ).fetchone(),
        )


def prepare(gateway: Gateway) -> None:
    """Publish the items and register the inspectors, unless an earlier part has."""
    admin = gateway.sign_in("reg-admin")
    if not admin.get("/registry/v1/items", limit=1)["items"]:
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


def _draw_step(home: Home, row: dict[str, Any], objects: int, report: Report) -> None:
    """The draw alone and the same numbers by ORDER BY random(), both by a process that runs and is connected."""
    address = home.database_url("draw", owner=True)
    manifest, pool = (_stored(home, row["files"][kind]["sha256"]) for kind in ("manifest", "pool"))
    with psycopg.connect(address, autocommit=True) as connection:
        _load_rival(connection, pool)
        ours, theirs = [], []
        for _ in range(3):
            for name in ("ours", "theirs"):
                connection.execute(SQL("DROP TABLE IF EXISTS {}").format(Identifier(f"bench_{name}")))
                connection.execute(
                    SQL("CREATE TABLE {} (LIKE results INCLUDING ALL)").format(Identifier(f"bench_{name}"))
                )
            began = time.perf_counter()
            _draw_by_lot(connection, row, parse(manifest.read_bytes()), pool)
            ours.append(time.perf_counter() - began)
            began = time.perf_counter()
            _draw_at_random(connection, row)
            theirs.append(time.perf_counter() - began)
        counts = [
            connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(f"bench_{name}"))).fetchone()
            for name in ("ours", "theirs")
        ]
        connection.execute("DROP TABLE bench_ours, bench_theirs, rival_pool")
    assert counts[0] == counts[1], f"not the same numbers: {counts}"
    ours.sort()
    theirs.sort()
    report.add(
        f"抽取一步（冻结文件 → 有序结果入库），{objects:,} 户",
        f"{ours[1]:.2f} 秒（三次 {ours[0]:.2f}–{ours[2]:.2f}）",
        goal="比值 < 1",
        rival=f"同库 INSERT … SELECT … ORDER BY random() LIMIT，各层户数相同 {theirs[1]:.2f} 秒"
        f"（{theirs[0]:.2f}–{theirs[2]:.2f}），比值 {ours[1] / theirs[1]:.2f}",
        met=ours[1] < theirs[1],
    )


def _draw_by_lot(
    connection: psycopg.Connection[Any], row: dict[str, Any], manifest: Manifest, pool: Path
) -> None:
    """Select from the frozen file and store the rows, as a worker does."""
    drawn = select(manifest, pool, target_key(manifest.suite, row["seed"]))
    head = row["id"].encode() + b"\t"
    columns = "round_id, list_code, stratum, rank, kind, object_id, ticket"
    with connection.cursor() as cursor, cursor.copy(f"COPY bench_ours ({columns}) FROM STDIN") as copy:
        for piece in result_lines(manifest, drawn):
            copy.write(b"".join(head + line for line in piece.splitlines(keepends=True)))


def _stored(home: Home, sha256: str) -> Path:
    return home.folder / "files" / "sha256" / sha256[:2] / sha256[2:4] / sha256


def _load_rival(connection: psycopg.Connection[Any], pool: Path) -> None:
    connection.execute("CREATE TABLE rival_pool (list text, id text, stratum text, unit text)")
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY rival_pool FROM STDIN") as copy,
        pool.open("rb") as lines,
    ):
        while block := lines.read(1 << 20):
            copy.write(block)
    connection.execute("VACUUM (ANALYZE) rival_pool")


def _draw_at_random(connection: psycopg.Connection[Any], row: dict[str, Any]) -> None:
    """What a database does alone: no proof, no way to repeat it; ranks are the order in which rows came."""
    for one in row["manifest"]["lists"]:
        for stratum in one["strata"]:
            connection.execute(
                "INSERT INTO bench_theirs (round_id, list_code, stratum, rank, kind, object_id, ticket) "
                "SELECT %(round)s, list, stratum, row_number() OVER (), 'S', id, '' FROM ("
                "SELECT * FROM rival_pool WHERE list = %(list)s AND stratum = %(stratum)s "
                "ORDER BY random() LIMIT %(limit)s) AS chosen",
                {
                    "round": row["id"], "list": one["code"], "stratum": stratum["code"],
                    "limit": stratum["k"] + stratum["m"],
                },
            )  # fmt: skip
