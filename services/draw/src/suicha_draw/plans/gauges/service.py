"""Reading what gauges need: a body's plans, its remaining tasks, the register's survey, the year's facts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.app import Runtime
from suicha_chassis.problems import NotFound, Unavailable
from suicha_contracts.freeze import Survey
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import percent

from suicha_draw.models import Plan, Task
from suicha_draw.plans import outlook
from suicha_draw.plans.adjusting.service import drawn_tasks
from suicha_draw.plans.gauges.facts import drawn_items, facts_of
from suicha_draw.plans.gauges.figures import gauges_of
from suicha_draw.plans.gauges.schemas import Gauge, Gauges, MergeView, PlanCheck, TaskForecast
from suicha_draw.plans.laws import frequencies_by_law, laws_of, under_law
from suicha_draw.plans.outlook import TaskOutlook
from suicha_draw.plans.publishing import PLANNED
from suicha_draw.plans.rulesets import ruleset_row
from suicha_draw.plans.schemas import PlanWarning, TaskContent
from suicha_draw.plans.surveying import survey_of
from suicha_draw.problems import CountingTooLong, ListUnreadable
from suicha_draw.rounds.opening import list_of


@dataclass(frozen=True)
class Surveyed:
    """Tasks that are still to be drawn, seen against the register of today."""

    survey: Survey
    tasks: list[TaskOutlook]


async def seen(
    runtime: Runtime, asking: Plan, ruleset: Ruleset, tasks: Sequence[tuple[Plan, Task]]
) -> Surveyed:
    """Have registry count the objects of tasks, all lists in one question.

    Raises:
        Unavailable: registry does not answer.
        CountingTooLong: registry gave up counting.
        ListUnreadable: registry cannot read the list of a task.
    """
    contents = [TaskContent.model_validate(task.content) for _, task in tasks]
    # Tasks of different months may use one list code; here every task is a list of its own.
    lists = [
        list_of(plan, task, content, ruleset).model_copy(update={"code": f"{at}-{content.list_code}"[:54]})
        for at, ((plan, task), content) in enumerate(zip(tasks, contents, strict=True))
    ]
    survey = await survey_of(runtime, asking.org, lists)
    return Surveyed(
        survey,
        [outlook.outlook(one, content, survey.groups) for one, content in zip(lists, contents, strict=True)],
    )


async def remaining_tasks(session: AsyncSession, plans: Collection[Plan]) -> list[tuple[Plan, Task]]:
    """Return the planned tasks of plans that no draw holds yet, by plan and number."""
    by_id = {plan.id: plan for plan in plans}
    if not by_id:
        return []
    wanted = select(Task).where(Task.plan_id.in_(by_id), Task.state == PLANNED)
    tasks = list(await session.scalars(wanted.order_by(Task.plan_id, Task.number)))
    held = await drawn_tasks(session, [task.id for task in tasks])
    return [(by_id[task.plan_id], task) for task in tasks if task.id not in held]


async def gauges(session: AsyncSession, runtime: Runtime, org: str, year: int) -> Gauges:
    """Return the gauges of a body under the ruleset of its newest plan of the year.

    Raises:
        NotFound: the caller sees no plan of that body and year.
        Unavailable, CountingTooLong, ListUnreadable: as for `seen`.
    """
    wanted = select(Plan).where(Plan.org == org, Plan.year == year)
    plans = list(await session.scalars(wanted.order_by(Plan.public_version > 0, Plan.number)))
    if not plans:
        raise NotFound(f"机构 {org} 没有 {year} 年度的计划，无法确定适用的规则集")
    plan = plans[-1]
    ruleset = await _ruleset(session, plan)
    remaining = await remaining_tasks(session, [one for one in plans if one.public_version])
    surveyed = await seen(runtime, plan, ruleset, remaining)
    return Gauges(
        year=year, org=org, region=plan.region, ruleset_id=plan.ruleset_id,
        ruleset_version=plan.ruleset_version, counted_at=surveyed.survey.counted_at,
        gauges=await _gauges(session, plan, ruleset, surveyed),
    )  # fmt: skip


async def check(
    session: AsyncSession, runtime: Runtime, plan: Plan, tasks: Sequence[Task] | None = None
) -> PlanCheck:
    """Tell whether a plan, together with what is public or drawn already, reaches the year's targets.

    `tasks` stand in the place of the plan's own, as an adjustment would leave them.

    Raises:
        Unavailable, CountingTooLong, ListUnreadable: as for `seen`.
    """
    ruleset = await _ruleset(session, plan)
    wanted = select(Plan).where(
        Plan.org == plan.org, Plan.year == plan.year, Plan.public_version > 0, Plan.id != plan.id
    )
    others = list(await session.scalars(wanted))
    if tasks is None:
        remaining = await remaining_tasks(session, [*others, plan])
    else:
        held = await drawn_tasks(session, [task.id for task in tasks])
        remaining = await remaining_tasks(session, others)
        remaining += [(plan, task) for task in tasks if task.id not in held]
    surveyed = await seen(runtime, plan, ruleset, remaining)
    found = await _gauges(session, plan, ruleset, surveyed)
    own = {task.id for of, task in remaining if of.id == plan.id}
    return PlanCheck(
        gauges=found, tasks=[show_task(task) for task in surveyed.tasks if task.task_id in own],
        warnings=[_warning(one) for one in found if one.reachable is False],
        counted_at=surveyed.survey.counted_at,
    )  # fmt: skip


async def warnings_before_approval(
    session: AsyncSession, runtime: Runtime, plan: Plan, tasks: Sequence[Task] | None = None
) -> list[PlanWarning]:
    """Return what a plan cannot reach, as it is or with these tasks.

    A register that does not answer is a warning too and stops nobody.
    """
    try:
        return (await check(session, runtime, plan, tasks)).warnings
    except (Unavailable, CountingTooLong, ListUnreadable) as problem:
        return [PlanWarning(code="targets_unchecked", message=f"未能核对年度目标：{problem.detail}")]


async def merge_proposals(
    session: AsyncSession, runtime: Runtime, plan: Plan, share_bp: int
) -> list[MergeView]:
    """Propose which tasks of a plan to draw as one round (P11).

    Raises:
        Unavailable, CountingTooLong, ListUnreadable: as for `seen`.
    """
    remaining = await remaining_tasks(session, [plan])
    surveyed = await seen(runtime, plan, await _ruleset(session, plan), remaining)
    return [_show_merge(one) for one in outlook.merges(surveyed.tasks, surveyed.survey.groups, share_bp)]


def show_task(task: TaskOutlook) -> TaskForecast:
    """Show what a task would draw."""
    strata = {code: {"n": size, "k": task.quotas.get(code, 0)} for code, size in sorted(task.sizes.items())}
    return TaskForecast(
        task_id=task.task_id, number=task.number, name=task.name, objects=task.objects, drawn=task.drawn,
        strata=strata,
    )  # fmt: skip


def _show_merge(one: outlook.Merge) -> MergeView:
    codes = [task.list_code for task in one.tasks]
    repeated = sorted({code for code in codes if codes.count(code) > 1})
    return MergeView(
        month=one.tasks[0].month, tasks=[show_task(task) for task in one.tasks], shared_objects=one.shared,
        share_bp=one.share_bp, visits_apart=one.visits_apart, visits_together=one.visits_together,
        visits_saved=one.saved,
        obstacle=f"名单代码 {'、'.join(repeated)} 重复，合并抽取前须改用不同代码" if repeated else "",
    )  # fmt: skip


def _warning(gauge: Gauge) -> PlanWarning:
    forecast, target = gauge.forecast, gauge.target_bp
    assert forecast is not None and target is not None
    text = (
        f"{gauge.name}预计 {_percent(forecast.value_bp)}（{forecast.numerator}/{forecast.denominator}），"
        f"目标 {_percent(target)}。{gauge.advice}"
    )
    return PlanWarning(code=f"target_{gauge.code}", message=text, clause=gauge.clause)


def _percent(bp: int | None) -> str:
    return "—" if bp is None else percent(bp)


async def _ruleset(session: AsyncSession, plan: Plan) -> Ruleset:
    row = await ruleset_row(session, plan.ruleset_id, plan.ruleset_version)
    return Ruleset.model_validate(row.document)


async def _gauges(session: AsyncSession, plan: Plan, ruleset: Ruleset, surveyed: Surveyed) -> list[Gauge]:
    drawn = await drawn_items(session, plan.org, plan.year)
    items = drawn | {item for task in surveyed.tasks for item in task.items}
    laws = await laws_of(session, plan.org)
    by_law = frequencies_by_law(items, laws)
    if items and by_law.keys() == items:
        # Nothing is left for which the ruleset's own frequency would stand.
        ruleset = under_law(ruleset, items, laws)
    facts = await facts_of(
        session,
        plan.org,
        plan.year,
        surveyed.survey.register_size,
        ruleset.selection.frequency.value,
        drawn,
        by_law,
    )
    return gauges_of(ruleset, facts, surveyed.tasks, surveyed.survey.groups)
