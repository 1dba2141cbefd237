"""The arithmetic of gauges and merges, against counting by hand and against sets of objects."""

from itertools import product
from pathlib import Path
from uuid import uuid4

import yaml
from holding import HR_TASK
from hypothesis import given
from hypothesis import strategies as st
from suicha_contracts.clause import Clause, Level
from suicha_contracts.events import ItemLaw
from suicha_contracts.freeze import Criteria, SurveyGroup
from suicha_contracts.ruleset import Frequency, Ruleset
from suicha_contracts.values import DrawMode
from suicha_draw.plans.gauges.chart import chart
from suicha_draw.plans.gauges.figures import (
    ItemFacts,
    YearFacts,
    gauges_of,
    lacking,
    lacking_with_more,
    share_bp,
)
from suicha_draw.plans.gauges.schemas import Gauge, Gauges
from suicha_draw.plans.laws import under_law
from suicha_draw.plans.outlook import ONE, TaskOutlook, expected_covered, merges, outlook
from suicha_draw.plans.schemas import TaskContent
from suicha_draw.rounds.schemas.kept import RoundList

RULESETS = Path(__file__).parents[3] / "rulesets"


def rules(name: str) -> Ruleset:
    return Ruleset.model_validate(yaml.safe_load((RULESETS / f"{name}.yaml").read_text()))


CHANGAN, HEPING, RUZHOU = (
    rules(name) for name in ("130102-rsj@2024.1", "441624-rsj@2019.1", "410482-rsj@2022.1")
)


def task(code: str, sizes: dict[str, int], quotas: dict[str, int], **more: object) -> TaskOutlook:
    given: dict[str, object] = {
        "code": code, "task_id": uuid4(), "number": code, "name": code, "month": 5, "list_code": code,
        "items": ("I-" + code,), "cross_department": False, "graded": False, "sizes": sizes, "quotas": quotas,
    } | more  # fmt: skip
    return TaskOutlook(**given)  # type: ignore[arg-type]


def by_code(gauges: list[Gauge], code: str) -> Gauge:
    return next(one for one in gauges if one.code == code)


def test_coverage_counts_different_objects_and_says_how_many_are_missing() -> None:
    facts = YearFacts(register_size=1000, covered=10, drawn=12)
    remaining = [task("A", {"ALL": 100}, {"ALL": 3})]
    groups = [SurveyGroup(strata={"A": "ALL"}, objects=100)]
    one = by_code(gauges_of(CHANGAN, facts, remaining, groups), "coverage")
    assert (one.numerator, one.denominator, one.value_bp, one.target_bp) == (10, 1000, 100, 500)
    assert one.clause == "一" and one.forecast is not None
    assert (one.forecast.numerator, one.forecast.value_bp) == (12, 120), "3 more, 1 % of them drawn before"
    assert (one.reachable, one.advice) == (False, "还需至少抽取 38 家不同的检查对象")


def test_the_cross_department_share_is_of_rounds_and_says_what_would_reach_it() -> None:
    facts = YearFacts(register_size=9, rounds=8, rounds_joint=1)
    remaining = [task("A", {"ALL": 10}, {"ALL": 1}), task("B", {"ALL": 10}, {"ALL": 1})]
    one = by_code(gauges_of(HEPING, facts, remaining, []), "joint")
    assert (one.numerator, one.denominator, one.unit, one.target_bp) == (1, 8, "rounds", 1500)
    assert one.forecast is not None and (one.forecast.numerator, one.forecast.denominator) == (1, 10)
    assert one.reachable is False and one.clause == "第十五条"
    assert "至少 1 改为跨部门联合抽查" in one.advice and "增加至少 1" in one.advice
    joint = [*remaining, task("C", {"ALL": 10}, {"ALL": 1}, cross_department=True)]
    assert by_code(gauges_of(HEPING, facts, joint, []), "joint").reachable is True


def test_the_risk_graded_share_counts_objects_and_shows_its_unit() -> None:
    facts = YearFacts(register_size=900, drawn=100, drawn_graded=80)
    remaining = [task("A", {"A": 100}, {"A": 20}, graded=True)]
    one = by_code(gauges_of(CHANGAN, facts, remaining, []), "risk_graded")
    assert (one.value_bp, one.unit, one.target_bp) == (8000, "objects", 8500)
    assert "家次" in one.numerator_means and one.forecast is not None
    assert (one.forecast.numerator, one.forecast.denominator, one.reachable) == (100, 120, False)
    assert "至少 2 改为按信用风险等级的抽查" in one.advice and "增加至少 14" in one.advice


