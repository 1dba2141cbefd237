"""Rows per second of a register import: upload to stored, validated, reported; beside a plain row loop."""

import csv
import gzip
import io
import tempfile
import time
from pathlib import Path

import psycopg
from stdnum.cn import uscc
from suicha_local.demo import registries
from suicha_local.demo.client import Gateway
from suicha_local.demo.register import find_register
from suicha_local.home import Home

from bench.report import Report

RIVAL_ROWS = 10_000


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """Import the register (the real one where it is at hand) through the gateway, twice."""
    province = gateway.sign_in("he-reg-admin")
    with tempfile.TemporaryDirectory() as folder:
        register = find_register(Path(folder), rows=150_000)
        content = register.path.read_bytes()
        rival = _row_loop(home, register.path)
    rates = {}
    for name in ("首次导入", "同一文件再次导入"):
        began = time.perf_counter()
        done = registries.import_file(province, "subjects", content, register.path.name)
        rates[name] = (done["read"] / (time.perf_counter() - began), done)
    rate, done = rates["首次导入"]
    again, _ = rates["同一文件再次导入"]
    report.add(
        "名录导入（校验、拒绝清单、入库、历史）",
        f"{rate:,.0f} 行/秒（{done['read']} 行，拒绝 {done['refused']}；再次导入 {again:,.0f} 行/秒）",
        goal="≥ 40,000 行/秒",
        rival=f"逐行校验、逐行写入 {rival:,.0f} 行/秒",
        met=rate >= 40_000,
    )


def _row_loop(home: Home, path: Path) -> float:
    """Do it the usual way on the first rows: DictReader, a library check, one upsert for each row."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8-sig")
    lines = io.StringIO("\n".join(text.splitlines()[: RIVAL_ROWS + 1]))
    address = home.database_url("registry", owner=True)
    with psycopg.connect(address) as connection:
        connection.execute(
            "CREATE TEMP TABLE rival (id text PRIMARY KEY, name text, scope text, address text)"
        )
        began, count = time.perf_counter(), 0
        for row in csv.DictReader(lines):
            count += 1
            code = row.get("统一社会信用代码") or ""
            if uscc.is_valid(code):
                connection.execute(
                    "INSERT INTO rival VALUES (%s, %s, %s, %s) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                    (code, row["企业名称"], row["经营范围"], row["注册地址"]),
                )
        connection.commit()
        return count / (time.perf_counter() - began)
