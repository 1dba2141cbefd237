"""The arithmetic of the yearly targets: shares, forecasts, what is missing. Pure; basis points, no fractions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from suicha_contracts.clause import Clause
from suicha_contracts.freeze import SurveyGroup
from suicha_contracts.ruleset import CountUnit, Frequency, Ruleset

from suicha_draw.plans.gauges.schemas import Forecast, Gauge, ItemFrequency
from suicha_draw.plans.outlook import ONE, TaskOutlook, draws_to_come, expected_covered

EVENLY = "其余任务按计划逐一单独抽取；已抽中的对象视为均匀分布在名录库中；取平均值，向下取整"
AS_PLANNED = "其余任务按计划抽取，每项任务计一次"
ONCE_DRAWN_INSPECTED = f"抽中的都完成检查，已达最多次数的不再抽中；{EVENLY}"
_SHOWN = 10


@dataclass(frozen=True)
class ItemFacts:
    """An item for which a law fixes a frequency: the objects drawn for it, by their inspections of it."""

    item: str
    frequency: Clause[Frequency]
    objects: int = 0
    below_minimum: int = 0
    above_maximum: int = 0


@dataclass(frozen=True)
class YearFacts:
    """What a body has drawn and inspected in a year so far."""

    register_size: int
    covered: int = 0
    """Different objects drawn."""
    drawn: int = 0
    """Objects drawn, counted once for each list."""
    drawn_joint: int = 0
    drawn_graded: int = 0
    rounds: int = 0
    rounds_joint: int = 0
    rounds_graded: int = 0
    below_minimum: int = 0
    """Drawn objects with fewer finished inspections than the least."""
    above_maximum: int = 0
    """Drawn objects with more than the most."""
    due: Mapping[int, int] = field(default_factory=dict)
    """Inspections of the year, done or drawn and still to come → drawn objects with so many."""
    drawn_items: frozenset[str] = field(default_factory=frozenset)
    listed_items: frozenset[str] = field(default_factory=frozenset)
    """Items of the newest published list; empty while none is known."""
    by_law: Sequence[ItemFacts] = ()


def share_bp(numerator: int, denominator: int) -> int | None:
    """Return a share in basis points, rounded down; None of nothing."""
    return numerator * 10_000 // denominator if denominator else None


def lacking(numerator: int, denominator: int, target_bp: int) -> int:
    """Return how much the numerator lacks for the target, the denominator staying as it is."""
    return max(0, -(-target_bp * denominator // 10_000) - numerator)


def lacking_with_more(numerator: int, denominator: int, target_bp: int) -> int | None:
    """Return how many must be added to both for the target; None if no number is enough."""
    short = target_bp * denominator - 10_000 * numerator
    if short <= 0:
        return 0
    return -(-short // (10_000 - target_bp)) if target_bp < 10_000 else None


def gauges_of(
    ruleset: Ruleset, facts: YearFacts, remaining: Sequence[TaskOutlook], groups: Sequence[SurveyGroup]
) -> list[Gauge]:
    """Return every gauge with its forecast; a target that the ruleset does not set is null (P7-P10, R4)."""
    return [
        _coverage(ruleset, facts, remaining, groups),
        _joint(ruleset, facts, remaining),
        _graded(ruleset, facts, remaining),
        _frequency(ruleset, facts, remaining, groups),
        _items(ruleset, facts, remaining),
    ]


def _coverage(
    ruleset: Ruleset, facts: YearFacts, remaining: Sequence[TaskOutlook], groups: Sequence[SurveyGroup]
) -> Gauge:
    size = facts.register_size
    more = expected_covered(remaining, groups)
    later = facts.covered + (more * max(0, size - facts.covered) // size if size else 0)
    gauge = _gauge(
        "coverage", "年度抽查对象占比", "本年度抽中的不同检查对象（家，已完成的抽取，递补后）",
        "辖区名录库中存续的检查对象（家，查询时实时统计）", CountUnit.OBJECTS, ruleset.targets.coverage_bp,
        (facts.covered, size), (later, size), EVENLY,
    )  # fmt: skip
    if gauge.reachable is False and gauge.target_bp is not None:
        gauge.advice = f"还需至少抽取 {lacking(later, size, gauge.target_bp)} 家不同的检查对象"
    return gauge


def _joint(ruleset: Ruleset, facts: YearFacts, remaining: Sequence[TaskOutlook]) -> Gauge:
    if ruleset.targets.joint_unit is CountUnit.ROUNDS:
        now = facts.rounds_joint, facts.rounds
        later = now[0] + sum(task.cross_department for task in remaining), now[1] + len(remaining)
        words, measure = (
            ("跨部门联合抽查次数（次，任务列有联合部门）", "本年度抽查总次数（次，已完成的抽取）"),
            "次",
        )
    else:
        now = facts.drawn_joint, facts.drawn
        later = (
            now[0] + sum(task.drawn for task in remaining if task.cross_department),
            now[1] + sum(task.drawn for task in remaining),
        )
        words, measure = ("跨部门联合抽中的检查对象（家次）", "本年度抽中的检查对象（家次）"), "家"
    gauge = _gauge(
        "joint", "跨部门联合抽查占比", *words, ruleset.targets.joint_unit, ruleset.targets.joint_bp, now, later,
        AS_PLANNED,
    )  # fmt: skip
    return _advise(gauge, later, f"跨部门联合抽查（{measure}）")


def _graded(ruleset: Ruleset, facts: YearFacts, remaining: Sequence[TaskOutlook]) -> Gauge:
    if ruleset.targets.risk_graded_unit is CountUnit.OBJECTS:
        now = facts.drawn_graded, facts.drawn
        later = (
            now[0] + sum(task.drawn for task in remaining if task.graded),
            now[1] + sum(task.drawn for task in remaining),
        )
        words, measure = (
            ("按信用风险等级抽中的检查对象（家次）", "本年度抽中的检查对象（家次，每份名单计一次）"),
            "家",
        )
    else:
        now = facts.rounds_graded, facts.rounds
        later = now[0] + sum(task.graded for task in remaining), now[1] + len(remaining)
        words, measure = ("运用信用风险等级的抽查次数（次）", "本年度抽查总次数（次）"), "次"
    gauge = _gauge(
        "risk_graded", "信用风险分级抽查占比", *words, ruleset.targets.risk_graded_unit,
        ruleset.targets.risk_graded_bp, now, later, AS_PLANNED,
    )  # fmt: skip
    return _advise(gauge, later, f"按信用风险等级的抽查（{measure}）")


def _frequency(
    ruleset: Ruleset, facts: YearFacts, remaining: Sequence[TaskOutlook], groups: Sequence[SurveyGroup]
) -> Gauge:
    bounds = ruleset.selection.frequency
    low, high = bounds.value.minimum, bounds.value.maximum
    within = facts.covered - facts.below_minimum - facts.above_maximum
    target = None
    if low is not None or high is not None:
        target = Clause[int](value=10_000, clause=bounds.clause, level=bounds.level)
    later, short, above = _frequency_later(facts, remaining, groups, low or 0, high)
    gauge = _gauge(
        "frequency", "抽查频次", f"其中本年度检查次数在 {_times(bounds.value)} 之内的（家）",
        "本年度抽中的不同检查对象（家）", CountUnit.OBJECTS, target, (within, facts.covered), later,
        ONCE_DRAWN_INSPECTED,
    )  # fmt: skip
    if target is not None and (facts.above_maximum or facts.below_minimum):
        gauge.advice = (
            f"{facts.above_maximum} 家已超过最多次数，不得再查；{facts.below_minimum} 家尚未达到最少次数。"
        )
    if gauge.reachable is False:
        gauge.advice += f"按计划年末预计 {above} 家超过最多次数，{short} 家达不到最少次数，须另行安排"
    gauge.by_law = [_by_law(one) for one in facts.by_law]
    gauge.note = _apart(facts.by_law)
    return gauge


def _times(frequency: Frequency) -> str:
    low, high = frequency.minimum or 0, frequency.maximum
    return f"{low} 至 {high} 次" if high is not None else f"不少于 {low} 次"


def _by_law(one: ItemFacts) -> ItemFrequency:
    value = one.frequency.value
    return ItemFrequency(
        item=one.item, minimum=value.minimum, maximum=value.maximum, clause=one.frequency.clause,
        objects=one.objects, below_minimum=one.below_minimum, above_maximum=one.above_maximum,
        holds=not (one.below_minimum or one.above_maximum) if one.objects else None,
    )  # fmt: skip


def _apart(by_law: Sequence[ItemFacts]) -> str:
    """Say which items have a frequency of their own and whether it holds; those where it does not come first."""
    if not by_law:
        return ""
    ordered = sorted(by_law, key=lambda one: (-one.above_maximum, -one.below_minimum, one.item))
    said = [
        f"{one.item}（{_times(one.frequency.value)}，{one.frequency.clause}）{_standing(one)}"
        for one in ordered[:_SHOWN]
    ]
    more = f"；等 {len(by_law)} 项" if len(by_law) > _SHOWN else ""
    return f"另有法定频次的事项单独计算：{'；'.join(said)}{more}"


def _standing(one: ItemFacts) -> str:
    if not one.objects:
        return "尚未抽取"
    if not (one.below_minimum or one.above_maximum):
        return f"已抽 {one.objects} 家，都在规定之内"
    return (
        f"已抽 {one.objects} 家，{one.above_maximum} 家超过最多次数，{one.below_minimum} 家尚未达到最少次数"
    )


def _frequency_later(
    facts: YearFacts,
    remaining: Sequence[TaskOutlook],
    groups: Sequence[SurveyGroup],
    low: int,
    high: int | None,
) -> tuple[tuple[int, int], int, int]:
    """Return (within, drawn) at the end of the year, how many stay below the least, and how many are above the most.

    A freeze leaves out whoever has reached the most, so nobody else comes above it.
    """
    untouched = max(0, facts.register_size - sum(facts.due.values()))
    chances = draws_to_come(remaining, groups, facts.register_size, max(low, 1))
    drawn, short = 0, 0
    for done, objects in [*facts.due.items(), (0, untouched)]:
        # Whoever has `done` needs so many more; of whom nothing was drawn yet, only those count that will be.
        never = chances[0] if done == 0 else 0
        lacking_ = sum(chances[: max(0, low - done)]) - (never if low > done else 0)
        drawn += objects * (ONE - never)
        short += objects * lacking_
    above = sum(objects for done, objects in facts.due.items() if high is not None and done > high)
    total, missing = drawn // ONE, -(-short // ONE)
    return (max(0, total - missing - above), total), missing, above


def _items(ruleset: Ruleset, facts: YearFacts, remaining: Sequence[TaskOutlook]) -> Gauge:
    listed = facts.listed_items
    later = (facts.drawn_items | {item for task in remaining for item in task.items}) & listed
    gauge = _gauge(
        "item_coverage", "抽查事项清单覆盖率", "本年度已抽查的清单事项（项）", "现行抽查事项清单的事项（项）",
        None, ruleset.targets.item_coverage_bp, (len(facts.drawn_items & listed), len(listed)),
        (len(later), len(listed)), AS_PLANNED,
    )  # fmt: skip
    missing = sorted(listed - later)
    if gauge.reachable is False and missing:
        more = "等" if len(missing) > _SHOWN else ""
        gauge.advice = f"清单中还有 {len(missing)} 项未安排：{'、'.join(missing[:_SHOWN])}{more}"
    return gauge


def _gauge(
    code: str,
    name: str,
    numerator_means: str,
    denominator_means: str,
    unit: CountUnit | None,
    target: Clause[int] | None,
    now: tuple[int, int],
    later: tuple[int, int] | None,
    assumption: str,
) -> Gauge:
    gauge = Gauge(
        code=code, name=name, numerator=now[0], denominator=now[1], numerator_means=numerator_means,
        denominator_means=denominator_means, unit=unit.value if unit else "items", value_bp=share_bp(*now),
        target_bp=target.value if target else None, clause=target.clause if target else "",
    )  # fmt: skip
    if later is not None:
        gauge.forecast = Forecast(
            numerator=later[0], denominator=later[1], value_bp=share_bp(*later), assumption=assumption
        )
        if target is not None and later[1]:
            gauge.reachable = lacking(*later, target.value) == 0
    return gauge


def _advise(gauge: Gauge, later: tuple[int, int], what: str) -> Gauge:
    if gauge.reachable is False and gauge.target_bp is not None:
        change, more = lacking(*later, gauge.target_bp), lacking_with_more(*later, gauge.target_bp)
        gauge.advice = f"须把计划中的至少 {change} 改为{what}"
        if more is not None:
            gauge.advice += f"，或另外增加至少 {more}"
    return gauge
