"""The codes that stand in rulesets, each with the words that people see.

A ruleset names reasons, kinds and channels by code: a program acts on the code, a page shows the words.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

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

VOID_REASONS: dict[str, str] = {
    "list_wrong": "名单有误",
    "rules_wrong": "抽取条件或比例设定有误",
    "reveal_missing": "揭示值或骰子未按时提交",
    "dice_invalid": "骰子投掷或录入不符合规程",
    "secret_leaked": "秘密值提前泄露",
    "procedure_breach": "未按规定程序进行或见证人缺席",
    "legal_objection": "法制机构提出异议",
    "system_fault": "系统故障",
    "superseded": "抽查任务取消或变更",
    "other": "其他",
}
"""Why an attempt at a draw is voided; the text beside the code says more (RID/1 §4, S2 Art. 10)."""

VoidReason = Annotated[
    str,
    AfterValidator(lambda code: _known(code, VOID_REASONS)),
    WithJsonSchema({"type": "string", "enum": list(VOID_REASONS)}),
]
"""A code of `VOID_REASONS`."""


def _known(code: str, table: dict[str, str]) -> str:
    if code not in table:
        raise ValueError(f"未知代码 {code}，可用：{'、'.join(table)}")
    return code


LOTS_METHODS: dict[str, str] = {"slips": "抽签", "balls": "摇号"}
"""How lots are drawn by hand (S0 三(三), S2 Art. 7; D1)."""

NOT_VERIFIABLE = "人工抽签/摇号，结果不可验证"
"""What stands beside every draw that was drawn by hand, wherever it is shown (D1)."""

RECUSAL = "recusal"
"""Holds by law, whatever a ruleset lists (劳动保障监察条例 Art. 16)."""

OBJECT_OUT_REASONS: dict[str, str] = {
    "cancelled": "已注销、吊销或撤销",
    "suspended": "停业、歇业",
    "moved": "已迁出本辖区",
    "not_subject": "不属于本次抽查事项的检查对象",
    "exempted": "依规则决定免检",
    "case_filed": "已立案查处",
}
"""Why a drawn object drops out and the next substitute steps in (RID/1 §8)."""

RECUSAL_GROUNDS: dict[str, tuple[str, str]] = {
    "relative": ("与检查对象负责人有近亲属关系", "《劳动保障监察条例》第十六条第二款"),
    "interest": ("与检查对象有利害关系", "《劳动保障监察条例》第十六条第二款"),
    "shares": ("本人或近亲属持有检查对象股份", "《劳动保障监察条例》第十六条第二款"),
    "employer": ("曾在检查对象任职", "《行政处罚法》第四十三条第一款"),
    "former_inspector": ("曾检查该对象", "《行政处罚法》第四十三条第一款"),
    "same_address": ("住所与检查对象相同", "《行政处罚法》第四十三条第一款"),
    "self_requested": ("本人申请回避", "《行政处罚法》第四十三条第一款"),
    "requested": ("检查对象申请回避", "《行政处罚法》第四十三条第二款"),
    "other": ("有其他可能影响公正执法的关系", "《行政处罚法》第四十三条第一款"),
    "found_by_rule": ("依登记信息查明应当回避", "《行政处罚法》第四十三条第一款"),
}
"""回避: grounds on which a person never inspects an object, each with its clause (D16, S2 Art. 12)."""

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
    if selection.warnings is not None:
        sources = [sign.source for rule in selection.warnings.value for sign in rule.signs]
        yield "selection.warnings", sources, TRIGGERS
    if team.replacement_reasons is not None:
        yield "team.replacement_reasons", team.replacement_reasons.value, REPLACEMENT_REASONS
    yield "disclosure.channels", ruleset.disclosure.channels.value, CHANNELS
    if archive.required is not None:
        yield "archive.required", archive.required.value, ARCHIVE_PARTS
    yield "due_dates", [due.value.what for due in ruleset.due_dates], DUE_DATES
