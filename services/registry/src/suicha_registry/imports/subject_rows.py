"""Checks one row of a register and turns it into columns. Pure, and quick: it runs for millions of rows.

Every fault of a row is told, by field, by code and in Chinese.
"""

import json
from collections.abc import Mapping
from functools import lru_cache

from suicha_chassis.regions import registered_region
from suicha_contracts.values import SubjectKind, SubjectStatus, is_credit_code

from suicha_registry.imports.faults import Fault
from suicha_registry.subjects.industries import industry_of
from suicha_registry.subjects.licences import licences_of
from suicha_registry.subjects.limits import LONGEST
from suicha_registry.tables.cells import day_of, is_scientific, meant, percent
from suicha_registry.tables.words import EMPTY, KINDS, STATUSES

_CODE_LETTERS = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
_ID_LETTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ._-")
_WITHOUT_CODE = frozenset({str(SubjectKind.INSTITUTION), str(SubjectKind.UNLICENSED)})
TEXTS = (
    "company_type", "capital", "scope", "address", "legal_representative", "scale", "nature", "structure",
)  # fmt: skip
"""Columns that are taken as they stand."""


class SubjectRows:
    """Checks rows of one file; made once, called for each row."""

    def __init__(self, places: Mapping[str, int], width: int, region_default: str, prefix: str) -> None:
        """`prefix` is the region prefix that the importer may write to."""
        self.width = width
        self._name, self._id = places["name"], places["id"]
        self._kind, self._region = places.get("kind"), places.get("region")
        self._status, self._date, self._unit = (
            places.get("status"), places.get("registered_on"), places.get("unit"),
        )  # fmt: skip
        self._share, self._licences = places.get("market_share_bp"), places.get("licences")
        self._until = places.get("licence_until")
        self._industry = places.get("industry")
        texts = [name for name in TEXTS if name in places]
        self._texts = [(places[name], LONGEST[name], name) for name in texts]
        self._default, self._prefix = region_default, prefix
        checked = (
            "kind", "region", "status", "registered_on", "market_share_bp", "licences", "unit", "industry",
        )  # fmt: skip
        self.given = [*(name for name in checked if name in places), *texts]
        """Columns that the file speaks of; the others of a known object stay as they are."""
        self.columns = [
            "id",
            "name",
            "kind",
            "region",
            *(n for n in self.given if n not in ("kind", "region")),
        ]
        """Columns of an accepted row, in order."""

    def __call__(self, row: list[str]) -> list[str] | list[Fault]:
        """Return the columns of a row (an empty date is `\\N`), or everything that is wrong with it."""
        if len(row) != self.width:
            return [Fault("", "column_count", f"应有 {self.width} 列，实有 {len(row)} 列")]
        row = [
            (text if (text := cell.strip()) and text[0] not in "'=" and text not in EMPTY else meant(cell))
            if cell
            else cell
            for cell in row
        ]
        faults: list[Fault] = []
        name, code = row[self._name], row[self._id].strip().upper()
        if not name:
            faults.append(Fault("name", "name_missing", "名称为空"))
        elif len(name) > LONGEST["name"]:
            faults.append(Fault("name", "too_long", f"名称超过 {LONGEST['name']} 字"))
        kind = ""
        if self._kind is not None and (words := row[self._kind]):
            kind = KINDS.known.get(words, "")
            if not kind:
                faults.append(Fault("kind", "kind_unknown", f"不认识的对象类型“{words}”"))
        authority = ""
        if is_credit_code(code):
            kind = kind or _kind_of(code[:2])
            authority = code[2:8]
        elif kind not in _WITHOUT_CODE or not _is_id(code):
            faults.append(Fault("id", "credit_code_invalid", _fault_of(code)))
        region = self._region_of(row, authority, faults)
        found = [code, name, kind, region]
        if self._status is not None:
            words = row[self._status]
            status = STATUSES.known.get(words) if words else str(SubjectStatus.ACTIVE)
            if status is None:
                faults.append(Fault("status", "status_unknown", f"不认识的登记状态“{words}”"))
            found.append(status or "")
        if self._date is not None:
            day = _day(row[self._date])
            if day is None:
                words = f"日期“{row[self._date]}”不正确，应为 YYYY-MM-DD"
                faults.append(Fault("registered_on", "date_invalid", words))
            found.append(day or "")
        if self._share is not None:
            share = _share(row[self._share])
            if share is None:
                words = f"市场占有率“{row[self._share]}”应在 0 至 100% 之间"
                faults.append(Fault("market_share_bp", "market_share_invalid", words))
            found.append(share or "")
        if self._licences is not None or self._until is not None:
            found += self._licences_in(row, faults)
        if self._unit is not None:
            unit = row[self._unit].upper()
            if unit and not _is_id(unit):
                faults.append(Fault("unit", "unit_invalid", f"监管单位“{unit}”不是编码"))
            found.append(unit)
        if self._industry is not None:
            industry = _industry(row[self._industry])
            if industry is None:
                words = f"“{row[self._industry]}”不是国民经济行业的门类或代码（GB/T 4754），或字母与数字不符"
                faults.append(Fault("industry", "industry_unknown", words))
            found.append(industry or "")
        for index, longest, field in self._texts:
            text = row[index]
            if len(text) > longest:
                faults.append(Fault(field, "too_long", f"超过 {longest} 字"))
            found.append(text)
        return faults or found

    def _licences_in(self, row: list[str], faults: list[Fault]) -> list[str]:
        """Return the licences as JSON, those without a day until the one of the column beside; nothing if the file
        has no column of licences."""
        cell = row[self._licences] if self._licences is not None else ""
        until = row[self._until] if self._until is not None else ""
        if not cell and not until:
            return ["[]"] if self._licences is not None else []
        day = _day(until)
        licences = licences_of(cell)
        if day is None:
            faults.append(Fault("licence_until", "date_invalid", f"日期“{until}”不正确，应为 YYYY-MM-DD"))
        elif until and not cell:
            faults.append(Fault("licence_until", "licence_invalid", "写了许可证有效期，没有写许可证"))
        if isinstance(licences, str):
            faults.append(Fault("licences", "licence_invalid", licences))
        if faults or isinstance(licences, str):
            return []
        kept = [
            one._replace(until=day)._asdict() if until and one.until is None else one._asdict()
            for one in licences
        ]
        return [json.dumps(kept, ensure_ascii=False)]

    def _region_of(self, row: list[str], authority: str, faults: list[Fault]) -> str:
        """The region column says where; without it the registering authority; without both the default."""
        said = row[self._region] if self._region is not None else ""
        field = "region" if said else "id"
        if said:
            region, wrong = registered_region(said), f"行政区划代码“{said}”不存在（GB/T 2260）"
        elif authority:
            region = registered_region(authority)
            wrong = f"信用代码第 3–8 位“{authority}”不是行政区划代码（GB/T 2260）"
        elif any(one.field == "id" for one in faults):
            return ""
        else:
            region, wrong = self._default, "没有行政区划代码，也没有默认区划"
        if not region:
            faults.append(Fault(field, "region_unknown", wrong))
        elif not region.startswith(self._prefix):
            faults.append(Fault(field, "outside_scope", f"区划 {region} 不在您的管辖区域内"))
        return region


