"""The codes that stand in rulesets, each with the words that people see.

A ruleset names reasons, kinds and channels by code: a program acts on the code, a page shows the words.
"""

from collections.abc import Iterator

from suicha_contracts.ruleset import Ruleset

RAISE_REASONS: dict[str, str] = {
    "complaints": "投诉举报多",
    "abnormal_list": "列入经营异常名录",
    "blacklist": "列入相关黑名单",
    "serious_violation": "有严重违法违规记录",
    "problem_found": "检查中发现过问题",
    "key_watch": "列入重点监控",
    "safety": "涉及安全的重点监管领域",
    "livelihood": "涉及民生的重点监管领域",
    "key_industry_area": "涉及人民群众切实利益的重点行业、重点区域",
    "public_attention": "社会关注度高",
    "risk_grade": "信用风险等级高",
}
"""Why an object is drawn at a higher ratio or more often (D9)."""

OUTSIDE_RANDOM_DRAWS: dict[str, str] = {
    "internal_government": "政府内部检查",
    "complaint_case": "投诉举报",
    "major_hazard": "重大问题和隐患",
    "special_campaign": "重点问题专项检查",
    "data_monitoring": "大数据监测",
    "assigned": "转办交办",
    "superior_request": "上级部门有特殊要求",
    "obvious_clue": "线索明显涉嫌违法，直接立案",
}
"""Kinds of inspection that need no draw (P15, P16)."""

TRIGGERS: dict[str, str] = {
    "complaint_case": "投诉举报",
    "assigned": "转办交办",
    "network_monitoring": "网络监测",
    "risk_control": "风险防控",
}
"""What may start a triggered draw (S3 Art. 2, P13)."""

CHANNELS: dict[str, str] = {
    "public-site": "门户网站（本平台公开网站）",
    "credit-platform": "企业信用信息公示系统、信用网站",
    "internet-supervision": "互联网+监管",
    "provincial-platform": "省级双随机监管工作平台",
    "hall-board": "服务大厅公告栏",
    "hall-screen": "服务大厅宣传屏幕",
}
"""Where results become public (X5)."""

ADAPTED_CHANNELS = frozenset({"public-site", "credit-platform"})
"""Channels that the platform delivers to by itself; a person serves the others and confirms."""

REPLACEMENT_REASONS: dict[str, str] = {
    "recusal": "应予回避",
    "force_majeure": "不可抗力",
    "other_official_duty": "确有其他重要公务",
}
"""Why the next alternate steps in for an inspector (S0 四, S2 Art. 12)."""

DUE_DATES: dict[str, str] = {
    "registries_complete": "完成“一单两库”和表单",
    "plan_fixed": "确定年度抽查工作计划",
    "plan_published": "制定、上报和公示年度抽查工作计划",
    "inspections_done": "完成全部抽查",
}
"""What must be done by a day of the year (P4, P6, R19)."""

ARCHIVE_PARTS: dict[str, str] = {
    "complete": "档案资料齐全",
    "signed": "签字完整",
    "whole_process": "全过程记录",
    "record_form": "实地核查记录表",
    "correction_order": "责令整改通知书",
    "penalty_decision": "行政处罚决定书",
}
"""What an archive must hold before a visit may be filed (O3)."""


def unknown_codes(ruleset: Ruleset) -> list[str]:
    """Name every code of a ruleset that no table here explains, as `path: code`; empty if all are known."""
    return [
        f"{path}: {code}" for path, codes, table in _coded(ruleset) for code in codes if code not in table
    ]


def _coded(ruleset: Ruleset) -> Iterator[tuple[str, list[str], dict[str, str]]]:
    selection, team, archive = ruleset.selection, ruleset.team, ruleset.archive
    yield "selection.raise_reasons", selection.raise_reasons.value, RAISE_REASONS
    yield "selection.outside_random_draws", selection.outside_random_draws.value, OUTSIDE_RANDOM_DRAWS
    if selection.triggers is not None:
        yield "selection.triggers", selection.triggers.value, TRIGGERS
    if team.replacement_reasons is not None:
        yield "team.replacement_reasons", team.replacement_reasons.value, REPLACEMENT_REASONS
    yield "disclosure.channels", ruleset.disclosure.channels.value, CHANNELS
    if archive.required is not None:
        yield "archive.required", archive.required.value, ARCHIVE_PARTS
    yield "due_dates", [due.value.what for due in ruleset.due_dates], DUE_DATES
