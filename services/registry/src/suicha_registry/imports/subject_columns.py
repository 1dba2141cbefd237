"""Columns of objects in a file: what their cells mean for the register, and what is wrong with them. Pure.

A column is read for a whole block of rows, since most of its cells are alike (regions, days, states) or need one
look only (texts). Whatever cannot stand is marked, and told afterwards, row by row.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol, TypeVar, cast

from suicha_chassis.regions import registered_region
from suicha_contracts.values import SubjectKind, SubjectStatus, is_credit_code

from suicha_registry.imports.faults import Fault, Row
from suicha_registry.subjects.industries import industry_of
from suicha_registry.subjects.licences import licences_of
from suicha_registry.subjects.limits import LONGEST
from suicha_registry.tables.cells import day_of, is_scientific, meanings, meant, percent
from suicha_registry.tables.copy_text import NULL
from suicha_registry.tables.words import EMPTY, KINDS, STATUSES

Cells = Sequence[Sequence[str]]
"""The columns of a block of rows, as the file has them."""
_CODE_LETTERS = frozenset("0123456789ABCDEFGHJKLMNPQRTUWXY")
_ID_LETTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ._-")
_WITHOUT_CODE = frozenset({str(SubjectKind.INSTITUTION), str(SubjectKind.UNLICENSED)})
_MOST_KNOWN = 20_000
"""What so many different cells of a column mean is kept: there are as many days in half a century."""
_LONG = 500
"""A block with a longer cell is read without looking at what is kept, and none of it is: a file may be full of them."""
_T = TypeVar("_T")


class Check(Protocol):
    """Reads one column of the register, or several that hang together."""

    def read(self, cells: Cells, faulty: set[int]) -> list[Sequence[str]]:
        """Return the register's columns; the numbers of rows that cannot stand are added to `faulty`."""

    def faults(self, row: Row) -> list[Fault]:
        """Return what is wrong with a row."""


class Text:
    """A text that is taken as it stands."""

    def __init__(self, field: str, place: int) -> None:
        self._field, self._place, self._longest = field, place, LONGEST[field]
        self._shortest = 1 if field == "name" else 0

    def read(self, cells: Cells, faulty: set[int]) -> list[Sequence[str]]:
        """Return one column."""
        texts = meanings(cells[self._place])
        lengths = list(map(len, texts))
        if max(lengths) > self._longest or min(lengths) < self._shortest:
            faulty.update(
                at for at, length in enumerate(lengths) if not self._shortest <= length <= self._longest
            )
        return [texts]

    def faults(self, row: Row) -> list[Fault]:
        """Say that it is missing or too long."""
        length = len(meant(row[self._place]))
        if length < self._shortest:
            return [Fault("name", "name_missing", "名称为空")]
        if length > self._longest:
            return [Fault(self._field, "too_long", f"超过 {self._longest} 字")]
        return []


class Coded:
    """A column whose cells stand for values of the register: each different cell is read once."""

    def __init__(
        self, field: str, place: int, value: Callable[[str], str | None], code: str, told: str
    ) -> None:
        """`value` returns None if a cell makes no sense; `code` and `told` are the fault then."""
        self._field, self._place, self._value, self._code, self._told = field, place, value, code, told
        self._values = _kept(lambda cell: value(meant(cell)))

    def read(self, cells: Cells, faulty: set[int]) -> list[Sequence[str]]:
        """Return one column."""
        return [_marked(self._values(cells[self._place]), faulty)]

    def faults(self, row: Row) -> list[Fault]:
        """Say that the cell makes no sense."""
        text = meant(row[self._place])
        return [Fault(self._field, self._code, self._told.format(text))] if self._value(text) is None else []


