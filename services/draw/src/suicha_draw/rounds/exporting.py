"""The result of a draw as a table, for systems that take files, such as 劳动监察管理信息系统 (D22, S0 三(一))."""

import csv
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.files import FileStore
from suicha_contracts.publication import DRAW_MODE_TEXT

from suicha_draw.conditions import fraction
from suicha_draw.models import MatchRow, ResultRow, Round, SubstitutionRow
from suicha_draw.rounds.chances import chances_of
from suicha_draw.rounds.store import files_of, lists_of

HEADER = (
    "抽查计划编号", "抽查计划名称", "抽查任务编号", "抽查任务名称", "抽查类型", "检查机关", "抽查批次", "名单",
    "分层", "被抽中的概率", "排位", "抽取结果", "检查对象名称", "统一社会信用代码/注册号", "行政区划代码",
    "住所（经营场所）", "监管单位", "检查人员", "执法证号", "递补人员", "检查开始日期", "检查结束日期",
)  # fmt: skip
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
"""What no cell of a workbook can hold (XML 1.0 §2.2)."""


async def write_table(session: AsyncSession, files: FileStore, row: Round, path: Path, form: str) -> None:
    """Write the result of a completed round as CSV (UTF-8 with its mark) or XLSX; ordered by object and list."""
    if form == "csv":
        with path.open("w", encoding="utf-8-sig", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(HEADER)
            async for cells in _rows(session, files, row):
                writer.writerow(cells)
        return
    from openpyxl import Workbook  # a quarter of a second that no start waits for

    book = Workbook(write_only=True)
    sheet = book.create_sheet("抽取结果")
    sheet.append(HEADER)
    async for cells in _rows(session, files, row):
        sheet.append(cells)
    book.save(path)


def cell(text: str) -> str:
    """Guard a cell that a spreadsheet would take for a formula (OWASP: CSV injection), without control characters."""
    text = _CONTROLS.sub("", text)
    return f"'{text}" if text.startswith(_FORMULAS) else text


async def _rows(session: AsyncSession, files: FileStore, row: Round) -> AsyncIterator[list[str]]:
    known = await files_of(session, row.id)
    lists = {one.code: one for one in lists_of(row)}
    chances = {
        (part.list_code, one.code): fraction(one.k, one.n)
        for part in await chances_of(session, files, row)
        for one in part.strata
    }
    package = json.loads(await files.read(known["package"]))
    people = {one["id"]: one for one in package.get("inspectors", [])}
    changed = await _changes(session, row)
    dossiers = _dossiers(files.stream(known["dossier"]))
    dossier: dict[str, Any] = {"id": ""}
    crew = case({one.code: one.crew for one in lists.values()}, value=ResultRow.list_code, else_="")
    wanted = (
        select(ResultRow, MatchRow)
        .outerjoin(
            MatchRow,
            (MatchRow.round_id == ResultRow.round_id)
            & (MatchRow.object_id == ResultRow.object_id)
            & (MatchRow.crew == crew),
        )
        .where(ResultRow.round_id == row.id)
        .order_by(ResultRow.object_id, ResultRow.list_code)
    )
    async for result, match in await session.stream(wanted, execution_options={"yield_per": 2000}):
        while dossier["id"] < result.object_id:
            dossier = await anext(dossiers)
        one = lists[result.list_code]
        team = [_now(changed, match, who) for who in match.team] if match else []
        yield [
            cell(str(value))
            for value in (
                one.plan_number, one.plan_name, one.task_number, one.task_name, DRAW_MODE_TEXT[one.mode],
                row.org_name, f"{row.draw_id}（第{row.attempt}次）", one.code, one.stratum_name(result.stratum),
                chances[result.list_code, result.stratum], result.rank, _standing(changed, result),
                dossier.get("name", ""), result.object_id, dossier.get("region", ""), dossier.get("address", ""),
                match.unit if match else "", "、".join(people.get(who, {}).get("name", who) for who in team),
                "、".join(people.get(who, {}).get("licence_no", "") for who in team),
                "、".join(match.alternates) if match else "", row.inspect_from, row.inspect_to,
            )
        ]  # fmt: skip


async def _dossiers(stream: AsyncIterator[bytes]) -> AsyncIterator[dict[str, Any]]:
    """Yield the dossiers of a file in the order of their ids, as the results come; piece by piece."""
    rest = b""
    async for block in stream:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield json.loads(line)
    if rest:
        yield json.loads(rest)


async def _changes(session: AsyncSession, row: Round) -> dict[tuple[str, ...], str]:
    """Return who is out and who came in: (list, object) → word; (object, crew, inspector) → who serves instead."""
    made = await session.scalars(
        select(SubstitutionRow)
        .where(SubstitutionRow.round_id == row.id, SubstitutionRow.outcome.is_not(None))
        .order_by(SubstitutionRow.id)
    )
    found: dict[tuple[str, ...], str] = {}
    for one in made:
        wanted, outcome = one.wanted, one.outcome or {}
        if wanted["kind"] == "object":
            found[wanted["list"], wanted["out"]] = "已退出"
            if outcome.get("in"):
                found[wanted["list"], outcome["in"]] = "递补"
        else:
            found[wanted["object"], wanted["crew"], wanted["out"]] = outcome.get("in") or ""
    return found


def _standing(changed: dict[tuple[str, ...], str], result: ResultRow) -> str:
    known = changed.get((result.list_code, result.object_id))
    return known or ("抽中" if result.kind == "S" else "候补")


def _now(changed: dict[tuple[str, ...], str], match: MatchRow, who: str) -> str:
    while (match.object_id, match.crew, who) in changed:
        who = changed[match.object_id, match.crew, who]
    return who
