"""Endpoints that draw calls: freeze, and fetch dossiers."""

from typing import Annotated
from uuid import UUID

from fastapi import Request, Response
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Forbidden, Invalid, NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_chassis.scope import SYSTEM
from suicha_contracts.freeze import DossierRequest, Snapshot, SnapshotRequest, Survey, SurveyRequest
from suicha_contracts.roles import Permission
from suicha_contracts.values import FileRef

from suicha_registry import problems
from suicha_registry.snapshots import dossiers, service, survey

ROUTER = router(prefix="/registry/v1/snapshots", tags=["snapshots"])


@ROUTER.post(
    "",
    summary="冻结名录",
    status_code=201,
    response_model=Snapshot,
    responses=problem_responses(
        problems.RequestReused,
        problems.OrganisationUnknown,
        problems.RulesetUnknown,
        problems.NoLegalBasis,
        problems.ItemNotPublished,
        problems.NoForm,
        problems.LabelUnknown,
        problems.LabelNotForItem,
        problems.UnitMissing,
        problems.InspectorUnfit,
        Forbidden,
    ),
)
async def create_snapshot(
    body: SnapshotRequest,
    request: Request,
    response: Response,
    session: Session,
    _: Annotated[Caller, requires(Permission.SNAPSHOT_WRITE)],
) -> Snapshot:
    """Freeze the lists of a round into files. The same request id always yields the same snapshot."""
    snapshot = await service.freeze(session, request.app.state.runtime, body)
    response.headers["Location"] = f"/registry/v1/snapshots/{snapshot.snapshot_id}"
    return snapshot


@ROUTER.post(
    "/survey", summary="摸底：名单及其交集的户数", response_model=Survey,
    responses=problem_responses(
        problems.OrganisationUnknown, problems.LabelUnknown, Forbidden, Invalid, problems.SurveyTooLong,
    ),
)  # fmt: skip
async def create_survey(
    body: SurveyRequest, request: Request, _: Annotated[Caller, requires(Permission.SNAPSHOT_WRITE)]
) -> Survey:
    """Count how the lists of a plan overlap; nothing is frozen and nothing is written."""
    async with request.app.state.runtime.db.session(SYSTEM) as session:
        return await survey.survey(session, body)


@ROUTER.get(
    "/{snapshot_id}", summary="冻结快照", response_model=Snapshot, responses=problem_responses(NotFound)
)
async def get_snapshot(
    snapshot_id: UUID, session: Session, _: Annotated[Caller, requires(Permission.SNAPSHOT_WRITE)]
) -> Snapshot:
    """A frozen snapshot."""
    return Snapshot.model_validate((await service.find(session, snapshot_id)).answer)


@ROUTER.post(
    "/{snapshot_id}/dossiers",
    summary="检查对象档案",
    response_model=FileRef,
    responses=problem_responses(NotFound, problems.UnknownObjects, problems.UploadUnknown),
)
async def create_dossiers(
    snapshot_id: UUID,
    body: DossierRequest,
    request: Request,
    session: Session,
    _: Annotated[Caller, requires(Permission.SNAPSHOT_WRITE)],
) -> FileRef:
    """Write what inspectors need to know of the drawn objects: JSON Lines in the order of the ids."""
    await service.find(session, snapshot_id)
    return await dossiers.dossiers(session, request.app.state.runtime, body)
