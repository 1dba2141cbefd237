"""What a ruleset demands of a task, as pure functions: every complaint names value, bound and clause in Chinese."""

from suicha_chassis.problems import Fault, Problem
from suicha_contracts.codes import OUTSIDE_RANDOM_DRAWS, RAISE_REASONS, TRIGGERS
from suicha_contracts.publication import DRAW_MODE_TEXT
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import percent

from suicha_draw.plans.bounds import Bound, Bounds
from suicha_draw.plans.schemas import TaskContent
from suicha_draw.problems import (
    ModeNotAllowed,
    NamedObjects,
    OutsideRandomDraws,
    RaiseNotAllowed,
    RatioBelowFloor,
    TeamTooSmall,
    TooManyCandidates,
)


def refusal(task: TaskContent, ruleset: Ruleset, bounds: Bounds) -> Problem | None:
    """Return why a task cannot stand under a ruleset and the bounds that hold beside it, or None.

    P15, P16, D5, D8, D13, D14.
    """
    return (
        kind_refusal(task, ruleset)
        or _named(task)
        or _raises(task, ruleset)
        or _mode(task, ruleset)
        or _floor(task, bounds.floor_bp)
        or _team(task, bounds.team)
        or _candidates(task, bounds.multiple)
    )


def kind_refusal(task: TaskContent, ruleset: Ruleset) -> Problem | None:
    """Return why a kind of matter never reaches a draw, or None (P15, P16)."""
    outside = ruleset.selection.outside_random_draws
    triggers = ruleset.selection.triggers.value if ruleset.selection.triggers else []
    if task.kind == "random" or task.kind in triggers:
        return None
    words = OUTSIDE_RANDOM_DRAWS.get(task.kind) or TRIGGERS.get(task.kind, task.kind)
    rule = (
        f"依据“{outside.clause}”不列入随机抽查"
        if task.kind in outside.value
        else "既不是随机抽查，也不是规则集规定的触发条件"
    )
    return OutsideRandomDraws(
        f"任务“{task.name}”属于“{words}”，{rule}（{ruleset.name}）",
        faults=[Fault(where="body.kind", code="outside_random_draws", message=f"{words}：{rule}")],
    )


def _named(task: TaskContent) -> Problem | None:
    """Objects are named only upon a trigger; whoever plans a random draw names nobody (S3 Art. 5)."""
    if not task.criteria.ids or task.kind != "random":
        return None
    detail = f"任务“{task.name}”是随机抽查，不能点名确定检查对象；只有触发式抽查可以"
    fault = Fault(where="body.criteria.ids", code=NamedObjects.code, message=detail)
    return NamedObjects(detail, faults=[fault])


def _raises(task: TaskContent, ruleset: Ruleset) -> Problem | None:
    """A reason to raise must stand in the ruleset (S0 三(二), S2 Art. 11, 14)."""
    allowed = ruleset.selection.raise_reasons
    strange = [one.reason for one in task.raises if one.reason not in allowed.value]
    if not strange:
        return None
    words = "、".join(f"“{RAISE_REASONS[reason]}”" for reason in strange)
    detail = f"任务“{task.name}”：{words}不是{ruleset.name}“{allowed.clause}”规定的加大抽查力度的情形"
    fault = Fault(where="body.raises", code=RaiseNotAllowed.code, message=detail)
    return RaiseNotAllowed(detail, faults=[fault])


def _mode(task: TaskContent, ruleset: Ruleset) -> Problem | None:
    modes = ruleset.selection.modes
    if task.mode in modes.value:
        return None
    return ModeNotAllowed(
        f"任务“{task.name}”为{DRAW_MODE_TEXT[task.mode]}，{ruleset.name}“{modes.clause}”未规定这种类型"
    )


def _floor(task: TaskContent, floor: Bound) -> Problem | None:
    """Refuse when every ratio lies below the floor; whether mixed ratios reach it shows when objects are counted."""
    given = {**{f"层 {code}": bp for code, bp in task.ratios.items()}}
    if task.ratio_bp is not None:
        given["其余各层" if task.by_grade and task.ratios else "整份名单"] = task.ratio_bp
    if not given or max(given.values()) >= floor.value:
        return None
    bound = f"{floor.source}规定的下限 {percent(floor.value)}"
    ratios = "、".join(f"{at} {percent(bp)}" for at, bp in given.items())
    return RatioBelowFloor(
        f"任务“{task.name}”：{ratios}，均低于{bound}",
        faults=[
            Fault(
                where=at,
                code="ratio_below_floor",
                message=f"任务“{task.name}”{at}的比例 {percent(bp)} 低于{bound}",
            )
            for at, bp in given.items()
        ],
    )


def _team(task: TaskContent, least: Bound) -> Problem | None:
    if task.team >= least.value:
        return None
    detail = f"任务“{task.name}”每组 {task.team} 人，{least.source}要求不少于 {least.value} 人"
    return TeamTooSmall(detail, faults=[Fault(where="body.team", code="team_too_small", message=detail)])


def _candidates(task: TaskContent, most: Bound) -> Problem | None:
    """Team and alternates together are the candidates: at most so many times the need (S0 四)."""
    drawn, bound = task.team + task.alternates, task.team * most.value
    if drawn <= bound:
        return None
    detail = (
        f"任务“{task.name}”每组需 {task.team} 人，连同递补共抽取 {drawn} 人，"
        f"{most.source}规定不超过实际需要人数的 {most.value} 倍（{bound} 人）"
    )
    fault = Fault(where="body.alternates", code="too_many_candidates", message=detail)
    return TooManyCandidates(detail, faults=[fault])


def ratio_text(task: TaskContent) -> str:
    """Write the ratios as a plan prints them: `A 5%、B 10%`."""
    parts = [f"{code} {percent(bp)}" for code, bp in sorted(task.ratios.items())]
    parts += [f"{code} {count}家" for code, count in sorted(task.counts.items())]
    if task.ratio_bp is not None:
        parts.append(f"其余 {percent(task.ratio_bp)}" if parts else percent(task.ratio_bp))
    if task.count is not None:
        parts.append(f"{task.count}家")
    for one in task.raises:
        share = f"{one.count}家" if one.ratio_bp is None else percent(one.ratio_bp)
        parts.append(f"{RAISE_REASONS[one.reason]} {share}")
    return "、".join(parts)
