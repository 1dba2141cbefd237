"""Due dates of plans, as pure rules over the shipped rulesets (P4, P6)."""

from datetime import date, timedelta
from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st
from suicha_contracts.ruleset import Ruleset
from suicha_draw.plans.due import PlanProgress, TaskProgress, due_warnings, ends_on

RULESETS = Path(__file__).parents[3] / "rulesets"


def rules(name: str) -> Ruleset:
    return Ruleset.model_validate(yaml.safe_load((RULESETS / f"{name}.yaml").read_text()))


HEPING, CHANGAN, RUZHOU = (
    rules(name) for name in ("441624-rsj@2019.1", "130102-rsj@2024.1", "410482-rsj@2022.1")
)


def test_the_plan_of_next_year_is_fixed_by_the_end_of_december() -> None:
    (one,) = due_warnings(HEPING, PlanProgress(2027), date(2026, 12, 19))
    assert (one.due_on, one.days_left, one.clause) == (date(2026, 12, 31), 12, "第十四条")
    assert "还有 12 天" in one.message
    assert due_warnings(HEPING, PlanProgress(2027, date(2026, 12, 31)), date(2027, 5, 1)) == []


def test_the_plan_is_made_reported_and_published_by_the_end_of_october() -> None:
    (one,) = due_warnings(CHANGAN, PlanProgress(2024, date(2024, 10, 1)), date(2024, 10, 31))
    assert (one.code, one.days_left) == ("plan_published_due", 0) and "今天到期" in one.message
    (late,) = due_warnings(CHANGAN, PlanProgress(2024, None, date(2024, 11, 3)), date(2024, 12, 1))
    assert late.code == "plan_published_late" and "迟 3 天" in late.message


def test_all_inspections_are_done_by_the_tenth_of_december() -> None:
    tasks = [
        TaskProgress("001号", "甲", date(2022, 6, 30), True, date(2022, 6, 29)),
        TaskProgress("002号", "乙", date(2022, 11, 30), False),
        TaskProgress("003号", "丙", date(2022, 12, 31), True),
        TaskProgress("004号", "丁", date(2022, 12, 31), True, date(2022, 12, 12)),
    ]
    found = due_warnings(RUZHOU, PlanProgress(2022, tasks=tasks), date(2022, 12, 1))
    assert [one.code for one in found] == [
        "inspections_done_due", "inspections_done_late", "task_ends_after_due",
    ]  # fmt: skip
    assert {(one.due_on, one.days_left, one.clause) for one in found} == {(date(2022, 12, 10), 9, "五")}
    assert "4 项任务中 2 项未完成，其中 1 项尚未抽取" in found[0].message
    assert "004号" in found[1].message and "003号" in found[2].message


def test_a_task_ends_on_its_last_day_or_with_its_month() -> None:
    assert ends_on(2024, 2, None) == date(2024, 2, 29)
    assert ends_on(2024, 2, date(2024, 2, 10)) == date(2024, 2, 10)


@given(st.dates(date(2021, 1, 1), date(2023, 12, 31)), st.integers(0, 60), st.sampled_from([HEPING, CHANGAN]))
def test_a_deed_on_time_never_warns_and_an_undone_one_always_does(
    day: date, late: int, ruleset: Ruleset
) -> None:
    (open_one,) = due_warnings(ruleset, PlanProgress(2022), day)
    assert open_one.due_on is not None and open_one.days_left == (open_one.due_on - day).days
    done = open_one.due_on + timedelta(days=late)
    found = due_warnings(ruleset, PlanProgress(2022, done, done), day)
    assert [one.code.endswith("_late") for one in found] == ([True] if late else [])
