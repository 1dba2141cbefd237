"""The conditions of a directed draw (定向抽查, D6) in words that people read, and chances as numbers. Pure."""

from collections.abc import Iterator

from suicha_chassis.regions import region_title
from suicha_contracts.codes import RAISE_REASONS
from suicha_contracts.freeze import Criteria
from suicha_contracts.values import LicenceState, SubjectKind, percent

_KINDS = {
    SubjectKind.ENTERPRISE: "企业",
    SubjectKind.INDIVIDUAL: "个体工商户",
    SubjectKind.INSTITUTION: "非市场主体",
    SubjectKind.UNLICENSED: "未经许可的机构",
}
_LICENCES = {
    LicenceState.VALID: "许可证有效",
    LicenceState.EXPIRED: "许可证过期",
    LicenceState.NONE: "没有许可证",
}
_LISTS = RAISE_REASONS
"""Lists of the registry are called as the reasons are."""


def _parts(criteria: Criteria) -> Iterator[tuple[str, list[str]]]:
    yield "点名的对象", [f"{len(criteria.ids)} 家"] if criteria.ids else []
    yield "对象类型", [_KINDS[kind] for kind in criteria.kinds]
    yield "企业类型", criteria.company_types
    yield "性质", criteria.natures
    yield "组织架构", criteria.structures
    yield "经营规模", criteria.scales
    yield "所属行业", criteria.industries
    yield "地理区域", [region_title(code) for code in criteria.regions]
    yield "市场占有率", _share(criteria.market_share_from_bp, criteria.market_share_to_bp)
    yield "信用风险等级", criteria.grades
    yield "列入名单", [_LISTS[code] for code in criteria.lists]
    yield "许可证状态", [_LICENCES[state] for state in criteria.licences]
    yield "许可证种类", criteria.licence_kinds
    yield "标签", criteria.labels
    yield "监管单位", criteria.units
    yield "名称含有", [f"“{criteria.names_contain}”"] if criteria.names_contain else []


def _share(low: int | None, high: int | None) -> list[str]:
    if low is None and high is None:
        return []
    if high is None:
        return [f"不低于 {percent(low or 0)}"]
    if low is None:
        return [f"不高于 {percent(high)}"]
    return [f"{percent(low)} 至 {percent(high)}"]


def conditions_text(criteria: Criteria) -> str:
    """Write conditions as a plan prints them; all hold together, any one value of each.

    `对象类型：企业；信用风险等级：C、D；市场占有率：不低于 5%`; without any: `不设条件`.
    """
    given = [f"{name}：{'、'.join(values)}" for name, values in _parts(criteria) if values]
    return "；".join(given) or "不设条件"


def nameless(criteria: Criteria) -> Criteria:
    """Return conditions as the public reads them: whom a trigger names is not told, or they would be warned."""
    return criteria.model_copy(update={"ids": []})


def fraction(k: int, n: int) -> str:
    """Write the chance of being drawn as what it is: `4/78`; nobody to draw from is `0/0`."""
    return f"{k}/{n}"


def percent_text(k: int, n: int) -> str:
    """Write k/n in percent to two decimals, rounded half up, in integers: 4 of 78 → `5.13%`."""
    if n == 0:
        return "0%"
    return percent((2 * 10_000 * k + n) // (2 * n))
