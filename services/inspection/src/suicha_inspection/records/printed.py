"""The record form of S0 annex 2 (联合抽查情况记录表) as a page to print. Pure: record in, HTML out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from jinja2 import Environment, PackageLoader, StrictUndefined
from suicha_contracts.values import FOLLOW_UP_TEXT, RZ_2022

from suicha_inspection.clock import CHINA
from suicha_inspection.record import Record, RecordSignature

_TEMPLATES = Environment(
    loader=PackageLoader("suicha_inspection", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_STATES = {"signed": "已签字", "sealed": "已盖章", "refused": "拒绝签字", "absent": "无法取得签名"}
_MODES = {"onsite": "实地核查", "written": "书面检查", "network": "网络监测", "": ""}
_EXPERT_KINDS = {
    "expert": "专业技术人员",
    "accounting_firm": "会计师事务所",
    "tax_firm": "税务师事务所",
    "law_firm": "律师事务所",
    "appraisal_firm": "资产评估机构",
    "trade_association": "行业协会",
}
_NON_COOPERATION = {
    1: "拒绝检查人员或其委托的专业机构进入被检查场所",
    2: "拒绝提供相关情况或相关材料",
    3: "不如实或不按要求提供情况或相关材料",
    4: "其他阻挠、妨碍抽查工作的行为",
}


@dataclass(frozen=True)
class Row:
    """A line of the table of items; a department's first line carries its name over all of them."""

    department: str
    span: int
    item: str
    result: str


def printed(record: Record, sha256: str = "") -> str:
    """Return the page; with the hash of a sealed version, or marked as a draft."""
    return _TEMPLATES.get_template("record.html").render(
        record=record,
        rows=list(_rows(record)),
        inspectors=[one for one in record.inspectors if one.present],
        officers=[one for one in record.signatures if one.role == "officer"],
        representative=record.signature_of("representative"),
        witness=record.signature_of("witness"),
        legend=[f"{code.value}. {words}" for code, words in RZ_2022.items()],
        follow_up_text={kind.value: words for kind, words in FOLLOW_UP_TEXT.items()},
        states=_STATES,
        modes=_MODES,
        non_cooperation=_NON_COOPERATION,
        kinds=_EXPERT_KINDS,
        day=_day,
        signed_day=_signed_day,
        sha256=sha256,
    )


def _rows(record: Record) -> Iterator[Row]:
    departments = dict.fromkeys(check.department for check in record.checks)
    for department in departments:
        items = [item for check in record.checks if check.department == department for item in check.items]
        for number, item in enumerate(items):
            result = item.result.value if item.result is not None else ""
            yield Row(department if number == 0 else "", len(items) if number == 0 else 0, item.name, result)


def _day(value: date | None) -> str:
    return f"{value.year} 年 {value.month} 月 {value.day} 日" if value is not None else "年  月  日"


def _signed_day(signature: RecordSignature | None) -> str:
    return _day(signature.signed_at.astimezone(CHINA).date() if signature is not None else None)
