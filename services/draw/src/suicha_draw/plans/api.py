"""Plans and tasks over HTTP; published plans for everyone."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import (
    Conflict,
    Invalid,
    MatchRequired,
    NotFound,
    SamePerson,
    StaleVersion,
    problem_responses,
)
from suicha_chassis.routes import Session, public, requires, router
from suicha_contracts.roles import Permission
from suicha_contracts.values import RegionCode, region_prefix

from suicha_draw.models import Plan, PlanVersion, Task
from suicha_draw.plans import publishing, service
from suicha_draw.plans.gauges.service import warnings_before_approval
from suicha_draw.plans.schemas import (
    PlanContent,
    PlanPatch,
    PlanReturn,
    PlanView,
    PlanWarning,
    PublishedPlan,
    TaskContent,
    TaskPatch,
    TaskView,
)
from suicha_draw.plans.warnings import warnings_of
from suicha_draw.problems import (
    ModeNotAllowed,
    NamedObjects,
    OutsideRandomDraws,
    RaiseNotAllowed,
    RatioBelowFloor,
    RulesetElsewhere,
    RulesetUnknown,
    TeamTooSmall,
    TooManyCandidates,
    TriggerUnfit,
)

api = router(prefix="/draw/v1/plans", tags=["plans"])
public_api = router(prefix="/public/plans", tags=["public plans"])

Reader = Annotated[Caller, requires(Permission.PLAN_READ)]
Writer = Annotated[Caller, requires(Permission.PLAN_WRITE)]
Approver = Annotated[Caller, requires(Permission.PLAN_APPROVE)]
_TASK_PROBLEMS = (
    NotFound, Conflict, RatioBelowFloor, TeamTooSmall, TooManyCandidates, OutsideRandomDraws, ModeNotAllowed,
    TriggerUnfit, NamedObjects, RaiseNotAllowed,
)  # fmt: skip


def show_plan(plan: Plan, tasks: Sequence[Task] | None = None) -> PlanView:
    """Show a plan, with its tasks where they are given."""
    own = set(PlanView.model_fields) - {"tasks", "reason", "warnings"}
    shown = {name: getattr(plan, name) for name in own}
    return PlanView(**shown, tasks=None if tasks is None else [publishing.task_view(task) for task in tasks])


async def show_whole(session: AsyncSession, plan: Plan) -> PlanView:
    """Show a plan with its tasks, the reason of its last adjustment and what its readers are warned of."""
    tasks = await service.tasks_of(session, plan.id)
    shown = show_plan(plan, tasks)
    if plan.public_version:
        shown.reason = (await publishing.newest_version(session, plan.id)).reason
    shown.warnings = await warnings_of(session, plan, tasks)
    return shown


async def missed_targets(
    session: AsyncSession, plan_id: UUID, request: Request, state: str
) -> list[PlanWarning]:
    """Return which targets a plan cannot reach, before its row is locked: registry counts the whole register."""
    plan = await service.find_plan(session, plan_id)
    service.expect(plan, state)
    return await warnings_before_approval(session, request.app.state.runtime, plan)


def show_published(version: PlanVersion) -> PublishedPlan:
    """Show a plan to the public as its newest version says, without its tasks."""
    return PublishedPlan.model_validate(version.document | {"tasks": None})


@api.post(
    "", status_code=201, summary="编制计划", responses=problem_responses(RulesetUnknown, RulesetElsewhere)
)
async def create_plan(body: PlanContent, session: Session, caller: Writer, response: Response) -> PlanView:
    """Open a yearly plan of the caller's organisation under the next number."""
    plan = await service.create(session, caller, body)
    set_etag(response, plan.version)
    return show_plan(plan, [])


@api.get("", summary="计划列表")
async def list_plans(
    session: Session,
    _: Reader,
    limit: Limit = 50,
    cursor: Cursor = "",
    year: Annotated[int | None, Query(description="only this year")] = None,
) -> Page[PlanView]:
    """Plans within the caller's scope, oldest first."""
    wanted = select(Plan)
    if year is not None:
        wanted = wanted.where(Plan.year == year)
    return await page(session, wanted, [Plan.id], show_plan, limit=limit, cursor=cursor)


@api.get("/{plan_id}", summary="计划", responses=problem_responses(NotFound))
async def read_plan(plan_id: UUID, session: Session, _: Reader, response: Response) -> PlanView:
    """One plan with its tasks; the ETag is needed to change it."""
    plan = await service.find_plan(session, plan_id)
    set_etag(response, plan.version)
    return await show_whole(session, plan)


@api.patch(
    "/{plan_id}",
    summary="修改计划",
    responses=problem_responses(
        NotFound, Conflict, RulesetUnknown, RulesetElsewhere, MatchRequired, StaleVersion
    ),
)
async def change_plan(
    plan_id: UUID, body: PlanPatch, session: Session, caller: Writer, request: Request, response: Response
) -> PlanView:
    """Change a draft; needs If-Match."""
    plan = await service.find_plan(session, plan_id, lock=True)
    require_match(request, plan.version)
    await service.change(session, caller, plan, body)
    await session.flush()
    set_etag(response, plan.version)
    return await show_whole(session, plan)


@api.post(
    "/{plan_id}/tasks", status_code=201, summary="新增任务", responses=problem_responses(*_TASK_PROBLEMS)
)
async def create_task(
    plan_id: UUID, body: TaskContent, session: Session, caller: Writer, response: Response
) -> TaskView:
    """Add a task to a draft. Ratios, team and kind are checked against the plan's ruleset."""
    plan = await service.find_plan(session, plan_id, lock=True)
    task = await service.add_task(session, caller, plan, body)
    set_etag(response, task.version)
    return publishing.task_view(task)


