"""Endpoints of evidence."""

from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Path, Request, Response
from fastapi.responses import StreamingResponse
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, Invalid, NotFound, TooLarge, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission
from suicha_contracts.values import SHA256

from suicha_inspection.access import find_visit, open_visit, require_member
from suicha_inspection.casefile import load_case_file
from suicha_inspection.clock import today
from suicha_inspection.evidence import service
from suicha_inspection.evidence.schemas import EvidenceBody, NonCooperationBody, UntraceableBody, UploadView
from suicha_inspection.problems import EvidenceRequired, NotOnTeam
from suicha_inspection.record import RecordEvidence, RecordNonCooperation, RecordUntraceable
from suicha_inspection.states import Deed

routes = router(prefix="/inspection/v1", tags=["evidence"])
Recorder = Annotated[Caller, requires(Permission.VISIT_RECORD)]


@routes.put(
    "/uploads/{sha256}",
    summary="上传文件",
    status_code=201,
    openapi_extra={
        "x-idempotent": True,
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        },
    },
    responses=problem_responses(Invalid, TooLarge),
)
async def upload_evidence_file(
    sha256: Annotated[SHA256, Path()], session: Session, caller: Recorder, request: Request
) -> UploadView:
    """Store a file under its hash. A phone may repeat this as often as its network breaks."""
    runtime = request.app.state.runtime
    ref = await runtime.files.put_stream(request.stream(), sha256, runtime.settings.evidence_bytes)
    await service.remember_upload(session, caller, ref)
    return UploadView(sha256=ref.sha256, size=ref.size, on=today())


@routes.post(
    "/visits/{visit_id}/evidence",
    summary="登记证据",
    status_code=201,
    responses=problem_responses(NotFound, Conflict, NotOnTeam, Invalid),
)
async def add_visit_evidence(
    visit_id: UUID, body: EvidenceBody, session: Session, caller: Recorder
) -> RecordEvidence:
    """Say what an uploaded file shows: the visit, a check, or the answer to one question."""
    visit = await open_visit(session, caller, visit_id, Deed.RECORD, lock="share")
    await require_member(session, visit, caller)
    row = await service.add(session, await load_case_file(session, visit), caller, body)
    return RecordEvidence.model_validate(row, from_attributes=True)


@routes.get(
    "/visits/{visit_id}/evidence/{evidence_id}",
    summary="下载证据",
    response_class=StreamingResponse,
    responses=problem_responses(NotFound),
)
async def read_visit_evidence(
    visit_id: UUID,
    evidence_id: UUID,
    session: Session,
    caller: Annotated[Caller, requires(Permission.VISIT_READ)],
    request: Request,
) -> StreamingResponse:
    """The bytes of a piece of evidence, always as a download and never shown by the browser itself."""
    visit = await find_visit(session, caller, visit_id)
    row = await service.find_evidence(session, visit, evidence_id)
    if row is None or not await request.app.state.runtime.files.exists(row.sha256):
        raise NotFound("没有这件证据")
    return StreamingResponse(
        request.app.state.runtime.files.stream(row.sha256),
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(row.name, safe='')}",
            "Content-Length": str(row.size),
            "X-Content-Type-Options": "nosniff",
        },
    )


@routes.post(
    "/visits/{visit_id}/untraceable",
    summary="登记无法取得联系",
    responses=problem_responses(NotFound, Conflict, NotOnTeam, EvidenceRequired),
)
async def declare_untraceable(
    visit_id: UUID, body: UntraceableBody, session: Session, caller: Recorder
) -> RecordUntraceable:
    """The object was not found at its registered address: every item gets result 4."""
    visit = await open_visit(session, caller, visit_id, Deed.RECORD)
    await require_member(session, visit, caller)
    await service.declare_untraceable(session, await load_case_file(session, visit), caller, body)
    return RecordUntraceable.model_validate(visit.untraceable)


@routes.delete(
    "/visits/{visit_id}/untraceable",
    summary="撤回无法取得联系的登记",
    status_code=204,
    responses=problem_responses(NotFound, Conflict, NotOnTeam),
)
async def withdraw_untraceable(visit_id: UUID, session: Session, caller: Recorder) -> Response:
    """The object was found after all: results 4 become open again."""
    visit = await open_visit(session, caller, visit_id, Deed.RECORD)
    await require_member(session, visit, caller)
    await service.withdraw_untraceable(session, await load_case_file(session, visit), caller)
    return Response(status_code=204)


@routes.post(
    "/visits/{visit_id}/non-cooperation",
    summary="登记不予配合",
    status_code=201,
    responses=problem_responses(NotFound, Conflict, NotOnTeam, EvidenceRequired),
)
async def record_non_cooperation(
    visit_id: UUID, body: NonCooperationBody, session: Session, caller: Recorder
) -> RecordNonCooperation:
    """One of the four kinds of S3 Art. 12, with its evidence; what result 6 rests on."""
    visit = await open_visit(session, caller, visit_id, Deed.RECORD)
    await require_member(session, visit, caller)
    row = await service.record_non_cooperation(session, await load_case_file(session, visit), caller, body)
    return RecordNonCooperation.model_validate(row, from_attributes=True)
