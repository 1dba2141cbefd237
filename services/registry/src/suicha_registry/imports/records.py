"""The effect of importing organisations, items or inspectors: checked by the same models as the API.

Rows become JSON documents in a temporary table; one statement inserts and updates them as a set.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from pydantic import ValidationError
from suicha_chassis.ids import uuid7
from suicha_chassis.messages import chinese_message

from suicha_registry.imports.headers import INSPECTOR_HEADERS, ITEM_HEADERS, ORGANISATION_HEADERS, columns_of
from suicha_registry.imports.outcome import Outcome, Task
from suicha_registry.imports.sheets import UnreadableSheet, open_sheet
from suicha_registry.imports.staging import RefusedRows
from suicha_registry.imports.subject_rows import EMPTY, KINDS, Refusal
from suicha_registry.inspectors.identity import Vault, masked
from suicha_registry.inspectors.schemas import InspectorBody, InspectorState
from suicha_registry.items.schemas import EnforcementKind, ItemBody, ItemCategory
from suicha_registry.organisations.schemas import OrganisationBody
from suicha_registry.rulesets.service import today

_SEPARATORS = re.compile(r"[；;、\n]+")
_BASIS = re.compile(r"《(?P<law>[^》]+)》(?P<articles>[^《]*)")
_CATEGORIES = {"市场监管执法事项": ItemCategory.MARKET, "其他行政执法事项": ItemCategory.OTHER}
_ENFORCEMENTS = {
    "行政检查": EnforcementKind.INSPECTION,
    "劳动保障监察": EnforcementKind.SUPERVISION,
    "行政核查": EnforcementKind.VERIFICATION,
}
_STATES = {"在岗": InspectorState.ACTIVE, "离岗": InspectorState.ON_LEAVE, "调离": InspectorState.LEFT}

Home = dict[str, Any]
"""The importing organisation: code, region, departments (code → crew)."""


@dataclass(frozen=True)
class Kind:
    """How rows of one kind are read and where they go."""

    headers: dict[str, tuple[str, ...]]
    needed: tuple[str, ...]
    table: str
    key: tuple[str, ...]
    compared: tuple[str, ...]
    """Columns whose difference makes a change; others are only written at the first import."""
    also_set: str
    """SQL set with every change."""
    read: Callable[[dict[str, str], Home, Task], dict[str, Any] | Refusal]


def import_records(connection: psycopg.Connection[Any], task: Task, refused: RefusedRows) -> Outcome:
    """Import one file of organisations, items or inspectors.

    Raises:
        UnreadableSheet: the file is no table or lacks a needed column.
        Stopped: the process is going down.
    """
    kind = KINDS_OF_RECORDS[task.kind]
    home = _home(connection, task)
    connection.execute("CREATE TEMP TABLE stage (line bigint, doc jsonb) ON COMMIT DROP")
    seen: dict[str, int] = {}
    with open_sheet(task.path) as sheet:
        columns = columns_of(sheet.header, kind.headers)
        missing = [kind.headers[name][0] for name in kind.needed if name not in columns]
        if missing:
            raise UnreadableSheet(f"缺少列：{'、'.join(missing)}")
        outcome = Outcome(sheet.header)
        with connection.cursor().copy("COPY stage (line, doc) FROM STDIN") as copy:
            for line, row in sheet.rows:
                outcome.read += 1
                if outcome.read % 1000 == 0:
                    task.tick(outcome.read)
                found = _read(kind, columns, len(sheet.header), row, home, task)
                if isinstance(found, dict) and found["code"] in seen:
                    first = seen[found["code"]]
                    found = Refusal("duplicate", f"与第 {first} 行的编码重复，以第 {first} 行为准")
                if isinstance(found, Refusal):
                    refused.add(line, found, row or [])
                    continue
                seen[found["code"]] = line
                copy.write_row((line, json.dumps(found, ensure_ascii=False)))
    outcome.changed, outcome.accepted = _put(connection, kind, task, refused)
    outcome.refused = refused.count
    outcome.unchanged = outcome.read - outcome.refused - outcome.changed - outcome.accepted
    return outcome


def hidden_column(path_header: list[str], kind: str) -> int | None:
    """Return the column of a file that must never be kept in clear: the identity number."""
    return columns_of(path_header, INSPECTOR_HEADERS).get("identity_number") if kind == "inspectors" else None


def _home(connection: psycopg.Connection[Any], task: Task) -> Home:
    row = connection.execute(
        "SELECT region, departments FROM organisations WHERE code = %s", (task.org,)
    ).fetchone()
    if row is None:
        if task.kind != "organisations":
            raise UnreadableSheet(f"机构 {task.org} 未登记，不能导入它的名录")
        return {"code": task.org, "region": task.region, "departments": {}}
    crews = {one["code"]: one["crew"] for one in row[1]}
    return {"code": task.org, "region": row[0], "departments": crews}


def _read(
    kind: Kind, columns: dict[str, int], width: int, row: list[str] | None, home: Home, task: Task
) -> dict[str, Any] | Refusal:
    if row is None:
        return Refusal("quote_unclosed", "引号没有结束，或单元格过长")
    if len(row) != width:
        return Refusal("column_count", f"应有 {width} 列，实有 {len(row)} 列")
    words = {name: row[index].strip() for name, index in columns.items()}
    words = {name: "" if text in EMPTY else text for name, text in words.items()}
    if any("\x00" in text or not _is_text(text) for text in words.values()):
        return Refusal("bad_encoding", "含有无法识别的字符（应为 UTF-8 或 GB 18030）")
    try:
        return kind.read({name: text for name, text in words.items() if text}, home, task)
    except ValidationError as error:
        first = error.errors()[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        column = kind.headers.get(field, (field,))[0]
        return Refusal(f"{field or 'row'}_invalid", f"{column}：{chinese_message(first)}")


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _parts(text: str) -> list[str]:
    return [part.strip() for part in _SEPARATORS.split(text) if part.strip()]


def _organisation(words: dict[str, str], _: Home, task: Task) -> dict[str, Any] | Refusal:
    departments = []
    for part in _parts(words.pop("departments", "")):
        pieces = [piece.strip() for piece in re.split("[:：]", part)]
        if len(pieces) not in (2, 3):
            return Refusal("departments_invalid", f"处室“{part}”应写作 编码:名称:队伍")
        departments.append({"code": pieces[0], "name": pieces[1], "crew": pieces[-1 if pieces[2:] else 0]})
    body = OrganisationBody.model_validate({**words, "departments": departments})
    if not body.region.startswith(task.prefix):
        return Refusal("outside_scope", f"区划 {body.region} 不在您的管辖区域内")
    return body.model_dump(mode="json")


def _item(words: dict[str, str], home: Home, _: Task) -> dict[str, Any] | Refusal:
    fields: dict[str, Any] = dict(words)
    if "basis" in words:
        fields["basis"] = [match.groupdict() for match in _BASIS.finditer(words["basis"])]
        for one in fields["basis"]:
            one["articles"] = one["articles"].strip("；;、，, \n")
    if "category" in words:
        fields["category"] = _CATEGORIES.get(words["category"], words["category"])
    if "enforcement" in words:
        fields["enforcement"] = _ENFORCEMENTS.get(words["enforcement"], words["enforcement"])
    if "object_kinds" in words:
        fields["object_kinds"] = [KINDS.get(part, part) for part in _parts(words["object_kinds"])]
    if "ratio_bp" in words:
        fields["ratio_bp"] = _basis_points(words["ratio_bp"])
    body = ItemBody.model_validate(fields)
    if body.department and body.department not in home["departments"]:
        return Refusal("department_unknown", f"机构没有处室 {body.department}")
    return body.model_dump(mode="json") | {
        "id": str(uuid7()),
        "org": home["code"],
        "region": home["region"],
        "reviewed_by": "",
    }


def _basis_points(text: str) -> Any:
    """Read `5%` or `0.5%` exactly, without floating point; anything else is left to the model to refuse."""
    found = re.fullmatch(r"(\d{1,3})(?:\.(\d{1,2}))?\s*[%％]", text)
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else text


def _inspector(words: dict[str, str], home: Home, task: Task) -> dict[str, Any] | Refusal:
    fields: dict[str, Any] = dict(words)
    if "scopes" in words:
        fields["scopes"] = _parts(words["scopes"].replace(",", "；").replace("，", "；"))
    if "state" in words:
        fields["state"] = _STATES.get(words["state"], words["state"])
    body = InspectorBody.model_validate(fields)
    if body.licence_until < today():
        return Refusal("licence_expired", f"执法证件已于 {body.licence_until} 到期")
    if body.department not in home["departments"]:
        return Refusal("department_unknown", f"机构没有处室 {body.department}")
    region = body.region or home["region"]
    if not region.startswith(task.prefix):
        return Refusal("outside_scope", f"区划 {region} 不在您的管辖区域内")
    number = body.identity_number
    return body.model_dump(mode="json", exclude={"identity_number"}) | {
        "org": home["code"],
        "region": region,
        "crew": home["departments"][body.department],
        "identity_sealed": "\\x" + Vault(task.pii_key).seal(number).hex() if number else None,
        "identity_masked": masked(number) if number else "",
    }


def _put(
    connection: psycopg.Connection[Any], kind: Kind, task: Task, refused: RefusedRows
) -> tuple[int, int]:
    """Insert and update as a set; return (changed, new). Rows that belong to somebody else are refused."""
    table, comma = sql.Identifier(kind.table), sql.SQL(", ")
    join = sql.SQL(" AND ").join(sql.SQL("t.{0} = r.{0}").format(sql.Identifier(name)) for name in kind.key)
    source = sql.SQL("stage s, LATERAL jsonb_populate_record(NULL::{table}, s.doc) r").format(table=table)
    owner = sql.SQL("starts_with(t.region, %(prefix)s)")
    if kind.table != "organisations":
        owner = sql.SQL("t.org = %(org)s")
    scope = {"prefix": task.prefix, "org": task.org}
    gone = connection.execute(
        sql.SQL(
            "DELETE FROM stage d USING {source} JOIN {table} t ON {join} WHERE d.line = s.line AND NOT ({owner}) "
            "RETURNING d.line, d.doc ->> 'code'"
        ).format(source=source, table=table, join=join, owner=owner),
        scope,
    ).fetchall()
    for line, code in gone:
        refused.add(line, Refusal("outside_scope", f"编码 {code} 属于其他机构"), [code])
    compared = [sql.Identifier(name) for name in kind.compared]
    changed = connection.execute(
        sql.SQL(
            "UPDATE {table} t SET {sets}, version = t.version + 1, updated_at = now(){also} "
            "FROM {source} WHERE {join} AND ({old}) IS DISTINCT FROM ({new})"
        ).format(
            table=table,
            sets=comma.join(sql.SQL("{0} = r.{0}").format(name) for name in compared),
            also=sql.SQL(kind.also_set),
            source=source,
            join=join,
            old=comma.join(sql.SQL("t.{}").format(name) for name in compared),
            new=comma.join(sql.SQL("r.{}").format(name) for name in compared),
        )
    ).rowcount
    every = list(dict.fromkeys((*kind.key, *kind.compared, *_FIRST_TIME.get(kind.table, ()))))
    named = [sql.Identifier(name) for name in every]
    new = connection.execute(
        sql.SQL("INSERT INTO {table} ({named}) SELECT {values} FROM {source} ON CONFLICT DO NOTHING").format(
            table=table,
            named=comma.join(named),
            values=comma.join(sql.SQL("r.{}").format(name) for name in named),
            source=source,
        )
    ).rowcount
    return changed, new


_FIRST_TIME = {"items": ("id", "region", "reviewed_by"), "inspectors": ("org", "identity_sealed")}
_ITEM_FIELDS = tuple(name for name in ItemBody.model_fields if name != "code")

KINDS_OF_RECORDS = {
    "organisations": Kind(
        headers=dict(ORGANISATION_HEADERS),
        needed=("code", "name", "region"),
        table="organisations",
        key=("code",),
        compared=("name", "region", "departments"),
        also_set="",
        read=_organisation,
    ),
    "items": Kind(
        headers=dict(ITEM_HEADERS),
        needed=("code", "name"),
        table="items",
        key=("org", "code"),
        compared=_ITEM_FIELDS,
        also_set=", published_at = NULL, reviewed_on = NULL, reviewed_by = ''",
        read=_item,
    ),
    "inspectors": Kind(
        headers=dict(INSPECTOR_HEADERS),
        needed=("code", "name", "department", "licence_no", "licence_until"),
        table="inspectors",
        key=("code",),
        compared=(
            "name", "region", "department", "crew", "unit", "licence_no", "licence_until", "scopes", "state",
            "identity_masked",
        ),
        also_set=", identity_sealed = r.identity_sealed",
        read=_inspector,
    ),
}  # fmt: skip
"""Every kind of record that a file may hold, objects apart."""