class Licences:
    """The column of licences and that of the day on which those without a day of their own end."""

    def __init__(self, licences: int | None, until: int | None) -> None:
        self._places = (licences, until)
        self._values = _kept(_licences_json)

    def read(self, cells: Cells, faulty: set[int]) -> list[Sequence[str]]:
        """Return one column, of JSON; none if the file has no column of licences."""
        column = _marked(self._values(*_beside(cells, self._places)), faulty)
        return [column] if self._places[0] is not None else []

    def faults(self, row: Row) -> list[Fault]:
        """Say what is wrong with the licences, or with the day beside them."""
        licences, until = ("" if at is None else meant(row[at]) for at in self._places)
        return _licence_faults(licences, until)


class Standing:
    """Which object a row is about, of which kind and where: by its code, two columns and the importer's place."""

    def __init__(self, places: Mapping[str, int], region_default: str, prefix: str) -> None:
        """`prefix` is the region prefix that the importer may write to."""
        self._id, self._said = places["id"], (places.get("kind"), places.get("region"))
        self._default, self._prefix = region_default, prefix
        self._values = _kept(self._standing)

    def read(self, cells: Cells, faulty: set[int]) -> list[Sequence[str]]:
        """Return id, kind and region."""
        ids = list(cells[self._id])
        official = list(map(is_credit_code, ids))
        if not all(official):
            for at in [at for at, ok in enumerate(official) if not ok]:
                ids[at] = code = _code_in(ids[at])
                official[at] = is_credit_code(code)
                if not official[at] and not _is_id(code):
                    faulty.add(at)
        heads = [code[:8] if ok else "" for code, ok in zip(ids, official, strict=True)]
        found = self._values(heads, *_beside(cells, self._said))
        if None in set(found):
            faulty.update(at for at, one in enumerate(found) if one is None)
        kinds, regions = zip(*(one or ("", "") for one in found), strict=True)
        return [ids, kinds, regions]

    def faults(self, row: Row) -> list[Fault]:
        """Say what is wrong with the kind, the code and the region."""
        code = _code_in(row[self._id])
        kind, region = ("" if at is None else meant(row[at]) for at in self._said)
        head = code[:8] if is_credit_code(code) else ""
        found = []
        if kind and kind not in KINDS.known:
            found.append(Fault("kind", "kind_unknown", f"不认识的对象类型“{kind}”"))
        named = bool(head) or (_kind_of(head, kind) in _WITHOUT_CODE and _is_id(code))
        if not named:
            found.append(Fault("id", "credit_code_invalid", _fault_of(code)))
        fault = self._region_fault(head, region) if named or region else None
        return [*found, fault] if fault else found

    def _standing(self, head: str, *cells: str) -> tuple[str, str] | None:
        """Return kind and region, from the first letters of a credit code and what two cells say."""
        kind, region = map(meant, cells)
        found = _kind_of(head, kind)
        wrong = not found or not (head or found in _WITHOUT_CODE) or self._region_fault(head, region)
        return None if wrong else (found, self._region_of(head, region))

    def _region_of(self, head: str, said: str) -> str:
        """The region column says where; without it the registering authority; without both the default."""
        return registered_region(said or head[2:]) if said or head else self._default

    def _region_fault(self, head: str, said: str) -> Fault | None:
        field = "region" if said else "id"
        region = self._region_of(head, said)
        if region:
            outside = not region.startswith(self._prefix)
            words = f"区划 {region} 不在您的管辖区域内"
            return Fault(field, "outside_scope", words) if outside else None
        if said:
            return Fault(field, "region_unknown", f"行政区划代码“{said}”不存在（GB/T 2260）")
        if head:
            words = f"信用代码第 3–8 位“{head[2:]}”不是行政区划代码（GB/T 2260）"
            return Fault(field, "region_unknown", words)
        return Fault(field, "region_unknown", "没有行政区划代码，也没有默认区划")