@lru_cache(maxsize=64)
def _kind_of(prefix: str) -> str:
    """91 enterprises, 92 individuals (个体工商户); every other register is one of institutions (GB 32100 §4.2)."""
    return {"91": SubjectKind.ENTERPRISE, "92": SubjectKind.INDIVIDUAL}.get(prefix, SubjectKind.INSTITUTION)


@lru_cache(maxsize=100_000)
def _day(text: str) -> str | None:
    if not text:
        return "\\N"
    day = day_of(text)
    return day.isoformat() if day is not None else None


@lru_cache(maxsize=10_000)
def _share(text: str) -> str | None:
    if not text:
        return "\\N"
    share = percent(text)
    return str(share) if share is not None else None


@lru_cache(maxsize=10_000)
def _industry(text: str) -> str | None:
    return industry_of(text)


def _is_id(code: str) -> bool:
    return 1 <= len(code) <= 54 and _ID_LETTERS.issuperset(code) and code[0] not in "._-"


def _fault_of(code: str) -> str:
    if code in EMPTY:
        return "统一社会信用代码为空"
    if is_scientific(code):
        return "统一社会信用代码被表格软件改成了数字，已丢失位数，请把该列设为文本后重新填写"
    if len(code) != 18:
        return f"统一社会信用代码应为 18 位，实有 {len(code)} 位"
    if not _CODE_LETTERS.issuperset(code):
        strange = "".join(sorted(set(code) - _CODE_LETTERS))
        return f"统一社会信用代码含有不允许的字符“{strange}”"
    return "统一社会信用代码的校验码不正确（GB 32100-2015）"
