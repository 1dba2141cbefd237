"""Simulated years over HTTP: figures with charts, and a page to read them on."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Invalid, NotFound, Unavailable, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission
from suicha_contracts.values import ObjectId, percent

from suicha_draw.plans.service import find_plan
from suicha_draw.plans.simulating.schemas import Simulation
from suicha_draw.plans.simulating.service import simulate
from suicha_draw.problems import CountingTooLong, ListUnreadable

api = router(prefix="/draw/v1/plans", tags=["plans"])

Reader = Annotated[Caller, requires(Permission.PLAN_READ)]
UnitsBy = Annotated[
    Literal["org", "region", "unit"], Query(description="what decides the unit of an object, as in a round")
]
Seed = Annotated[int, Query(ge=0, le=2**31, description="the same seed gives the same played year")]
ObjectAsked = Annotated[
    ObjectId | None, Query(alias="object", description="also say what the plan means for this object")
]
_PROBLEMS = (NotFound, Invalid, ListUnreadable, CountingTooLong, Unavailable)
_TITLES = {"tasks": "抽取户数", "visits": "每户次数", "months": "各月安排", "loads": "人员负荷"}
_TEMPLATES = Environment(
    loader=PackageLoader("suicha_draw", "templates"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


@api.get("/{plan_id}/simulation", summary="计划推演", responses=problem_responses(*_PROBLEMS))
async def simulate_plan(
    plan_id: UUID, session: Session, caller: Reader, request: Request, units_by: UnitsBy = "org",
    seed: Seed = 1, object_id: ObjectAsked = None,
) -> Simulation:  # fmt: skip
    """Compute what a plan would do before anyone approves it: visits, workload, chances, what joining saves."""
    return await _simulated(session, request, plan_id, units_by, seed, object_id)


@api.get(
    "/{plan_id}/simulation/page", summary="计划推演（页面）", response_class=HTMLResponse,
    responses=problem_responses(*_PROBLEMS),
)  # fmt: skip
async def show_plan_simulation(
    plan_id: UUID,
    session: Session,
    caller: Reader,
    request: Request,
    units_by: UnitsBy = "org",
    seed: Seed = 1,
) -> HTMLResponse:
    """Show the simulation as a page with charts, for screen and paper."""
    found = await _simulated(session, request, plan_id, units_by, seed, None)
    return HTMLResponse(
        _TEMPLATES.get_template("simulation.html").render(it=found, titles=_TITLES, bp=percent)
    )


async def _simulated(
    session: AsyncSession, request: Request, plan_id: UUID, units_by: str, seed: int, object_id: str | None
) -> Simulation:
    plan = await find_plan(session, plan_id)
    return await simulate(
        session, request.app.state.runtime, plan, units_by=units_by, seed=seed, object_id=object_id
    )