def coded_columns(places: Mapping[str, int]) -> list[tuple[str, Check]]:
    """Return the checks of the columns that a file has, by field, in the order of the register's columns."""
    found: list[tuple[str, Check]] = [
        (field, Coded(field, places[field], value, code, told))
        for field, value, code, told in _CODED
        if field in places
    ]
    if "licences" in places or "licence_until" in places:
        found.append(("licences", Licences(places.get("licences"), places.get("licence_until"))))
    return found


def _status(text: str) -> str | None:
    return STATUSES.known.get(text) if text else str(SubjectStatus.ACTIVE)


def _day(text: str) -> str | None:
    if not text:
        return NULL
    day = day_of(text)
    return day.isoformat() if day is not None else None


def _share(text: str) -> str | None:
    if not text:
        return NULL
    share = percent(text)
    return str(share) if share is not None else None


def _unit(text: str) -> str | None:
    return text.upper() if not text or _is_id(text.upper()) else None


_CODED: tuple[tuple[str, Callable[[str], str | None], str, str], ...] = (
    ("status", _status, "status_unknown", "不认识的登记状态“{}”"),
    ("registered_on", _day, "date_invalid", "日期“{}”不正确，应为 YYYY-MM-DD"),
    ("market_share_bp", _share, "market_share_invalid", "市场占有率“{}”应在 0 至 100% 之间"),
    ("unit", _unit, "unit_invalid", "监管单位“{}”不是编码"),
    (
        "industry",
        industry_of,
        "industry_unknown",
        "“{}”不是国民经济行业的门类或代码（GB/T 4754），或字母与数字不符",
    ),
)
"""Field, what a cell stands for (None: nothing), the fault's code and how it is told."""


def _licence_faults(cell: str, until: str) -> list[Fault]:
    found = []
    if _day(until) is None:
        found.append(Fault("licence_until", "date_invalid", f"日期“{until}”不正确，应为 YYYY-MM-DD"))
    elif until and not cell:
        found.append(Fault("licence_until", "licence_invalid", "写了许可证有效期，没有写许可证"))
    if isinstance(licences := licences_of(cell), str):
        found.append(Fault("licences", "licence_invalid", licences))
    return found


def _licences_json(*cells: str) -> str | None:
    cell, until = map(meant, cells)
    licences = licences_of(cell)
    if isinstance(licences, str) or _licence_faults(cell, until):
        return None
    kept = [
        one._replace(until=_day(until))._asdict() if until and one.until is None else one._asdict()
        for one in licences
    ]
    return json.dumps(kept, ensure_ascii=False)


def _kept(read: Callable[..., _T]) -> Callable[..., list[_T]]:
    """Return what reads a whole column, or several side by side, and keeps what it read of cells of common length."""
    known = lru_cache(_MOST_KNOWN)(read)

    def column(*cells: Sequence[str]) -> list[_T]:
        longest = max(max(map(len, one)) for one in cells)
        return list(map(known if longest <= _LONG else read, *cells))

    return column


def _beside(cells: Cells, places: Iterable[int | None]) -> list[Sequence[str]]:
    """Return columns; one that the file does not have is blank."""
    return [[""] * len(cells[0]) if at is None else cells[at] for at in places]


def _marked(column: list[str | None], faulty: set[int]) -> list[str]:
    """Return a column; rows without a value are added to `faulty`."""
    if None in set(column):
        faulty.update(at for at, value in enumerate(column) if value is None)
        return [value or "" for value in column]
    return cast(list[str], column)


def _kind_of(head: str, said: str) -> str:
    """Return the kind that is said; without a word the register that gave the code: 91 enterprises, 92 individuals
    (个体工商户), every other one institutions (GB 32100 §4.2). Empty if neither is known."""
    if said:
        return KINDS.known.get(said, "")
    if not head:
        return ""
    return {"91": SubjectKind.ENTERPRISE, "92": SubjectKind.INDIVIDUAL}.get(head[:2], SubjectKind.INSTITUTION)


def _code_in(cell: str) -> str:
    return meant(cell).strip().upper()


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
