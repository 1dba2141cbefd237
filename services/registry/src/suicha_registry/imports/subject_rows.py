"""Checks one row of a register and turns it into columns. Pure, and quick: it runs for millions of rows.

Refusals are told by code and in Chinese; the first fault of a row decides.
"""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from suicha_contracts.values import SubjectKind, SubjectStatus, is_credit_code

from suicha_registry.regions import registered_region

EMPTY = frozenset({"", "\\N", "N/A", "n/a", "NA", "NULL", "null", "None", "-", "--", "—", "无"})
"""What registers write when they know nothing."""

KINDS = {
    "企业": SubjectKind.ENTERPRISE,
    "个体": SubjectKind.INDIVIDUAL,
    "个体户": SubjectKind.INDIVIDUAL,
    "个体工商户": SubjectKind.INDIVIDUAL,
    "机构": SubjectKind.INSTITUTION,
    "社保经办机构": SubjectKind.INSTITUTION,
    "非市场主体": SubjectKind.INSTITUTION,
    "无证机构": SubjectKind.UNLICENSED,
    "未经许可机构": SubjectKind.UNLICENSED,
} | {kind.value: kind for kind in SubjectKind}

STATUSES = {
    "": SubjectStatus.ACTIVE,
    **dict.fromkeys(
        ("存续", "在业", "开业", "正常", "在营", "存续（在营、开业、在册）"), SubjectStatus.ACTIVE
    ),
    **dict.fromkeys(("停业", "歇业", "暂停"), SubjectStatus.SUSPENDED),
    **dict.fromkeys(("注销", "吊销", "撤销", "迁出", "吊销，未注销"), SubjectStatus.CANCELLED),
} | {status.value: status for status in SubjectStatus}

_CODE_LETTERS = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
_ID_LETTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ._-")
_LONGEST = {"name": 300, "scope": 20_000, "address": 1000, "industry": 10, "scale": 20}
TEXTS = ("company_type", "capital", "scope", "address", "legal_representative", "industry", "scale")
"""Columns that are taken as they stand."""


class Refusal(NamedTuple):
    """Why a row was not taken."""

    code: str
    message: str


class SubjectRows:
    """Checks rows of one file; made once, called for each row."""

    def __init__(self, columns: dict[str, int], width: int, region_default: str, prefix: str) -> None:
        """`prefix` is the region prefix that the importer may write to."""
        self.width = width
        self._name, self._id = columns["name"], columns["id"]
        self._kind, self._region = columns.get("kind"), columns.get("region")
        self._status, self._date, self._unit = (
            columns.get("status"), columns.get("registered_on"), columns.get("unit"),
        )  # fmt: skip
        texts = [name for name in TEXTS if name in columns]
        self._texts = [(columns[name], _LONGEST.get(name, 300), name) for name in texts]
        self._default, self._prefix = region_default, prefix
        self.given = [
            *(name for name in ("kind", "region", "status", "registered_on", "unit") if name in columns),
            *texts,
        ]
        """Columns that the file speaks of; the others of a known object stay as they are."""
        self.columns = [
            "id",
            "name",
            "kind",
            "region",
            *(n for n in self.given if n not in ("kind", "region")),
        ]
        """Columns of an accepted row, in order."""

    def __call__(self, row: list[str]) -> list[str] | Refusal:
        """Return the columns of a row (an empty date is `\\N`), or why it is refused."""
        if len(row) != self.width:
            return Refusal("column_count", f"应有 {self.width} 列，实有 {len(row)} 列")
        name, code = row[self._name].strip(), row[self._id].strip().upper()
        if name in EMPTY:
            return Refusal("name_missing", "名称为空")
        if len(name) > 300:
            return Refusal("too_long", "名称超过 300 字")
        kind = ""
        if self._kind is not None:
            words = row[self._kind].strip()
            kind = KINDS.get(words, "")
            if words not in EMPTY and not kind:
                return Refusal("kind_unknown", f"不认识的对象类型“{words}”")
        if is_credit_code(code):
            kind = kind or _kind_of(code[:2])
            authority = code[2:8]
        elif kind in (SubjectKind.INSTITUTION, SubjectKind.UNLICENSED) and _is_id(code):
            authority = ""
        else:
            return Refusal("credit_code_invalid", _fault_of(code))
        region = self._region_of(row, authority)
        if isinstance(region, Refusal):
            return region
        found = [code, name, kind, region]
        if self._status is not None:
            words = row[self._status].strip()
            status = STATUSES.get("" if words in EMPTY else words)
            if status is None:
                return Refusal("status_unknown", f"不认识的登记状态“{words}”")
            found.append(status)
        if self._date is not None:
            day = _day(row[self._date].strip())
            if day is None:
                return Refusal("date_invalid", f"日期“{row[self._date]}”不正确，应为 YYYY-MM-DD")
            found.append(day)
        if self._unit is not None:
            unit = row[self._unit].strip().upper()
            unit = "" if unit in EMPTY else unit
            if unit and not _is_id(unit):
                return Refusal("unit_invalid", f"监管单位“{unit}”不是编码")
            found.append(unit)
        for index, longest, _ in self._texts:
            text = row[index].strip()
            if len(text) > longest:
                return Refusal("too_long", f"第 {index + 1} 列超过 {longest} 字")
            found.append("" if text in EMPTY else text)
        return found

    def _region_of(self, row: list[str], authority: str) -> str | Refusal:
        """The region column says where; without it the registering authority; without both the default."""
        said = row[self._region].strip() if self._region is not None else ""
        if said not in EMPTY:
            region, wrong = registered_region(said), f"行政区划代码“{said}”不存在（GB/T 2260）"
        elif authority:
            region = registered_region(authority)
            wrong = f"信用代码第 3–8 位“{authority}”不是行政区划代码（GB/T 2260）"
        else:
            region, wrong = self._default, "没有行政区划代码，也没有默认区划"
        if not region:
            return Refusal("region_unknown", wrong)
        if not region.startswith(self._prefix):
            return Refusal("outside_scope", f"区划 {region} 不在您的管辖区域内")
        return region


@lru_cache(maxsize=64)
def _kind_of(prefix: str) -> str:
    """91 enterprises, 92 individuals (个体工商户); every other register is one of institutions (GB 32100 §4.2)."""
    return {"91": SubjectKind.ENTERPRISE, "92": SubjectKind.INDIVIDUAL}.get(prefix, SubjectKind.INSTITUTION)


@lru_cache(maxsize=100_000)
def _day(text: str) -> str | None:
    if text in EMPTY:
        return "\\N"
    try:
        return date.fromisoformat(text[:10].replace("/", "-").replace(".", "-")).isoformat()
    except ValueError:
        return None


def _is_id(code: str) -> bool:
    return 1 <= len(code) <= 54 and _ID_LETTERS.issuperset(code) and code[0] not in "._-"


def _fault_of(code: str) -> str:
    if code in EMPTY:
        return "统一社会信用代码为空"
    if len(code) != 18:
        return f"统一社会信用代码应为 18 位，实有 {len(code)} 位"
    if not _CODE_LETTERS.issuperset(code):
        strange = "".join(sorted(set(code) - _CODE_LETTERS))
        return f"统一社会信用代码含有不允许的字符“{strange}”"
    return "统一社会信用代码的校验码不正确（GB 32100-2015）"
