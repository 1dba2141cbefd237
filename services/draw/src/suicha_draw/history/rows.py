"""Checks one row of a file of earlier inspections and turns it into evidence. Pure; it runs for millions of rows.

The evidence hash is SHA-256 of the canonical JSON (RFC 8785) of what the row says, so the same row in another
file is the same inspection, and an exclusion that it causes can be checked against the file.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from uuid import UUID, uuid5

from suicha_contracts.values import NORMAL_RESULTS, RZ_2022, VIOLATION_RESULTS, ResultCode

HEADERS: Mapping[str, tuple[str, ...]] = {
    "object_id": ("统一社会信用代码/注册号", "统一社会信用代码", "信用代码", "检查对象编号", "object_id"),
    "finished_on": ("检查完成日期", "检查日期", "完成日期", "finished_on"),
    "result": ("检查结果", "抽查结果", "result"),
    "authority": ("检查机关", "检查实施机关", "检查单位", "authority"),
    "triggered": ("是否触发式", "触发式", "triggered"),
}
"""Columns of a file of earlier inspections; the first that is there counts."""
NEEDED = ("object_id", "finished_on", "result")

_NAMESPACE = UUID("6f1f5f0e-3a63-5d0c-9b6b-0a8f8a7c1d51")
_ID_LETTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ._-")
_YES, _NO = frozenset({"是", "1", "true", "TRUE"}), frozenset({"", "否", "0", "false", "FALSE"})
_CODES = {text: code for code, text in RZ_2022.items()} | {code.value: code for code in ResultCode}


@dataclass(frozen=True)
class Refusal:
    """Why a row was not taken, by code and in Chinese."""

    code: str
    message: str


@dataclass(frozen=True)
class EarlierInspection:
    """One row as the history keeps it."""

    id: UUID
    object_id: str
    finished_on: date
    violation: bool
    normal: bool
    triggered: bool
    org: str
    document: str
    evidence: str


def columns_of(header: list[str]) -> dict[str, int]:
    """Return the index of each field that a header has."""
    places = {name: index for index, name in reversed(list(enumerate(header)))}
    return {
        field: places[name]
        for field, names in HEADERS.items()
        for name in [next((one for one in names if one in places), "")]
        if name
    }


def read_row(fields: Mapping[str, str], authority: str, today: date, org: str) -> EarlierInspection | Refusal:
    """Return what a row says, or why it says nothing that counts.

    `authority` is the default body: it is the importer's own, whose code is `org`.
    """
    object_id = fields.get("object_id", "").strip().upper()
    if not 1 <= len(object_id) <= 54 or object_id[0] in "._-" or not _ID_LETTERS.issuperset(object_id):
        return Refusal("object_id_invalid", f"检查对象编号“{object_id}”不正确")
    day = _day(fields.get("finished_on", "").strip())
    if day is None:
        return Refusal(
            "date_invalid", f"检查完成日期“{fields.get('finished_on', '')}”不正确，应为 YYYY-MM-DD"
        )
    if day > today:
        return Refusal("date_in_future", f"检查完成日期 {day} 晚于今天")
    results = _results(fields.get("result", "").strip())
    if not results:
        return Refusal("result_unknown", f"不认识的检查结果“{fields.get('result', '')}”")
    flag = fields.get("triggered", "").strip()
    if flag not in _YES | _NO:
        return Refusal("triggered_unknown", f"是否触发式应填“是”或“否”，而不是“{flag}”")
    body = fields.get("authority", "").strip() or authority
    try:
        body.encode()
    except UnicodeEncodeError:
        return Refusal("bad_encoding", "含有无法识别的字符（应为 UTF-8 或 GB 18030）")
    normal = results <= NORMAL_RESULTS
    document = {
        "authority": body, "finished_on": day.isoformat(), "normal": normal, "object_id": object_id,
        "results": sorted(results), "source": "import", "triggered": flag in _YES,
        "violation": bool(results & VIOLATION_RESULTS),
    }  # fmt: skip
    text = canonical(document)
    return EarlierInspection(
        uuid5(_NAMESPACE, f"{object_id}|{day}|{body}"), object_id, day, bool(results & VIOLATION_RESULTS), normal,
        flag in _YES, org if body == authority else body, text, hashlib.sha256(text.encode()).hexdigest(),
    )  # fmt: skip


def canonical(document: Mapping[str, object]) -> str:
    """Return the canonical JSON of a document of strings and flags: for those the plain writer is RFC 8785's."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@lru_cache(maxsize=20_000)
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10].replace("/", "-").replace(".", "-"))
    except ValueError:
        return None


@lru_cache(maxsize=5_000)
def _results(text: str) -> frozenset[ResultCode]:
    """Codes or words of the record form (S0 annex 2), several joined by `、`, `,` or `；`."""
    words = [
        one.strip() for one in text.replace(",", "、").replace("；", "、").replace(";", "、").split("、")
    ]
    whole = _CODES.get(text)
    found = {whole} if whole else {_CODES.get(word) for word in words if word}
    return frozenset(code for code in found if code) if None not in found else frozenset()
