"""Due dates of a plan and how it stands against them (P4, P6), as pure functions. Late is recorded, never forbidden."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from suicha_contracts.clause import Clause
from suicha_contracts.codes import DUE_DATES
from suicha_contracts.ruleset import DueDate, Ruleset

from suicha_draw.plans.schemas import PlanWarning


@dataclass(frozen=True)
class TaskProgress:
    """Where a task of the plan stands."""

    number: str
    name: str
    ends_on: date
    """Last day of its inspections, as planned."""
    drawn: bool
    finished_on: date | None = None
    """The day on which its last visit was closed; None while any is open."""


@dataclass(frozen=True)
class PlanProgress:
    """Where a plan stands. Days are those of China."""

    year: int
    approved_on: date | None = None
    published_on: date | None = None
    tasks: Sequence[TaskProgress] = field(default_factory=tuple)


def ends_on(year: int, month: int, inspect_to: date | None) -> date:
    """Return the last day of a task: as entered, or the last of its month."""
    return inspect_to or date(year, month, monthrange(year, month)[1])


def due_on(due: DueDate, year: int) -> date:
    """Return the day by which something is due for the plan of a year."""
    return date(year + due.year_offset, due.on.month, due.on.day)


def due_warnings(ruleset: Ruleset, plan: PlanProgress, today: date) -> list[PlanWarning]:
    """Return what is due, overdue, or was done late, each with its clause and the days left; in order of days."""
    found: list[PlanWarning] = []
    for clause in ruleset.due_dates:
        due = due_on(clause.value, plan.year)
        if clause.value.what == "plan_fixed":
            found += _deed(clause, due, plan.approved_on, today)
        elif clause.value.what == "plan_published":
            found += _deed(clause, due, plan.published_on, today)
        elif clause.value.what == "inspections_done":
            found += _inspections(clause, due, plan, today)
    return sorted(found, key=lambda one: (one.due_on or today, one.code))


def _deed(clause: Clause[DueDate], due: date, done: date | None, today: date) -> list[PlanWarning]:
    words = DUE_DATES[clause.value.what]
    if done is None:
        text = f"应于 {due} 前{words}，{_left((due - today).days)}"
        return [_warning(f"{clause.value.what}_due", text, clause, due, today)]
    if done > due:
        text = f"应于 {due} 前{words}，实际于 {done} 完成，迟 {(done - due).days} 天"
        return [_warning(f"{clause.value.what}_late", text, clause, due, today)]
    return []


def _inspections(clause: Clause[DueDate], due: date, plan: PlanProgress, today: date) -> list[PlanWarning]:
    found = []
    for task in plan.tasks:
        if task.finished_on is None and task.ends_on > due:
            text = f"任务 {task.number}“{task.name}”安排到 {task.ends_on}，应于 {due} 前完成全部抽查"
            found.append(_warning("task_ends_after_due", text, clause, due, today))
        elif task.finished_on is not None and task.finished_on > due:
            text = f"任务 {task.number}“{task.name}”于 {task.finished_on} 完成，迟 {(task.finished_on - due).days} 天"
            found.append(_warning("inspections_done_late", text, clause, due, today))
    undone = [task for task in plan.tasks if task.finished_on is None]
    if undone:
        undrawn = sum(not task.drawn for task in undone)
        text = (
            f"应于 {due} 前完成全部抽查，{_left((due - today).days)}："
            f"{len(plan.tasks)} 项任务中 {len(undone)} 项未完成，其中 {undrawn} 项尚未抽取"
        )
        found.append(_warning("inspections_done_due", text, clause, due, today))
    return found


def _warning(code: str, text: str, clause: Clause[DueDate], due: date, today: date) -> PlanWarning:
    return PlanWarning(
        code=code, message=text, clause=clause.clause, due_on=due, days_left=(due - today).days
    )


def _left(days: int) -> str:
    if days > 0:
        return f"还有 {days} 天"
    return "今天到期" if days == 0 else f"已过 {-days} 天"
