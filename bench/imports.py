"""Registers in and out: rows per second and the memory that it takes; beside plain row loops.

An import is timed from upload to stored, validated, reported; an export until its last byte has come.
"""

import csv
import gzip
import io
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
from stdnum.cn import uscc
from suicha_local.demo import registries
from suicha_local.demo.client import Gateway, Session, wait_for
from suicha_local.demo.register import find_register, write_register
from suicha_local.home import Home
from suicha_registry.tables.writing import XlsxWriter

from bench.memory import peak_of
from bench.report import Report

RIVAL_ROWS = 10_000
MILLION = 1_000_000
PREVIEWED = 300_000
BOOK_ROWS = 100_000
MOST_MIB = 300
"""How much the registry and its readers may grow by an import of any size: they read and write piece by piece."""


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
    _xlsx(home, gateway, report)
    _million(home, gateway, report)
    _previewed(home, gateway, report)


def _xlsx(home: Home, gateway: Gateway, report: Report) -> None:
    """Export the register in both formats, and import the workbook again."""
    province = gateway.sign_in("he-reg-admin")
    rates, content = [], b""
    for file_format in ("csv", "xlsx"):
        began = time.perf_counter()
        content = province.send(
            "GET", "/registry/v1/exports/subjects", params={"format": file_format}
        ).content
        rates.append(time.perf_counter() - began)
    with peak_of(home, "registry") as peak:
        began = time.perf_counter()
        done = registries.import_file(province, "subjects", content, "register.xlsx")
        took, rows = time.perf_counter() - began, done["read"]
    assert done["unchanged"] == rows, "an exported register comes back without a change"
    report.add(
        "名录导出 CSV／XLSX（边读边发）",
        f"{rows / rates[0]:,.0f}／{rows / rates[1]:,.0f} 行/秒（{rows} 行）",
        rival=f"openpyxl write_only {_openpyxl_rate():,.0f} 行/秒，写完才能发",
    )
    report.add(
        "XLSX 名录导入（逐行读取）",
        f"{rows / took:,.0f} 行/秒（{rows} 行），内存峰值增加 {peak.grown} MiB（{len(content) >> 20} MiB 的工作簿）",
        goal=f"≥ {BOOK_ROWS:,} 行，内存 ≤ {MOST_MIB} MiB",
        met=rows >= BOOK_ROWS and peak.grown <= MOST_MIB,
    )


def _million(home: Home, gateway: Gateway, report: Report) -> None:
    """Import a million rows that the register does not know, in each format, and export all that it then has."""
    province = gateway.sign_in("he-reg-admin")
    for number, file_format in enumerate(("csv", "xlsx")):
        with tempfile.TemporaryDirectory() as folder:
            path = write_register(Path(folder) / "million.csv", MILLION, first=number * MILLION)
            content = path.read_bytes() if file_format == "csv" else _workbook(path)
        with peak_of(home, "registry") as peak:
            began = time.perf_counter()
            done = registries.import_file(province, "subjects", content, f"million.{file_format}")
            took = time.perf_counter() - began
        report.add(
            f"一百万行 {file_format.upper()} 首次导入",
            f"{took:.1f} 秒（入库 {done['accepted']}，拒绝 {done['refused']}），"
            f"内存峰值增加 {peak.grown} MiB（文件 {len(content) >> 20} MiB）",
            goal=f"< 40 秒，内存 ≤ {MOST_MIB} MiB",
            met=took < 40 and peak.grown <= MOST_MIB,
        )
        if file_format == "csv":
            _exported(home, province, report)


def _exported(home: Home, province: Session, report: Report) -> None:
    for file_format in ("csv", "xlsx"):
        with peak_of(home, "registry") as peak:
            began = time.perf_counter()
            parameters = {"format": file_format}
            content = province.send("GET", "/registry/v1/exports/subjects", params=parameters).content
            took = time.perf_counter() - began
        if file_format == "csv":
            rows = content.count(b"\r\n") - 1
        report.add(
            f"一百万行导出 {file_format.upper()}",
            f"{took / rows * MILLION:.1f} 秒（{rows} 行 {took:.1f} 秒），内存峰值增加 {peak.grown} MiB"
            f"（文件 {len(content) >> 20} MiB）",
            goal=f"< 40 秒，内存 ≤ {MOST_MIB} MiB",
            met=took / rows * MILLION < 40 and peak.grown <= MOST_MIB,
        )


def _workbook(path: Path) -> bytes:
    """Write a CSV as a workbook, as the platform's own exports are."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        writer = XlsxWriter(next(rows))
        pieces = [writer.rows(some) for some in iter(lambda: list(islice(rows, 10_000)), [])]
        return b"".join(pieces) + writer.end()


def _previewed(home: Home, gateway: Gateway, report: Report) -> None:
    """Have rows checked and shown first, as people do, and confirm them."""
    province = gateway.sign_in("he-reg-admin")
    with tempfile.TemporaryDirectory() as folder:
        content = write_register(Path(folder) / "preview.csv", PREVIEWED, seed=1).read_bytes()
    with peak_of(home, "registry") as peak:
        began = time.perf_counter()
        digest = province.upload("/registry/v1/uploads", content)
        made = province.post("/registry/v1/imports", {"upload_sha256": digest, "kind": "subjects"})
        path = f"/registry/v1/imports/{made['id']}"

        def reached(state: str) -> dict[str, Any] | None:
            row: dict[str, Any] = province.get(path)
            assert row["state"] != "failed", row
            return row if row["state"] == state else None

        checked = wait_for("检查完成", lambda: reached("checked"), 180)
        checking = time.perf_counter() - began
        began = time.perf_counter()
        province.get(f"{path}/changes", limit=100)
        shown = time.perf_counter() - began
        began = time.perf_counter()
        province.post(f"{path}/confirm")
        done = wait_for("导入完成", lambda: reached("done"), 180)
        applying = time.perf_counter() - began
        assert [done[name] for name in ("accepted", "refused")] == [checked["accepted"], checked["refused"]]
    report.add(
        f"{PREVIEWED:,} 行 CSV 先预览再确认",
        f"检查 {PREVIEWED / checking:,.0f} 行/秒，变更首页 {shown:.2f} 秒，写入 {PREVIEWED / applying:,.0f} 行/秒，"
        f"内存峰值增加 {peak.grown} MiB",
        goal=f"两步合计 ≥ 25,000 行/秒，内存 ≤ {MOST_MIB} MiB",
        met=PREVIEWED / (checking + applying) >= 25_000 and peak.grown <= MOST_MIB,
    )


def _openpyxl_rate() -> float:
    """Write rows as wide as an export the usual way."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    row = ["洛阳某某商贸有限公司"] * 21
    began = time.perf_counter()
    for _ in range(RIVAL_ROWS):
        sheet.append(row)
    book.save(io.BytesIO())
    return RIVAL_ROWS / (time.perf_counter() - began)


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
