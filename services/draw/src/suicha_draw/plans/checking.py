"""What a task is held against before it stands in a plan: rules, bounds, laws, trigger records, printed columns."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.problems import Fault, Invalid
from suicha_contracts.codes import TRIGGERS
from suicha_contracts.ruleset import Ruleset

from suicha_draw.models import Plan, Trigger
from suicha_draw.plans.bounds import Bound, bounds_of
from suicha_draw.plans.laws import floor_under_law, laws_of
from suicha_draw.plans.naming import empty_columns
from suicha_draw.plans.rules import refusal
from suicha_draw.plans.rulesets import others_binding, ruleset_row
from suicha_draw.plans.schemas import TaskContent
from suicha_draw.problems import TriggerUnfit


async def check_task(session: AsyncSession, plan: Plan, content: TaskContent) -> None:
    """Refuse a task that a rule forbids which binds the plan, or whose trigger records do not exist (P13, P15, P16).

    Raises:
        RatioBelowFloor, TeamTooSmall, TooManyCandidates, OutsideRandomDraws, ModeNotAllowed: the ruleset
            forbids it.
        TriggerUnfit: a trigger record is unknown, or of another source than the task's kind.
    """
    rules = await ruleset_row(session, plan.ruleset_id, plan.ruleset_version)
    ruleset = Ruleset.model_validate(rules.document)
    bounds = bounds_of(ruleset, await others_binding(session, plan, ruleset))
    floor = bounds.applied_to(ruleset).selection.floor_bp
    in_law = floor_under_law(floor, content.items, await laws_of(session, plan.org))
    if in_law is not floor:
        bounds = replace(bounds, floor_bp=Bound(in_law.value, in_law.clause, ""))
    problem = refusal(content, ruleset, bounds)
    if problem is not None:
        raise problem
    await _check_triggers(session, plan, content)


async def _check_triggers(session: AsyncSession, plan: Plan, content: TaskContent) -> None:
    if not content.trigger_ids:
        return
    if content.kind == "random":
        raise TriggerUnfit(f"任务“{content.name}”是双随机任务，不能关联触发记录")
    wanted = select(Trigger).where(Trigger.id.in_(content.trigger_ids), Trigger.org == plan.org)
    found = {row.id: row for row in await session.scalars(wanted)}
    missing = [str(one) for one in content.trigger_ids if one not in found]
    if missing:
        raise TriggerUnfit(f"任务“{content.name}”关联的触发记录不存在：{'、'.join(missing)}")
    other = sorted(row.number for row in found.values() if row.source != content.kind)
    if other:
        kind = TRIGGERS.get(content.kind, content.kind)
        raise TriggerUnfit(f"任务“{content.name}”由“{kind}”触发，触发记录 {'、'.join(other)} 的来源与此不同")


async def check_columns(session: AsyncSession, plan: Plan, number: str, content: TaskContent) -> None:
    """Refuse a task that leaves a column of the table empty as which its ruleset has plans printed (P1).

    Raises:
        Invalid: `faults` name the fields.
    """
    rules = await ruleset_row(session, plan.ruleset_id, plan.ruleset_version)
    empty = empty_columns(Ruleset.model_validate(rules.document), content)
    if empty:
        said = f"任务 {number}“{content.name}”没有填写{'、'.join(empty.values())}，附表要求填写"
        faults = [
            Fault(where=f"{number}.{field}", code="missing", message=f"{words}必填")
            for field, words in empty.items()
        ]
        raise Invalid(said, faults=faults)


def without_trigger(content: TaskContent) -> bool:
    """Tell whether a triggered task names no trigger record (P13)."""
    return content.kind != "random" and not content.trigger_ids
