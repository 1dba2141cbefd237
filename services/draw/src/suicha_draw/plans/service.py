"""The life of a plan: draft → submitted → approved by somebody else → published."""

from datetime import UTC, datetime
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.ids import uuid7
from suicha_chassis.messages import chinese_message
from suicha_chassis.problems import Conflict, Fault, Invalid, NotFound, SamePerson
from suicha_contracts.ruleset import Ruleset

from suicha_draw.models import Plan, Task
from suicha_draw.numbering import next_number
from suicha_draw.plans import checking, publishing
from suicha_draw.plans.naming import plan_name
from suicha_draw.plans.rulesets import day_of, issuer_of, ruleset_for
from suicha_draw.plans.schemas import PlanContent, PlanPatch, TaskContent, TaskPatch
from suicha_draw.problems import TriggerUnfit

STATE_TEXT = {"draft": "草稿", "submitted": "待审批", "approved": "已审批", "published": "已公布"}
"""The states of a plan in words."""


async def find_plan(session: AsyncSession, plan_id: UUID, *, lock: bool = False) -> Plan:
    """Return a plan within the session's scope.

    Raises:
        NotFound: there is none.
    """
    wanted = select(Plan).where(Plan.id == plan_id)
    if lock:
        # What was read before the lock may be old by now, of its tasks as well.
        session.expire_all()
        wanted = wanted.with_for_update()
    plan = await session.scalar(wanted)
    if plan is None:
        raise NotFound("未找到该计划")
    return plan


async def tasks_of(session: AsyncSession, plan_id: UUID) -> list[Task]:
    """Return the tasks of a plan by number."""
    return list(await session.scalars(select(Task).where(Task.plan_id == plan_id).order_by(Task.number)))


async def create(session: AsyncSession, caller: Caller, content: PlanContent) -> Plan:
    """Open a plan under the next number of the organisation and year (P3).

    Raises:
        RulesetUnknown: the ruleset named is not known here.
        RulesetElsewhere: it binds neither the caller's region nor one above it.
    """
    rules = await ruleset_for(
        session, caller.region, content.ruleset_id, content.ruleset_version, day_of(content.year)
    )
    serial = await next_number(session, f"plan|{caller.org}|{content.year}")
    org_name = content.org_name or await issuer_of(session, caller.org) or caller.org
    department = content.department or org_name
    plan = Plan(
        id=uuid7(), region=caller.region, org=caller.org, year=content.year, number=f"{content.year}{serial:03d}",
        name=content.name or plan_name(Ruleset.model_validate(rules.document), content.year, department, serial),
        org_name=org_name, department=department, ruleset_id=rules.id, ruleset_version=rules.version,
        state="draft", created_by=caller.subject, author=caller.subject, editors=[caller.subject],
    )  # fmt: skip
    session.add(plan)
    await session.flush()
    await audit.record(session, "plan.create", "plan", plan.id, after={"number": plan.number})
    return plan


async def change(session: AsyncSession, caller: Caller, plan: Plan, patch: PlanPatch) -> None:
    """Change what a draft says of itself. Its tasks are held against another version when it is submitted.

    Raises:
        Conflict: the plan is no draft.
        RulesetUnknown, RulesetElsewhere: there is no such version of its ruleset for this region.
    """
    expect(plan, "draft")
    given = patch.model_dump(exclude_unset=True, exclude_none=True)
    if "ruleset_version" in given:
        rules = await ruleset_for(
            session, plan.region, plan.ruleset_id, given["ruleset_version"], day_of(plan.year)
        )
        given["ruleset_version"] = rules.version
    before = {name: getattr(plan, name) for name in given}
    for name, value in given.items():
        setattr(plan, name, value)
    _edited_by(plan, caller)
    await audit.record(session, "plan.change", "plan", plan.id, before=before, after=given)


async def add_task(session: AsyncSession, caller: Caller, plan: Plan, content: TaskContent) -> Task:
    """Add a task under the next number of the plan.

    Raises:
        Conflict: the plan is no draft.
        RatioBelowFloor, TeamTooSmall, TooManyCandidates, OutsideRandomDraws, ModeNotAllowed, NamedObjects,
            RaiseNotAllowed: the ruleset forbids it.
    """
    expect(plan, "draft")
    await checking.check_task(session, plan, content)
    _edited_by(plan, caller)
    return await put_task(session, plan, content)


async def put_task(session: AsyncSession, plan: Plan, content: TaskContent) -> Task:
    """Put a task that was checked under the next number of its plan (P3)."""
    serial = await next_number(session, f"task|{plan.id}")
    task = Task(
        id=uuid7(), region=plan.region, org=plan.org, plan_id=plan.id, number=f"{serial:03d}号",
        content=content.model_dump(mode="json"),
    )  # fmt: skip
    session.add(task)
    await session.flush()
    await audit.record(session, "task.create", "task", task.id, after=task.content)
    return task


async def change_task(
    session: AsyncSession, caller: Caller, plan: Plan, task: Task, patch: TaskPatch
) -> None:
    """Change a task of a draft; the same rules hold as for a new one.

    Raises:
        Conflict: the plan is no draft.
        Invalid, RatioBelowFloor, TeamTooSmall, TooManyCandidates, OutsideRandomDraws, ModeNotAllowed: the
            result cannot stand.
    """
    expect(plan, "draft")
    before = dict(task.content)
    content = patched(task, patch)
    await checking.check_task(session, plan, content)
    task.content = content.model_dump(mode="json")
    _edited_by(plan, caller)
    await audit.record(session, "task.change", "task", task.id, before=before, after=task.content)