def test_the_frequency_has_a_least_and_a_most() -> None:
    facts = YearFacts(register_size=900, covered=10, below_minimum=2, above_maximum=1)
    one = by_code(gauges_of(RUZHOU, facts, [], []), "frequency")
    assert (one.numerator, one.denominator, one.value_bp, one.target_bp) == (7, 10, 7000, 10_000)
    assert "1 至 2 次" in one.numerator_means and "1 家已超过最多次数" in one.advice
    free = by_code(gauges_of(HEPING, facts, [], []), "frequency")
    assert free.target_bp is None


def test_the_frequency_at_the_end_of_the_year_counts_what_is_still_to_be_drawn() -> None:
    facts = YearFacts(register_size=100, covered=10, due={1: 9, 3: 1}, above_maximum=1)
    half = [task("A", {"ALL": 100}, {"ALL": 50})]
    groups = [SurveyGroup(strata={"A": "ALL"}, objects=100)]
    one = by_code(gauges_of(RUZHOU, facts, half, groups), "frequency")
    assert one.forecast is not None and one.reachable is False
    assert (one.forecast.numerator, one.forecast.denominator) == (54, 55), "45 more; one has had three"
    assert "预计 1 家超过最多次数，0 家达不到最少次数" in one.advice
    good = YearFacts(register_size=100, covered=10, due={1: 10})
    assert by_code(gauges_of(RUZHOU, good, half, groups), "frequency").reachable is True
    law = ItemLaw(code="I-A", frequency_minimum=2, frequency_clause="《甲法》第二条")
    bound = under_law(RUZHOU, ["I-A"], {"I-A": law})
    twice = by_code(gauges_of(bound, good, half, groups), "frequency")
    assert twice.forecast is not None and twice.clause == "《甲法》第二条"
    assert (twice.forecast.numerator, twice.forecast.denominator) == (5, 55), (
        "of the ten half come a second time"
    )
    assert twice.reachable is False and "50 家达不到最少次数" in twice.advice


def test_items_with_a_frequency_by_law_stand_beside_the_year_with_what_does_not_hold_first() -> None:
    once = Clause[Frequency](value=Frequency(maximum=1), clause="《甲法》第二条", level=Level.LAW)
    often = Clause[Frequency](value=Frequency(minimum=4), clause="《乙法》第一条", level=Level.LAW)
    by_law = [ItemFacts("A", often), ItemFacts("B", once, 5), ItemFacts("C", once, 7, 0, 2)]
    facts = YearFacts(register_size=900, covered=10, by_law=by_law)
    one = by_code(gauges_of(RUZHOU, facts, [], []), "frequency")
    assert "1 至 2 次" in one.numerator_means and one.clause == "三（二）"
    assert [(row.item, row.holds) for row in one.by_law] == [("A", None), ("B", True), ("C", False)]
    assert one.note == (
        "另有法定频次的事项单独计算：C（0 至 1 次，《甲法》第二条）已抽 7 家，2 家超过最多次数，0 家尚未达到最少次数；"
        "A（不少于 4 次，《乙法》第一条）尚未抽取；B（0 至 1 次，《甲法》第二条）已抽 5 家，都在规定之内"
    )
    assert by_code(gauges_of(RUZHOU, YearFacts(register_size=9), [], []), "frequency").note == ""


def test_the_items_that_nothing_is_planned_for_are_named() -> None:
    facts = YearFacts(
        register_size=9, drawn_items=frozenset({"X"}), listed_items=frozenset({"X", "I-A", "Z"})
    )
    one = by_code(gauges_of(HEPING, facts, [task("A", {"ALL": 1}, {"ALL": 1})], []), "item_coverage")
    assert (one.numerator, one.denominator, one.reachable) == (1, 3, False)
    assert one.advice == "清单中还有 1 项未安排：Z"


def test_nothing_drawn_and_nothing_planned_divides_by_nothing() -> None:
    for ruleset in (CHANGAN, HEPING, RUZHOU):
        gauges = gauges_of(ruleset, YearFacts(register_size=0), [], [])
        assert {one.value_bp for one in gauges} == {None}
        drawing = chart(Gauges(year=2026, org="o", region="410300", ruleset_id="r", ruleset_version="1",
                               counted_at="", gauges=gauges))  # fmt: skip
        assert drawing.startswith("<svg") and "年度抽查对象占比" in drawing


