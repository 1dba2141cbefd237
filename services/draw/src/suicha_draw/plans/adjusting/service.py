"""The life of an adjustment: submitted with its reason → published by another person, or returned (S1 二（二）)."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.ids import uuid7
from suicha_chassis.problems import Conflict, Invalid, NotFound, SamePerson

from suicha_draw.models import Plan, PlanAdjustment, Round, Task
from suicha_draw.plans import checking, publishing, service
from suicha_draw.plans.adjusting.schemas import (
    AddTask,
    AdjustmentRequest,
    Change,
    ChangeTask,
    WithdrawTask,
)
from suicha_draw.problems import TaskAlreadyDrawn, TriggerUnfit

STATE_TEXT = {"submitted": "待审批", "published": "已公布", "returned": "已退回"}
"""The states of an adjustment in words."""


async def submit(
    session: AsyncSession, caller: Caller, plan: Plan, wanted: AdjustmentRequest
) -> PlanAdjustment:
    """Ask for an adjustment; everything that the ruleset forbids is refused now already.

    Raises:
        Conflict: the plan is not published, or another adjustment waits for its decision.
        NotFound, TaskAlreadyDrawn, TriggerUnfit, Invalid: a change cannot be made.
        RatioBelowFloor, TeamTooSmall, TooManyCandidates, OutsideRandomDraws, ModeNotAllowed: the ruleset
            forbids what would come of it.
    """
    service.expect(plan, "published")
    waiting = await session.scalar(
        select(PlanAdjustment.id).where(
            PlanAdjustment.plan_id == plan.id, PlanAdjustment.state == "submitted"
        )
    )
    if waiting is not None:
        raise Conflict("该计划有一项调整正待审批，请先办结", state="submitted")
    tasks = await service.tasks_of(session, plan.id)
    await _check(session, plan, tasks, wanted.changes)
    row = PlanAdjustment(
        id=uuid7(), region=plan.region, org=plan.org, plan_id=plan.id, state="submitted",
        reason=wanted.reason, changes=[one.model_dump(mode="json", exclude_unset=True) for one in wanted.changes],
        requested_by=caller.subject,
    )  # fmt: skip
    session.add(row)
    await session.flush()
    await audit.record(
        session, "plan.adjust", "plan", plan.id, after={"changes": row.changes}, reason=wanted.reason
    )
    return row


async def find(session: AsyncSession, plan: Plan, adjustment_id: UUID) -> PlanAdjustment:
    """Return an adjustment of a plan.

    Raises:
        NotFound: there is none.
    """
    found = await session.scalar(
        select(PlanAdjustment).where(PlanAdjustment.id == adjustment_id, PlanAdjustment.plan_id == plan.id)
    )
    if found is None:
        raise NotFound("未找到该调整")
    return found


async def approve(session: AsyncSession, caller: Caller, plan: Plan, row: PlanAdjustment) -> None:
    """Carry an adjustment out as the second person and make the new version public; the plan is locked.

    Raises:
        Conflict: it was decided before.
        SamePerson: the caller asked for it.
        TaskAlreadyDrawn: a draw began over one of its tasks in the meantime.
        Invalid: the plan would have no task left.
    """
    expect_open(row)
    if caller.subject == row.requested_by:
        raise SamePerson("计划调整须由申请人以外的人员审批")
    tasks = await service.tasks_of(session, plan.id)
    wanted = AdjustmentRequest.model_validate({"reason": row.reason, "changes": row.changes}).changes
    await _check(session, plan, tasks, wanted)
    by_id = {task.id: task for task in tasks}
    for change in wanted:
        if isinstance(change, AddTask):
            await service.put_task(session, plan, change.task)
        elif isinstance(change, ChangeTask):
            task = by_id[change.task_id]
            task.content = service.patched(task, change.patch).model_dump(mode="json")
        else:
            by_id[change.task_id].state = "withdrawn"
    await session.flush()
    after = await service.tasks_of(session, plan.id)
    await publishing.make_public(session, plan, after, row.reason)
    row.state, row.decided_by, row.decided_at = "published", caller.subject, datetime.now(UTC)
    row.public_version = plan.public_version
    await audit.record(
        session, "plan.adjust_publish", "plan", plan.id, after={"public_version": plan.public_version},
        reason=row.reason,
    )  # fmt: skip


async def send_back(session: AsyncSession, caller: Caller, row: PlanAdjustment, reason: str) -> None:
    """Return an adjustment with the reason; the plan stays as it is public.

    Raises:
        Conflict: it was decided before.
    """
    expect_open(row)
    row.state, row.remark = "returned", reason
    row.decided_by, row.decided_at = caller.subject, datetime.now(UTC)
    await audit.record(session, "plan.adjust_return", "plan", row.plan_id, reason=reason)


async def drawn_tasks(session: AsyncSession, task_ids: Collection[UUID]) -> set[UUID]:
    """Return which of the tasks a draw holds: a live attempt, or one whose manifest or result is public for good."""
    if not task_ids:
        return set()
    names = or_(*(Round.lists.contains([{"task_id": str(one)}]) for one in task_ids))
    # A result without a manifest is one drawn by hand.
    public = or_(Round.manifest_hash.is_not(None), Round.result_hash.is_not(None))
    rows = await session.scalars(select(Round.lists).where(names, or_(Round.state != "void", public)))
    return {UUID(one["task_id"]) for lists in rows for one in lists} & set(task_ids)


async def adjusted(session: AsyncSession, plan: Plan, changes: Sequence[Change]) -> list[Task]:
    """Return the planned tasks as they would be after the changes, for figures only: the new ones are not kept.

    Raises:
        Invalid: a change of a task cannot stand.
    """
    tasks = {
        task.id: task for task in await service.tasks_of(session, plan.id) if task.state == publishing.PLANNED
    }
    for change in changes:
        if isinstance(change, AddTask):
            content, number, key = change.task, "（新增）", uuid7()
        elif change.task_id not in tasks:
            continue
        elif isinstance(change, ChangeTask):
            key, number = change.task_id, tasks[change.task_id].number
            content = service.patched(tasks[key], change.patch)
        else:
            del tasks[change.task_id]
            continue
        tasks[key] = Task(
            id=key, plan_id=plan.id, region=plan.region, org=plan.org, number=number, state=publishing.PLANNED,
            content=content.model_dump(mode="json"),
        )  # fmt: skip
    return list(tasks.values())


async def _check(session: AsyncSession, plan: Plan, tasks: Sequence[Task], changes: Sequence[Change]) -> None:
    by_id = {task.id: task for task in tasks if task.state == publishing.PLANNED}
    named = [change.task_id for change in changes if not isinstance(change, AddTask)]
    if len(set(named)) != len(named):
        raise Invalid("同一任务在一次调整中只能变动一次")
    for task_id in named:
        if task_id not in by_id:
            raise NotFound("调整所指的任务不在计划内，或已撤销")
    held = await drawn_tasks(session, named)
    if held:
        numbers = "、".join(sorted(by_id[one].number for one in held))
        raise TaskAlreadyDrawn(f"任务 {numbers} 已经抽取，不能再调整；如确需改变，请新增任务")
    withdrawn = sum(change.action == "withdraw" for change in changes)
    added = sum(change.action == "add" for change in changes)
    if len(by_id) - withdrawn + added == 0:
        raise Invalid("计划至少应有一项任务")
    for change in changes:
        if isinstance(change, WithdrawTask):
            continue
        content = (
            change.task
            if isinstance(change, AddTask)
            else service.patched(by_id[change.task_id], change.patch)
        )
        await checking.check_task(session, plan, content)
        number = by_id[change.task_id].number if isinstance(change, ChangeTask) else "（新增）"
        await checking.check_columns(session, plan, number, content)
        if checking.without_trigger(content):
            raise TriggerUnfit(f"触发式任务“{content.name}”没有触发记录，请先登记触发来源（S3 第二条）")


def expect_open(row: PlanAdjustment) -> None:
    """Refuse what comes after the decision.

    Raises:
        Conflict: the adjustment was decided before.
    """
    if row.state != "submitted":
        raise Conflict(f"该调整当前状态为“{STATE_TEXT[row.state]}”，不能进行此操作", state=row.state)
