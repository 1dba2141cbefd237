"""Endpoints for trainings and readiness."""

from datetime import date
from typing import Annotated

from fastapi import Query, Request
from sqlalchemy import select
from suicha_chassis.auth import Caller
from suicha_chassis.paging import Cursor, Limit, Page, page
from suicha_chassis.problems import NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission
from suicha_contracts.ruleset import Ruleset

from suicha_registry.problems import OrganisationUnknown, UploadUnknown
from suicha_registry.rulesets import service as rulesets
from suicha_registry.trainings import service
from suicha_registry.trainings.models import Attendance, TrainingHeld
from suicha_registry.trainings.schemas import Readiness, TrainingBody, TrainingView

ROUTER = router(prefix="/registry/v1/trainings", tags=["inspectors"])


@ROUTER.post(
    "",
    summary="登记培训",
    status_code=201,
    response_model=TrainingView,
    responses=problem_responses(OrganisationUnknown, UploadUnknown),
)
async def record_training(
    body: TrainingBody,
    request: Request,
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_WRITE)],
) -> TrainingView:
    """Record a training that was held, with its evidence and everybody who attended (R15). It never changes."""
    row = await service.record(session, caller, request.app.state.runtime.files, body)
    return (await service.views(session, [row]))[0]


@ROUTER.get("", summary="培训记录", response_model=Page[TrainingView])
async def list_trainings(
    session: Session,
    _: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    inspector: Annotated[
        str, Query(max_length=54, description="only trainings that this person attended")
    ] = "",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Page[TrainingView]:
    """Trainings inside the caller's scope, newest record first."""
    wanted = select(TrainingHeld)
    if inspector:
        attended = select(Attendance.training_id).where(Attendance.inspector == inspector)
        wanted = wanted.where(TrainingHeld.id.in_(attended))
    found = await page(
        session, wanted, (TrainingHeld.id,), lambda row: row, limit=limit, cursor=cursor, descending=True
    )
    return Page(items=await service.views(session, found.items), next_cursor=found.next_cursor)


@ROUTER.get(
    "/readiness",
    summary="抽查前人员准备情况",
    response_model=list[Readiness],
    responses=problem_responses(NotFound),
)
async def read_readiness(
    session: Session,
    caller: Annotated[Caller, requires(Permission.REGISTRY_READ)],
    ruleset_id: str,
    inspect_from: date,
    inspect_to: date,
    version: Annotated[str, Query(max_length=16, description="empty: the version effective today")] = "",
) -> list[Readiness]:
    """Everybody of the caller's organisation before a round: licence, presence, training as the ruleset asks."""
    row = await rulesets.find(session, ruleset_id, version)
    ruleset = Ruleset.model_validate(row.document)
    return await service.readiness(session, caller.org, ruleset, inspect_from, inspect_to)