async def delete_task(session: AsyncSession, caller: Caller, plan: Plan, task: Task) -> None:
    """Take a task out of a draft.

    Raises:
        Conflict: the plan is no draft.
    """
    expect(plan, "draft")
    _edited_by(plan, caller)
    await session.delete(task)
    await audit.record(session, "task.delete", "task", task.id, before=task.content)
    await session.flush()


def patched(task: Task, patch: TaskPatch) -> TaskContent:
    """Return what a task says after a patch.

    Raises:
        Invalid: the result cannot stand; `faults` name what is wrong.
    """
    try:
        return TaskContent.model_validate(task.content | patch.model_dump(mode="json", exclude_unset=True))
    except ValidationError as error:
        faults = [
            Fault(
                where=".".join(map(str, ("body", *one["loc"]))),
                code=one["type"],
                message=chinese_message(one),
            )
            for one in error.errors()
        ]
        said = "；".join(f"{fault.where}：{fault.message}" for fault in faults[:5])
        raise Invalid(f"修改后的任务不成立：{said}", faults=faults) from error


async def submit(session: AsyncSession, caller: Caller, plan: Plan) -> None:
    """Hand a draft in for approval; whoever does so counts as its author.

    Every task is held once more against the rules: those that bind may have changed since it was written.

    Raises:
        Conflict: the plan is no draft.
        Invalid: it has no task, no name of the body, or a column of the printed table is empty.
        TriggerUnfit: a triggered task names no trigger record (P13).
        RatioBelowFloor, TeamTooSmall, TooManyCandidates, OutsideRandomDraws, ModeNotAllowed, NamedObjects,
            RaiseNotAllowed: the ruleset forbids a task.
    """
    expect(plan, "draft")
    tasks = await tasks_of(session, plan.id)
    if not tasks:
        raise Invalid("计划没有任务，不能提交")
    if plan.org_name == plan.org:
        said = "计划没有单位名称，表上会印出机构代码；请填写"
        raise Invalid(said, faults=[Fault(where="body.org_name", code="missing", message=said)])
    contents = [TaskContent.model_validate(task.content) for task in tasks]
    for task, content in zip(tasks, contents, strict=True):
        await checking.check_task(session, plan, content)
        await checking.check_columns(session, plan, task.number, content)
    unnamed = [
        task.number
        for task, content in zip(tasks, contents, strict=True)
        if checking.without_trigger(content)
    ]
    if unnamed:
        raise TriggerUnfit(f"触发式任务 {'、'.join(unnamed)} 没有触发记录，请先登记触发来源（S3 第二条）")
    plan.state, plan.author, plan.remark = "submitted", caller.subject, ""
    plan.submitted_at = datetime.now(UTC)
    _edited_by(plan, caller)
    await audit.record(session, "plan.submit", "plan", plan.id)


async def approve(session: AsyncSession, caller: Caller, plan: Plan) -> None:
    """Approve a plan as somebody who wrote nothing of it (O13).

    Raises:
        Conflict: the plan is not submitted.
        SamePerson: the caller created, changed or submitted it or a task of it.
    """
    expect(plan, "submitted")
    if caller.subject in plan.editors:
        raise SamePerson("计划须由未参与编制、修改、提交的人员审批")
    plan.state, plan.approved_by, plan.approved_at = "approved", caller.subject, datetime.now(UTC)
    await audit.record(session, "plan.approve", "plan", plan.id)


async def send_back(session: AsyncSession, plan: Plan, reason: str) -> None:
    """Return a submitted or approved plan to its author with the reason.

    Raises:
        Conflict: the plan is neither submitted nor approved.
    """
    expect(plan, "submitted", "approved")
    plan.state, plan.approved_by, plan.approved_at, plan.remark = "draft", "", None, reason
    await audit.record(session, "plan.return", "plan", plan.id, reason=reason)


async def publish(session: AsyncSession, plan: Plan) -> None:
    """Make an approved plan public, for good (S1 (二)).

    Raises:
        Conflict: the plan is not approved.
    """
    expect(plan, "approved")
    plan.state = "published"
    await publishing.make_public(session, plan, await tasks_of(session, plan.id))
    await audit.record(session, "plan.publish", "plan", plan.id)


def _edited_by(plan: Plan, caller: Caller) -> None:
    if caller.subject not in plan.editors:
        plan.editors = [*plan.editors, caller.subject]


def expect(plan: Plan, *states: str) -> None:
    """Refuse whatever the plan's state does not allow.

    Raises:
        Conflict: the plan is in another state; the problem names it.
    """
    if plan.state not in states:
        raise Conflict(f"计划当前状态为“{STATE_TEXT[plan.state]}”，不能进行此操作", state=plan.state)


async def lock_task(session: AsyncSession, plan_id: UUID, task_id: UUID) -> tuple[Plan, Task]:
    """Return a task and its plan, the plan locked.

    Raises:
        NotFound: no such plan or task.
    """
    plan = await find_plan(session, plan_id, lock=True)
    task = await session.scalar(select(Task).where(Task.id == task_id, Task.plan_id == plan_id))
    if task is None:
        raise NotFound("未找到该任务")
    return plan, task
