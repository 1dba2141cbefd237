"""What the values of a ruleset say to people, in Chinese. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from suicha_contracts import codes
from suicha_contracts import ruleset as rules
from suicha_contracts.clause import Level, MonthDay
from suicha_contracts.values import DrawMode, percent

LEVEL_TEXT: dict[Level, str] = {
    Level.LAW: "法律法规规章",
    Level.PROVINCE: "省级文件",
    Level.LOCAL: "本地文件",
    Level.PRODUCT: "产品默认",
}

PARTS: dict[str, str] = {
    "selection": "抽取对象",
    "team": "检查人员",
    "disclosure": "公示",
    "targets": "年度目标",
    "archive": "归档",
    "planning": "计划",
    "limits": "限制",
    "ceremony": "抽取现场",
    "due_dates": "每年的截止日",
    "reports": "报送",
}

TITLES: dict[str, str] = {
    "selection.floor_bp": "最低抽查比例",
    "selection.default_bp": "建任务时的比例",
    "selection.ratio_basis": "比例由谁定",
    "selection.law_first": "法律另有规定的从其规定",
    "selection.smallest_count": "不足一家的",
    "selection.substitutes_bp": "候补检查对象",
    "selection.frequency": "一年检查次数",
    "selection.modes": "抽查类型",
    "selection.several_levels_at_once": "一次抽取多个风险等级",
    "selection.joint": "联合方式",
    "selection.exemption": "近期查过的免检",
    "selection.repeat_avoidance": "避免重复抽查",
    "selection.raise_reasons": "加大抽查力度的情形",
    "selection.risk_levels": "风险等级",
    "selection.risk_source": "风险从哪里读",
    "selection.outside_random_draws": "不列入随机抽查的情形",
    "selection.triggers": "触发条件",
    "selection.warnings": "风险预警阈值",
    "team.minimum": "每组最少人数",
    "team.candidates_max_multiple": "候选人数上限（实际需要的倍数）",
    "team.alternates": "递补人数",
    "team.choice": "检查人员怎样产生",
    "team.replacement_reasons": "可以递补的情形",
    "team.show_licence": "出示执法证件",
    "team.expertise_matching": "按专长匹配",
    "team.expert_pool": "专家库",
    "team.training": "抽查前培训",
    "disclosure.deadline": "公示期限",
    "disclosure.rate_bp": "公示率",
    "disclosure.channels": "公示渠道",
    "disclosure.problems_after_handling": "问题结果先处理后公示",
    "disclosure.correction": "更正期限",
    "targets.coverage_bp": "年度抽查对象占比",
    "targets.joint_bp": "联合抽查占比",
    "targets.risk_graded_bp": "信用风险分级抽查占比",
    "targets.item_coverage_bp": "清单年度覆盖率",
    "archive.retention_years": "保存年限",
    "archive.required": "归档内容",
    "planning.month_required": "抽查时间填写到月份",
    "planning.plan_name": "计划名称",
    "planning.adjustments_published": "计划调整后公开",
    "planning.table": "计划表式样",
    "limits.published_items_only": "未公布的事项不得检查",
    "limits.yearly_cap": "年度检查次数上限",
    "limits.approval_before": "检查前审批",
    "limits.scan_before_entry": "扫码入企",
    "ceremony.witnesses": "见证人（法制机构一名之外）",
    "limits.second_visit": "同一机关不重复入企",
}

_ITEM_LAW = (
    "事项登记了法定{what}的，对该事项以法定的为准，取代这里的值（就高就低都一样：法律定 2% 的，2% 就够）；"
    "同为规则集的几处规定之间才取更严的"
)
UNDER_ITEM_LAW: dict[str, str] = {
    "selection.floor_bp": _ITEM_LAW.format(what="比例"),
    "selection.frequency": "事项登记了法定频次的，对该事项以法定的为准，取代这里的值",
}
"""Values that a law registered with an item replaces for that item (P8, P17; decisions/0019)."""

INNER: dict[str, str] = {"outer_limit": "最迟期限的出处", "period": "期间的出处"}
"""Parts of a value that have a source of their own."""

WORDS: dict[str, str] = {
    "annual_plan": "由年度计划确定",
    "task": "由任务确定",
    "ruleset": "由本文件确定",
    "risk_level": "按风险等级确定",
    "not_mandatory": "不强制要求周期",
    "grades": "信用风险等级",
    "lists": "名单（黑名单、重点监控等）",
    "cross_department": "部门联合抽查",
    "internal": "内部联合抽查",
    "one_visit": "进一次门、查多项事",
    "random": "随机选派",
    "random_or_direct": "随机选派，或直接选派",
    DrawMode.DIRECTED.value: "定向抽查",
    DrawMode.UNDIRECTED.value: "不定向抽查",
    "s0": "八栏表（附件1）",
    "s4": "十三栏表（附件）",
    "progress": "工作进展",
    "half_year": "半年报告",
    "year": "全年报告",
    "return_visit": "督导回访",
    "weak_points": "薄弱环节反馈",
    "legal": "法制机构",
    "audit": "审计机构",
    "notary": "公证机构",
    "enterprise": "企业代表",
    **codes.RAISE_REASONS,
    **codes.OUTSIDE_RANDOM_DRAWS,
    **codes.TRIGGERS,
    **codes.CHANNELS,
    **codes.REPLACEMENT_REASONS,
    **codes.ARCHIVE_PARTS,
}
"""Codes and the words that people see; whatever is missing is shown as it is."""


def title_of(path: str) -> str:
    """Return the Chinese name of a value's path."""
    part, _, rest = path.partition(".")
    if part == "due_dates":
        return codes.DUE_DATES.get(rest, rest)
    if part == "reports":
        return WORDS.get(rest.split(".", maxsplit=1)[0], rest)
    return TITLES.get(path, path)