@api.get("/{plan_id}/tasks/{task_id}", summary="任务", responses=problem_responses(NotFound))
async def read_task(
    plan_id: UUID, task_id: UUID, session: Session, _: Reader, response: Response
) -> TaskView:
    """One task; the ETag is needed to change it."""
    await service.find_plan(session, plan_id)
    task = await session.scalar(select(Task).where(Task.id == task_id, Task.plan_id == plan_id))
    if task is None:
        raise NotFound("未找到该任务")
    set_etag(response, task.version)
    return publishing.task_view(task)


@api.patch(
    "/{plan_id}/tasks/{task_id}", summary="修改任务",
    responses=problem_responses(*_TASK_PROBLEMS, MatchRequired, StaleVersion),
)  # fmt: skip
async def change_task(
    plan_id: UUID,
    task_id: UUID,
    body: TaskPatch,
    session: Session,
    caller: Writer,
    request: Request,
    response: Response,
) -> TaskView:
    """Change a task while its plan is a draft; needs If-Match."""
    plan, task = await service.lock_task(session, plan_id, task_id)
    require_match(request, task.version)
    await service.change_task(session, caller, plan, task, body)
    await session.flush()
    set_etag(response, task.version)
    return publishing.task_view(task)


@api.delete(
    "/{plan_id}/tasks/{task_id}", status_code=204, summary="删除任务",
    responses=problem_responses(NotFound, Conflict, MatchRequired, StaleVersion),
)  # fmt: skip
async def delete_task(
    plan_id: UUID, task_id: UUID, session: Session, caller: Writer, request: Request
) -> None:
    """Take a task out of a draft; needs If-Match. Its number is never given again."""
    plan, task = await service.lock_task(session, plan_id, task_id)
    require_match(request, task.version)
    await service.delete_task(session, caller, plan, task)


@api.post("/{plan_id}/submit", summary="提交审批", responses=problem_responses(*_TASK_PROBLEMS, Invalid))
async def submit_plan(plan_id: UUID, session: Session, caller: Writer, request: Request) -> PlanView:
    """Hand a draft in for approval. `warnings` say what is due and which targets the plan cannot reach."""
    missed = await missed_targets(session, plan_id, request, "draft")
    plan = await service.find_plan(session, plan_id, lock=True)
    await service.submit(session, caller, plan)
    await session.flush()
    shown = await show_whole(session, plan)
    shown.warnings += missed
    return shown


@api.post(
    "/{plan_id}/approve", summary="审批计划", responses=problem_responses(NotFound, Conflict, SamePerson)
)
async def approve_plan(plan_id: UUID, session: Session, caller: Approver, request: Request) -> PlanView:
    """Approve a plan that somebody else submitted. `warnings` say which targets it cannot reach."""
    missed = await missed_targets(session, plan_id, request, "submitted")
    plan = await service.find_plan(session, plan_id, lock=True)
    await service.approve(session, caller, plan)
    await session.flush()
    shown = await show_whole(session, plan)
    shown.warnings += missed
    return shown


@api.post("/{plan_id}/return", summary="退回计划", responses=problem_responses(NotFound, Conflict))
async def return_plan(plan_id: UUID, body: PlanReturn, session: Session, _: Approver) -> PlanView:
    """Send a plan back to its author with the reason."""
    plan = await service.find_plan(session, plan_id, lock=True)
    await service.send_back(session, plan, body.reason)
    await session.flush()
    return await show_whole(session, plan)


@api.post("/{plan_id}/publish", summary="公布计划", responses=problem_responses(NotFound, Conflict))
async def publish_plan(
    plan_id: UUID,
    session: Session,
    _: Annotated[Caller, requires(Permission.PLAN_WRITE, Permission.PLAN_APPROVE)],
) -> PlanView:
    """Make an approved plan public; the event PlanPublished goes out."""
    plan = await service.find_plan(session, plan_id, lock=True)
    await service.publish(session, plan)
    await session.flush()
    return await show_whole(session, plan)


@public_api.get("", summary="已公布的计划")
async def list_public_plans(
    session: Session,
    _: Annotated[Caller, public()],
    limit: Limit = 50,
    cursor: Cursor = "",
    year: Annotated[int | None, Query(description="only this year")] = None,
    region: Annotated[RegionCode | None, Query(description="only inside this region")] = None,
) -> Page[PublishedPlan]:
    """Published plans of all organisations, oldest first."""
    newest = and_(PlanVersion.plan_id == Plan.id, PlanVersion.number == Plan.public_version)
    wanted = select(PlanVersion).join(Plan, newest)
    if year is not None:
        wanted = wanted.where(Plan.year == year)
    if region is not None:
        wanted = wanted.where(Plan.region.startswith(region_prefix(region), autoescape=True))
    return await page(session, wanted, [PlanVersion.plan_id], show_published, limit=limit, cursor=cursor)


@public_api.get("/{plan_id}", summary="已公布的计划详情", responses=problem_responses(NotFound))
async def read_public_plan(plan_id: UUID, session: Session, _: Annotated[Caller, public()]) -> PublishedPlan:
    """One published plan with its tasks."""
    return publishing.as_public(await publishing.newest_version(session, plan_id))
