"""What a plan's readers are warned of: its progress is read here, the rules are in `due`."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.ruleset import Ruleset

from suicha_draw.models import Plan, RulesetRow, Task
from suicha_draw.plans.due import PlanProgress, TaskProgress, due_warnings, ends_on
from suicha_draw.plans.publishing import PLANNED
from suicha_draw.plans.rulesets import china_today, day_of, ruleset_row, version_warnings
from suicha_draw.plans.schemas import PlanWarning, TaskContent
from suicha_draw.problems import RulesetUnknown
from suicha_draw.words import CHINA

_PROGRESS = """
WITH drawn AS (
  SELECT DISTINCT r.id, r.draw_id, r.visits, CAST(l.list->>'task_id' AS uuid) AS task_id
  FROM rounds r CROSS JOIN LATERAL jsonb_array_elements(r.lists) AS l(list)
  WHERE r.org = :org AND r.state = 'completed' AND r.lists @> ANY (
    SELECT jsonb_build_array(jsonb_build_object('task_id', t)) FROM unnest(CAST(:tasks AS text[])) AS t)
), closed AS (
  SELECT document->>'draw_id' AS draw_id, count(*) AS visits, max(finished_on) AS latest FROM history
  WHERE document->>'draw_id' IN (SELECT draw_id FROM drawn) GROUP BY 1
)
SELECT d.task_id, bool_and(coalesce(c.visits, 0) >= d.visits) AS finished, max(c.latest) AS latest
FROM drawn d LEFT JOIN closed c USING (draw_id) GROUP BY d.task_id
"""
"""Of each drawn task: whether all visits of its rounds are closed, and when the last one was."""


async def warnings_of(session: AsyncSession, plan: Plan, tasks: Sequence[Task]) -> list[PlanWarning]:
    """Return what is due of a plan that the session may see, today in China, and whether its ruleset is the one
    in force; a published plan keeps its version."""
    rules = await ruleset_row(session, plan.ruleset_id, plan.ruleset_version)
    found = [] if plan.public_version else await _version_warnings(session, plan, rules)
    ruleset = Ruleset.model_validate(rules.document)
    if not ruleset.due_dates:
        return found
    progress = await progress_of(session, plan, tasks)
    return found + due_warnings(ruleset, progress, china_today())


async def _version_warnings(session: AsyncSession, plan: Plan, rules: RulesetRow) -> list[PlanWarning]:
    day = day_of(plan.year)
    try:
        current = await ruleset_row(session, plan.ruleset_id, on=day)
    except RulesetUnknown:
        current = None
    return version_warnings(rules, current, day)


async def progress_of(session: AsyncSession, plan: Plan, tasks: Sequence[Task]) -> PlanProgress:
    """Return where a plan and its planned tasks stand."""
    planned = [task for task in tasks if task.state == PLANNED]
    drawn: dict[UUID, date | None] = {}
    if planned and plan.public_version:
        names = [str(task.id) for task in planned]
        rows = await session.execute(text(_PROGRESS), {"org": plan.org, "tasks": names})
        drawn = {row.task_id: row.latest if row.finished else None for row in rows}
    return PlanProgress(
        year=plan.year, approved_on=_day(plan.approved_at), published_on=_day(plan.published_at),
        tasks=[_task(plan, task, drawn) for task in planned],
    )  # fmt: skip


def _task(plan: Plan, task: Task, drawn: dict[UUID, date | None]) -> TaskProgress:
    content = TaskContent.model_validate(task.content)
    return TaskProgress(
        number=task.number, name=content.name,
        ends_on=ends_on(plan.year, content.month, content.inspect_to),
        drawn=task.id in drawn, finished_on=drawn.get(task.id),
    )  # fmt: skip


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.astimezone(CHINA).date()