def part_of(path: str) -> str:
    """Return the Chinese name of the part of the ruleset that a path lies in."""
    part = path.split(".", maxsplit=1)[0]
    return PARTS.get(part, part)


def said(path: str, value: Any) -> str:
    """Return a value as a lawyer would write it down."""
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int):
        return _number(path, value)
    if isinstance(value, dict):
        return "、".join(f"{WORDS.get(role, role)} {number} 名" for role, number in value.items())
    if isinstance(value, list):
        return "、".join(said(path, one) for one in value) or "没有"
    return WORDS.get(str(value), str(value))


def _number(path: str, value: int) -> str:
    if path.endswith("_bp"):
        return percent(value) if value else "没有数字下限"
    unit = {
        "archive.retention_years": "年",
        "team.minimum": "人",
        "team.alternates": "人",
        "team.candidates_max_multiple": "倍",
        "selection.smallest_count": "家",
    }.get(path, "")
    return f"{value} {unit}".strip()


def _deadline(value: rules.DisclosureDeadline) -> str:
    days = "个工作日" if value.kind is rules.DeadlineKind.WORKING_DAYS else "日（自然日）"
    return f"及时，最迟 {value.days} {days}" if value.promptly else f"{value.days} {days}"


def _frequency(value: rules.Frequency) -> str:
    bounds = [f"最少 {value.minimum} 次"] if value.minimum is not None else []
    bounds += [f"最多 {value.maximum} 次"] if value.maximum is not None else []
    return "，".join([*bounds, WORDS[value.basis]])


def _exemption(value: rules.Exemption) -> str:
    words = f"{value.months} 个月内已接受过抽查的" + ("（异常主体除外）" if value.unless_abnormal else "")
    return f"{words}{'可以' if value.discretionary else '应当'}免检"


def _repeat(value: rules.RepeatAvoidance) -> str:
    clean = "且未发现违法行为的" if value.only_without_violation else "的"
    return f"{value.months} 个月内已被抽查 {value.inspections} 次{clean}不再抽查"


def _training(value: rules.Training) -> str:
    asked = f"检查前 {value.months} 个月内参加过培训" + (
        f"，累计 {value.minutes} 分钟" if value.minutes else ""
    )
    return f"{asked}；未培训的{'不得抽取' if value.mode is rules.TrainingMode.GATE else '予以提醒'}"


def _warning(value: rules.WarningRule) -> str:
    signs = "；".join(
        f"{sign.months} 个月内{WORDS.get(sign.source, sign.source)} {sign.at_least} 次以上"
        for sign in value.signs
    )
    return f"{value.name}（{signs}；达到 {value.needs} 项即预警）"


def _cap(value: rules.YearlyCap) -> str:
    notes = ["触发式检查不计"] if value.triggered_exempt else []
    notes += ["只限上年未受处罚的"] if value.only_without_penalty else []
    whose = "本机关一年最多" if value.per is rules.CapScope.BODY else "一年最多"
    return f"{whose} {value.inspections} 次" + (f"（{'，'.join(notes)}）" if notes else "")


def _due(value: rules.DueDate) -> str:
    year = {-1: "上一年", 0: "当年", 1: "下一年"}[value.year_offset]
    return f"{year}{_day(value.on)}前"


def _report(value: rules.Report) -> str:
    when = f"每年{_day(value.on)}前" if value.on else "及时"
    return f"{when}报送{value.to}" + ("，附统计表" if value.statistics else "")


def _scan(value: rules.ScanRule) -> str:
    return "入企前扫码" + ("；没有网络时可以事后补扫并说明原因" if value.later_with_reason else "")


def _day(day: MonthDay) -> str:
    return f"{day.month}月{day.day}日"


_WRITERS: Mapping[type, Callable[[Any], str]] = {
    rules.DisclosureDeadline: _deadline,
    rules.Frequency: _frequency,
    rules.Exemption: _exemption,
    rules.RepeatAvoidance: _repeat,
    rules.Training: _training,
    rules.WarningRule: _warning,
    rules.YearlyCap: _cap,
    rules.DueDate: _due,
    rules.Report: _report,
    rules.ScanRule: _scan,
    rules.SecondVisit: lambda value: f"{value.months} 个月内不因不同事项再次入企",
}
