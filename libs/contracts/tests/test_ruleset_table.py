"""The table of differences between the five documents, cell by cell, against the rulesets.

`TABLE` is the requirement as it was handed over. Where that page lies beside the repository, the first test
compares it; the others read every number and word of a cell and look for it in the YAML.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from suicha_contracts.clause import Level
from suicha_contracts.ruleset import (
    CountUnit,
    DeadlineKind,
    FrequencyBasis,
    InspectorChoice,
    JointKind,
    RatioBasis,
    ReportKind,
    RiskSource,
    Ruleset,
)
from suicha_contracts.values import DrawMode

ROOT = Path(__file__).parents[3]
FEATURES = ROOT.parent / "shared" / "features.md"
DOCUMENTS = {
    "S0": "410482-rsj@2022.1",
    "S1": "130102-rsj@2024.1",
    "S2": "441624-rsj@2019.1",
    "S3": "410300-rsj@2022.1",
    "S4": "130227-rsj@2024.1",
}
TABLE_TEXT = """
| ratio | ≥5 % (law first) | year ≥5 % | per annual plan | a certain ratio | 10 %; <1 ⇒ 1 |
| frequency | 1–2 a year (law first) | plan | plan | none mandatory (triggered) | by risk level |
| exemption | drawn in the last 3 months and not 异常主体 ⇒ may be exempt | – | inspected twice in 1 year, no violation ⇒ avoid | – | – |
| raise | complaints, 异常名录, serious violations, safety and livelihood fields | risk grade | complaints, blacklists, serious violations, key fields and areas, public attention | risk class | high risk level more, low less |
| team | ≥3; drawn at 1–3 × need, alternates in draw order | matched by expertise; expert pool | redraw on 回避 / force majeure | ≥2, show licence | ≥2 each time |
| inspectors chosen | random | random from tagged pool | random | random or directly dispatched | random |
| modes | by kind | 85 % of draws use risk grading | 定向 / 不定向 | 定向 / 不定向 | 定向 / 不定向, several risk levels in one draw |
| joint quota | joint plan | internal joint | cross-department ≥15 % of the year's draws | one joint visit per object | internal joint |
| disclosure deadline | promptly, rate 100 % | 20 working days, 100 % | 30 days (taken as calendar days: say so) | 20 working days | 20 working days (normal results) |
| channels | own portal, 互联网+监管, 公示系统 | platform | portal, hall board and screen, credit sites | 公示系统 | 公示系统 |
| outside random draws | 投诉举报, 重大问题隐患, 专项, 政府内部 | – | 投诉举报, 大数据监测, 转办交办, 上级要求 | these are its triggers | obvious clue ⇒ case at once |
| plan due | all done by 12-10 | 一单两库 by 04-20; plan published by end of October | next year's plan by end of December | – | month mandatory |
| retention | – | complete, signed | ≥2 years unless law says otherwise | archive rules | – |
| reports | timely | timely, follow-up visits | 06-30 and 12-30: text and statistics table | – | weak points fed back |
| risk levels | – | A–D | lists | risk class | pushed by the platform (A–D; A–E existed before 2022) |
"""  # noqa: E501 - the rows stand as they were handed over


def rows(text: str) -> dict[str, list[str]]:
    """The rows of a Markdown table by their first cell."""
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line]
    return {row[0]: row[1:] for row in cells}


TABLE = rows(TABLE_TEXT.strip())


@pytest.fixture(scope="module")
def rulesets() -> dict[str, Ruleset]:
    return {
        key: Ruleset.model_validate(
            yaml.safe_load((ROOT / "rulesets" / f"{stem}.yaml").read_text(encoding="utf-8"))
        )
        for key, stem in DOCUMENTS.items()
    }


@pytest.mark.skipif(not FEATURES.is_file(), reason="the page of requirements lies outside this repository")
def test_the_pinned_table_is_the_table_of_the_requirements() -> None:
    page = FEATURES.read_text(encoding="utf-8")
    section = page.split("## They contradict each other", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    assert rows("\n".join(lines[2:])) == TABLE


def percent(cell: str) -> int:
    """The one percentage of a cell, in basis points."""
    found = re.findall(r"(\d+) %", cell)
    assert len(found) == 1, cell
    return int(found[0]) * 100


def coded(cell: str, words: dict[str, str]) -> set[str]:
    """The codes of the words that stand in a cell; a cell without any is a mistake of the test."""
    found = {code for word, code in words.items() if word in cell}
    assert found, cell
    return found


def ratio(cell: str, ruleset: Ruleset) -> None:
    selection = ruleset.selection
    basis = selection.ratio_basis.value if selection.ratio_basis else None
    if "%" in cell:
        assert selection.floor_bp.value == percent(cell)
        assert selection.floor_bp.level is Level.LOCAL
    else:
        assert selection.floor_bp.value == 0
        assert basis is {"per annual plan": RatioBasis.ANNUAL_PLAN, "a certain ratio": RatioBasis.TASK}[cell]
    if "law first" in cell:
        assert selection.law_first is not None and selection.law_first.value
    if cell.startswith("year"):
        assert ruleset.targets.coverage_bp is not None
        assert ruleset.targets.coverage_bp.value == percent(cell)
    if "<1 ⇒ 1" in cell:
        assert (selection.smallest_count.value, selection.smallest_count.level) == (1, Level.LOCAL)
    else:
        assert selection.smallest_count.level is Level.PRODUCT


def frequency(cell: str, ruleset: Ruleset) -> None:
    value = ruleset.selection.frequency.value
    bounds = re.match(r"(\d)–(\d)", cell)
    if bounds:
        assert (value.minimum, value.maximum) == (int(bounds[1]), int(bounds[2]))
        assert value.basis is FrequencyBasis.RULESET
        return
    assert (value.minimum, value.maximum) == (None, None)
    kinds = {"plan": "annual_plan", "none mandatory": "not_mandatory", "by risk": "risk_level"}
    assert {value.basis} == coded(cell, kinds)


def exemption(cell: str, ruleset: Ruleset) -> None:
    exempt, avoid = ruleset.selection.exemption, ruleset.selection.repeat_avoidance
    months = re.search(r"last (\d+) months", cell)
    years = re.search(r"in (\d+) year", cell)
    if months:
        assert exempt is not None
        assert exempt.value.months == int(months[1])
        assert exempt.value.unless_abnormal is ("not 异常主体" in cell)
        assert exempt.value.discretionary is ("may be" in cell)
    else:
        assert exempt is None
    if years:
        assert avoid is not None
        assert avoid.value.inspections == {"twice": 2}[cell.split()[1]]
        assert avoid.value.months == 12 * int(years[1])
        assert avoid.value.only_without_violation is ("no violation" in cell)
    else:
        assert avoid is None


def raise_(cell: str, ruleset: Ruleset) -> None:
    words = {
        "complaints": "complaints",
        "异常名录": "abnormal_list",
        "blacklists": "blacklist",
        "serious violations": "serious_violation",
        "safety": "safety",
        "livelihood": "livelihood",
        "key fields and areas": "key_industry_area",
        "public attention": "public_attention",
        "risk": "risk_grade",
    }
    reasons = set(ruleset.selection.raise_reasons.value)
    found = coded(cell, words)
    assert found <= reasons
    # Only S2 Art. 11 names more than the table does: objects with findings and objects under watch.
    assert reasons - found <= {"problem_found", "key_watch"}
    assert ruleset.selection.raise_reasons.level is Level.LOCAL


def team(cell: str, ruleset: Ruleset) -> None:
    rule = ruleset.team
    least = re.search(r"≥(\d)", cell)
    if least:
        assert (rule.minimum.value, rule.minimum.level) == (int(least[1]), Level.LOCAL)
    else:
        assert (rule.minimum.value, rule.minimum.level) == (2, Level.LAW)
    multiple = re.search(r"1–(\d) × need", cell)
    if multiple:
        assert rule.candidates_max_multiple.value == int(multiple[1])
        assert rule.alternates.value <= rule.minimum.value * (int(multiple[1]) - 1)
        assert "按抽取先后顺序" in rule.alternates.quote
    if "expert" in cell:
        assert rule.expertise_matching is not None and rule.expertise_matching.value
        assert rule.expert_pool is not None and rule.expert_pool.value
    if "redraw" in cell:
        assert rule.replacement_reasons is not None
        assert set(rule.replacement_reasons.value) == coded(
            cell, {"回避": "recusal", "force majeure": "force_majeure"}
        )
    if "show licence" in cell:
        assert rule.show_licence is not None
        assert (rule.show_licence.value, rule.show_licence.level) == (True, Level.LOCAL)


def inspectors_chosen(cell: str, ruleset: Ruleset) -> None:
    direct = "directly dispatched" in cell
    expected = InspectorChoice.RANDOM_OR_DIRECT if direct else InspectorChoice.RANDOM
    assert cell.startswith("random")
    assert ruleset.team.choice.value is expected
    tagged = ruleset.team.expertise_matching
    assert (tagged is not None and tagged.value) is ("tagged pool" in cell)


def modes(cell: str, ruleset: Ruleset) -> None:
    assert set(ruleset.selection.modes.value) == {DrawMode.DIRECTED, DrawMode.UNDIRECTED}
    if "定向 / 不定向" in cell:
        assert "不定向" in ruleset.selection.modes.quote
    else:
        assert ruleset.selection.modes.note
    share = ruleset.targets.risk_graded_bp
    if "%" in cell:
        assert share is not None and share.value == percent(cell)
        assert ruleset.targets.risk_graded_unit is CountUnit.OBJECTS and share.note
    else:
        assert share is None
    several = ruleset.selection.several_levels_at_once
    assert (several is not None and several.value) is ("several risk levels" in cell)


def joint_quota(cell: str, ruleset: Ruleset) -> None:
    words = {
        "joint plan": JointKind.CROSS_DEPARTMENT.value,
        "cross-department": JointKind.CROSS_DEPARTMENT.value,
        "internal joint": JointKind.INTERNAL.value,
        "one joint visit": JointKind.ONE_VISIT.value,
    }
    assert ruleset.selection.joint is not None
    assert coded(cell, words) <= {kind.value for kind in ruleset.selection.joint.value}
    share = ruleset.targets.joint_bp
    if "%" in cell:
        assert share is not None and share.value == percent(cell)
        assert ruleset.targets.joint_unit is CountUnit.ROUNDS
    else:
        assert share is None


def disclosure_deadline(cell: str, ruleset: Ruleset) -> None:
    rule = ruleset.disclosure
    deadline = rule.deadline.value
    assert rule.deadline.level is Level.LOCAL
    days = re.search(r"(\d+) (working )?days", cell)
    assert deadline.promptly is ("promptly" in cell)
    if days:
        kind = DeadlineKind.WORKING_DAYS if days[2] else DeadlineKind.CALENDAR_DAYS
        assert (deadline.days, deadline.kind) == (int(days[1]), kind)
    else:
        assert deadline.outer_limit is not None
        assert (deadline.days, deadline.kind) == (20, DeadlineKind.WORKING_DAYS)
    if "say so" in cell:
        assert "自然日" in rule.deadline.note
    assert (rule.rate_bp.value, rule.rate_bp.level) == (
        10_000,
        Level.LOCAL if "100 %" in cell else Level.PRODUCT,
    )
    assert rule.problems_after_handling.value is ("normal results" in cell)


def channels(cell: str, ruleset: Ruleset) -> None:
    words = {
        "portal": "public-site",
        "互联网+监管": "internet-supervision",
        "公示系统": "credit-platform",
        "platform": "provincial-platform",
        "hall board": "hall-board",
        "and screen": "hall-screen",
        "credit sites": "credit-platform",
    }
    named = coded(cell, words)
    listed = set(ruleset.disclosure.channels.value)
    assert named <= listed
    # The platform's own two channels may stand beside what the document names, if the note says so.
    assert listed - named <= {"public-site", "credit-platform"}
    assert listed == named or ruleset.disclosure.channels.note


def outside_random_draws(cell: str, ruleset: Ruleset) -> None:
    rule = ruleset.selection.outside_random_draws
    triggers = ruleset.selection.triggers
    if cell == "–":
        assert (rule.value, rule.level, triggers) == ([], Level.PRODUCT, None)
    elif "triggers" in cell:
        assert rule.value == []
        assert triggers is not None
        assert triggers.value == ["complaint_case", "assigned", "network_monitoring", "risk_control"]
    else:
        words = {
            "投诉举报": "complaint_case",
            "重大问题隐患": "major_hazard",
            "专项": "special_campaign",
            "政府内部": "internal_government",
            "大数据监测": "data_monitoring",
            "转办交办": "assigned",
            "上级要求": "superior_request",
            "obvious clue": "obvious_clue",
        }
        assert set(rule.value) == coded(cell, words)
        assert triggers is None


def plan_due(cell: str, ruleset: Ruleset) -> None:
    month_ends = {"end of October": (10, 31, 0), "end of December": (12, 31, -1)}
    expected = {(int(month), int(day), 0) for month, day in re.findall(r"(\d\d)-(\d\d)", cell)}
    expected |= {date for words, date in month_ends.items() if words in cell}
    found = {(due.value.on.month, due.value.on.day, due.value.year_offset) for due in ruleset.due_dates}
    assert found == expected
    month = ruleset.planning.month_required
    assert (month is not None and month.value) is ("month mandatory" in cell)


def retention(cell: str, ruleset: Ruleset) -> None:
    archive = ruleset.archive
    years = re.search(r"≥(\d+) years", cell)
    assert archive.retention_years.value == (int(years[1]) if years else 2)
    assert archive.retention_years.level is (Level.LOCAL if years else Level.PRODUCT)
    if "law says otherwise" in cell:
        assert "从其规定" in archive.retention_years.quote
    if "signed" in cell:
        assert archive.required is not None and archive.required.value == ["complete", "signed"]
    if cell == "archive rules":
        assert "档案管理" in archive.retention_years.note


def reports(cell: str, ruleset: Ruleset) -> None:
    words = {
        "timely": ReportKind.PROGRESS.value,
        "follow-up visits": ReportKind.RETURN_VISIT.value,
        "06-30": ReportKind.HALF_YEAR.value,
        "12-30": ReportKind.YEAR.value,
        "weak points": ReportKind.WEAK_POINTS.value,
    }
    listed = [clause.value for clause in ruleset.reports]
    assert {report.kind.value for report in listed} == (set() if cell == "–" else coded(cell, words))
    days = {f"{report.on.month:02}-{report.on.day:02}" for report in listed if report.on}
    assert days == set(re.findall(r"\d\d-\d\d", cell))
    assert all(report.statistics is ("statistics" in cell) for report in listed)


def risk_levels(cell: str, ruleset: Ruleset) -> None:
    levels, source = ruleset.selection.risk_levels, ruleset.selection.risk_source
    letters = re.search(r"A–D", cell)
    if cell == "–":
        assert levels.level is Level.PRODUCT and source is None
        return
    assert levels.level is Level.LOCAL and levels.note and source is not None
    if cell == "lists":
        assert (levels.value, source.value) == ([], RiskSource.LISTS)
    else:
        assert source.value is RiskSource.GRADES
        assert letters is None or levels.value == ["A", "B", "C", "D"]
        assert levels.value


CHECKS: dict[str, Callable[[str, Ruleset], None]] = {
    "ratio": ratio,
    "frequency": frequency,
    "exemption": exemption,
    "raise": raise_,
    "team": team,
    "inspectors chosen": inspectors_chosen,
    "modes": modes,
    "joint quota": joint_quota,
    "disclosure deadline": disclosure_deadline,
    "channels": channels,
    "outside random draws": outside_random_draws,
    "plan due": plan_due,
    "retention": retention,
    "reports": reports,
    "risk levels": risk_levels,
}


def test_every_row_of_the_table_is_checked() -> None:
    assert set(CHECKS) == set(TABLE)


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("parameter", CHECKS)
def test_the_ruleset_says_what_the_cell_says(
    parameter: str, document: str, rulesets: dict[str, Ruleset]
) -> None:
    cell = TABLE[parameter][list(DOCUMENTS).index(document)]
    CHECKS[parameter](cell, rulesets[document])
