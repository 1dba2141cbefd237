"""Gauges, the check of a plan and proposals to merge its tasks, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from suicha_chassis.auth import Caller
from suicha_chassis.problems import NotFound, Unavailable, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_draw.plans import service
from suicha_draw.plans.gauges import service as gauging
from suicha_draw.plans.gauges.chart import chart
from suicha_draw.plans.gauges.schemas import Gauges, MergeView, PlanCheck
from suicha_draw.problems import CountingTooLong, ListUnreadable

api = router(prefix="/draw/v1", tags=["plans"])

Reader = Annotated[Caller, requires(Permission.PLAN_READ)]
Year = Annotated[int, Query(ge=2000, le=2999, examples=[2026])]
Org = Annotated[str, Query(max_length=64, description="empty: the caller's own organisation")]
_PROBLEMS = (NotFound, ListUnreadable, CountingTooLong, Unavailable)


@api.get("/gauges", summary="年度指标", responses=problem_responses(*_PROBLEMS))
async def read_gauges(
    session: Session, caller: Reader, request: Request, year: Year, org: Org = ""
) -> Gauges:
    """Where a body stands against the yearly targets, live, and where its published plans lead by year's end."""
    return await gauging.gauges(session, request.app.state.runtime, org or caller.org, year)


@api.get(
    "/gauges.svg", summary="年度指标图", response_class=Response,
    responses={**problem_responses(*_PROBLEMS), 200: {"content": {"image/svg+xml": {}}}},
)  # fmt: skip
async def draw_gauges(
    session: Session, caller: Reader, request: Request, year: Year, org: Org = ""
) -> Response:
    """The same gauges as a drawing."""
    found = await gauging.gauges(session, request.app.state.runtime, org or caller.org, year)
    return Response(chart(found), media_type="image/svg+xml")


@api.get(
    "/plans/{plan_id}/check", summary="核对计划能否达到年度目标", responses=problem_responses(*_PROBLEMS)
)
async def check_plan(plan_id: UUID, session: Session, _: Reader, request: Request) -> PlanCheck:
    """What each task would draw from the register of today, and whether the year's targets are reached."""
    plan = await service.find_plan(session, plan_id)
    return await gauging.check(session, request.app.state.runtime, plan)


@api.get("/plans/{plan_id}/merges", summary="合并抽查建议", responses=problem_responses(*_PROBLEMS))
async def propose_merges(
    plan_id: UUID,
    session: Session,
    _: Reader,
    request: Request,
    share_bp: Annotated[
        int, Query(ge=1, le=10_000, description="least shared objects, basis points of the smaller task")
    ] = 1,
) -> list[MergeView]:
    """Tasks of the same month that share objects, with the visits that one joint round saves; most first."""
    plan = await service.find_plan(session, plan_id)
    return await gauging.merge_proposals(session, request.app.state.runtime, plan, share_bp)
