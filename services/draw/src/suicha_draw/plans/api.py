"""Plans and tasks over HTTP; published plans for everyone."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.etags import require_match, set_etag
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import (
    Conflict,
    MatchRequired,
    NotFound,
    SamePerson,
    StaleVersion,
    problem_responses,
)
from suicha_chassis.routes import Session, public, requires, router
from suicha_contracts.roles import Permission
from suicha_contracts.values import RegionCode, region_prefix

from suicha_draw.models import Plan, Task
from suicha_draw.plans import service
from suicha_draw.plans.schemas import (
    PlanContent,
    PlanPatch,
    PlanReturn,
    PlanView,
    PublishedPlan,
    TaskContent,
    TaskPatch,
    TaskView,
)
from suicha_draw.problems import (
    ModeNotAllowed,
    OutsideRandomDraws,
    RatioBelowFloor,
    RulesetElsewhere,
    RulesetUnknown,
    TeamTooSmall,
    TooManyCandidates,
)

api = router(prefix="/draw/v1/plans", tags=["plans"])
public_api = router(prefix="/public/plans", tags=["public plans"])

Reader = Annotated[Caller, requires(Permission.PLAN_READ)]
Writer = Annotated[Caller, requires(Permission.PLAN_WRITE)]
Approver = Annotated[Caller, requires(Permission.PLAN_APPROVE)]
_TASK_PROBLEMS = (
    NotFound, Conflict, RatioBelowFloor, TeamTooSmall, TooManyCandidates, OutsideRandomDraws, ModeNotAllowed,
)  # fmt: skip


def show_task(task: Task) -> TaskView:
    """Show a task."""
    return TaskView.model_validate(
        {
            **task.content,
            "id": task.id,
            "plan_id": task.plan_id,
            "number": task.number,
            "version": task.version,
        }
    )


def show_plan(plan: Plan, tasks: Sequence[Task] | None = None) -> PlanView:
    """Show a plan, with its tasks where they are given."""
    shown = {name: getattr(plan, name) for name in PlanView.model_fields if name != "tasks"}
    return PlanView(**shown, tasks=None if tasks is None else [show_task(task) for task in tasks])


def show_published(plan: Plan, tasks: Sequence[Task] | None = None) -> PublishedPlan:
    """Show a plan to the public: without the names of officers."""
    return PublishedPlan.model_validate(show_plan(plan, tasks).model_dump())


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
    return show_plan(plan, await service.tasks_of(session, plan_id))


@api.patch(
    "/{plan_id}",
    summary="修改计划",
    responses=problem_responses(NotFound, Conflict, MatchRequired, StaleVersion),
)
async def change_plan(
    plan_id: UUID, body: PlanPatch, session: Session, _: Writer, request: Request, response: Response
) -> PlanView:
    """Change a draft; needs If-Match."""
    plan = await service.find_plan(session, plan_id, lock=True)
    require_match(request, plan.version)
    await service.change(session, plan, body)
    await session.flush()
    set_etag(response, plan.version)
    return show_plan(plan, await service.tasks_of(session, plan_id))


@api.post(
    "/{plan_id}/tasks", status_code=201, summary="新增任务", responses=problem_responses(*_TASK_PROBLEMS)
)
async def create_task(
    plan_id: UUID, body: TaskContent, session: Session, _: Writer, response: Response
) -> TaskView:
    """Add a task to a draft. Ratios, team and kind are checked against the plan's ruleset."""
    plan = await service.find_plan(session, plan_id, lock=True)
    task = await service.add_task(session, plan, body)
    set_etag(response, task.version)
    return show_task(task)


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
    return show_task(task)


@api.patch(
    "/{plan_id}/tasks/{task_id}", summary="修改任务",
    responses=problem_responses(*_TASK_PROBLEMS, MatchRequired, StaleVersion),
)  # fmt: skip
async def change_task(
    plan_id: UUID,
    task_id: UUID,
    body: TaskPatch,
    session: Session,
    _: Writer,
    request: Request,
    response: Response,
) -> TaskView:
    """Change a task while its plan is a draft; needs If-Match."""
    plan, task = await service.lock_task(session, plan_id, task_id)
    require_match(request, task.version)
    await service.change_task(session, plan, task, body)
    await session.flush()
    set_etag(response, task.version)
    return show_task(task)


@api.post("/{plan_id}/submit", summary="提交审批", responses=problem_responses(NotFound, Conflict))
async def submit_plan(plan_id: UUID, session: Session, caller: Writer) -> PlanView:
    """Hand a draft in for approval."""
    plan = await service.find_plan(session, plan_id, lock=True)
    await service.submit(session, caller, plan)
    await session.flush()
    return show_plan(plan)


@api.post(
    "/{plan_id}/approve", summary="审批计划", responses=problem_responses(NotFound, Conflict, SamePerson)
)
async def approve_plan(plan_id: UUID, session: Session, caller: Approver) -> PlanView:
    """Approve a plan that somebody else submitted."""
    plan = await service.find_plan(session, plan_id, lock=True)
    await service.approve(session, caller, plan)
    await session.flush()
    return show_plan(plan)


@api.post("/{plan_id}/return", summary="退回计划", responses=problem_responses(NotFound, Conflict))
async def return_plan(plan_id: UUID, body: PlanReturn, session: Session, _: Approver) -> PlanView:
    """Send a plan back to its author with the reason."""
    plan = await service.find_plan(session, plan_id, lock=True)
    await service.send_back(session, plan, body.reason)
    await session.flush()
    return show_plan(plan)


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
    return show_plan(plan, await service.tasks_of(session, plan_id))


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
    wanted = select(Plan).where(Plan.state == "published")
    if year is not None:
        wanted = wanted.where(Plan.year == year)
    if region is not None:
        wanted = wanted.where(Plan.region.startswith(region_prefix(region), autoescape=True))
    return await page(session, wanted, [Plan.id], show_published, limit=limit, cursor=cursor)


@public_api.get("/{plan_id}", summary="已公布的计划详情", responses=problem_responses(NotFound))
async def read_public_plan(plan_id: UUID, session: Session, _: Annotated[Caller, public()]) -> PublishedPlan:
    """One published plan with its tasks."""
    plan = await service.find_plan(session, plan_id)
    if plan.state != "published":
        raise NotFound("未找到该计划")
    return show_published(plan, await service.tasks_of(session, plan_id))