@given(st.integers(0, 5000), st.integers(1, 5000), st.integers(0, 10_000))
def test_what_is_lacking_is_the_least_that_reaches_the_target(n: int, d: int, target: int) -> None:
    n = min(n, d)
    more = lacking(n, d, target)
    assert (n + more) * 10_000 >= target * d
    assert more == 0 or (n + more - 1) * 10_000 < target * d
    both = lacking_with_more(n, d, target)
    if both is None:
        assert target == 10_000 and n < d
    else:
        assert (n + both) * 10_000 >= target * (d + both)
        assert both == 0 or (n + both - 1) * 10_000 < target * (d + both - 1)
    bp = share_bp(n, d)
    assert bp is not None and bp * d <= n * 10_000 < (bp + 1) * d


def test_quotas_are_those_of_the_draw() -> None:
    wanted = RoundList(
        code="0-HR", crew="C", items=["I"], region="410300", criteria=Criteria(), by_grade=True,
        ratios={"A": 500}, ratio_bp=None, counts={"B": 7}, count=None, floor_bp=0, floor_clause="",
        task_id=uuid4(), plan_id=uuid4(), plan_number="2026001", plan_name="p", task_number="001号",
        task_name="t", department="d", mode=DrawMode.DIRECTED,
    )  # fmt: skip
    groups = [SurveyGroup(strata={"0-HR": "A", "1-X": "ALL"}, objects=30),
              SurveyGroup(strata={"0-HR": "A"}, objects=11), SurveyGroup(strata={"0-HR": "B"}, objects=5),
              SurveyGroup(strata={"1-X": "ALL"}, objects=99)]  # fmt: skip
    content = TaskContent.model_validate(HR_TASK)
    seen = outlook(wanted, content, groups)
    assert (seen.sizes, seen.quotas) == ({"A": 41, "B": 5}, {"A": 3, "B": 5})
    assert (seen.objects, seen.drawn, seen.graded, seen.chance("B")) == (46, 8, True, ONE)


_groups = st.lists(
    st.tuples(st.sets(st.sampled_from("ABC"), min_size=1), st.integers(1, 60)), min_size=1, max_size=7
)


@given(_groups, st.lists(st.integers(0, 10), min_size=3, max_size=3))
def test_expected_coverage_and_merges_agree_with_counting_each_object(
    drawn: list[tuple[set[str], int]], tenths: list[int]
) -> None:
    groups = [SurveyGroup(strata=dict.fromkeys(sorted(codes), "ALL"), objects=n) for codes, n in drawn]
    tasks = []
    for code, part in zip("ABC", tenths, strict=True):
        size = sum(n for codes, n in drawn if code in codes)
        tasks.append(task(code, {"ALL": size}, {"ALL": size * part // 10}))
    chances = {one.code: one.chance("ALL") for one in tasks}
    exact = 0
    for group in groups:
        for outcome in product((True, False), repeat=len(group.strata)):
            chance = ONE ** len(group.strata)
            for code, hit in zip(group.strata, outcome, strict=True):
                chance = chance // ONE * (chances[code] if hit else ONE - chances[code])
            if any(outcome):
                exact += group.objects * chance // ONE ** (len(group.strata) - 1)
    covered = expected_covered(tasks, groups)
    assert abs(covered * ONE - exact) <= ONE + 1000
    assert max(one.drawn for one in tasks) - 1 <= covered <= sum(one.drawn for one in tasks)
    for one in merges(tasks, groups, 1):
        codes = {member.code for member in one.tasks}
        assert one.shared == sum(n for held, n in drawn if len(held & codes) > 1)
        assert max(member.drawn for member in one.tasks) <= one.visits_together + 1
        assert one.visits_together <= one.visits_apart + 1


def test_only_tasks_of_one_month_that_share_enough_are_proposed() -> None:
    groups = [
        SurveyGroup(strata=dict.fromkeys(codes, "ALL"), objects=n)
        for codes, n in (("AB", 30), ("A", 70), ("BC", 20))
    ]
    a, b = task("A", {"ALL": 100}, {"ALL": 10}), task("B", {"ALL": 50}, {"ALL": 5})
    c = task("C", {"ALL": 20}, {"ALL": 2}, month=6)
    (one,) = merges([a, b, c], groups, 6000)
    assert [member.code for member in one.tasks] == ["A", "B"]
    assert (one.shared, one.share_bp, one.visits_apart, one.visits_together, one.saved) == (
        30,
        6000,
        15,
        12,
        3,
    )
    assert merges([a, b, c], groups, 6001) == []
