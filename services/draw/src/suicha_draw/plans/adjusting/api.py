"""Adjustments of plans over HTTP, and the public versions that come of them."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import Conflict, Invalid, NotFound, SamePerson, problem_responses
from suicha_chassis.routes import Session, public, requires, router
from suicha_contracts.roles import Permission

from suicha_draw.models import PlanAdjustment, PlanVersion
from suicha_draw.plans import publishing, service
from suicha_draw.plans.adjusting import service as adjusting
from suicha_draw.plans.adjusting.schemas import (
    AdjustmentRequest,
    AdjustmentView,
    Change,
    PlanVersionView,
    ReturnAdjustment,
)
from suicha_draw.plans.gauges.service import warnings_before_approval
from suicha_draw.plans.schemas import PlanWarning, PublishedPlan
from suicha_draw.problems import (
    ModeNotAllowed,
    NamedObjects,
    OutsideRandomDraws,
    RaiseNotAllowed,
    RatioBelowFloor,
    TaskAlreadyDrawn,
    TeamTooSmall,
    TooManyCandidates,
    TriggerUnfit,
)

api = router(prefix="/draw/v1/plans", tags=["plans"])
public_api = router(prefix="/public/plans", tags=["public plans"])

Reader = Annotated[Caller, requires(Permission.PLAN_READ)]
Writer = Annotated[Caller, requires(Permission.PLAN_WRITE)]
Approver = Annotated[Caller, requires(Permission.PLAN_APPROVE)]
_CHANGE_PROBLEMS = (
    NotFound, Conflict, Invalid, TaskAlreadyDrawn, TriggerUnfit, RatioBelowFloor, TeamTooSmall,
    TooManyCandidates, OutsideRandomDraws, ModeNotAllowed, NamedObjects, RaiseNotAllowed,
)  # fmt: skip


def show(row: PlanAdjustment) -> AdjustmentView:
    """Show an adjustment."""
    return AdjustmentView.model_validate(row, from_attributes=True)


async def missed_targets(
    session: AsyncSession, plan_id: UUID, request: Request, changes: Sequence[Change]
) -> list[PlanWarning]:
    """Return which targets the plan cannot reach after the changes, before its row is locked."""
    plan = await service.find_plan(session, plan_id)
    service.expect(plan, "published")
    tasks = await adjusting.adjusted(session, plan, changes)
    return await warnings_before_approval(session, request.app.state.runtime, plan, tasks)


@api.post(
    "/{plan_id}/adjustments", status_code=201, summary="申请调整计划",
    responses=problem_responses(*_CHANGE_PROBLEMS),
)  # fmt: skip
async def adjust_plan(
    plan_id: UUID,
    body: AdjustmentRequest,
    session: Session,
    caller: Writer,
    request: Request,
    response: Response,
) -> AdjustmentView:
    """Ask for changes of a published plan with the reason; nothing changes until another person approves.

    `warnings` say which targets of the year the plan cannot reach with them.
    """
    missed = await missed_targets(session, plan_id, request, body.changes)
    plan = await service.find_plan(session, plan_id, lock=True)
    row = await adjusting.submit(session, caller, plan, body)
    response.headers["Location"] = f"/draw/v1/plans/{plan_id}/adjustments/{row.id}"
    return show(row).model_copy(update={"warnings": missed})


@api.get("/{plan_id}/adjustments", summary="计划调整记录", responses=problem_responses(NotFound))
async def list_plan_adjustments(
    plan_id: UUID, session: Session, _: Reader, limit: Limit = 50, cursor: Cursor = ""
) -> Page[AdjustmentView]:
    """Adjustments of a plan, oldest first, the returned ones with their remark."""
    plan = await service.find_plan(session, plan_id)
    wanted = select(PlanAdjustment).where(PlanAdjustment.plan_id == plan.id)
    return await page(session, wanted, [PlanAdjustment.id], show, limit=limit, cursor=cursor)


@api.get("/{plan_id}/adjustments/{adjustment_id}", summary="计划调整", responses=problem_responses(NotFound))
async def read_plan_adjustment(
    plan_id: UUID, adjustment_id: UUID, session: Session, _: Reader
) -> AdjustmentView:
    """One adjustment."""
    plan = await service.find_plan(session, plan_id)
    return show(await adjusting.find(session, plan, adjustment_id))


@api.post(
    "/{plan_id}/adjustments/{adjustment_id}/approve", summary="审批并公布计划调整",
    responses=problem_responses(*_CHANGE_PROBLEMS, SamePerson),
)  # fmt: skip
async def approve_plan_adjustment(
    plan_id: UUID, adjustment_id: UUID, session: Session, caller: Approver, request: Request
) -> AdjustmentView:
    """Approve as the second person: the next public version of the plan goes out with the reason."""
    waiting = await adjusting.find(session, await service.find_plan(session, plan_id), adjustment_id)
    adjusting.expect_open(waiting)
    missed = await missed_targets(session, plan_id, request, show(waiting).changes)
    plan = await service.find_plan(session, plan_id, lock=True)
    row = await adjusting.find(session, plan, adjustment_id)
    await adjusting.approve(session, caller, plan, row)
    await session.flush()
    return show(row).model_copy(update={"warnings": missed})


@api.post(
    "/{plan_id}/adjustments/{adjustment_id}/return", summary="退回计划调整",
    responses=problem_responses(NotFound, Conflict),
)  # fmt: skip
async def return_plan_adjustment(
    plan_id: UUID, adjustment_id: UUID, body: ReturnAdjustment, session: Session, caller: Approver
) -> AdjustmentView:
    """Return an adjustment with the reason; the plan stays as it is."""
    plan = await service.find_plan(session, plan_id, lock=True)
    row = await adjusting.find(session, plan, adjustment_id)
    await adjusting.send_back(session, caller, row, body.reason)
    await session.flush()
    return show(row)


@public_api.get("/{plan_id}/versions", summary="计划的公布版本", responses=problem_responses(NotFound))
async def list_public_plan_versions(
    plan_id: UUID,
    session: Session,
    _: Annotated[Caller, public()],
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Page[PlanVersionView]:
    """Every public version of a plan with the reason of each adjustment, oldest first."""
    await publishing.newest_version(session, plan_id)
    return await page(
        session, select(PlanVersion).where(PlanVersion.plan_id == plan_id), [PlanVersion.number],
        lambda one: PlanVersionView.model_validate(one, from_attributes=True), limit=limit, cursor=cursor,
    )  # fmt: skip


@public_api.get(
    "/{plan_id}/versions/{number}", summary="计划的一个公布版本", responses=problem_responses(NotFound)
)
async def read_public_plan_version(
    plan_id: UUID, number: int, session: Session, _: Annotated[Caller, public()]
) -> PublishedPlan:
    """A plan exactly as it was public from that version on."""
    return publishing.as_public(await publishing.version_of(session, plan_id, number))
